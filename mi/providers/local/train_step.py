"""One training step: forward, loss, backward, AdamW.

A step is divided into parts that depend on its rows alone, and each part is computed on one core.
The gradients are accumulated in the order of the parts, so the number of cores changes no bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from ..chat_template import TokenizedRow
from . import lora
from .network import Network
from .packing import tree_attention
from .prefix import Prefix
from .recipe import LoraRecipe

LOGITS_BYTES = 30 << 20  # of logits held at a time: blocks that the allocator reuses
PART_TOKENS = 160  # of a part of a step: larger matrix products are no faster


def split_rows(rows: Sequence[TokenizedRow], window: int) -> list[list[TokenizedRow]]:
    """Divide the rows of a step into parts of similar size, in order; no row is cut.

    Args:
        rows: The rows of a step.
        window: The packing window in tokens; a row this long is a part of its own.
    """
    total = sum(len(row.ids) for row in rows)
    size = total / math.ceil(total / PART_TOKENS)
    keys: list[tuple[int, int]] = []
    start = 0
    for index, row in enumerate(rows):
        middle = start + len(row.ids) / 2
        keys.append((int(middle / size), index if len(row.ids) >= window else -1))
        start += len(row.ids)
    groups = groupby(zip(keys, rows, strict=True), key=lambda pair: pair[0])
    return [[row for _, row in group] for _, group in groups]


@attrs.define
class Trainer:
    """An adapter in training.

    Args:
        network: The model, with the trainable adapter attached.
        modules: The adapted modules, by path.
        recipe: The hyperparameters.
        prefix_ids: The token ids that every row begins with.
        prefix: The base model's keys and values of `prefix_ids`, which the lower layers continue.
        split: Number of lowest layers that are the base model's.
        optimizer: AdamW over the adapter's parameters.
    """

    network: Network
    modules: dict[str, lora.LoraLinear]
    recipe: LoraRecipe
    prefix_ids: tuple[int, ...]
    prefix: Prefix
    split: int
    optimizer: torch.optim.AdamW

    @classmethod
    def create(
        cls,
        network: Network,
        modules: dict[str, lora.LoraLinear],
        recipe: LoraRecipe,
        prefix_ids: tuple[int, ...],
        start: lora.Adapter,
    ) -> Trainer:
        """A trainer before its first step.

        Args:
            network: The model, with the trainable adapter attached.
            modules: The adapted modules, by path.
            recipe: The hyperparameters.
            prefix_ids: The token ids that every row begins with.
            start: The initial adapter, for the layers that it adapts.
        """
        optimizer = torch.optim.AdamW(
            [weight for module in modules.values() for weight in (module.a, module.b)],
            lr=recipe.learning_rate,
            betas=(recipe.beta1, recipe.beta2),
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        with torch.no_grad(), network.autocast():
            prefix = network.prefix(prefix_ids)
        split = network.usable_split(start.lowest_layer)
        return cls(network, modules, recipe, prefix_ids, prefix, split, optimizer)

    @property
    def parameters(self) -> list[nn.Parameter]:
        """The adapter's trainable parameters, in the optimizer's order."""
        return [weight for group in self.optimizer.param_groups for weight in group["params"]]

    def step(self, rows: Sequence[TokenizedRow], learning_rate: float) -> tuple[float, int]:
        """Take one optimizer step; return the mean loss per answer token, and their number.

        The loss of a row's tokens is multiplied by the row's weight before the mean is taken.
        """
        loss = self.accumulate_gradients(rows)
        nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss, sum(len(row.learned) for row in rows)

    def accumulate_gradients(self, rows: Sequence[TokenizedRow]) -> float:
        """Add the gradients of the mean loss to the parameters and return that loss.

        The mean is over the rows' answer tokens, in nats per token.
        """
        count = sum(len(row.learned) for row in rows)
        loss = 0.0
        results = self.network.pool.map(
            lambda network, part: self._part_gradients(network, part, count),
            split_rows(rows, self.network.packing_window),
        )
        for part_loss, gradients in results:
            loss += part_loss
            for weight, gradient in zip(self.parameters, gradients, strict=True):
                weight.grad = gradient if weight.grad is None else weight.grad.add_(gradient)
        return loss / count

    def _part_gradients(
        self, network: Network, rows: Sequence[TokenizedRow], count: int
    ) -> tuple[float, tuple[Tensor, ...]]:
        """The loss summed over the rows' answer tokens, and the gradients of loss / count."""
        with torch.enable_grad():
            with network.autocast():
                hidden, targets = self._answer_states(network, rows)
            weights = _token_weights(rows, targets.device)
            loss, gradient = _loss_and_gradient(network, hidden.detach(), targets, count, weights)
            gradients = torch.autograd.grad(
                hidden, self.parameters, gradient, materialize_grads=True
            )  # zeros for an expert that no token of the part reached
            return loss, gradients

    def _answer_states(
        self, network: Network, rows: Sequence[TokenizedRow]
    ) -> tuple[Tensor, Tensor]:
        """Hidden states that predict answer tokens, shape (tokens, width), and those tokens."""
        cut = len(self.prefix_ids)
        suffixes = [row.ids[cut:] for row in rows]
        positions, mask = None, None
        if len(rows) > 1:
            lengths = [len(suffix) for suffix in suffixes]
            positions, mask = tree_attention(0, cut, lengths, network.device)
        lower = None
        if self.split:
            states = [network.lower_states(self.split, self.prefix, suffix) for suffix in suffixes]
            if cut:
                states.insert(0, network.lower_states(self.split, Prefix((), ()), self.prefix_ids))
            lower = (self.split, torch.cat(states)[None])
        ids = network.padded_tensor(
            [[*self.prefix_ids, *(token for suffix in suffixes for token in suffix)]]
        )
        hidden = network.forward(ids, positions=positions, mask=mask, lower=lower)
        # Each token is predicted from the hidden state of the one before it.
        predictors: list[int] = []
        begin = cut
        for row, suffix in zip(rows, suffixes, strict=True):
            predictors += (begin - cut + position - 1 for position in row.learned)
            begin += len(suffix)
        indices = torch.tensor(predictors, device=network.device)
        tokens = [row.ids[position] for row in rows for position in row.learned]
        targets = torch.tensor(tokens, device=network.device)
        return hidden[0].index_select(0, indices), targets

    def state_dict(self) -> dict[str, Tensor]:
        """Everything the next step depends on, by name."""
        tensors = {}
        for path, module in self.modules.items():
            for name, weight in (("a", module.a), ("b", module.b)):
                tensors[f"{path}.{name}"] = weight.detach()
                for moment, value in self.optimizer.state[weight].items():
                    tensors[f"{path}.{name}.{moment}"] = value
        return tensors

    def load_state_dict(self, tensors: dict[str, Tensor]) -> None:
        """Restore tensors from `state_dict`; an empty dictionary changes nothing."""
        if not tensors:
            return
        for path, module in self.modules.items():
            for name, weight in (("a", module.a), ("b", module.b)):
                key = f"{path}.{name}"
                weight.data.copy_(tensors[key])
                self.optimizer.state[weight] = {
                    moment: tensors[f"{key}.{moment}"].to(weight.device)
                    for moment in ("step", "exp_avg", "exp_avg_sq")
                }

    def adapter_pairs(self) -> dict[str, tuple[Tensor, Tensor]]:
        """The current matrices (A, B) of each adapted module, by path."""
        return {
            path: (module.a.detach().cpu(), module.b.detach().cpu())
            for path, module in self.modules.items()
        }


