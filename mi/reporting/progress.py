"""Progress of a run: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

import attrs

from ..planning.plan import PlannedUnit
from .console import LOG, say
from .interrupt import StopSignal
from .text import format_clock

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

_LINE_INTERVAL = 30.0  # seconds between progress lines of a unit, where there are no bars
_MARKS = {
    "done": ("✓", "green"),
    "found": ("✓", "green"),
    "failed": ("✗", "red"),
    "blocked": ("–", "yellow"),
}


@attrs.define
class ProgressDisplay:
    """Displays the units of a run; the scheduler's `Observer`.

    Args:
        console: Where to print.
        stop: Whether the user has requested a stop.
        verbosity: 1 also prints keys, reasons and phases; -1 prints only failures.
        bars: Live progress bars, on a terminal.
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
        for monitor in self._monitors.values():
            monitor.finish()
        if self.bars is not None:
            self.bars.stop()

    def begin_unit(self, planned: PlannedUnit, index: int, total: int) -> UnitMonitor:
        """Start to display a unit, the `index`-th (from 1) of `total`.

        Args:
            planned: The unit.
            index: Its position in the run, from 1.
            total: Number of units in the run.
        """
        name = f"{planned.unit.kind:5}  {planned.unit.title}"
        monitor = UnitMonitor(self, name, f"{index}/{total}")
        self._monitors[planned.unit.key] = monitor
        self.log_detail(f"[{index}/{total}] {name}  {planned.unit.key}: {planned.reason}")
        return monitor

    def raise_if_stopped(self) -> None:
        """Raise `Interrupted` if the user has requested a stop."""
        self.stop.raise_if_stopped()

    def log_detail(self, text: str) -> None:
        """Print a line if the run is verbose; log it in any case."""
        if self.verbosity > 0:
            say(self.console, text, "dim")
        else:
            LOG.info(text)

    def end_unit(self, planned: PlannedUnit, outcome: str, detail: str = "") -> None:
        """Print the outcome of a unit.

        Args:
            planned: The unit.
            outcome: `done`, `found` (another run did it), `failed`, `blocked`, or `left` (nothing
                to print).
            detail: The reason, for a unit that failed or was blocked.
        """
        seconds = 0.0
        monitor = self._monitors.pop(planned.unit.key, None)
        if monitor is not None:
            seconds = time.monotonic() - monitor.start_time
            monitor.finish()
        if outcome == "left":
            return
        mark, style = _MARKS[outcome]
        line = f"{mark} {planned.unit.kind:5}  {planned.unit.title}"
        if outcome == "done":
            line += f"  {format_clock(seconds)}"
        if outcome == "found":
            line += "  done by another run"
        if self.verbosity < 0 and outcome in ("done", "found"):
            LOG.info(line)
            return
        say(self.console, line, style)
        if detail:
            say(self.console, f"  {detail}", style)


@attrs.define
class UnitMonitor:
    """Displays the progress of one unit; its `Monitor`.

    Args:
        progress: The display of the run.
        name: Kind and title of the unit.
        position: `3/12`: of the unit in the run.
        start_time: On the monotonic clock.
    """

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
        """Start a phase.

        Args:
            phase: Its name.
            total: Number of steps.
            unit: What a step is called.
            done: Steps that an earlier run completed.
        """
        self.finish()
        self._phase, self._step_name, self._total = phase, unit, total
        self._completed = self._resumed = done
        self._phase_start = time.monotonic()
        self.progress.log_detail(f"  {self.name}: {phase}, {done} of {total} {unit}s done")
        bars = self.progress.bars
        if bars is not None:
            description = self.name if phase in self.name else f"{self.name} ({phase})"
            self._task = bars.add_task(
                description,
                total=total,
                completed=done,
                unit=unit,
                facts="",
                position=self.position,
            )

    def advance(self, count: int = 1, **facts: float) -> None:
        """Count completed steps and show `facts`, such as the loss, beside them."""
        self._completed += count
        formatted = "  ".join(f"{name} {value:.3g}" for name, value in facts.items())
        bars = self.progress.bars
        if bars is not None and self._task is not None:
            bars.update(self._task, advance=count)
            if formatted:
                bars.update(self._task, facts=formatted)
        elif (
            self._total
            and time.monotonic() - self._last_line >= _LINE_INTERVAL
            and self._completed < self._total
        ):
            self._last_line = time.monotonic()
            say(self.progress.console, self._line(formatted))

    def message(self, text: str) -> None:
        """Print a sentence for the user."""
        say(self.progress.console, f"  {text}", "yellow")

    def raise_if_stopped(self) -> None:
        """Raise `Interrupted` if the user has requested a stop."""
        self.progress.stop.raise_if_stopped()

    def finish(self) -> None:
        """Remove the bar."""
        if self._task is not None and self.progress.bars is not None:
            self.progress.bars.remove_task(self._task)
        self._task = None

    def _line(self, facts: str) -> str:
        completed_now = max(self._completed - self._resumed, 1)
        seconds_per_step = (time.monotonic() - self._phase_start) / completed_now
        remaining = seconds_per_step * (self._total - self._completed)
        parts = [
            f"  [{self.position}] {self.name}",
            f"{self._phase} {self._completed}/{self._total}",
            facts,
            f"{format_clock(remaining)} left",
        ]
        return "  ".join(part for part in parts if part)


def _progress_bars(console: Console) -> Bars:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("[dim]{task.fields[position]}[/]"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[unit]} {task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[facts]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        transient=True,
    )
