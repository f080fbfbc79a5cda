"""Watches that do more than hear: tell those who look from outside, and see to the purse."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any

import attrs

from ..providers.pricing import Purse
from ..providers.types import Watch
from ..providers.watch import Passing
from ..store.local import Store
from ..store.provenance import now

LOG = "log.txt"
_EVERY = 2.0


@attrs.frozen
class Limited(Passing):
    """A watch that also says when to stop because nothing more may be spent."""

    purse: Purse

    def check(self) -> None:
        self.watch.check()
        self.purse.check()


@attrs.define
class Told:
    """Hears for a watch, and keeps in the store how far a unit is and what was said of it.

    Args:
        logs: Whether what is said goes into the unit's own log; not where another process works.
    """

    watch: Watch
    store: Store
    key: str
    logs: bool = True
    _facts: dict[str, Any] = attrs.field(factory=dict)
    _said: float = float("-inf")

    def start(self, what: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        self.watch.start(what, total, unit=unit, done=done)
        self._facts = {
            "what": what,
            "unit": unit,
            "total": total,
            "done": done,
            "skipped": done,
            "began": time.time(),
            "pid": os.getpid(),
        }
        self._tell(at_once=True)
        self._log(f"{what}: {done} of {total} {unit}s done")

    def advance(self, n: int = 1, **facts: float) -> None:
        self.watch.advance(n, **facts)
        self._facts["done"] = self._facts.get("done", 0) + n
        self._facts.update(facts)
        self._tell()

    def note(self, text: str) -> None:
        self.watch.note(text)
        self._facts["note"] = text
        self._tell(at_once=True)
        self._log(text)

    def check(self) -> None:
        self.watch.check()
        self.store.sure(self.key)

    def _log(self, text: str) -> None:
        """Add a line to the unit's own log, once the unit has begun."""
        if not self.logs:
            return
        folder = self.store.working(self.key)
        if folder.is_dir():
            with suppress(OSError), (folder / LOG).open("a", encoding="utf-8") as file:
                file.write(f"{now()}  {text}\n")

    def _tell(self, *, at_once: bool = False) -> None:
        if at_once or time.monotonic() - self._said >= _EVERY:
            self._said = time.monotonic()
            self.store.note_progress(self.key, {**self._facts, "at": now()})
