"""What `agreement` measures: the differences between the engine and a model's own forward.

All probes use one text, cut into a prompt and three answers of different lengths. The reference is
computed once for each row, without padding, mask or cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import attrs
import torch
from torch import Tensor

from ..chat_template import TokenIds, TokenizedRow
from . import lora
from .adaptable import adaptable_names
from .decoding import start_rows
from .network import Network
from .recipe import LoraRecipe
from .score import PackedRequest, score_packed
from .train_step import Trainer

TEXT = (
    "The river rises in the hills, and in a dry summer it is no more than a line of pools. Nobody "
    "has measured how deep the largest of them is; people say that a church stood there once, and "
    "that its bell can be heard before a flood. My neighbour, who is 83, laughs at this."
)
PROMPT_TOKENS = 10
PREFIX_TOKENS = 4  # of the prompt
ANSWER_TOKENS = (5, 13, 8)
WORD_TOKENS = 2
ADAPTED_LAYERS = 6  # enough for every kind of layer that architectures alternate


@attrs.define(slots=False)
class Probe:
    """Rows to compare on, and what the model's own forward makes of them.

    Args:
        network: The network to compare.
        prompt: The tokens that all rows begin with.
        answers: The rest of each row.
    """

    network: Network
    prompt: TokenIds
    answers: tuple[TokenIds, ...]

    @property
    def rows(self) -> list[TokenIds]:
        """All tokens of each row."""
        return [self.prompt + answer for answer in self.answers]

    @property
    def split(self) -> int:
        """The number of lower layers without adapters."""
        depth = self.network.depth
        return max(depth // 2, depth - ADAPTED_LAYERS)

    @cached_property
    def reference(self) -> list[Tensor]:
        """Log-probabilities after each token of each row: (length, vocabulary), in float32."""
        return own_logprobs(self.network, self.rows)


def build_probe(network: Network) -> Probe:
    """The probe of a network: some 36 tokens, in rows of 56."""
    needed = PROMPT_TOKENS + sum(ANSWER_TOKENS)
    ids: list[int] = network.template.tokenizer(TEXT, add_special_tokens=False)["input_ids"]
    ids = (ids * needed)[:needed]
    answers, start = [], PROMPT_TOKENS
    for length in ANSWER_TOKENS:
        answers.append(tuple(ids[start : start + length]))
        start += length
    return Probe(network, tuple(ids[:PROMPT_TOKENS]), tuple(answers))


def own_logprobs(network: Network, rows: Sequence[TokenIds]) -> list[Tensor]:
    """What the model's own forward makes of each row, alone."""
    with torch.no_grad():
        return [
            network.model(input_ids=network.padded_tensor([row])).logits[0].float().log_softmax(-1)
            for row in rows
        ]


def plain_difference(probe: Probe) -> float:
    """The decoder and head alone against the model: nats of any token's log-probability."""
    network = probe.network
    with torch.no_grad():
        hidden = network.forward(network.padded_tensor(probe.rows[:1]))
        return _largest(network.logits(hidden[0]).log_softmax(-1), probe.reference[0])


def score_difference(probe: Probe) -> float:
    """Scoring as the network's paths have it: nats of an answer's log-probability, per token."""
    difference = _score_difference(probe, probe.answers)
    if not _is_packable(probe, probe.answers):  # the first words fit into a narrow window
        words = tuple(answer[:WORD_TOKENS] for answer in probe.answers)
        difference = max(difference, _score_difference(probe, words))
    return difference


def _is_packable(probe: Probe, answers: tuple[TokenIds, ...]) -> bool:
    return PROMPT_TOKENS + sum(map(len, answers)) < probe.network.packing_window


def _score_difference(probe: Probe, answers: tuple[TokenIds, ...]) -> float:
    network = probe.network
    cut = PREFIX_TOKENS if network.paths.prefix else 0
    groups = [answers] if _is_packable(probe, answers) else [(answer,) for answer in answers]
    got: list[float] = []
    with torch.no_grad():
        prefix = network.prefix(probe.prompt[:cut])
        for group in groups:
            packed = PackedRequest(probe.prompt[:cut], probe.prompt[cut:], group)
            got += score_packed(network, packed, prefix, network.usable_split(probe.split))
    start = PROMPT_TOKENS - 1
    worst = 0.0
    for total, answer, logprobs in zip(got, answers, probe.reference, strict=True):
        targets = torch.tensor(answer, device=logprobs.device)[:, None]
        wanted = logprobs[start : start + len(answer)].gather(1, targets).double().sum().item()
        worst = max(worst, abs(total - wanted) / len(answer))
    return worst


