"""Low-rank adapters: a frozen linear map plus a trained product of two thin matrices.

For a linear module W (out × in) the adapted output is W x + (alpha / rank) B A x, with A (rank ×
in) drawn at random and B (out × rank) zero, so that a fresh adapter changes nothing. Files are
PEFT's: `adapter_config.json` and `adapter_model.safetensors`, readable with
`PeftModel.from_pretrained`.

Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from ...errors import CorruptError, ProviderError
from .recipe import LoraRecipe

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"


class LoraLinear(nn.Module):
    """A frozen linear module with an adapter beside it."""

    def __init__(self, linear: nn.Linear, a: nn.Parameter, b: nn.Parameter, scale: float) -> None:
        super().__init__()
        self.linear = linear
        self.a = a
        self.b = b
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear(x)
        low = nn.functional.linear(x, self.a)
        flat = torch.addmm(y.flatten(0, -2), low.flatten(0, -2), (self.b * self.scale).t())
        return flat.view_as(y)


@attrs.frozen(eq=False)
class Adapter:
    """Adapters by module path (`model.layers.20.self_attn.q_proj`), each a pair (A, B)."""

    rank: int
    alpha: float
    layers: tuple[int, ...]
    pairs: dict[str, tuple[Tensor, Tensor]]

    @property
    def scale(self) -> float:
        return self.alpha / self.rank

    @property
    def lowest_layer(self) -> int:
        """Index of the lowest adapted layer: what lies below it is the base model's."""
        return min(self.layers)


def layer_paths(model: nn.Module) -> list[str]:
    """Paths of the transformer layers, lowest first.

    Raises:
        ProviderError: The architecture keeps its layers elsewhere.
    """
    prefix = getattr(model, "base_model_prefix", "")
    inner = getattr(model, prefix, None) if prefix else None
    layers = getattr(inner, "layers", None)
    if not isinstance(layers, nn.ModuleList):
        raise ProviderError(
            f"{type(model).__name__} keeps its layers where this provider does not look",
            hint="use a model of the Llama family (Llama, Mistral, Qwen, SmolLM, Gemma, ...)",
        )
    return [f"{prefix}.layers.{index}" for index in range(len(layers))]


def init_adapter(model: nn.Module, recipe: LoraRecipe, seed: int) -> Adapter:
    """New adapters for the upper layers of `model`; what `seed` draws depends on nothing else."""
    paths = layer_paths(model)
    count = min(recipe.lora_layers or len(paths), len(paths))
    layers = tuple(range(len(paths) - count, len(paths)))
    generator = torch.Generator().manual_seed(seed)
    pairs: dict[str, tuple[Tensor, Tensor]] = {}
    for layer in layers:
        for name, module in model.get_submodule(paths[layer]).named_modules():
            if name.rsplit(".", 1)[-1] in recipe.targets and isinstance(module, nn.Linear):
                bound = 1 / math.sqrt(module.in_features)
                a = torch.empty(recipe.lora_rank, module.in_features)
                a.uniform_(-bound, bound, generator=generator)
                b = torch.zeros(module.out_features, recipe.lora_rank)
                pairs[f"{paths[layer]}.{name}"] = (a, b)
    if not pairs:
        raise ProviderError(
            f"no linear module of {type(model).__name__} is called {', '.join(recipe.targets)}"
        )
    return Adapter(recipe.lora_rank, recipe.lora_alpha, layers, pairs)


@contextmanager
def attach_adapter(
    models: Sequence[nn.Module], adapter: Adapter
) -> Iterator[dict[str, LoraLinear]]:
    """Put `adapter` beside the modules of each of `models` for the length of the block.

    The models are twins around the same tensors, and share the adapter in training as well.
    """
    first, *others = models
    device = next(first.parameters()).device
    put: dict[str, LoraLinear] = {}
    try:
        for path, (a, b) in adapter.pairs.items():
            linear = _linear_module(first, path)
            copies = [nn.Parameter(one.to(device, copy=True)) for one in (a, b)]
            put[path] = LoraLinear(linear, copies[0], copies[1], adapter.scale)
            first.set_submodule(path, put[path])
            for model in others:
                beside = LoraLinear(
                    _linear_module(model, path), copies[0], copies[1], adapter.scale
                )
                model.set_submodule(path, beside)
        yield put
    finally:
        for path in put:
            for model in models:
                module = model.get_submodule(path)
                if isinstance(module, LoraLinear):
                    model.set_submodule(path, module.linear)


def merge_adapter(model: nn.Module, adapter: Adapter) -> dict[str, Tensor]:
    """Weights of the adapted modules with the adapter added in; `model` keeps its own."""
    weights = {}
    for path, (a, b) in adapter.pairs.items():
        weight = _linear_module(model, path).weight.detach()
        change = b.to(weight.device) @ a.to(weight.device) * adapter.scale
        weights[path] = torch.add(weight, change.to(weight.dtype), out=torch.empty_like(weight))
    return weights


@contextmanager
def swap_weights(model: nn.Module, weights: dict[str, Tensor]) -> Iterator[None]:
    """Let `model` compute with `weights` for the length of the block; its own come back after."""
    own = {path: _linear_module(model, path).weight.data for path in weights}
    try:
        for path, weight in weights.items():
            _linear_module(model, path).weight.data = weight
        yield
    finally:
        for path, weight in own.items():
            _linear_module(model, path).weight.data = weight


def _linear_module(model: nn.Module, path: str) -> nn.Linear:
    module = model.get_submodule(path)
    if not isinstance(module, nn.Linear):
        raise CorruptError(f"the adapter names {path}, which is no linear module of this model")
    return module


def save_adapter(directory: Path, adapter: Adapter, targets: tuple[str, ...], base: str) -> None:
    """Write `adapter` into `folder` in PEFT's format."""
    from safetensors.torch import save_file

    tensors = {}
    for path, (a, b) in adapter.pairs.items():
        tensors[f"base_model.model.{path}.lora_A.weight"] = a.contiguous()
        tensors[f"base_model.model.{path}.lora_B.weight"] = b.contiguous()
    config: dict[str, Any] = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": adapter.rank,
        "lora_alpha": adapter.alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "use_rslora": False,
        "inference_mode": True,
        "target_modules": list(targets),
        "layers_to_transform": list(adapter.layers),
        "layers_pattern": "layers",
    }
    directory.mkdir(parents=True, exist_ok=True)
    save_file(tensors, directory / WEIGHTS_FILE, metadata={"format": "pt"})
    (directory / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_adapter(directory: Path) -> Adapter:
    """Read an adapter.

    Raises:
        CorruptError: The files are missing or not what `save` writes.
    """
    from safetensors.torch import load_file

    try:
        config = json.loads((directory / CONFIG_FILE).read_text(encoding="utf-8"))
        tensors = load_file(directory / WEIGHTS_FILE)
        pairs = {
            name.removeprefix("base_model.model.").removesuffix(".lora_A.weight"): (
                tensor,
                tensors[name.replace(".lora_A.", ".lora_B.")],
            )
            for name, tensor in tensors.items()
            if name.endswith(".lora_A.weight")
        }
        layers = tuple(config["layers_to_transform"])
        return Adapter(config["r"], float(config["lora_alpha"]), layers, pairs)
    except Exception as error:
        raise CorruptError(
            f"the adapter in {directory} cannot be read: {error}",
            hint="delete the training unit's folder to train it again",
        ) from error
