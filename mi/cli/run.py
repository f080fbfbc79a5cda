"""`mi run`, `mi rejudge`: do what is missing, then show what there is."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs

from ..database import Database, sync_database
from ..errors import BudgetExceeded, Interrupted, MiError, NothingSelected, StoreError
from ..files.clock import utc_timestamp
from ..planning.duration import total_duration
from ..planning.force import Redo, archive_redo, mark_redo, plan_redo
from ..planning.manifest import run_manifest
from ..planning.plan import Plan
from ..planning.rejudge import rejudgeable
from ..planning.resources import Resources
from ..planning.session import Session
from ..reporting.header import header_lines, pluralize
from ..reporting.junit import write_junit
from ..reporting.progress import ProgressDisplay, StopSignal, say
from ..runner.executors import find_executor
from ..runner.scheduler import Run, RunLimits, RunResult
from ..store.provenance import capture_provenance
from ..store.run_files import RunRecord
from . import approval, summary
from .collect import collect
from .common import console, filter_plan, load_session, unit_durations, verbosity
from .logfile import log_to_file
from .plan import print_units

if TYPE_CHECKING:
    from rich.console import Console

_SYNC_SECONDS = 60.0
_REMOTE_NOTICE = (
    "what was launched goes on at the provider, and the same command finds it again; `mi cancel` "
    "ends it"
)


def run(args: argparse.Namespace) -> int:
    """Run the selected cells; 0 when all is done, 1 when a unit failed, 2 when interrupted."""
    if args.collect_only:
        return collect(args)
    session, out = load_session(args, args.words), console(stderr=args.json)
    with log_to_file(args.log_file):
        return _run(args, session, session.plan(), out)


def rejudge(args: argparse.Namespace) -> int:
    """Have stored answers judged by other judges; exit codes as `run`."""
    if args.collect_only:
        return collect(args)
    session = load_session(args, args.words)
    out = console(stderr=args.json)
    plan, missing = rejudgeable(
        session.plan(), session.store, session.eval_resolver.questions_by_digest()
    )
    if missing:
        say(
            out,
            f"{pluralize(missing, 'eval')} without all answers left out; `mi run` asks for them",
        )
    if not plan.cells:
        raise NothingSelected(
            "no answers to judge are here",
            hint="`mi run` first, with the same --model and --data; only sampled evals that a "
            "model judges are judged again",
        )
    with log_to_file(args.log_file):
        return _run(args, session, plan, out)


def _run(args: argparse.Namespace, session: Session, plan: Plan, out: Console) -> int:
    plan = filter_plan(args, plan)
    redo = plan_redo(getattr(args, "force", ()), plan, session.store)
    plan = mark_redo(plan, redo)
    costs = session.cost_estimator(plan, redo.journals)
    if not args.quiet:
        for line in header_lines(
            session, plan, total_duration(plan, unit_durations(session, plan)), costs.total()
        ):
            say(out, line)
    if redo.units:
        say(out, f"put aside and done again: {', '.join(redo.units)}", "yellow")
    if args.dry_run:
        print_units(session, plan.todo, costs, out)
        say(out, "nothing was done (--dry-run)")
        return 0
    allowed = approval.spending_limit(session, plan, costs, out)
    session.options = attrs.evolve(session.options, max_cost=allowed)
    resources = session.resources(plan, costs)
    session.check_credentials()
    result, began = RunResult(), time.monotonic()
    try:
        error = _execute(args, session, plan, resources, redo, out, result)
    finally:
        session.providers.close()
    report = summary.RunReport(
        session=session,
        plan=plan,
        result=result,
        seconds=time.monotonic() - began,
        cost=resources.budget.spent,
    )
    if args.junitxml:
        write_junit(args.junitxml, plan, result, session.store, report.seconds)
    summary.show(report, out, args)
    if isinstance(error, Interrupted):
        left = [
            one
            for one in plan.todo
            if one.unit.key not in {*result.done_units, *result.reused_units}
        ]
        print(
            f"mi: {error.message}: {pluralize(len(left), 'unit')} to do; the same command goes on "
            "from here",
            file=sys.stderr,
        )
        return error.exit_code
    if error is not None:
        raise error
    return 1 if result.failures or result.blocked_units else 0


def _execute(
    args: argparse.Namespace,
    session: Session,
    plan: Plan,
    resources: Resources,
    redo: Redo,
    out: Console,
    result: RunResult,
) -> Exception | None:
    """Execute the plan and keep the run's record; the error that ended it early, if any."""
    options = session.options
    execute = find_executor(options.executor, options.ray)
    provenance = capture_provenance(options.root, args.argv)
    run, store = provenance.run_id, session.store
    record: RunRecord = {
        "run": run,
        "provenance": attrs.asdict(provenance),
        "model": session.model.id,
        "experiments": [one.experiment.id for one in session.selection],
        "selection": store.save_selection(*run_manifest(session, plan)),
        "outcome": "started",
    }
    store.save_run(run, record)
    archive_redo(redo, plan, store, run, lambda name: say(out, f"waiting for {name}", "dim"))
    error: Exception | None = None
    if plan.todo:
        remote = "" if session.provider.is_free else _REMOTE_NOTICE
        with (
            StopSignal(out, remote) as stop,
            ProgressDisplay(out, stop, verbosity(args)) as progress,
        ):
            try:
                execute(
                    Run(
                        plan=plan,
                        resources=resources,
                        store=store,
                        run_id=run,
                        observer=progress,
                        on_published=_database_sync(session),
                        result=result,
                        limits=RunLimits(
                            max_concurrent=options.max_concurrent, max_failures=options.max_failures
                        ),
                    )
                )
            except (Interrupted, BudgetExceeded, StoreError) as raised:
                error = raised
    ended = {Interrupted: "interrupted", type(None): "done"}.get(type(error), "failed")
    if result.failures:
        ended = "failed"
    store.save_run(run, {**record, "outcome": ended, "ended": utc_timestamp()})
    return error


def _database_sync(session: Session) -> Any:
    """Bring the database up to date now and then, so that a long run can be looked into."""
    last = time.monotonic()

    def published() -> None:
        nonlocal last
        if time.monotonic() - last >= _SYNC_SECONDS:
            last = time.monotonic()
            # Whatever is wrong with the database, the run goes on: its end says so.
            with suppress(MiError):
                sync_database(Database(session.options.db), session.store, timeout=0.0)

    return published
