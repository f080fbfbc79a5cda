"""Low-rank adapters: a frozen linear map plus a trained product of two thin matrices.

For a linear module W (out × in) the adapted output is W x + (alpha / rank) B A x. A (rank × in) is
initialized at random and B (out × rank) with zeros, so a new adapter changes nothing. Adapters are
stored in PEFT's format, `adapter_config.json` and `adapter_model.safetensors`, which
`PeftModel.from_pretrained` reads.

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


def layer_paths(model: nn.Module) -> list[str]:
    """Paths of the transformer layers, lowest first.

    Raises:
        ProviderError: The architecture keeps its layers at another path.
    """
    prefix = getattr(model, "base_model_prefix", "")
    inner = getattr(model, prefix, None) if prefix else None
    layers = getattr(inner, "layers", None)
    if not isinstance(layers, nn.ModuleList):
        raise ProviderError(
            f"{type(model).__name__} has no `layers` in its base model, so it cannot be adapted",
            hint="use a model of the Llama family (Llama, Mistral, Qwen, SmolLM, Gemma, ...)",
        )
    return [f"{prefix}.layers.{index}" for index in range(len(layers))]


def init_adapter(model: nn.Module, recipe: LoraRecipe, seed: int) -> Adapter:
    """New adapters for the upper layers of a model.

    Args:
        model: The base model.
        recipe: Rank, alpha, number of layers, and names of the modules to adapt.
        seed: Determines the initial values, whatever other random numbers were drawn before.

    Raises:
        ProviderError: The model has no module that the recipe names.
    """
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
            f"{type(model).__name__} has no linear module named {', '.join(recipe.targets)}",
            hint="name modules of this model in the recipe's `targets`",
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


def save_adapter(directory: Path, adapter: Adapter, targets: tuple[str, ...], base: str) -> None:
    """Write an adapter in PEFT's format.

    Args:
        directory: Created if it does not exist.
        adapter: The adapter to write.
        targets: Names of the adapted modules, for the configuration.
        base: Name of the base model, for the configuration.
    """
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
    """Read an adapter that `save_adapter` wrote.

    Raises:
        CorruptError: The files are missing or damaged.
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
            f"cannot read the adapter in {directory}: {error}",
            hint="delete the training unit's directory to train it again",
        ) from error
