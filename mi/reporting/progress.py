"""Progress of a run: live bars on a terminal, plain lines elsewhere, and asking it to stop.

The first Ctrl-C (or SIGTERM) asks: the unit at work saves what it has at the next safe place and
the run ends. The second leaves at once; then what was saved last is what the next run finds.
"""

from __future__ import annotations

import logging
import signal
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import Interrupted
from ..planning.plan import Planned

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

LOG = logging.getLogger("mi")
"""All that is said, for `--log-file`."""

_EVERY = 30.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: brackets in it are no markup, numbers get no colour.

    A terminal's lines break between words, a pipe's do not break.
    """
    LOG.info(text)
    whole = not console.is_terminal
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=whole)


@attrs.define
class Stop:
    """Whether the user has asked to stop. A context manager that listens to signals.

    Args:
        remote: What to say of work that goes on elsewhere; nothing where there is none.
    """

    console: Console
    remote: str = ""
    asked: bool = False
    _before: dict[int, Any] = attrs.field(factory=dict)

    def __enter__(self) -> Stop:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        say(self.console, "stopping at the next safe place; once more to leave at once")
        if self.remote:
            say(self.console, self.remote)

    def check(self) -> None:
        """Raises `Interrupted` once the user has asked."""
        if self.asked:
            raise Interrupted("interrupted; what is done is kept")


@attrs.define
class Progress:
    """Shows a run's units; the `Observer` of an execution.

    Args:
        loudness: 1 tells keys, reasons and phases; -1 only what went wrong.
    """

    console: Console
    stop: Stop
    loudness: int = 0
    bars: Bars | None = None
    _watches: dict[str, UnitWatch] = attrs.field(factory=dict)

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self.bars = _bars(self.console)
            self.bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for watch in self._watches.values():
            watch.finish()
        if self.bars is not None:
            self.bars.stop()

    def begin(self, planned: Planned, index: int, total: int) -> UnitWatch:
        name = f"{planned.unit.kind:5}  {planned.unit.title}"
        watch = self._watches[planned.unit.key] = UnitWatch(self, name, f"{index}/{total}")
        self.tell(f"[{index}/{total}] {name}  {planned.unit.key}: {planned.reason}")
        return watch

    def check(self) -> None:
        self.stop.check()

    def tell(self, text: str) -> None:
        """Say what is worth knowing only to those who asked for more."""
        if self.loudness > 0:
            say(self.console, text, "dim")
        else:
            LOG.info(text)

    def end(self, planned: Planned, outcome: str, detail: str = "") -> None:
        taken = 0.0
        watch = self._watches.pop(planned.unit.key, None)
        if watch is not None:
            taken = time.monotonic() - watch.began
            watch.finish()
        if outcome == "left":
            return
        mark, style = _MARKS[outcome]
        line = f"{mark} {planned.unit.kind:5}  {planned.unit.title}"
        if outcome == "done":
            line += f"  {clock(taken)}"
        if outcome == "found":
            line += "  done by another run"
        if self.loudness < 0 and outcome in ("done", "found"):
            LOG.info(line)
            return
        say(self.console, line, style)
        if detail:
            say(self.console, f"  {detail}", style)


_MARKS = {
    "done": ("✓", "green"),
    "found": ("✓", "green"),
    "failed": ("✗", "red"),
    "blocked": ("–", "yellow"),
}


@attrs.define
class UnitWatch:
    """Hears how far one unit is."""

    progress: Progress
    name: str
    place: str
    began: float = attrs.field(factory=time.monotonic)
    _task: Any = None
    _what: str = ""
    _unit: str = ""
    _total: int = 0
    _done: int = 0
    _skipped: int = 0
    _phase: float = 0.0
    _said: float = attrs.field(factory=time.monotonic)

    def start(self, what: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        self.finish()
        self._what, self._unit, self._total = what, unit, total
        self._done = self._skipped = done
        self._phase = time.monotonic()
        self.progress.tell(f"  {self.name}: {what}, {done} of {total} {unit}s done")
        bars = self.progress.bars
        if bars is not None:
            shown = self.name if what in self.name else f"{self.name} ({what})"
            self._task = bars.add_task(
                shown, total=total, completed=done, unit=unit, facts="", place=self.place
            )

    def advance(self, n: int = 1, **facts: float) -> None:
        self._done += n
        said = "  ".join(f"{name} {value:.3g}" for name, value in facts.items())
        bars = self.progress.bars
        if bars is not None and self._task is not None:
            bars.update(self._task, advance=n)
            if said:
                bars.update(self._task, facts=said)
        elif self._total and time.monotonic() - self._said >= _EVERY and self._done < self._total:
            self._said = time.monotonic()
            say(self.progress.console, self._line(said))

    def note(self, text: str) -> None:
        say(self.progress.console, f"  {text}", "yellow")

    def check(self) -> None:
        self.progress.stop.check()

    def finish(self) -> None:
        """Take the bar away."""
        if self._task is not None and self.progress.bars is not None:
            self.progress.bars.remove_task(self._task)
        self._task = None

    def _line(self, facts: str) -> str:
        here = self._done - self._skipped
        left = (time.monotonic() - self._phase) / max(here, 1) * (self._total - self._done)
        parts = [
            f"  [{self.place}] {self.name}",
            f"{self._what} {self._done}/{self._total}",
            facts,
            f"{clock(left)} left",
        ]
        return "  ".join(part for part in parts if part)


def clock(seconds: float) -> str:
    """`0:08:12`."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _bars(console: Console) -> Bars:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("[dim]{task.fields[place]}[/]"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[unit]} {task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[facts]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        transient=True,
    )
