"""Adapters that were trained elsewhere: folders in PEFT's format, checked before they are used.

An adapter is used only if all that it does is known: low-rank matrices on linear modules of layers,
on the base model that it was trained on. Everything else that PEFT can save is refused by its name.
The check reads the configuration and the header of the weights, and needs no torch. PEFT documents
the configuration: https://huggingface.co/docs/peft/package_reference/lora
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import attrs

from ...errors import DeclarationError
from ...spec import Model
from . import file_digests

CONFIG_FILE, WEIGHTS_FILE = "adapter_config.json", "adapter_model.safetensors"
_PAIR = re.compile(
    r"base_model\.model\.(?P<path>.+\.(?P<layer>\d+)\..+)\.lora_(?P<side>[AB])\.weight"
)
_MAX_HEADER = 100 << 20
_CHANGES = (
    "use_dora",
    "lora_bias",
    "modules_to_save",
    "rank_pattern",
    "alpha_pattern",
    "layer_replication",
    "trainable_token_indices",
    "target_parameters",
    "alora_invocation_tokens",
    "use_qalora",
)
"""Settings under which an adapter does more than add a product of two matrices."""


@attrs.frozen(kw_only=True)
class PeftFolder:
    """A folder with an adapter that can be used.

    Args:
        folder: The folder.
        rank: Rank of every pair of matrices.
        alpha: The product of a pair is scaled by alpha / rank.
        paths: The modules that it changes.
        layers: The numbers of their layers.
        digest: Digest of its tensors and their scale; no name and no path is part of it.
    """

    folder: Path
    rank: int
    alpha: float
    paths: tuple[str, ...]
    layers: tuple[int, ...]
    digest: str


def read_peft_folder(folder: Path, model: Model) -> PeftFolder:
    """Check the adapter in a folder.

    Args:
        folder: A folder in PEFT's format.
        model: The model that it must have been trained on.

    Raises:
        DeclarationError: The folder has no adapter, or none of this model that can be used.
    """
    config = _read_config(folder)
    _check_settings(folder, config)
    _check_base(folder, config, model)
    pairs = [_match_pair(folder, name) for name in _tensor_names(folder)]
    paths = tuple(sorted({match["path"] for match in pairs}))
    if not pairs or len(pairs) != 2 * len(paths):
        raise _refusal(folder, "has no complete pairs of matrices")
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not isinstance(rank, int) or rank < 1 or not isinstance(alpha, (int, float)):
        raise _refusal(folder, f"states no rank and alpha (r={rank!r}, lora_alpha={alpha!r})")
    scaled = float(alpha) * (math.sqrt(rank) if config.get("use_rslora") else 1.0)
    weights = file_digests.cached_digest(folder / WEIGHTS_FILE)
    return PeftFolder(
        folder=folder,
        rank=rank,
        alpha=scaled,
        paths=paths,
        layers=tuple(sorted({int(match["layer"]) for match in pairs})),
        digest=f"lora:{scaled!r}/{rank}:sha256:{weights}",
    )


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = f"there is no {CONFIG_FILE}" if isinstance(error, OSError) else str(error)
        raise _refusal(folder, f"is no folder of an adapter: {reason}") from None
    if not isinstance(config, dict):
        raise _refusal(folder, f"is no folder of an adapter: {CONFIG_FILE} holds no object")
    return config


def _check_settings(folder: Path, config: dict[str, Any]) -> None:
    if (kind := config.get("peft_type")) != "LORA":
        raise _refusal(folder, f"holds {kind!r}, and only LORA is known here")
    if (bias := config.get("bias", "none")) != "none":
        raise _refusal(folder, f"changes biases (bias={bias!r})")
    if (init := config.get("init_lora_weights", True)) not in (True, False, "gaussian"):
        raise _refusal(folder, f"may have changed its base (init_lora_weights={init!r})")
    for name in _CHANGES:
        if value := config.get(name):
            raise _refusal(folder, f"is of a kind that is not known here ({name}={value!r})")


def _check_base(folder: Path, config: dict[str, Any], model: Model) -> None:
    stated = config.get("base_model_name_or_path")
    if not isinstance(stated, str) or not stated:
        raise _refusal(
            folder,
            "does not say which model it was trained on",
            f"write base_model_name_or_path into its {CONFIG_FILE}",
        )
    names = {model.name, model.id, model.id.partition(":")[2]}
    names |= {str(Path(name).expanduser().resolve()) for name in (model.name,)}
    if stated not in names and str(Path(stated).expanduser().resolve()) not in names:
        raise _refusal(
            folder,
            f"was trained on {stated}, not on {model.id}",
            f"declare model='local:…' for {stated}, which it belongs to",
        )


def _tensor_names(folder: Path) -> list[str]:
    """The names of the tensors in the weights, from the header of the file.

    The format: https://huggingface.co/docs/safetensors
    """
    path = folder / WEIGHTS_FILE
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if size > _MAX_HEADER:
                raise ValueError("its header is too long")
            header = json.loads(file.read(size))
        return [name for name in header if name != "__metadata__"]
    except FileNotFoundError:
        raise _refusal(
            folder, f"has no {WEIGHTS_FILE}", "save it with safe_serialization=True"
        ) from None
    except (OSError, ValueError, TypeError) as error:
        raise _refusal(folder, f"has a {WEIGHTS_FILE} that cannot be read ({error})") from None


def _match_pair(folder: Path, name: str) -> re.Match[str]:
    match = _PAIR.fullmatch(name)
    if match is None:
        raise _refusal(folder, f"holds {name}, which is no matrix of a module of a layer")
    return match


def _refusal(folder: Path, problem: str, hint: str | None = None) -> DeclarationError:
    return DeclarationError(f"the adapter folder {str(folder)!r} {problem}", hint=hint)
