"""Running a prepared plan and recording the run in the store.

Expectations are registered first, before anything is archived or requested. A run is recorded
before its first unit and once more at its end, so that `mi log` shows it, and the database knows
its cells, even if the process dies in between. The record is made here and not by the command line:
a run started from Python leaves the same one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import attrs

from ..database import Database, sync_database
from ..errors import BudgetExceeded, Interrupted, JudgeUnreadable, MiError, StoreError
from ..files import atomic
from ..files.clock import utc_timestamp
from ..planning.force import archive_redo
from ..planning.manifest import run_manifest
from ..planning.plan import PlannedUnit
from ..planning.prepare import PreparedPlan
from ..planning.registration import (
    Registration,
    experiments_with_evals_to_do,
    register_expectations,
)
from ..planning.resources import Resources
from ..planning.session import Session
from ..providers.budget import Budget
from ..providers.store_share import StoreShare
from ..providers.types import Monitor
from ..providers.watch import NullMonitor
from ..store.base import Store
from ..store.ledger import Ledger
from ..store.provenance import Provenance, capture_provenance
from ..store.run_files import RunRecord
from .executors import Executor, find_executor
from .judge_probe import probe_judges
from .probing import probe_server
from .rescoring import damaged_evals, rescore_units, settle_journals
from .types import Observer, Run, RunLimits, RunResult
from .unit_kinds import unit_kind
from .watch import ObserverMonitor

_SYNC_SECONDS = 60.0
_LOGGER = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class RunOutcome:
    """How a run ended.

    Args:
        run_id: The run's name in the store; empty if it had nothing to do and was not recorded.
        result: What became of each unit.
        seconds: Wall time.
        cost: US dollars that the run spent.
        budget: What was reserved, lost and estimated on the way.
        error: The error that ended the run early: the user interrupted it, the budget is spent or
            the store cannot be written. None if every unit was tried.
        registered: The expectations that it registered, before its first eval.
    """

    run_id: str
    result: RunResult
    seconds: float
    cost: float
    budget: Budget = attrs.field(factory=Budget)
    error: MiError | None = None
    registered: tuple[Registration, ...] = ()


class SilentObserver:
    """An observer that reports nothing and never stops the run; see `Observer`."""

    def begin_unit(self, planned: PlannedUnit, index: int, total: int) -> Monitor:
        """Return a silent monitor; for the arguments see `Observer.begin_unit`."""
        return NullMonitor()

    def end_unit(self, planned: PlannedUnit, outcome: str, detail: str = "") -> None:
        """Do nothing; for the arguments see `Observer.end_unit`."""

    def raise_if_stopped(self) -> None: ...


def run_prepared(
    prepared: PreparedPlan,
    *,
    argv: Sequence[str],
    max_cost: float | None = None,
    observer: Observer | None = None,
    on_wait: Callable[[str], None] = lambda name: None,
    notify: Callable[[str], None] = lambda text: None,
) -> RunOutcome:
    """Register expectations, archive what is to be redone, score stored answers by newer rules,
    probe the server, run every unit to do, and record the run.

    The providers of the session are closed at the end. A run that has nothing to do needs no store
    that can be written; it is then not recorded.

    Args:
        prepared: The plan; its session names the store, the executor and the limits.
        argv: The command line, for the record.
        max_cost: The most that the run may spend, in US dollars; None: `options.max_cost`.
        observer: Receives the start and end of each unit, and may stop the run; None: a silent one.
        on_wait: Called with a lock's name each second while another run holds a unit to archive.
        notify: Receives what a probe has found, for the user.

    Raises:
        UsageError: A provider has no credentials, or the executor does not exist. Nothing has
            been recorded then.
        MiError: The store cannot record the run, or its disk has no room for what may arrive.
    """
    session, start = prepared.session, time.monotonic()
    resources = prepared.resources(max_cost)
    if len(prepared.plan.todo) > len(damaged_evals(prepared.plan)):  # nothing else asks a model
        session.check_credentials()
    result = RunResult()
    try:
        execute = find_executor(session.options.executor, session.options.ray)
        if not prepared.is_idle:
            atomic.require_space(session.store.root)
            atomic.require_open_files()
        try:
            record, registered = _begin_record(prepared, argv, on_wait)
        except StoreError as failure:
            if not prepared.is_idle:
                raise
            result.unrecorded = f"{failure.where}: {failure.message}"
            return RunOutcome(run_id="", result=result, seconds=time.monotonic() - start, cost=0.0)
        archive_redo(prepared.redo, prepared.plan, session.store, record["run"], on_wait)
        result.refused_lines.update(settle_journals(session.store, observer or SilentObserver()))
        error = rescore_units(prepared, record["run"], result, observer or SilentObserver())
        if prepared.plan.todo and error is None:
            run = _build_run(prepared, resources, record["run"], observer, result)
            with _open_share(session.ledger, run):
                error = _probe_and_execute(session, execute, run, notify)
        _end_record(session.store, record, result, error)
    finally:
        session.providers.close()
    return RunOutcome(
        run_id=record["run"],
        result=result,
        seconds=time.monotonic() - start,
        cost=resources.budget.spent,
        error=error,
        budget=resources.budget,
        registered=registered,
    )


def _begin_record(
    prepared: PreparedPlan, argv: Sequence[str], on_wait: Callable[[str], None]
) -> tuple[RunRecord, tuple[Registration, ...]]:
    """Record that a run has started, with the cells it selected and what was registered by then.

    Returned with the record are the expectations that this run registered.

    The names of registrations prove that the run's results came after them, whatever clocks say.
    """
    session = prepared.session
    provenance = capture_provenance(session.options.root, tuple(argv))
    registered = _register(prepared, provenance, on_wait)
    record: RunRecord = {
        "run": provenance.run_id,
        "provenance": attrs.asdict(provenance),
        "model": session.model.id,
        "experiments": [selected.experiment.id for selected in session.selection],
        "selection": session.store.save_selection(*run_manifest(session, prepared.plan)),
        "outcome": "started",
        "registrations": list(session.store.registrations()),
    }
    session.store.save_run(record["run"], record)
    return record, registered


def _register(
    prepared: PreparedPlan, provenance: Provenance, on_wait: Callable[[str], None]
) -> tuple[Registration, ...]:
    """Register the expectations of the experiments of which this run has an eval to do.

    Those that were registered before are not among the result.
    """
    session = prepared.session
    ids = experiments_with_evals_to_do(prepared.plan)
    experiments = [
        selected.experiment for selected in session.selection if selected.experiment.id in ids
    ]
    registrations = register_expectations(
        session.store,
        experiments,
        provenance,
        plan=prepared.plan,
        run=provenance.run_id,
        on_wait=on_wait,
    )
    registered = tuple(registration for registration in registrations if registration.is_new)
    for registration in registered:
        record = registration.record
        _LOGGER.info("%s: registered %r as %s", record.experiment, record.says, registration.name)
    return registered


def _end_record(store: Store, record: RunRecord, result: RunResult, error: MiError | None) -> None:
    """Record how a run ended: `done`, `failed` or `interrupted`."""
    outcome = {Interrupted: "interrupted", type(None): "done"}.get(type(error), "failed")
    if result.failures:
        outcome = "failed"
    store.save_run(record["run"], {**record, "outcome": outcome, "ended": utc_timestamp()})
    _LOGGER.info("run %s ended: %s", record["run"], outcome)


def _build_run(
    prepared: PreparedPlan,
    resources: Resources,
    name: str,
    observer: Observer | None,
    result: RunResult,
) -> Run:
    session, options = prepared.session, prepared.session.options
    return Run(
        plan=prepared.plan,
        resources=resources,
        store=session.store,
        run_id=name,
        observer=observer or SilentObserver(),
        on_published=_periodic_sync(session),
        result=result,
        limits=RunLimits(max_concurrent=options.max_concurrent, max_failures=options.max_failures),
    )


@contextmanager
def _open_share(ledger: Ledger | None, run: Run) -> Iterator[None]:
    """Let a run have its share of the store's limit, if there is one, until it ends."""
    if ledger is None:
        yield
        return
    budget = run.resources.budget
    with ledger.open_entry(run.run_id):
        budget.share = StoreShare(ledger, run.run_id)
        try:
            yield
        finally:
            budget.share = None
            if budget.lost or budget.remote_work:
                with suppress(StoreError):  # the run has ended, and has its own error to report
                    left = budget.remote_work
                    ledger.exchange(run.run_id, sum(left.values()), 0.0, budget.lost, left)


