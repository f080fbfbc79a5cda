"""What a run is: its units and limits, the interfaces around it, and its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Protocol

import attrs

from ..planning.plan import Plan, PlannedUnit, Rescoring
from ..planning.resources import Resources
from ..providers.types import Monitor
from ..store.base import Store
from ..units.unit import Unit


class UnitRunner(Protocol):
    """Where units run: in this process or on a cluster."""

    @property
    def max_concurrent(self) -> int | None:
        """How many units may run at the same time; None: only the capacity of kinds counts."""

    def capacity(self, kind: str) -> int:
        """How many units of a kind may run at the same time."""

    def run(self, planned: PlannedUnit, monitor: Monitor) -> bool:
        """Run a unit unless it is already published. Returns whether this run produced it."""


class Observer(Protocol):
    """Receives the start and end of each unit of a run, and may stop the run."""

    def begin_unit(self, planned: PlannedUnit, index: int, total: int) -> Monitor:
        """A unit starts; return the monitor of its progress.

        Args:
            planned: The unit.
            index: How many units have started, this one included.
            total: How many units the run has to do.
        """

    def end_unit(self, planned: PlannedUnit, outcome: str, detail: str = "") -> None:
        """A unit ended.

        Args:
            planned: The unit.
            outcome: `done`, `found` (another process did it), `failed`, `blocked`, or `left` (it
                was stopped and will be continued).
            detail: Why it failed or is blocked.
        """

    def raise_if_stopped(self) -> None:
        """Raise `Interrupted` if the user has asked to stop."""


@attrs.frozen(kw_only=True)
class RunLimits:
    """How much a run does at a time, and after how many failures it stops.

    Args:
        max_concurrent: Units that may run at the same time; None: as many as the provider accepts.
        max_failures: Failures after which no unit is started; None: failures never stop the run.
    """

    max_concurrent: int | None = None
    max_failures: int | None = None


@attrs.define
class RunResult:
    """What became of a run's units.

    Args:
        done_units: Keys of units that this run produced.
        reused_units: Keys of units that another process produced in the meantime.
        failures: Key → message of units that failed.
        blocked_units: Key → the need that is missing.
        rescored_units: Key → versions of the rules, for evals that were scored again from stored
            answers.
        rescoring_problems: Key → why an eval keeps the scores of older rules.
        mended_units: Keys of damaged evals that were scored again from their journals.
        refused_lines: Journal → how many of its lines were set aside.
        judge_states: Judge model → what its probe found: `passed`, or what is out of order.
        stopped_after: The number of failures that stopped the run; None if they did not.
        unrecorded: Why a run that had nothing to do was not recorded; empty if it was.
    """

    done_units: list[str] = attrs.field(factory=list)
    reused_units: list[str] = attrs.field(factory=list)
    failures: dict[str, str] = attrs.field(factory=dict)
    blocked_units: dict[str, str] = attrs.field(factory=dict)
    rescored_units: dict[str, Rescoring] = attrs.field(factory=dict)
    rescoring_problems: dict[str, str] = attrs.field(factory=dict)
    mended_units: list[str] = attrs.field(factory=list)
    refused_lines: dict[str, int] = attrs.field(factory=dict)
    judge_states: dict[str, str] = attrs.field(factory=dict)
    stopped_after: int | None = None
    unrecorded: str = ""
    _done_by_kind: Counter[str] = attrs.field(factory=Counter, init=False, repr=False, eq=False)

    def add_done(self, unit: Unit) -> None:
        """Add a unit that this run produced."""
        self.done_units.append(unit.key)
        self._done_by_kind[unit.kind] += 1

    def count_done(self, kind: str) -> int:
        """How many units of a kind this run produced."""
        return self._done_by_kind[kind]


@attrs.frozen(kw_only=True)
class Run:
    """The units a run has to do, and everything it does them with.

    Args:
        plan: `plan.todo` are the units to do.
        resources: Data, providers, prices and the budget.
        store: Where units are locked and published.
        run_id: The run's name in the store.
        observer: Receives the start and end of each unit.
        on_published: Called after each published unit.
        result: Filled while the run is under way.
        limits: How much is done at a time, and when failures stop the run.
    """

    plan: Plan
    resources: Resources
    store: Store
    run_id: str
    observer: Observer
    on_published: Callable[[], None]
    result: RunResult = attrs.field(factory=RunResult)
    limits: RunLimits = RunLimits()
