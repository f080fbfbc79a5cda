"""Adapters on disk, in PEFT's format: `adapter_config.json` and `adapter_model.safetensors`.

`PeftModel.from_pretrained` reads them, and finds the modules that were trained and no others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ...errors import CorruptError
from .adaptable import is_target
from .architecture import find_decoder
from .lora import Adapter
from .peft_folder import CONFIG_FILE, WEIGHTS_FILE, PeftFolder


def peft_targets(model: nn.Module, adapter: Adapter, targets: Sequence[str]) -> list[str]:
    """What PEFT's `target_modules` must be to find the adapted modules and no others.

    The names that modules have, unless another part of the model, such as a tower for images, has
    modules of the same names in layers of the same numbers: then all paths.

    Args:
        model: The base model.
        adapter: The adapter to write.
        targets: Names of the adapted modules.
    """
    pattern = re.compile(rf"(?:^|.*?\.){find_decoder(model).layers_name}\.(\d+)\.")
    for path, module in model.named_modules():
        match = pattern.match(path)
        if path in adapter.pairs or not match or int(match[1]) not in adapter.layers:
            continue
        if is_target(path, module, targets):
            return sorted(adapter.pairs)
    names = {path.rsplit(".", 1)[-1] for path in adapter.pairs}
    return [name for name in targets if name in names]


def save_adapter(directory: Path, adapter: Adapter, targets: Sequence[str], base: str) -> None:
    """Write an adapter in PEFT's format.

    Args:
        directory: Created if it does not exist.
        adapter: The adapter to write.
        targets: From `peft_targets`, for the configuration.
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
        "layers_pattern": _layers_name(adapter),
    }
    directory.mkdir(parents=True, exist_ok=True)
    save_file(tensors, directory / WEIGHTS_FILE, metadata={"format": "pt"})
    (directory / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _layers_name(adapter: Adapter) -> str:
    """The name of the list of layers, from the path of a module in it."""
    parts = next(iter(adapter.pairs)).split(".")
    return next(name for name, index in pairwise(parts) if index.isdecimal())


def load_adapter(directory: Path) -> Adapter:
    """Read an adapter that `save_adapter` wrote.

    Raises:
        CorruptError: The files are missing or damaged.
    """
    try:
        config = json.loads((directory / CONFIG_FILE).read_text(encoding="utf-8"))
        pairs = _load_pairs(directory)
        layers = tuple(config["layers_to_transform"])
        return Adapter(config["r"], float(config["lora_alpha"]), layers, pairs)
    except Exception as error:
        raise CorruptError(
            f"cannot read the adapter in {directory}: {error}",
            hint="delete the training unit's directory to train it again",
        ) from error


def load_peft_folder(found: PeftFolder) -> Adapter:
    """The adapter that was trained elsewhere.

    Raises:
        CorruptError: Its weights are damaged, or do not have its rank.
    """
    try:
        pairs = {path: (a.float(), b.float()) for path, (a, b) in _load_pairs(found.folder).items()}
    except Exception as error:
        raise CorruptError(
            f"cannot read the adapter in {found.folder}: {error}", hint="get the folder again"
        ) from error
    if any(a.shape[0] != found.rank or b.shape[1] != found.rank for a, b in pairs.values()):
        raise CorruptError(f"the matrices in {found.folder} have another rank than {found.rank}")
    return Adapter(found.rank, found.alpha, found.layers, pairs)


def _load_pairs(directory: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """The pairs of matrices in a folder, by the path of the module."""
    from safetensors.torch import load_file

    tensors = load_file(directory / WEIGHTS_FILE)
    return {
        name.removeprefix("base_model.model.").removesuffix(".lora_A.weight"): (
            tensor,
            tensors[name.replace(".lora_A.", ".lora_B.")],
        )
        for name, tensor in tensors.items()
        if name.endswith(".lora_A.weight")
    }
