"""Executors: who does the units of a plan, by name and imported only when used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from .errors import UsageError
from .execute import Bench, Observer, Pace, Tally
from .names import nearest
from .plan import Plan
from .plugins import EXECUTORS, loaded, plugins
from .store import Store

KNOWN = {"process": "mi.execute:execute"}


class Executor(Protocol):
    """Does what a plan has to do; `mi.execute.execute` is the one of this process."""

    def __call__(
        self,
        plan: Plan,
        bench: Bench,
        store: Store,
        run: str,
        observer: Observer,
        published: Callable[[], None],
        tally: Tally,
        pace: Pace,
    ) -> None: ...


def executor(name: str) -> Executor:
    """The executor called `name`.

    Raises:
        UsageError: There is none of that name.
    """
    if name in KNOWN:
        module, _, attribute = KNOWN[name].partition(":")
        here: Executor = getattr(import_module(module), attribute)
        return here
    added = plugins(EXECUTORS)
    if name not in added:
        raise UsageError(f"there is no executor {name!r}", hint=nearest(name, {*KNOWN, *added}))
    found: Executor = loaded(added[name])
    return found
