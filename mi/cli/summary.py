"""What a run shows at its end: tables, figures, failures, and what was done in one line."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ..analysis.agreement import agreements, told
from ..analysis.conditions import Point, points
from ..collect.select import Selected, select
from ..database import Busy, Database, bring_up_to_date
from ..planning.plan import Plan
from ..planning.session import Session
from ..providers.pricing import dollars
from ..reporting.figures import curves, save
from ..reporting.header import count, to_do
from ..reporting.progress import clock, say
from ..reporting.tables import plain_table, replicates, results_table
from ..runner.scheduler import Tally
from ..units.cells import places

if TYPE_CHECKING:
    from rich.console import Console


@attrs.frozen(kw_only=True)
class Outcome:
    """What a run did.

    Args:
        seconds: Wall time.
        cost: US dollars spent by it.
    """

    opened: Session
    made: Plan
    tally: Tally
    seconds: float
    cost: float


def show(report: Outcome, out: Console, parsed: argparse.Namespace) -> None:
    """Bring the database up to date and show all there is to show; the summary comes last."""
    opened, tally = report.opened, report.tally
    with _results(opened, out) as database:
        shown = _results_of(opened, database, out, as_json=parsed.json)
    if parsed.durations is not None:
        _durations(report, parsed.durations, out)
    if lost := opened.providers.lost():
        say(out, f"{count(lost, 'answer')} lost on the way and asked for again", "yellow")
    for key, message in tally.failed.items():
        say(out, f"failed: {key}: {message}", "red")
    if tally.stopped is not None:
        say(out, f"stopped after {count(tally.stopped, 'failure')}", "red")
    if parsed.json:
        _print_json(report, shown)
    if not parsed.quiet:
        parts = [opened.options.short(opened.options.db)]
        if (suggestion := _next(opened, report.made)) is not None:
            parts.append(suggestion)
        say(out, " · ".join(parts))
    left = len(report.made.todo) > len(tally.done) + len(tally.found)
    colour = "red" if tally.failed or tally.blocked else "yellow" if left else "green"
    say(out, summary(report), f"bold {colour}")


def summary(report: Outcome) -> str:
    """`3 trained, 12 reused, 1 failed in 0:08:12 · $0.00`."""
    tally, made = report.tally, report.made
    reused = sum(not one.todo for one in made.units) + len(tally.found)
    numbers = {
        "mixed": tally.made("mix"),
        "trained": tally.made("train"),
        "evaluated": tally.made("eval"),
        "reused": reused,
        "failed": len(tally.failed),
        "blocked": len(tally.blocked),
        "deselected": len(made.deselected),
    }
    parts = [f"{number} {word}" for word, number in numbers.items() if number]
    done = ", ".join(parts) or "nothing to do"
    return f"{done} in {clock(report.seconds)} · {dollars(report.cost)}"


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


def _results_of(
    opened: Session, database: Database, out: Console, *, as_json: bool
) -> dict[str, list[Point]]:
    """Print a table and draw a figure for each experiment that has results."""
    shown = {}
    for one in opened.selected:
        experiment = one.experiment
        data = {setting.id: opened.source(setting.id) for setting in experiment.settings}
        with database.reading() as connection:
            declared = places(experiment)
            found = points(connection, experiment.id, opened.model.id, data, declared)
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
        out.print()
        say(out, f"{experiment} · {setting}", "bold")
        out.print(results_table([point for point in found if point.setting == setting]))
    more = "" if opened.options.full else "; `--full` adds the declared seeds and conditions"
    say(out, replicates(found, more=more), "dim")


def _durations(report: Outcome, number: int, out: Console) -> None:
    """The slowest units of this run; of 0, all."""
    records = [report.opened.store.record(key) for key in report.tally.done]
    records.sort(key=lambda one: one.seconds, reverse=True)
    table = plain_table("time", "kind", "slowest units")
    for one in records[:number] if number else records:
        table.add_row(clock(one.seconds), one.kind, f"{one.title}  {one.key}")
    out.print(table)


def _next(opened: Session, made: Plan) -> str | None:
    """The experiment of which most is done because of this one, and not all."""
    mine = {one.experiment.id for one in opened.selected}
    users = {name for one in made.everything for name in one.shared} - mine
    begun: dict[str, tuple[int, Plan]] = {}
    for name in sorted(users):
        found: list[Selected] = select(opened.collection, [name], full=False)
        then = attrs.evolve(opened, selected=found).plan()
        shared = sum(not mine.isdisjoint(one.shared) for one in then.units)
        if shared and then.todo:
            begun[name] = (shared, then)
    if not begun:
        return None
    name, (shared, then) = max(begun.items(), key=lambda item: item[1][0])
    return f"next: mi run {name} ({to_do(then.todo)} to do, {shared} shared)"


def _print_json(report: Outcome, shown: dict[str, list[Point]]) -> None:
    tally = report.tally
    facts = {
        "done": tally.done,
        "found": tally.found,
        "failed": tally.failed,
        "blocked": tally.blocked,
        "cost_usd": report.cost,
        "results": {name: [attrs.asdict(one) for one in found] for name, found in shown.items()},
        "database": str(report.opened.options.db),
    }
    print(json.dumps(facts, ensure_ascii=False, indent=1))