def sampling_difference(probe: Probe) -> float:
    """Sampling's rows, forced along the answers: nats of any token's log-probability.

    The rows have prompts of different lengths, two are equal at first, and one is dropped on the
    way, as in real batches.
    """
    network = probe.network
    cut = PREFIX_TOKENS if network.paths.prefix else 0
    ends = [PROMPT_TOKENS + extra for extra in (0, 4, 0)]
    sources = [probe.rows[index] for index in (0, 1, 0)]
    wanted = [probe.reference[index] for index in (0, 1, 0)]
    worst = 0.0
    with torch.inference_mode():
        suffixes = [row[cut:end] for row, end in zip(sources, ends, strict=True)]
        rows = start_rows(network, probe.prompt[:cut], suffixes, 8)
        active = [0, 1, 2]
        for step in range(4):
            logprobs = rows.logits().log_softmax(-1)
            for place, row in enumerate(active):
                worst = max(worst, _largest(logprobs[place], wanted[row][ends[row] + step - 1]))
            if step == 1:
                active = [active[row] for row in rows.retain([1, 2])]
            rows.append([sources[row][ends[row] + step] for row in active])
    return worst


def adapter_difference(probe: Probe) -> float:
    """An adapter beside the weights against the same one merged, as a share of its effect.

    It is large where a model reads a weight that an adapter stands beside, instead of calling the
    module.
    """
    network, row = probe.network, probe.rows[:1]
    adapter = _adapter(probe)
    with lora.attach_adapter([network.model], adapter):
        beside = own_logprobs(network, row)[0]
    with lora.swap_weights(network.model, lora.merge_adapter(network.model, adapter)):
        merged = own_logprobs(network, row)[0]
    return _largest(beside, merged) / max(_largest(merged, probe.reference[0]), 1e-9)


def gradient_difference(probe: Probe) -> float:
    """A training step's gradient against that of the model's own loss, as a share of its norm."""
    network = probe.network
    start = _adapter(probe)
    shortest = sorted(probe.answers, key=len)[:2]
    rows = [TokenizedRow(probe.prompt, answer) for answer in shortest]
    prefix = probe.prompt[:PREFIX_TOKENS] if network.paths.prefix else ()
    models = [replica.model for replica in network.pool.replicas]
    with lora.attach_adapter(models, start) as modules:
        trainer = Trainer.create(network, modules, _recipe(start), prefix, start)
        trainer.accumulate_gradients(rows)
        got = [weight.grad.clone() for weight in trainer.parameters if weight.grad is not None]
        trainer.optimizer.zero_grad()
        with torch.enable_grad():
            wanted = torch.autograd.grad(
                _own_loss(network, rows), trainer.parameters, materialize_grads=True
            )
    errors = [(a - b).double().square().sum() for a, b in zip(got, wanted, strict=True)]
    norms = [gradient.double().square().sum() for gradient in wanted]
    return float((torch.stack(errors).sum() / torch.stack(norms).sum()).sqrt())


def _own_loss(network: Network, rows: Sequence[TokenizedRow]) -> Tensor:
    """The mean cross-entropy of the rows' answer tokens by the model's own forward, in nats."""
    losses = []
    for row in rows:
        logits = network.model(input_ids=network.padded_tensor([row.ids])).logits[0].float()
        predictions = logits[len(row.prompt) - 1 : len(row.ids) - 1]
        targets = torch.tensor(row.answer, device=logits.device)
        losses.append(torch.nn.functional.cross_entropy(predictions, targets, reduction="none"))
    return torch.cat(losses).mean()


def _recipe(adapter: lora.Adapter) -> LoraRecipe:
    return LoraRecipe(lora_rank=adapter.rank, lora_alpha=adapter.alpha)


def _adapter(probe: Probe) -> lora.Adapter:
    """A small random adapter of every linear module of the layers above the split."""
    model = probe.network.model
    layers = probe.network.depth - probe.split
    recipe = LoraRecipe(
        lora_rank=2, lora_alpha=2.0, lora_layers=layers, targets=adaptable_names(model)
    )
    adapter = lora.init_adapter(model, recipe, seed=0)
    generator = torch.Generator().manual_seed(1)
    for _, b in adapter.pairs.values():
        b.normal_(0.0, 0.02, generator=generator)
    return adapter


def _largest(got: Tensor, wanted: Tensor) -> float:
    """The largest difference of two tensors of log-probabilities; a nan is infinite."""
    difference = (got - wanted).abs().max().item()
    return difference if difference == difference else float("inf")
