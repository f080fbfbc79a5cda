"""One step of a training: forward, loss, backward, AdamW.

A step is cut into parts that depend on its rows alone, each the work of one core; their gradients
are added in the parts' order, so the number of cores changes no bit.
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
from .network import Network, Prefix
from .packing import tree_attention
from .recipe import LoraRecipe

LOGITS_BYTES = (
    30 << 20
)  # bytes of logits held at a time: blocks an allocator keeps and hands out again
PART_TOKENS = 160  # tokens of a part of a step: more make a product no quicker


def split_rows(rows: Sequence[TokenizedRow], window: int) -> list[list[TokenizedRow]]:
    """The rows of a step in parts of much the same size, in order; a row is never cut.

    Args:
        window: Rows as long as this stand alone.
    """
    total = sum(len(row.ids) for row in rows)
    size = total / math.ceil(total / PART_TOKENS)
    places: list[tuple[int, int]] = []
    before = 0
    for index, row in enumerate(rows):
        middle = before + len(row.ids) / 2
        places.append((int(middle / size), index if len(row.ids) >= window else -1))
        before += len(row.ids)
    placed_rows = groupby(zip(places, rows, strict=True), key=lambda one: one[0])
    return [[row for _, row in group] for _, group in placed_rows]


@attrs.define
class Trainer:
    """One adapter in training: forward, loss, backward, AdamW.

    Args:
        head: The tokens that open every row.
        prefix: The base model's keys and values of `head`: what the lower layers continue.
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
        optimiser = torch.optim.AdamW(
            [weight for module in modules.values() for weight in (module.a, module.b)],
            lr=recipe.learning_rate,
            betas=(recipe.beta1, recipe.beta2),
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        with torch.no_grad(), network.autocast():
            prefix = network.prefix(prefix_ids)
        return cls(network, modules, recipe, prefix_ids, prefix, start.lowest_layer, optimiser)

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [weight for group in self.optimizer.param_groups for weight in group["params"]]

    def step(self, rows: Sequence[TokenizedRow], learning_rate: float) -> tuple[float, int]:
        """One optimiser step; the mean loss over the rows' answer tokens, and their number."""
        loss = self.accumulate_gradients(rows)
        nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss, sum(len(row.answer) for row in rows)

    def accumulate_gradients(self, rows: Sequence[TokenizedRow]) -> float:
        """Put the gradients of the mean loss into the adapters; returns that loss."""
        count = sum(len(row.answer) for row in rows)
        loss = 0.0
        done = self.network.pool.map(
            lambda network, part: self._part_gradients(network, part, count),
            split_rows(rows, self.network.attention_window),
        )
        for part_loss, gradients in done:
            loss += part_loss
            for weight, gradient in zip(self.parameters, gradients, strict=True):
                weight.grad = gradient if weight.grad is None else weight.grad.add_(gradient)
        return loss / count

    def _part_gradients(
        self, network: Network, rows: Sequence[TokenizedRow], count: int
    ) -> tuple[float, tuple[Tensor, ...]]:
        """The loss summed over the rows' answer tokens; gradients of that sum over `count`."""
        with torch.enable_grad():
            with network.autocast():
                hidden, targets = self._answer_states(network, rows)
            loss, down = _loss_and_gradient(network, hidden.detach(), targets, count)
            return loss, torch.autograd.grad(hidden, self.parameters, down)

    def _answer_states(
        self, network: Network, rows: Sequence[TokenizedRow]
    ) -> tuple[Tensor, Tensor]:
        """Hidden states that predict the answer tokens, shape (tokens, width), and those tokens."""
        cut = len(self.prefix_ids)
        bodies = [row.ids[cut:] for row in rows]
        positions, mask = None, None
        if len(rows) > 1:
            positions, mask = tree_attention(0, cut, [len(body) for body in bodies], network.device)
        lower = None
        if self.split:
            states = [network.lower_states(self.split, self.prefix, body) for body in bodies]
            if cut:
                states.insert(0, network.lower_states(self.split, Prefix((), ()), self.prefix_ids))
            lower = (self.split, torch.cat(states)[None])
        ids = network.padded_tensor(
            [[*self.prefix_ids, *(token for body in bodies for token in body)]]
        )
        hidden = network.forward(ids, positions=positions, mask=mask, lower=lower)
        # A token is predicted from the one before it.
        places: list[int] = []
        begin = cut
        for row, body in zip(rows, bodies, strict=True):
            end = begin + len(body)
            places += range(end - len(row.answer) - 1, end - 1)
            begin = end
        where = torch.tensor(places, device=network.device)
        targets = torch.tensor([t for row in rows for t in row.answer], device=network.device)
        return hidden[0].index_select(0, where), targets

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
        """Take up a state that `state` gave; none: stay as made."""
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
        """The adapters as they are now."""
        return {
            path: (module.a.detach().cpu(), module.b.detach().cpu())
            for path, module in self.modules.items()
        }


def _loss_and_gradient(
    network: Network, hidden: Tensor, targets: Tensor, count: int
) -> tuple[float, Tensor]:
    """The loss summed over `targets`, and the gradient of that sum over `count` for `hidden`.

    The logits of few tokens are in memory at a time.
    """
    leaf = hidden.requires_grad_()
    total = 0.0
    size = max(1, LOGITS_BYTES // (4 * network.model.config.vocab_size))
    for start in range(0, len(targets), size):
        part = slice(start, start + size)
        with network.autocast():
            logits = network.logits(leaf[part])
        loss: Any = nn.functional.cross_entropy(logits, targets[part], reduction="sum")
        (loss / count).backward()
        total += loss.item()
    assert leaf.grad is not None
    return total, leaf.grad
