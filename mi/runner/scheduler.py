"""The scheduler: runs each unit of a plan once, after the units it needs.

Units run in threads, as many trainings and evals at a time as the provider accepts, so hosted
trainings wait only for free slots and not for each other. A single thread, the caller's, starts
units, receives their results and updates the run's result.

A failed unit is reported and blocks only its dependents. When the user asks to stop, running units
keep what they have done and the run ends; the same command continues from there.
"""

from __future__ import annotations

import logging
from collections import Counter

import attrs

from ..errors import (
    BudgetExceeded,
    Interrupted,
    JudgeUnreadable,
    LeaseLost,
    MiError,
    RequestRejected,
    StoreError,
    UnexpectedError,
)
from ..planning.plan import PlannedUnit
from ..planning.resources import Resources
from ..providers.types import Monitor
from ..store.base import Store
from ..units.unit import Unit
from .queue import ReadyQueue
from .threads import DaemonThreadPool
from .types import Run, UnitRunner
from .unit_kinds import UNIT_KINDS, lock_names, unit_kind
from .watch import StoredMonitor
from .worker import run_unit

_LOGGER = logging.getLogger(__name__)


def execute_in_process(run: Run) -> None:
    """Run the units in this process.

    Raises:
        Interrupted: The user asked to stop; everything done so far is kept.
        BudgetExceeded: The budget is spent; everything done so far is kept.
        JudgeUnreadable: The first verdicts of a judge cannot be read.
        StoreError: The store cannot be written, so nothing more can be done.
    """
    Scheduler(run, LocalRunner(run.resources, run.store, run.run_id)).execute()


@attrs.frozen
class LocalRunner:
    """Runs units in this process, as many at a time as the provider accepts."""

    resources: Resources
    store: Store
    run_id: str

    @property
    def max_concurrent(self) -> int | None:
        """One if the provider does one thing at a time: then mixes wait too."""
        provider = self.resources.provider
        is_serial = provider.max_concurrent_trainings == provider.max_concurrent_evals == 1
        return 1 if is_serial else None

    def capacity(self, kind: str) -> int:
        return UNIT_KINDS[kind].capacity(self.resources.provider)

    def run(self, planned: PlannedUnit, monitor: Monitor) -> bool:
        key = planned.unit.key
        try:
            stored = StoredMonitor(monitor, self.store, key)
            return run_unit(planned, self.resources, self.store, stored, self.run_id)
        finally:
            self.store.clear_progress(key)


