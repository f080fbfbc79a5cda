"""Low-rank adapters: a frozen linear map plus a trained product of two thin matrices.

For a linear module W (out × in) the adapted output is W x + (alpha / rank) B A x. A (rank × in) is
initialized at random and B (out × rank) with zeros, so a new adapter changes nothing.

Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from ...errors import CorruptError, ProviderError
from .adaptable import adaptable_names, is_linear, is_target, linear_features
from .architecture import find_decoder
from .recipe import LoraRecipe


class LoraLinear(nn.Module):
    """A frozen linear module with an adapter added to its output.

    Args:
        linear: The frozen module, in -> out features.
        a: Shape (rank, in).
        b: Shape (out, rank).
        scale: alpha / rank.
    """

    def __init__(self, linear: Any, a: nn.Parameter, b: nn.Parameter, scale: float) -> None:
        super().__init__()
        self.linear = linear
        self.a = a
        self.b = b
        self.scale = scale

    @property
    def weight(self) -> Tensor:
        """The frozen weight, for models that look at its dtype or device."""
        weight: Tensor = self.linear.weight
        return weight

    @property
    def bias(self) -> Tensor | None:
        bias: Tensor | None = self.linear.bias
        return bias

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear(x)
        projected = nn.functional.linear(x, self.a)
        flat = torch.addmm(y.flatten(0, -2), projected.flatten(0, -2), (self.b * self.scale).t())
        return flat.view_as(y)


@attrs.frozen(eq=False)
class Adapter:
    """The adapters of a model.

    Args:
        rank: Rank of every pair.
        alpha: Scale numerator; the product is scaled by alpha / rank.
        layers: Indices of the adapted layers.
        pairs: (A, B) by module path, such as `model.layers.20.self_attn.q_proj`.
    """

    rank: int
    alpha: float
    layers: tuple[int, ...]
    pairs: dict[str, tuple[Tensor, Tensor]]

    @property
    def scale(self) -> float:
        return self.alpha / self.rank

    @property
    def shape(self) -> tuple[object, ...]:
        """What adapters must have in common for one to be trained on as the other."""
        shapes = {path: (a.shape, b.shape) for path, (a, b) in self.pairs.items()}
        return self.rank, self.alpha, self.layers, shapes

    @property
    def lowest_layer(self) -> int:
        """Index of the lowest adapted layer; the layers below it are the base model's."""
        return min(self.layers)


def init_adapter(model: nn.Module, recipe: LoraRecipe, seed: int) -> Adapter:
    """New adapters for the upper layers of a model.

    Args:
        model: The base model.
        recipe: Rank, alpha, number of layers, and names of the modules to adapt.
        seed: Determines the initial values, whatever other random numbers were drawn before.

    Raises:
        ProviderError: The model has no module that the recipe names.
    """
    paths = find_decoder(model).layer_paths
    count = min(recipe.lora_layers or len(paths), len(paths))
    layers = tuple(range(len(paths) - count, len(paths)))
    generator = torch.Generator().manual_seed(seed)
    pairs: dict[str, tuple[Tensor, Tensor]] = {}
    for layer in layers:
        for name, module in model.get_submodule(paths[layer]).named_modules():
            if is_target(name, module, recipe.targets):
                inputs, outputs = linear_features(module)
                bound = 1 / math.sqrt(inputs)
                a = torch.empty(recipe.lora_rank, inputs)
                a.uniform_(-bound, bound, generator=generator)
                b = torch.zeros(outputs, recipe.lora_rank)
                pairs[f"{paths[layer]}.{name}"] = (a, b)
    if not pairs:
        names = ", ".join(adaptable_names(model)) or "no linear module at all"
        raise ProviderError(
            f"{type(model).__name__} has no linear module named {', '.join(recipe.targets)} in its "
            "layers",
            hint=f"name modules that its layers have in `Training(targets=...)`: {names}",
        )
    return Adapter(recipe.lora_rank, recipe.lora_alpha, layers, pairs)


@contextmanager
def attach_adapter(
    models: Sequence[nn.Module], adapter: Adapter
) -> Iterator[dict[str, LoraLinear]]:
    """Attach a trainable copy of `adapter` to each of `models` inside the block.

    The models are replicas that share their weights; they share the trainable adapter as well.

    Yields:
        The adapted modules of the first model, by path.
    """
    first, *replicas = models
    device = next(first.parameters()).device
    modules: dict[str, LoraLinear] = {}
    try:
        for path, (a, b) in adapter.pairs.items():
            linear = _linear_module(first, path)
            copies = [nn.Parameter(matrix.to(device, copy=True)) for matrix in (a, b)]
            modules[path] = LoraLinear(linear, copies[0], copies[1], adapter.scale)
            first.set_submodule(path, modules[path])
            for model in replicas:
                module = LoraLinear(
                    _linear_module(model, path), copies[0], copies[1], adapter.scale
                )
                model.set_submodule(path, module)
        yield modules
    finally:
        for path in modules:
            for model in models:
                adapted = model.get_submodule(path)
                if isinstance(adapted, LoraLinear):
                    model.set_submodule(path, adapted.linear)


def merge_adapter(model: nn.Module, adapter: Adapter) -> dict[str, Tensor]:
    """Copies of the adapted modules' weights with the adapter added, by path."""
    weights = {}
    for path, (a, b) in adapter.pairs.items():
        module = _linear_module(model, path)
        weight = module.weight.detach()
        delta = b.to(weight.device) @ a.to(weight.device) * adapter.scale
        delta = delta.t() if isinstance(module, Conv1D) else delta  # its weight is in × out
        weights[path] = torch.add(weight, delta.to(weight.dtype), out=torch.empty_like(weight))
    return weights


@contextmanager
def swap_weights(model: nn.Module, weights: dict[str, Tensor]) -> Iterator[None]:
    """Let `model` compute with `weights` inside the block, then restore its own."""
    originals = {path: _linear_module(model, path).weight.data for path in weights}
    try:
        for path, weight in weights.items():
            _linear_module(model, path).weight.data = weight
        yield
    finally:
        for path, weight in originals.items():
            _linear_module(model, path).weight.data = weight


def _linear_module(model: nn.Module, path: str) -> Any:
    module = model.get_submodule(path)
    if not is_linear(module):
        raise CorruptError(f"the adapter names {path}, which is not a linear module of this model")
    return module
