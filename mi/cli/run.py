"""`mi run`: do what is missing, then show what there is."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..agreement import agreements, told
from ..answered import answered
from ..errors import Interrupted, MiError, NothingSelected, OverBudget, StoreError
from ..estimate import total
from ..execute import Bench, Tally, execute
from ..figures import curves, save
from ..money import dollars
from ..plan import Plan
from ..provenance import now, run_id, take
from ..query import Busy, Database, bring_up_to_date
from ..report.header import count, header, to_do
from ..report.progress import Progress, Stop, clock, say
from ..report.tables import replicates, results_table
from ..selection import selection
from ..session import Session
from ..summary import Point, points
from . import consent
from .collect import collect
from .common import console, seconds, session

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
    opened = session(parsed, parsed.words)
    return _run(parsed, opened, opened.plan(), console(stderr=parsed.json))


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
    return _run(parsed, opened, made, out)


def _run(parsed: argparse.Namespace, opened: Session, made: Plan, out: Console) -> int:
    costs = opened.costs(made)
    for line in header(opened, made, total(made, seconds(opened, made)), costs.total()):
        say(out, line)
    allowed = consent.limit(opened, made, costs, out)
    opened.options = attrs.evolve(opened.options, max_cost=allowed)
    bench = opened.bench(made)
    opened.reachable()
    tally, began = Tally(), time.monotonic()
    try:
        error = _executed(opened, made, bench, parsed.argv, out, tally)
    finally:
        opened.providers.close()
    left = [planned for planned in made.todo if planned.unit.key not in {*tally.done, *tally.found}]
    with _results(opened, out) as database:
        shown = _show(opened, database, out, as_json=parsed.json)
    say(out, _summary(tally, time.monotonic() - began, bench.purse.spent))
    if lost := opened.providers.lost():
        say(out, f"{count(lost, 'answer')} lost on the way and asked for again", "yellow")
    for key, message in tally.failed.items():
        say(out, f"failed: {key}: {message}", "red")
    if parsed.json:
        _print_json(opened, tally, bench.purse.spent, shown)
    if isinstance(error, Interrupted):
        print(
            f"mi: {error.message}: {count(len(left), 'unit')} to do; the same command goes on "
            "from here",
            file=sys.stderr,
        )
        return error.exit_code
    if error is not None:
        raise error
    _last_lines(opened, out)
    return 1 if tally.failed or tally.blocked else 0


def _executed(
    opened: Session, made: Plan, bench: Bench, argv: tuple[str, ...], out: Console, tally: Tally
) -> Exception | None:
    """Execute the plan and keep the run's record; the error that ended it early, if any."""
    provenance = take(opened.options.root, argv)
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
    error: Exception | None = None
    if made.todo:
        remote = "" if opened.provider.free else _REMOTE
        with Stop(out, remote) as stop, Progress(out, stop) as progress:
            try:
                execute(made, bench, store, run, progress, _syncing(opened), tally)
            except (Interrupted, OverBudget, StoreError) as raised:
                error = raised
    outcome = {Interrupted: "interrupted", type(None): "done"}.get(type(error), "failed")
    if tally.failed:
        outcome = "failed"
    store.note_run(run, {**facts, "outcome": outcome, "ended": now()})
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


@contextmanager
def _results(opened: Session, out: Console) -> Iterator[Database]:
    """The database, up to date; a copy made for the moment where somebody else holds it."""
    database = Database(opened.options.db)
    with ExitStack() as stack:
        try:
            synced = bring_up_to_date(database, opened.store)
        except Busy as busy:
            later = "nothing is lost; the next run or `mi rebuild` brings it up to date"
            say(out, f"{busy.message}: {later}", "yellow")
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mi-results-"))
            database = Database(Path(folder, "results.duckdb"))
            synced = bring_up_to_date(database, opened.store)
        for fault in synced.faults:
            say(out, fault, "yellow")
        yield database


def _show(
    opened: Session, database: Database, out: Console, *, as_json: bool
) -> dict[str, list[Point]]:
    """Print a table and draw a figure for each experiment that has results."""
    shown = {}
    for one in opened.selected:
        experiment = one.experiment
        data = {setting.id: opened.source(setting.id) for setting in experiment.settings}
        with database.reading() as connection:
            found = points(connection, experiment.id, opened.model.id, data)
        if not found:
            continue
        shown[experiment.id] = found
        if not as_json:
            _print_tables(opened, experiment.id, found, out)
            with database.reading() as connection:
                for line in told(agreements(connection, experiment.id, opened.model.id, data)):
                    say(out, line, "dim")
        drawing = curves(experiment.id, experiment.title, found)
        if drawing is not None:
            files = save(drawing, opened.options.figures)
            say(out, f"figure {opened.options.short(files[0])}")
    return shown


def _print_tables(opened: Session, experiment: str, found: list[Point], out: Console) -> None:
    settings = dict.fromkeys(point.setting for point in found)
    for setting in settings:
        title = f"{experiment} · {setting}"
        out.print()
        say(out, title, "bold")
        out.print(results_table([point for point in found if point.setting == setting]))
    more = "" if opened.options.full else "; `--full` adds the declared seeds and conditions"
    say(out, replicates(found, more=more), "dim")


def _summary(tally: Tally, taken: float, cost: float) -> str:
    """The line that says what was done."""
    parts = [
        f"{number} {verb}"
        for kind, verb in (("mix", "mixed"), ("train", "trained"), ("eval", "evaluated"))
        if (number := tally.made(kind))
    ]
    extra = (("found done", tally.found), ("failed", tally.failed), ("blocked", tally.blocked))
    parts += [f"{len(keys)} {word}" for word, keys in extra if keys]
    return f"{', '.join(parts) or 'nothing to do'} in {clock(taken)} · {dollars(cost)}"


def _last_lines(opened: Session, out: Console) -> None:
    parts = [opened.options.short(opened.options.db)]
    if (suggestion := _next(opened)) is not None:
        parts.append(suggestion)
    say(out, " · ".join(parts))


def _next(opened: Session) -> str | None:
    """A related experiment that is partly done because of this one."""
    from ..select import Selected, select

    mine = {one.experiment.id for one in opened.selected}
    users = {name for names in opened.elsewhere.values() for name in names} - mine
    for name in sorted(users):
        found: list[Selected] = select(opened.collection, [name], full=False)
        other = attrs.evolve(opened, selected=found)
        made = other.plan()
        shared = sum(bool(mine & set(one.shared)) for one in made.units)
        if shared and made.todo:
            return f"next: mi run {name} ({to_do(made.todo)} to do, {shared} shared)"
    return None


def _print_json(opened: Session, tally: Tally, cost: float, shown: dict[str, list[Point]]) -> None:
    report = {
        "done": tally.done,
        "found": tally.found,
        "failed": tally.failed,
        "blocked": tally.blocked,
        "cost_usd": cost,
        "results": {name: [attrs.asdict(one) for one in found] for name, found in shown.items()},
        "database": str(opened.options.db),
    }
    print(json.dumps(report, ensure_ascii=False, indent=1))
