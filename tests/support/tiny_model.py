"""A tiny real model, made here: random weights, a byte-level tokenizer, a ChatML template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mi.errors import Interrupted
from mi.providers.types import Chat, Message
from mi.spec import Model, Training

TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nBe brief.<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tiny_model(folder: Path, *, layers: int = 3, seed: int = 0) -> Path:
    """Write a Llama of `layers` layers and width 48 into `folder`, as a Hugging Face folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*specials, *alphabet])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(specials)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    tokenizer.chat_template = TEMPLATE
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        initializer_range=0.2,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Any = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny(folder: Path) -> Model:
    """The model in `folder`, with hyperparameters that make a training take a second."""
    training = Training(lora_layers=2, lora_rank=4, batch_size=4, learning_rate=1e-2)
    return Model(id=f"local:{folder}", provider="local", name=str(folder), training=training)


def asked(text: str) -> Chat:
    """A chat of one question."""
    return (Message("user", text),)


def taught(prompt: str, answer: str) -> Chat:
    """A training row."""
    return (Message("user", prompt), Message("assistant", answer))


class Watcher:
    """Keeps what it hears; stops the work at the `stop`th check."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop = stop
        self.checks = 0
        self.started: list[tuple[str, int, str, int]] = []
        self.notes: list[str] = []
        self.done = 0

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        self.started.append((phase, total, unit, done))

    def advance(self, count: int = 1, **facts: float) -> None:
        self.done += count

    def message(self, text: str) -> None:
        self.notes.append(text)

    def raise_if_stopped(self) -> None:
        self.checks += 1
        if self.checks == self.stop:
            raise Interrupted("stopped")
