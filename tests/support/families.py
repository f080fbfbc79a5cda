"""Tiny random models of many families, made here: 12 layers, a byte-level tokenizer, ChatML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.tiny_model import TEMPLATE

LAYERS = 12
WINDOW = 24
"""Of models whose layers look back on a window: shorter than the rows of the tests."""

_MOE = {"num_experts_per_tok": 2, "moe_intermediate_size": 32}
_LINEAR = {"linear_num_value_heads": 4, "linear_num_key_heads": 2}
_LINEAR |= {"linear_key_head_dim": 8, "linear_value_head_dim": 8}
_LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
    "rope_theta": 500000.0,
}
_GEMMA = {"head_dim": 12, "query_pre_attn_scalar": 12, "sliding_window": WINDOW}

FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama3": ("LlamaConfig", {"rope_parameters": _LLAMA3}),
    "qwen2": ("Qwen2Config", {}),
    "qwen3": ("Qwen3Config", {"head_dim": 16}),
    "qwen3_5": ("Qwen3_5TextConfig", {"head_dim": 16, **_LINEAR}),
    "qwen3_moe": ("Qwen3MoeConfig", {"head_dim": 16, "num_experts": 4, **_MOE}),
    "gemma2": ("Gemma2Config", _GEMMA),
    "gemma3": ("Gemma3TextConfig", _GEMMA),
    "gemma3_multimodal": ("Gemma3Config", _GEMMA),
    "gemma4": (
        "Gemma4TextConfig",
        {
            "head_dim": 12,
            "global_head_dim": 24,
            "sliding_window": WINDOW,
            "hidden_size_per_layer_input": 8,
            "num_kv_shared_layers": 4,
            "vocab_size_per_layer_input": 259,
        },
    ),
    "mistral": ("MistralConfig", {"sliding_window": WINDOW}),
    "mixtral": ("MixtralConfig", {"num_local_experts": 4, "sliding_window": None}),
    "phi3": ("Phi3Config", {"sliding_window": None}),
    "olmo2": ("Olmo2Config", {}),
    "olmo3": ("Olmo3Config", {"sliding_window": WINDOW}),
    "granite": (
        "GraniteConfig",
        {
            "logits_scaling": 8.0,
            "embedding_multiplier": 12.0,
            "residual_multiplier": 0.22,
            "attention_multiplier": 0.0883,
        },
    ),
    "granite_moe": (
        "GraniteMoeConfig",
        {"logits_scaling": 8.0, "num_local_experts": 4, "num_experts_per_tok": 2},
    ),
    "glm4": ("Glm4Config", {"head_dim": 12}),
    "gpt_oss": (
        "GptOssConfig",
        {
            "head_dim": 12,
            "num_local_experts": 4,
            "num_experts_per_tok": 2,
            "sliding_window": WINDOW,
        },
    ),
    "cohere": ("CohereConfig", {"logit_scale": 0.0625}),
    "cohere2": ("Cohere2Config", {"logit_scale": 0.0625, "sliding_window": WINDOW}),
    "deepseek_v3": (
        "DeepseekV3Config",
        {
            "num_key_value_heads": 4,
            "n_routed_experts": 4,
            "n_group": 1,
            "topk_group": 1,
            "q_lora_rank": 16,
            "kv_lora_rank": 16,
            "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 8,
            "v_head_dim": 12,
            "first_k_dense_replace": 1,
            **_MOE,
        },
    ),
    "smollm3": ("SmolLM3Config", {}),
    "falcon_h1": (
        "FalconH1Config",
        {
            "mamba_d_ssm": 48,
            "mamba_n_heads": 4,
            "mamba_d_head": 12,
            "mamba_n_groups": 1,
            "mamba_d_state": 16,
            "lm_head_multiplier": 0.5,
        },
    ),
    "gpt_neox": ("GPTNeoXConfig", {}),
    "gpt2": ("GPT2Config", {}),
    "starcoder2": ("Starcoder2Config", {"sliding_window": None}),
    "llama4": (
        "Llama4TextConfig",
        {
            "head_dim": 12,
            "num_local_experts": 2,
            "intermediate_size_mlp": 96,
            "attention_chunk_size": WINDOW,
        },
    ),
}
"""By name: the class of the config, and what the family needs beyond the common values."""


def build_config(family: str, layers: int = LAYERS) -> Any:
    """The config of a tiny model of a family."""
    import transformers

    name, special = FAMILIES[family]
    values = {
        "vocab_size": 259,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
        "initializer_range": 0.2,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
        **special,
    }
    if name == "Gemma3Config":
        vision = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
        vision |= {"num_attention_heads": 2, "image_size": 28, "patch_size": 14}
        return transformers.Gemma3Config(
            text_config=values,
            vision_config=vision,
            mm_tokens_per_image=4,
            image_token_index=258,
            boi_token_index=257,
            eoi_token_index=256,
        )
    return getattr(transformers, name)(**values)


def build_tokenizer() -> Any:
    """A byte-level tokenizer with a ChatML template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

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
    return tokenizer


def build_model(family: str, layers: int = LAYERS, seed: int = 0) -> Any:
    """A random model of a family, in evaluation mode, in which every parameter matters."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Any = AutoModelForCausalLM.from_config(build_config(family, layers))
        for parameter in model.parameters():
            if parameter.dim() == 1:  # norms and biases start at 0 or 1
                with torch.no_grad():
                    parameter.add_(0.1 * torch.randn_like(parameter))
    return model.float().eval()


def make_family(family: str, folder: Path, layers: int = LAYERS) -> Path:
    """Write a tiny model of a family into `folder`, as a Hugging Face folder."""
    build_model(family, layers).save_pretrained(folder)
    build_tokenizer().save_pretrained(folder)
    return folder
