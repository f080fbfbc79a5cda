"""Which modules of a model can get adapters that PEFT can load.

That is every linear module of the decoder's layers, but for two kinds. Kernels of recurrent models
read a weight instead of calling its module, so that an adapter beside it would do nothing. And PEFT
takes some names for parts of stacked experts, as older versions of transformers had them, in models
whose experts are stacked now, even where another module has the name.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from torch import nn
from transformers.pytorch_utils import Conv1D

from .architecture import find_decoder
from .linear import FrozenLinear

_RECURRENT = ("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h")
_READ_BY_WEIGHT = frozenset({"out_proj"})
_EXPERTS = frozenset({"gate", "gate_proj", "up_proj", "down_proj", "w1", "w2", "w3"})
_STACKED = "experts.gate_up_proj"


def is_linear(module: nn.Module) -> bool:
    """Whether a module is a linear map and nothing else, so that an adapter can stand beside it."""
    maps = (nn.Linear.forward, FrozenLinear.forward, Conv1D.forward)
    return isinstance(module, nn.Linear | Conv1D) and type(module).forward in maps


def is_target(name: str, module: nn.Module, targets: Collection[str]) -> bool:
    """Whether a module gets an adapter.

    Args:
        name: Its path, or the last part of it.
        module: The module.
        targets: Names of the modules that get adapters.
    """
    return name.rsplit(".", 1)[-1] in targets and is_linear(module)


def linear_features(module: nn.Module) -> tuple[int, int]:
    """The input and output features of a linear map."""
    if isinstance(module, Conv1D):
        return int(module.nx), int(module.nf)
    assert isinstance(module, nn.Linear)
    return module.in_features, module.out_features


def linear_names(model: Any) -> tuple[str, ...]:
    """The names of all linear modules in a model's layers, sorted."""
    names = {
        name.rsplit(".", 1)[-1]
        for layer in find_decoder(model).layers
        for name, module in layer.named_modules()
        if is_linear(module)
    }
    return tuple(sorted(names))


def adaptable_names(model: Any) -> tuple[str, ...]:
    """The names of the modules in a model's layers that can get adapters, sorted."""
    excluded = _READ_BY_WEIGHT if model.config.model_type in _RECURRENT else frozenset()
    if _is_renamed(model):
        excluded = excluded | _EXPERTS
    return tuple(name for name in linear_names(model) if name not in excluded)


def _is_renamed(model: Any) -> bool:
    """Whether the experts are stacked, and PEFT maps their former names to the stack."""
    parameters = find_decoder(model).module.named_parameters()
    if not any(name.endswith(_STACKED) for name, _ in parameters):
        return False
    try:
        from transformers import conversion_mapping
    except ImportError:
        return True
    library: Any = conversion_mapping
    return library.get_checkpoint_conversion_mapping(model.config.model_type) is not None