@attrs.define
class Scheduler:
    """Starts the units of a run and records their results.

    Args:
        run: What to run.
        runner: Where units run.
        running_units: Units that are running, by key.
        locked_names: The keys and journals that running units hold.
        error: The first error that ends the run; nothing is started after it.
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
        """Run every unit that can run; raises what `execute_in_process` raises."""
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
        """Whether no further unit is started."""
        return self.error is not None or self.run.result.stopped_after is not None

    def _start_ready(self, total: int) -> None:
        """Start all units that can start now."""
        if self.error is None:
            try:
                self.run.observer.raise_if_stopped()
                self.run.resources.budget.raise_if_exceeded()
            except (Interrupted, BudgetExceeded) as error:
                self.error = error
        while not self._is_stopping and (planned := self._next_unit()) is not None:
            self._start_unit(planned, total)

    def _next_unit(self) -> PlannedUnit | None:
        limits = (self.runner.max_concurrent, self.run.limits.max_concurrent)
        stated = [limit for limit in limits if limit]
        if stated and len(self.running_units) >= min(stated):
            return None
        running, capacity = self._running_by_kind, self.runner.capacity
        free_kinds = [kind for kind in UNIT_KINDS if running[kind] < capacity(kind)]
        return self._queue.pop(free_kinds, self.locked_names)

    def _start_unit(self, planned: PlannedUnit, total: int) -> None:
        unit, resources = planned.unit, self.run.resources
        if planned.skip_reason is not None:
            self._fail_unit(planned, planned.skip_reason)
            return
        try:
            self._reserve(unit, resources.estimate_cost(unit) or 0.0)
        except (BudgetExceeded, StoreError) as error:
            self.error = error
            return
        self.running_units[unit.key] = planned
        self._running_by_kind[unit.kind] += 1
        self.locked_names.update(lock_names(unit))
        self._started_count += 1
        monitor = self.run.observer.begin_unit(planned, self._started_count, total)
        self._pool.submit(lambda: self._run_unit(planned, monitor))

    def _reserve(self, unit: Unit, estimate: float) -> None:
        """Reserve a unit's estimated cost.

        Raises:
            BudgetExceeded: It is more than is left.
            StoreError: The store's ledger cannot be reached.
        """
        budget, is_training = self.run.resources.budget, unit_kind(unit).is_training
        if not budget.reserve(unit.key, estimate, is_training=is_training):
            raise BudgetExceeded(
                f"{unit.title} is likely to cost more than is left of --max-cost",
                hint="completed work is kept: repeat the command with a higher --max-cost",
            )

    def _run_unit(
        self, planned: PlannedUnit, monitor: Monitor
    ) -> tuple[PlannedUnit, bool | BaseException]:
        """Run a unit in a thread of the pool; errors go to the scheduler's own thread."""
        try:
            return planned, self.runner.run(planned, monitor)
        except BaseException as error:
            return planned, error

    def _handle_result(self, planned: PlannedUnit, result: bool | BaseException) -> None:
        unit = planned.unit
        del self.running_units[unit.key]
        self._running_by_kind[unit.kind] -= 1
        self.locked_names.difference_update(lock_names(unit))
        self._release(unit, result)
        if isinstance(result, bool):
            self._finish_unit(planned, is_new=result)
        elif isinstance(result, LeaseLost):  # another process has it: wait for its lock
            _LOGGER.info("%s: %s", unit.key, result.message)
            self.run.observer.end_unit(planned, "left")
            self._queue.requeue(planned)
        elif isinstance(result, (Interrupted, BudgetExceeded, StoreError)):
            self.run.observer.end_unit(planned, "left")
            self.error = self.error or result
        elif isinstance(result, MiError):
            self._record_failure(planned, result)
            if isinstance(result, JudgeUnreadable):  # no other eval of the judge would fare better
                self.error = self.error or result
        elif isinstance(result, Exception):  # of the machinery around the unit
            _LOGGER.error("%s failed unexpectedly", unit.key, exc_info=result)
            text = f"failed unexpectedly ({type(result).__name__}: {result})"
            self._record_failure(planned, UnexpectedError(text))
        else:
            raise result

    def _release(self, unit: Unit, result: bool | BaseException) -> None:
        was_stopped = isinstance(result, (Interrupted, BudgetExceeded, StoreError, LeaseLost))
        try:
            self.run.resources.budget.release(unit.key, was_stopped=was_stopped)
        except StoreError as error:
            self.error = self.error or error

    def _finish_unit(self, planned: PlannedUnit, *, is_new: bool) -> None:
        """Release the dependents of a unit that this run or another process produced."""
        self._queue.mark_done(planned.unit.key)
        if is_new:
            self.run.result.add_done(planned.unit)
        else:
            self.run.result.reused_units.append(planned.unit.key)
        self.run.observer.end_unit(planned, "done" if is_new else "found")
        self.run.on_published()

    def _record_failure(self, planned: PlannedUnit, error: MiError) -> None:
        run, key = self.run, planned.unit.key
        self._failure_count += 1
        if self._failure_count == run.limits.max_failures:
            run.result.stopped_after = self._failure_count
        is_permanent = isinstance(error, RequestRejected)
        run.store.record_failure(key, run.run_id, error.message, permanent=is_permanent)
        self._fail_unit(planned, str(error))

    def _fail_unit(self, planned: PlannedUnit, message: str) -> None:
        """Report a failed unit and all units that it blocks."""
        self.run.result.failures[planned.unit.key] = message
        self.run.observer.end_unit(planned, "failed", message)
        for blocked, cause in self._queue.mark_failed(planned.unit.key):
            self.run.result.blocked_units[blocked.unit.key] = cause
            self.run.observer.end_unit(blocked, "blocked", f"{cause} is missing")
