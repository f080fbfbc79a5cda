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
from ..planning.plan import PlannedUnit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

LOG = logging.getLogger("mi")
"""All that is said, for `--log-file`."""

_LINE_INTERVAL = 30.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: brackets in it are no markup, numbers get no colour.

    A terminal's lines break between words, a pipe's do not break.
    """
    LOG.info(text)
    whole = not console.is_terminal
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=whole)


@attrs.define
class StopSignal:
    """Whether the user has asked to stop. A context manager that listens to signals.

    Args:
        remote: What to say of work that goes on elsewhere; nothing where there is none.
    """

    console: Console
    remote_notice: str = ""
    is_requested: bool = False
    _previous_handlers: dict[int, Any] = attrs.field(factory=dict)

    def __enter__(self) -> StopSignal:
        for number in _SIGNALS:
            self._previous_handlers[number] = signal.signal(number, self._handle_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def _handle_signal(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested:
            raise KeyboardInterrupt
        self.is_requested = True
        say(self.console, "stopping at the next safe place; once more to leave at once")
        if self.remote_notice:
            say(self.console, self.remote_notice)

    def raise_if_stopped(self) -> None:
        """Raises `Interrupted` once the user has asked."""
        if self.is_requested:
            raise Interrupted("interrupted; what is done is kept")


@attrs.define
class ProgressDisplay:
    """Shows a run's units; the `Observer` of an execution.

    Args:
        loudness: 1 tells keys, reasons and phases; -1 only what went wrong.
    """

    console: Console
    stop: StopSignal
    verbosity: int = 0
    bars: Bars | None = None
    _monitors: dict[str, UnitMonitor] = attrs.field(factory=dict)

    def __enter__(self) -> ProgressDisplay:
        if self.console.is_terminal:
            self.bars = _progress_bars(self.console)
            self.bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for watch in self._monitors.values():
            watch.finish()
        if self.bars is not None:
            self.bars.stop()

    def begin_unit(self, planned: PlannedUnit, index: int, total: int) -> UnitMonitor:
        name = f"{planned.unit.kind:5}  {planned.unit.title}"
        watch = self._monitors[planned.unit.key] = UnitMonitor(self, name, f"{index}/{total}")
        self.log_detail(f"[{index}/{total}] {name}  {planned.unit.key}: {planned.reason}")
        return watch

    def raise_if_stopped(self) -> None:
        self.stop.raise_if_stopped()

    def log_detail(self, text: str) -> None:
        """Say what is worth knowing only to those who asked for more."""
        if self.verbosity > 0:
            say(self.console, text, "dim")
        else:
            LOG.info(text)

    def end_unit(self, planned: PlannedUnit, outcome: str, detail: str = "") -> None:
        taken = 0.0
        watch = self._monitors.pop(planned.unit.key, None)
        if watch is not None:
            taken = time.monotonic() - watch.start_time
            watch.finish()
        if outcome == "left":
            return
        mark, style = _MARKS[outcome]
        line = f"{mark} {planned.unit.kind:5}  {planned.unit.title}"
        if outcome == "done":
            line += f"  {format_clock(taken)}"
        if outcome == "found":
            line += "  done by another run"
        if self.verbosity < 0 and outcome in ("done", "found"):
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
class UnitMonitor:
    """Hears how far one unit is."""

    progress: ProgressDisplay
    name: str
    position: str
    start_time: float = attrs.field(factory=time.monotonic)
    _task: Any = None
    _phase: str = ""
    _step_name: str = ""
    _total: int = 0
    _completed: int = 0
    _resumed: int = 0
    _phase_start: float = 0.0
    _last_line: float = attrs.field(factory=time.monotonic)

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        self.finish()
        self._phase, self._step_name, self._total = phase, unit, total
        self._completed = self._resumed = done
        self._phase_start = time.monotonic()
        self.progress.log_detail(f"  {self.name}: {phase}, {done} of {total} {unit}s done")
        bars = self.progress.bars
        if bars is not None:
            shown = self.name if phase in self.name else f"{self.name} ({phase})"
            self._task = bars.add_task(
                shown, total=total, completed=done, unit=unit, facts="", place=self.position
            )

    def advance(self, count: int = 1, **facts: float) -> None:
        self._completed += count
        said = "  ".join(f"{name} {value:.3g}" for name, value in facts.items())
        bars = self.progress.bars
        if bars is not None and self._task is not None:
            bars.update(self._task, advance=count)
            if said:
                bars.update(self._task, facts=said)
        elif (
            self._total
            and time.monotonic() - self._last_line >= _LINE_INTERVAL
            and self._completed < self._total
        ):
            self._last_line = time.monotonic()
            say(self.progress.console, self._line(said))

    def message(self, text: str) -> None:
        say(self.progress.console, f"  {text}", "yellow")

    def raise_if_stopped(self) -> None:
        self.progress.stop.raise_if_stopped()

    def finish(self) -> None:
        """Take the bar away."""
        if self._task is not None and self.progress.bars is not None:
            self.progress.bars.remove_task(self._task)
        self._task = None

    def _line(self, facts: str) -> str:
        here = self._completed - self._resumed
        left = (
            (time.monotonic() - self._phase_start) / max(here, 1) * (self._total - self._completed)
        )
        parts = [
            f"  [{self.position}] {self.name}",
            f"{self._phase} {self._completed}/{self._total}",
            facts,
            f"{format_clock(left)} left",
        ]
        return "  ".join(part for part in parts if part)


def format_clock(seconds: float) -> str:
    """`0:08:12`."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _progress_bars(console: Console) -> Bars:
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