def _token_weights(rows: Sequence[TokenizedRow], device: torch.device) -> Tensor | None:
    """The weights of the rows' answer tokens; None where all are 1."""
    if all(row.weight == 1.0 for row in rows):
        return None
    return torch.tensor([row.weight for row in rows for _ in row.learned], device=device)


def _loss_and_gradient(
    network: Network, hidden: Tensor, targets: Tensor, count: int, weights: Tensor | None = None
) -> tuple[float, Tensor]:
    """The summed cross-entropy (nats), and the gradient of that sum / `count`.

    Only the logits of a slice of tokens are in memory at a time.

    Args:
        network: The replica to compute on.
        hidden: Hidden states that predict the targets, shape (tokens, width).
        targets: Token ids, shape (tokens,).
        count: Divisor of the loss in the gradient.
        weights: Factors of the tokens' losses, shape (tokens,); None: 1.

    Returns:
        The loss, and the gradient with respect to `hidden`, of its shape.
    """
    leaf = hidden.requires_grad_()
    total = 0.0
    size = max(1, LOGITS_BYTES // (4 * network.decoder.config.vocab_size))
    for start in range(0, len(targets), size):
        window = slice(start, start + size)
        with network.autocast():
            logits = network.logits(leaf[window])
        loss = _summed_loss(logits, targets[window], None if weights is None else weights[window])
        (loss / count).backward()
        total += loss.item()
    assert leaf.grad is not None
    return total, leaf.grad


def _summed_loss(logits: Tensor, targets: Tensor, weights: Tensor | None) -> Any:
    if weights is None:
        return nn.functional.cross_entropy(logits, targets, reduction="sum")
    return (nn.functional.cross_entropy(logits, targets, reduction="none") * weights).sum()
