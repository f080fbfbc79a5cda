"""A watch in front of another one."""

from __future__ import annotations

import attrs

from .types import Watch


@attrs.frozen
class Passing:
    """Passes on all that it hears; those made of it have a say in when to stop."""

    watch: Watch

    def start(self, what: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        self.watch.start(what, total, unit=unit, done=done)

    def advance(self, n: int = 1, **facts: float) -> None:
        self.watch.advance(n, **facts)

    def note(self, text: str) -> None:
        self.watch.note(text)

    def check(self) -> None:
        self.watch.check()
