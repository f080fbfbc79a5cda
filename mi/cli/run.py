"""`mi run`, `mi rejudge`: do what is missing, then show what there is."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs

from ..database import Database, bring_up_to_date
from ..errors import Interrupted, MiError, NothingSelected, OverBudget, StoreError
from ..planning.duration import total
from ..planning.force import Again, again, forced, put_aside
from ..planning.manifest import selection
from ..planning.plan import Plan
from ..planning.rejudge import answered
from ..planning.resources import Resources
from ..planning.session import Session
from ..reporting.header import count, header
from ..reporting.junit import write
from ..reporting.progress import Progress, Stop, say
from ..runner.executors import executor
from ..runner.scheduler import Pace, Tally, Work
from ..store.provenance import now, run_id, take
from . import approval, summary
from .collect import collect
from .common import console, loudness, narrowed, seconds, session
from .logfile import logged
from .plan import list_units

if TYPE_CHECKING:
    from rich.console import Console

_SYNC_EVERY = 60.0
_REMOTE = (
    "what was launched goes on at the provider, and the same command finds it again; `mi cancel` "
    "ends it"
)


def run(parsed: argparse.Namespace) -> int:
    """Run the selected cells; 0 when all is done, 1 when a unit failed, 2 when interrupted."""
    if parsed.collect_only:
        return collect(parsed)
    opened, out = session(parsed, parsed.words), console(stderr=parsed.json)
    with logged(parsed.log_file):
        return _run(parsed, opened, opened.plan(), out)


def rejudge(parsed: argparse.Namespace) -> int:
    """Have stored answers judged by other judges; exit codes as `run`."""
    if parsed.collect_only:
        return collect(parsed)
    opened = session(parsed, parsed.words)
    out = console(stderr=parsed.json)
    made, missing = answered(opened.plan(), opened.store, opened.asking.by_digest())
    if missing:
        say(out, f"{count(missing, 'eval')} without all answers left out; `mi run` asks for them")
    if not made.cells:
        raise NothingSelected(
            "no answers to judge are here",
            hint="`mi run` first, with the same --model and --data; only sampled evals that a "
            "model judges are judged again",
        )
    with logged(parsed.log_file):
        return _run(parsed, opened, made, out)


def _run(parsed: argparse.Namespace, opened: Session, made: Plan, out: Console) -> int:
    made = narrowed(parsed, made)
    aside = again(getattr(parsed, "force", ()), made, opened.store)
    made = forced(made, aside)
    costs = opened.costs(made, aside.journals)
    if not parsed.quiet:
        for line in header(opened, made, total(made, seconds(opened, made)), costs.total()):
            say(out, line)
    if aside.units:
        say(out, f"put aside and done again: {', '.join(aside.units)}", "yellow")
    if parsed.dry_run:
        list_units(opened, made.todo, costs, out)
        say(out, "nothing was done (--dry-run)")
        return 0
    allowed = approval.limit(opened, made, costs, out)
    opened.options = attrs.evolve(opened.options, max_cost=allowed)
    bench = opened.bench(made, costs)
    opened.reachable()
    tally, began = Tally(), time.monotonic()
    try:
        error = _executed(parsed, opened, made, bench, aside, out, tally)
    finally:
        opened.providers.close()
    report = summary.Outcome(
        opened=opened,
        made=made,
        tally=tally,
        seconds=time.monotonic() - began,
        cost=bench.purse.spent,
    )
    if parsed.junitxml:
        write(parsed.junitxml, made, tally, opened.store, report.seconds)
    summary.show(report, out, parsed)
    if isinstance(error, Interrupted):
        left = [one for one in made.todo if one.unit.key not in {*tally.done, *tally.found}]
        print(
            f"mi: {error.message}: {count(len(left), 'unit')} to do; the same command goes on "
            "from here",
            file=sys.stderr,
        )
        return error.exit_code
    if error is not None:
        raise error
    return 1 if tally.failed or tally.blocked else 0


def _executed(
    parsed: argparse.Namespace,
    opened: Session,
    made: Plan,
    bench: Resources,
    aside: Again,
    out: Console,
    tally: Tally,
) -> Exception | None:
    """Execute the plan and keep the run's record; the error that ended it early, if any."""
    chosen = opened.options
    execute = executor(chosen.executor, chosen.ray)
    provenance = take(chosen.root, parsed.argv)
    run, store = run_id(provenance), opened.store
    facts = {
        "run": run,
        "provenance": attrs.asdict(provenance),
        "model": opened.model.id,
        "experiments": [one.experiment.id for one in opened.selected],
        "selection": store.select(*selection(opened, made)),
        "outcome": "started",
    }
    store.note_run(run, facts)
    put_aside(aside, made, store, run, lambda name: say(out, f"waiting for {name}", "dim"))
    error: Exception | None = None
    if made.todo:
        remote = "" if opened.provider.free else _REMOTE
        with Stop(out, remote) as stop, Progress(out, stop, loudness(parsed)) as progress:
            try:
                execute(
                    Work(
                        plan=made,
                        bench=bench,
                        store=store,
                        run=run,
                        observer=progress,
                        published=_syncing(opened),
                        tally=tally,
                        pace=Pace(at_once=chosen.at_once, max_failures=chosen.max_failures),
                    )
                )
            except (Interrupted, OverBudget, StoreError) as raised:
                error = raised
    ended = {Interrupted: "interrupted", type(None): "done"}.get(type(error), "failed")
    if tally.failed:
        ended = "failed"
    store.note_run(run, {**facts, "outcome": ended, "ended": now()})
    return error


def _syncing(opened: Session) -> Any:
    """Bring the database up to date now and then, so that a long run can be looked into."""
    last = time.monotonic()

    def published() -> None:
        nonlocal last
        if time.monotonic() - last >= _SYNC_EVERY:
            last = time.monotonic()
            # Whatever is wrong with the database, the run goes on: its end says so.
            with suppress(MiError):
                bring_up_to_date(Database(opened.options.db), opened.store, patience=0.0)

    return published
