"""Executors by name: which function runs the units of a plan, imported only when used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from ..errors import UsageError, did_you_mean
from ..plugins import EXECUTORS, load_plugin, plugin_entries
from ..spec import Cluster
from .types import Run

BUILTIN_EXECUTORS = {
    "process": "mi.runner.scheduler:execute_in_process",
    "ray": "mi.runner.ray:execute_on_ray",
}


Executor = Callable[[Run], None]
"""Runs the units of a run, as `mi.runner.scheduler.execute_in_process` does."""


def find_executor(name: str, cluster: Cluster | None = None) -> Executor:
    """The executor of a name: a built-in one, or a plug-in's.

    Args:
        name: `process`, `ray`, or the name of an entry point of the group `mi.executors`.
        cluster: The cluster of the executor `ray`.

    Raises:
        UsageError: There is no executor of that name.
    """
    if name in BUILTIN_EXECUTORS:
        module, _, attribute = BUILTIN_EXECUTORS[name].partition(":")
        function: Any = getattr(import_module(module), attribute)
        builtin: Executor = partial(function, cluster=cluster or Cluster())
        return builtin if name == "ray" else function
    entries = plugin_entries(EXECUTORS)
    if name not in entries:
        raise UsageError(
            f"there is no executor {name!r}",
            hint=did_you_mean(name, {*BUILTIN_EXECUTORS, *entries}),
        )
    plugin: Executor = load_plugin(entries[name])
    return plugin
