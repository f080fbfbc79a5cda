"""Which modules get adapters: every linear module of the decoder's layers, unless stated.

The names are resolved when a training is planned, from the model's config alone: its modules are
built without weights. Where the seven usual names reach every linear module, the recipe states
those seven, as recipes did before there was a choice.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from ...errors import DeclarationError, ProviderError, did_you_mean
from ...files import atomic
from ...files.cache import cache_root
from .recipe import TARGETS

logger = logging.getLogger(__name__)

USUAL_TYPES = frozenset(
    {
        "cohere",
        "cohere2",
        "gemma",
        "gemma2",
        "gemma3_text",
        "granite",
        "llama",
        "mistral",
        "olmo2",
        "olmo3",
        "qwen2",
        "qwen3",
        "smollm3",
    }
)
"""Model types whose layers have the seven usual linear modules and no other: no need to build."""


@attrs.frozen(kw_only=True)
class TargetReach:
    """What adapters reach of the weights of a decoder's layers.

    Args:
        reached: Weights of the modules that get adapters.
        total: Weights of all matrices of the layers.
        missed: The other matrices, by name below the layer: their weights in all layers.
    """

    reached: int
    total: int
    missed: Mapping[str, int]

    @property
    def share(self) -> float:
        """The share of the layers' weights that adapters reach, in [0, 1]."""
        return self.reached / self.total if self.total else 0.0

    def message(self) -> str:
        """A sentence on the weights without adapters; empty if they are under a percent."""
        if self.share > 0.99:
            return ""
        names = sorted(self.missed, key=lambda name: -self.missed[name])[:4]
        return (
            f"adapters reach {self.share:.0%} of the layers' weights; without adapters: "
            f"{', '.join(names)}"
        )


def resolve_targets(
    config: Mapping[str, Any] | None, stated: tuple[str, ...] | None, where: str
) -> tuple[str, ...]:
    """The names of the modules that get adapters.

    Args:
        config: The content of the model's `config.json`; None: the embedded model's.
        stated: The names that the training states, if it does.
        where: The model, for the message.

    Raises:
        DeclarationError: The model's layers have no linear module of a stated name.
        ProviderError: The modules cannot be built from the config.
    """
    is_usual = config is None or config.get("model_type") in USUAL_TYPES
    usual: tuple[tuple[str, ...], tuple[str, ...]] = (TARGETS, TARGETS)
    names, linear = usual if is_usual else known_names(json.dumps(config), where)
    if stated is None:
        return TARGETS if names == linear and set(names) <= set(TARGETS) else names
    for name in stated:
        if name not in names:
            raise DeclarationError(
                f"the model's layers have no linear module named {name!r} that can get an adapter",
                where=f"{where} @ $.training.targets",
                hint=did_you_mean(name, names, overflow_hint=f"they have {', '.join(names)}"),
            )
    return stated


@lru_cache(maxsize=64)
def known_names(config: str, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the modules that can get adapters, and of all linear modules, each sorted.

    Args:
        config: The content of the model's `config.json`.
        where: The model, for the message.
    """
    digest = hashlib.sha256(f"{config}\0{version('transformers')}".encode()).hexdigest()
    path = cache_root() / "targets" / f"{digest[:32]}.json"
    try:
        adaptable, linear = json.loads(path.read_text(encoding="utf-8"))
        return tuple(map(str, adaptable)), tuple(map(str, linear))
    except (OSError, ValueError, TypeError):
        pass
    from .adaptable import adaptable_names, linear_names

    model = build_skeleton(json.loads(config), where)
    names = adaptable_names(model), linear_names(model)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_atomic(path, json.dumps(names) + "\n")
    except Exception as error:  # a cache that cannot be written costs time, nothing else
        logger.info("cannot keep the names of modules in %s: %s", path, error)
    return names


def build_skeleton(config: Mapping[str, Any], where: str) -> Any:
    """The modules of a model without weights.

    Args:
        config: The content of the model's `config.json`.
        where: The model, for the message.

    Raises:
        ProviderError: transformers does not know the architecture, or cannot build it.
    """
    import torch
    import transformers

    from .logging import quiet_transformers

    library: Any = transformers
    try:
        with quiet_transformers(), TemporaryDirectory() as directory:
            text = json.dumps(dict(config))
            Path(directory, "config.json").write_text(text, encoding="utf-8")
            parsed = library.AutoConfig.from_pretrained(directory)
            with torch.device("meta"):
                return library.AutoModelForCausalLM.from_config(parsed)
    except Exception as error:
        raise ProviderError(
            f"transformers cannot build a causal language model of this config: {error}",
            where=where,
            hint="use a text model that this version of transformers has, or a newer version of it",
        ) from error


def measure_reach(model: Any, targets: tuple[str, ...]) -> TargetReach:
    """What adapters on `targets` reach in all layers of a model.

    Args:
        model: The model, with or without weights.
        targets: Names of the modules that get adapters.
    """
    from .adaptable import is_target
    from .architecture import find_decoder

    reached, total = 0, 0
    missed: dict[str, int] = {}
    for layer in find_decoder(model).layers:
        adapted = {
            f"{name}.weight"
            for name, module in layer.named_modules()
            if is_target(name, module, targets)
        }
        for name, parameter in layer.named_parameters():
            if parameter.dim() < 2:
                continue
            total += parameter.numel()
            if name in adapted:
                reached += parameter.numel()
            else:
                missed[name] = missed.get(name, 0) + parameter.numel()
    return TargetReach(reached=reached, total=total, missed=missed)
