"""Low-rank adapters: a frozen linear map plus a trained product of two thin matrices.

For a linear module W (out × in) the adapted output is W x + (alpha / rank) B A x. A (rank × in) is
initialized at random and B (out × rank) with zeros, so a new adapter changes nothing.

Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from ...errors import CorruptError, ProviderError
from .architecture import find_decoder
from .linear import FrozenLinear
from .recipe import LoraRecipe

_RECURRENT = ("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h")
_READ_BY_WEIGHT = ("out_proj",)
"""Modules that the kernels of recurrent models read by their weight instead of calling them, so
that an adapter beside them would do nothing; PEFT refuses them too."""


class LoraLinear(nn.Module):
    """A frozen linear module with an adapter added to its output.

    Args:
        linear: The frozen module, in -> out features.
        a: Shape (rank, in).
        b: Shape (out, rank).
        scale: alpha / rank.
    """

    def __init__(self, linear: nn.Linear, a: nn.Parameter, b: nn.Parameter, scale: float) -> None:
        super().__init__()
        self.linear = linear
        self.a = a
        self.b = b
        self.scale = scale

    @property
    def weight(self) -> Tensor:
        """The frozen weight, for models that look at its dtype or device."""
        return self.linear.weight

    @property
    def bias(self) -> Tensor | None:
        return self.linear.bias

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
    def lowest_layer(self) -> int:
        """Index of the lowest adapted layer; the layers below it are the base model's."""
        return min(self.layers)


def is_linear(module: nn.Module) -> bool:
    """Whether a module is a linear map and nothing else, so that an adapter can stand beside it."""
    return isinstance(module, nn.Linear) and type(module).forward in (
        nn.Linear.forward,
        FrozenLinear.forward,
    )


def is_target(name: str, module: nn.Module, targets: Collection[str]) -> bool:
    """Whether a module gets an adapter.

    Args:
        name: Its path, or the last part of it.
        module: The module.
        targets: Names of the modules that get adapters.
    """
    return name.rsplit(".", 1)[-1] in targets and is_linear(module)


def linear_names(model: nn.Module) -> tuple[str, ...]:
    """The names of the linear modules in a model's decoder layers that can be adapted, sorted."""
    config: Any = model.config
    excluded = _READ_BY_WEIGHT if config.model_type in _RECURRENT else ()
    names = {
        name.rsplit(".", 1)[-1]
        for layer in find_decoder(model).layers
        for name, module in layer.named_modules()
        if is_linear(module) and name.rsplit(".", 1)[-1] not in excluded
    }
    return tuple(sorted(names))


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
                bound = 1 / math.sqrt(module.in_features)
                a = torch.empty(recipe.lora_rank, module.in_features)
                a.uniform_(-bound, bound, generator=generator)
                b = torch.zeros(module.out_features, recipe.lora_rank)
                pairs[f"{paths[layer]}.{name}"] = (a, b)
    if not pairs:
        names = ", ".join(linear_names(model)) or "no linear module at all"
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
        weight = _linear_module(model, path).weight.detach()
        delta = b.to(weight.device) @ a.to(weight.device) * adapter.scale
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


def _linear_module(model: nn.Module, path: str) -> nn.Linear:
    module = model.get_submodule(path)
    if not isinstance(module, nn.Linear):
        raise CorruptError(f"the adapter names {path}, which is not a linear module of this model")
    return module
