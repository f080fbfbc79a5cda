"""Executors: who does the units of a plan, by name and imported only when used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from ..errors import UsageError, did_you_mean
from ..plugins import EXECUTORS, load_plugin, plugin_entries
from ..spec import Cluster
from .scheduler import Run

BUILTIN_EXECUTORS = {
    "process": "mi.runner.scheduler:execute_in_process",
    "ray": "mi.runner.ray:execute_on_ray",
}


Executor = Callable[[Run], None]
"""Does the work of a run; `mi.runner.scheduler.execute_in_process` is the one of this process."""


def find_executor(name: str, cluster: Cluster | None = None) -> Executor:
    """The executor called `name`.

    Args:
        cluster: The cluster of the executor `ray`.

    Raises:
        UsageError: There is none of that name.
    """
    if name in BUILTIN_EXECUTORS:
        module, _, attribute = BUILTIN_EXECUTORS[name].partition(":")
        here: Any = getattr(import_module(module), attribute)
        known: Executor = partial(here, cluster=cluster or Cluster()) if name == "ray" else here
        return known
    added = plugin_entries(EXECUTORS)
    if name not in added:
        raise UsageError(
            f"there is no executor {name!r}", hint=did_you_mean(name, {*BUILTIN_EXECUTORS, *added})
        )
    found: Executor = load_plugin(added[name])
    return found
