"""`mi run` and `mi rejudge`: run the missing units, then show all results.

Both commands open a session, prepare its plan, ask for approval of the cost, run the plan and show
its results.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import Interrupted, UsageError
from ..planning.prepare import PreparedPlan
from ..reporting.console import say
from ..reporting.header import header_lines
from ..reporting.interrupt import StopSignal
from ..reporting.junit import write_junit
from ..reporting.progress import ProgressDisplay
from ..reporting.text import pluralize
from ..runner.run import RunOutcome, SilentObserver, run_prepared
from ..runner.types import Observer
from . import approval, summary
from .collect import collect
from .common import console, prepare, verbosity
from .logfile import log_to_file
from .plan import print_units

if TYPE_CHECKING:
    from rich.console import Console

_REMOTE_NOTICE = (
    "launched jobs continue at the provider, and the same command picks them up again; `mi cancel` "
    "ends them"
)


def run(args: argparse.Namespace) -> int:
    """Run the selected cells; 0 when all is done, 1 when a unit failed, 2 when interrupted."""
    if args.collect_only:
        return collect(args)
    out = console(stderr=args.json)
    with log_to_file(args.log_file):
        prepared = prepare(args, args.words)
        _print_plan(args, prepared, out)
        return run_approved(args, prepared, out)


def run_approved(args: argparse.Namespace, prepared: PreparedPlan, out: Console) -> int:
    """Ask for approval of a plan's cost, run it and show its results.

    Args:
        args: The flags of `mi run`.
        prepared: The plan, which has been shown.
        out: Where people read.
    """
    if args.dry_run:
        print_units(prepared, prepared.plan.todo, out)
        say(out, "nothing was done (--dry-run)")
        return 0
    max_cost = approval.spending_limit(prepared.session, prepared.plan, prepared.costs, out)
    with _progress(args, prepared, out) as observer:
        outcome = run_prepared(
            prepared,
            argv=args.argv,
            max_cost=max_cost,
            observer=observer,
            on_wait=lambda name: say(out, f"waiting for a lock on {name}", "dim"),
            notify=lambda text: say(out, text),
        )
    return _finish(args, prepared, outcome, out)


def rejudge(args: argparse.Namespace) -> int:
    """Have stored answers judged by other judges; exit codes as `run`."""
    if args.all:
        from .archive import archive

        return archive(args)
    if not args.words:
        raise UsageError(
            "name what to judge again: experiments, or --all", hint="mi rejudge --all --judge M"
        )
    return run(args)


def _print_plan(args: argparse.Namespace, prepared: PreparedPlan, out: Console) -> None:
    if count := prepared.unanswered_evals:
        say(out, f"{pluralize(count, 'eval')} without all answers left out; `mi run` asks for them")
    if not args.quiet:
        for line in header_lines(
            prepared.session, prepared.plan, prepared.duration, prepared.costs.total()
        ):
            say(out, line)
    if prepared.redo.units:
        say(out, f"archived and done again: {', '.join(prepared.redo.units)}", "yellow")


@contextmanager
def _progress(args: argparse.Namespace, prepared: PreparedPlan, out: Console) -> Iterator[Observer]:
    """The observer that displays the units; a silent one if there is nothing to do."""
    if not prepared.plan.todo and not prepared.plan.outdated_scores:
        yield SilentObserver()
        return
    notice = "" if prepared.session.provider.is_free else _REMOTE_NOTICE
    with StopSignal(out, notice) as stop, ProgressDisplay(out, stop, verbosity(args)) as display:
        yield display


def _finish(
    args: argparse.Namespace, prepared: PreparedPlan, outcome: RunOutcome, out: Console
) -> int:
    """Show the results of a run; its exit code."""
    session, plan, result = prepared.session, prepared.plan, outcome.result
    if args.junitxml:
        write_junit(args.junitxml, plan, result, session.store, outcome.seconds)
    report = summary.RunReport(
        session=session,
        plan=plan,
        result=result,
        seconds=outcome.seconds,
        cost=outcome.cost,
        budget=outcome.budget,
        registered=outcome.registered,
    )
    summary.show(report, out, args)
    error = outcome.error
    if isinstance(error, Interrupted):
        remaining = len(plan.todo) - len({*result.done_units, *result.reused_units})
        print(
            f"mi: {error.message}: {pluralize(remaining, 'unit')} to do; the same command "
            "continues from here",
            file=sys.stderr,
        )
        return error.exit_code
    if error is not None:
        raise error
    return 1 if result.failures or result.blocked_units else 0
