"""Executors: who does the units of a plan, by name and imported only when used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from .errors import UsageError
from .execute import Work
from .names import nearest
from .plugins import EXECUTORS, loaded, plugins
from .spec import Cluster

KNOWN = {"process": "mi.execute:execute", "ray": "mi.cluster:execute"}


Executor = Callable[[Work], None]
"""Does the work of a run; `mi.execute.execute` is the one of this process."""


def executor(name: str, cluster: Cluster | None = None) -> Executor:
    """The executor called `name`.

    Args:
        cluster: The cluster of the executor `ray`.

    Raises:
        UsageError: There is none of that name.
    """
    if name in KNOWN:
        module, _, attribute = KNOWN[name].partition(":")
        here: Any = getattr(import_module(module), attribute)
        known: Executor = partial(here, cluster=cluster or Cluster()) if name == "ray" else here
        return known
    added = plugins(EXECUTORS)
    if name not in added:
        raise UsageError(f"there is no executor {name!r}", hint=nearest(name, {*KNOWN, *added}))
    found: Executor = loaded(added[name])
    return found
