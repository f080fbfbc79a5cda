"""Executing a plan: each unit once, in an order in which its inputs come first.

Units run in threads: as many trainings and evals at a time as the provider can have under way, so
that hosted trainings wait for each other's slots and not for each other. One thread, the caller's,
starts them, hears of their ends and keeps the tally.

A unit that fails is said, and blocks only what needs it. When the user asks to stop, units at work
keep what they have and the run ends; the same command goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Protocol

import attrs

from ..errors import BudgetExceeded, Interrupted, LeaseLost, MiError, RequestRejected, StoreError
from ..planning.plan import Plan, PlannedUnit
from ..planning.resources import Resources
from ..providers.types import Monitor
from ..store.base import Store
from .queue import ReadyQueue
from .threads import DaemonThreadPool
from .watch import StoredMonitor
from .worker import lock_names, run_unit

UNIT_KINDS = ("mix", "train", "eval")


class UnitRunner(Protocol):
    """Where units are done."""

    @property
    def max_concurrent(self) -> int | None:
        """Units that may be under way at the same time; None: what their kinds allow."""

    def capacity(self, kind: str) -> int:
        """How many units of a kind may be under way at the same time."""

    def run(self, planned: PlannedUnit, monitor: Monitor) -> bool:
        """Do a unit unless it is there by now; whether it was done for this run."""


class Observer(Protocol):
    """Hears of each unit of a run."""

    def begin_unit(self, planned: PlannedUnit, index: int, total: int) -> Monitor:
        """A unit begins, the `index`-th (from 1) of `total`."""

    def end_unit(self, planned: PlannedUnit, outcome: str, detail: str = "") -> None:
        """A unit ended: `done`, `found` (another process did it), `failed` or `blocked`."""

    def raise_if_stopped(self) -> None:
        """Raises `Interrupted` when the user has asked to stop."""


@attrs.frozen(kw_only=True)
class RunLimits:
    """How fast, and how far in spite of failures.

    Args:
        at_once: Units at work at the same time, at most; None: as many as the provider takes.
        max_failures: After so many failures nothing more is started; None: whatever fails.
    """

    max_concurrent: int | None = None
    max_failures: int | None = None


@attrs.define
class RunResult:
    """What a run did: keys by outcome. `stopped`: it was left early, after so many failures."""

    done_units: list[str] = attrs.field(factory=list)
    reused_units: list[str] = attrs.field(factory=list)
    failures: dict[str, str] = attrs.field(factory=dict)
    blocked_units: dict[str, str] = attrs.field(factory=dict)
    stopped_after: int | None = None

    def count_done(self, kind: str) -> int:
        """How many units of a kind this run made."""
        return sum(key.startswith(f"{kind}-") for key in self.done_units)


@attrs.frozen(kw_only=True)
class Run:
    """What a run is to do, what it has to do it with, and who hears of it.

    Args:
        plan: Its `todo` is what there is to do.
        bench: What units are made of.
        store: Where they go.
        run: What the run is called.
        observer: Hears of each unit.
        published: Called after each unit that was published.
        tally: Has what was done, as it is done.
        pace: How fast, and how far in spite of failures.
    """

    plan: Plan
    resources: Resources
    store: Store
    run_id: str
    observer: Observer
    on_published: Callable[[], None]
    result: RunResult = attrs.field(factory=RunResult)
    limits: RunLimits = RunLimits()


def execute_in_process(run: Run) -> None:
    """Do the work in this process.

    Raises:
        Interrupted: The user asked to stop; everything done so far is kept.
        OverBudget: What may be spent is spent; everything done so far is kept.
        StoreError: The store cannot be written, so that nothing more can be done.
    """
    Scheduler(run, LocalRunner(run.resources, run.store, run.run_id)).execute()


@attrs.frozen
class LocalRunner:
    """This process: as much at a time as the provider takes."""

    resources: Resources
    store: Store
    run_id: str

    @property
    def max_concurrent(self) -> int | None:
        serving = self.resources.provider
        return 1 if serving.max_concurrent_trainings == serving.max_concurrent_evals == 1 else None

    def capacity(self, kind: str) -> int:
        serving = self.resources.provider
        rooms = {
            "mix": 1,
            "train": serving.max_concurrent_trainings,
            "eval": serving.max_concurrent_evals,
        }
        return rooms[kind]

    def run(self, planned: PlannedUnit, monitor: Monitor) -> bool:
        key = planned.unit.key
        try:
            told = StoredMonitor(monitor, self.store, key)
            return run_unit(planned, self.resources, self.store, told, self.run_id)
        finally:
            self.store.clear_progress(key)


@attrs.define
class Scheduler:
    """The threads of a run and who is at what.

    Args:
        where: Where the units are done.
        busy: Units under way, by key.
        held: What they have to themselves: their keys and journals.
        error: Why nothing more is started: the first of the errors that end a run.
    """

    run: Run
    runner: UnitRunner
    running_units: dict[str, PlannedUnit] = attrs.field(factory=dict)
    locked_names: set[str] = attrs.field(factory=set)
    error: BaseException | None = None
    _queue: ReadyQueue = attrs.field(init=False)
    _pool: DaemonThreadPool = attrs.field(factory=DaemonThreadPool)
    _running_by_kind: Counter[str] = attrs.field(factory=Counter)
    _started_count: int = 0
    _failure_count: int = 0

    def execute(self) -> None:
        """Do all of it that can be done; raises as `execute` does."""
        todo = self.run.plan.todo
        self._queue = ReadyQueue(todo, lock_names)
        while True:
            self._start_ready(len(todo))
            if not self.running_units:
                break
            self._handle_result(*self._pool.results.get())
        self._pool.shutdown()
        if self.error is not None:
            raise self.error

    @property
    def _is_stopping(self) -> bool:
        """Whether nothing more is started."""
        return self.error is not None or self.run.result.stopped_after is not None

    def _start_ready(self, total: int) -> None:
        """Start whatever can begin now."""
        if self.error is None:
            try:
                self.run.observer.raise_if_stopped()
                self.run.resources.budget.raise_if_exceeded()
            except (Interrupted, BudgetExceeded) as error:
                self.error = error
        while not self._is_stopping and (planned := self._next_unit()) is not None:
            self._start_unit(planned, total)

    def _next_unit(self) -> PlannedUnit | None:
        most = [
            number
            for number in (self.runner.max_concurrent, self.run.limits.max_concurrent)
            if number
        ]
        if most and len(self.running_units) >= min(most):
            return None
        room = {
            kind: self.runner.capacity(kind) - self._running_by_kind[kind] for kind in UNIT_KINDS
        }
        return self._queue.pop((kind for kind in room if room[kind] > 0), self.locked_names)

    def _start_unit(self, planned: PlannedUnit, total: int) -> None:
        unit = planned.unit
        if planned.skip_reason is not None:
            self._fail_unit(planned, planned.skip_reason)
            return
        likely = self.run.resources.estimate_cost(unit)
        if not self.run.resources.budget.reserve(unit.key, 0.0 if likely is None else likely):
            self.error = BudgetExceeded(
                f"{unit.title} is likely to cost more than is left of --max-cost",
                hint="what is done is kept: the same command with a higher --max-cost goes on",
            )
            return
        self.running_units[unit.key] = planned
        self._running_by_kind[unit.kind] += 1
        self.locked_names.update(lock_names(unit))
        self._started_count += 1
        watch = self.run.observer.begin_unit(planned, self._started_count, total)
        self._pool.submit(lambda: self._run_unit(planned, watch))

    def _run_unit(
        self, planned: PlannedUnit, monitor: Monitor
    ) -> tuple[PlannedUnit, bool | BaseException]:
        try:
            return planned, self.runner.run(planned, monitor)
        except BaseException as error:  # told to the thread that keeps the tally
            return planned, error

    def _handle_result(self, planned: PlannedUnit, result: bool | BaseException) -> None:
        unit = planned.unit
        del self.running_units[unit.key]
        self._running_by_kind[unit.kind] -= 1
        self.locked_names.difference_update(lock_names(unit))
        self.run.resources.budget.release(unit.key)
        if isinstance(result, bool):
            self._queue.mark_done(unit.key)
            (self.run.result.done_units if result else self.run.result.reused_units).append(
                unit.key
            )
            self.run.observer.end_unit(planned, "done" if result else "found")
            self.run.on_published()
        elif isinstance(result, LeaseLost):  # who has it now will be waited for
            self.run.observer.end_unit(planned, "left")
            self._queue.requeue(planned)
        elif isinstance(result, (Interrupted, BudgetExceeded, StoreError)):
            self.run.observer.end_unit(planned, "left")
            self.error = self.error or result
        elif isinstance(result, MiError):
            permanent = isinstance(result, RequestRejected)
            self._failure_count += 1
            if self._failure_count == self.run.limits.max_failures:
                self.run.result.stopped_after = self._failure_count
            self.run.store.record_failure(
                unit.key, self.run.run_id, result.message, permanent=permanent
            )
            self._fail_unit(planned, str(result))
        else:
            raise result

    def _fail_unit(self, planned: PlannedUnit, message: str) -> None:
        self.run.result.failures[planned.unit.key] = message
        self.run.observer.end_unit(planned, "failed", message)
        for blocked, cause in self._queue.mark_failed(planned.unit.key):
            self.run.result.blocked_units[blocked.unit.key] = cause
            self.run.observer.end_unit(blocked, "blocked", f"{cause} is not there")
