"""The registry: experiments, settings, evals, models and prices, by name.

    import registry

    A06 = registry.get("A05a").evolve(id="A06", misaligned_ratio=0.4)

Experiments are collected on first use, from the files that ship with the package and from the
current project. Importing this package only imports its own modules.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from mi.collect.collection import Collection
from mi.collect.discovery import find_experiment_files, find_other_registry, public_modules
from mi.spec import Eval, Experiment, Setting

from . import evals as _evals
from . import settings as _settings
from .endings import endings
from .models import DEFAULT_MODEL, models
from .prices import prices

_HIDDEN = "the package `registry` of mi goes before it; rename it to import it in an experiment"
collection = Collection()
settings = cast("Mapping[str, Setting]", _settings)
evals = cast("Mapping[str, Eval]", _evals)

__all__ = [
    "DEFAULT_MODEL",
    "collect",
    "collection",
    "endings",
    "evals",
    "get",
    "models",
    "prices",
    "register",
    "select",
    "settings",
]


def collect(start: Path | None = None) -> Collection:
    """Collect the shipped experiments and those of the project around `start`.

    Args:
        start: A directory of the project; None: the working directory.

    Raises:
        UsageError: The project's configuration is not valid, or a configured path does not exist.
    """
    from mi.config import read_config

    start = Path.cwd() if start is None else start
    collection.add(public_modules(_shipped_experiments()))
    project = read_config(start)
    for directory in dict.fromkeys((project.root, start)):
        paths = project.experiments if directory == project.root else ()
        found = find_experiment_files(directory, paths)
        collection.add(found.files)
        collection.left_out |= found.left_out
        if (other := find_other_registry(directory)) is not None:
            collection.left_out[other] = _HIDDEN
        if str(directory) not in sys.path:  # experiments may import modules that lie beside them
            sys.path.append(str(directory))
    return collection


def _shipped_experiments() -> Path:
    """The directory of the shipped experiments.

    They are installed as the package `registry.experiments`; in a checkout they lie in
    `experiments/` at the top.
    """
    registry = Path(__file__).resolve().parent
    installed = registry / "experiments"
    return installed if installed.is_dir() else registry.parent / "experiments"


def get(id: str) -> Experiment:
    """The experiment called `id`.

    Raises:
        UsageError: No experiment has this id; the hint gives the nearest ids.
        DeclarationError: Files of experiments cannot be imported.
    """
    return collect().get(id)


def select(pattern: str) -> tuple[Experiment, ...]:
    """The experiments whose ids match a shell pattern such as `A05*`, sorted by id."""
    return collect().select(pattern)


def register(experiment: Experiment) -> Experiment:
    """Add an experiment that no file declares, and return it.

    Raises:
        DeclarationError: Another experiment has this id.
    """
    return collection.register(experiment)