def _probe_and_execute(
    session: Session, execute: Executor, run: Run, notify: Callable[[str], None]
) -> MiError | None:
    """Probe the server and the judges, and execute the run; return the error that ended it early,
    if any.
    """
    if session.options.probe:
        try:
            _check_service(run)
            run = probe_server(run, notify)
            states = probe_judges(run, notify)
        except MiError as error:
            _LOGGER.info("run %s ended before its first unit: %s", run.run_id, error.message)
            return error
        run.result.judge_states.update(states)
    return _execute(execute, run)


def _execute(execute: Executor, run: Run) -> MiError | None:
    """Execute a run; return the error that ended it early, if any."""
    _LOGGER.info("run %s: %d units to do", run.run_id, len(run.plan.todo))
    try:
        execute(run)
    except (Interrupted, BudgetExceeded, StoreError, JudgeUnreadable) as error:
        _LOGGER.info("run %s ended early: %s", run.run_id, error.message)
        return error
    return None


def _check_service(run: Run) -> None:
    """Check the service of the model under test, if a unit will use it."""
    resources = run.resources
    if not resources.judge_only and any(
        unit_kind(planned.unit).uses_model for planned in run.plan.attempts
    ):
        resources.provider.check_service(resources.model, ObserverMonitor(run.observer))


def _periodic_sync(session: Session) -> Callable[[], None]:
    """A callback that syncs the database at most once a minute, so a long run can be queried."""
    last_sync = time.monotonic()

    def sync() -> None:
        nonlocal last_sync
        if time.monotonic() - last_sync < _SYNC_SECONDS:
            return
        last_sync = time.monotonic()
        try:
            sync_database(Database(session.options.db), session.store, timeout=0.0)
        except MiError as error:  # the sync at the end of the run reports it to the user
            _LOGGER.info("the database was not synced: %s", error.message)

    return sync
