"""The end of a run: tables, figures, failures, and one line that counts what was done."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..analysis.agreement import agreement_lines, agreements
from ..analysis.analyse import fitted_curves
from ..analysis.conditions import Point, points
from ..analysis.evidence import ResultScope
from ..database import Database, sync_database
from ..database.connection import DatabaseBusy
from ..database.served_models import mixed_aliases
from ..errors import StoreError
from ..planning.plan import Plan, format_rescoring
from ..planning.registration import Registration
from ..planning.session import Session
from ..planning.suggestion import suggest_experiment
from ..providers.budget import Budget
from ..providers.pricing import format_cost
from ..reporting.console import say
from ..reporting.figures import save_drawing, score_curves
from ..reporting.header import count_by_kind
from ..reporting.tables import interval_note, plain_table, results_table
from ..reporting.text import format_clock, pluralize
from ..runner.types import RunResult
from ..spec import judge_model
from ..steps.scorers.probe import PASSED
from ..steps.scorers.reply import SPLIT_NUMERAL, UNRATED
from ..units.cells import declared_conditions
from ..units.unit import Evaluate

if TYPE_CHECKING:
    from rich.console import Console

_MAX_UNREAD = 0.25
"""Share of a judge's replies that may be unreadable without a word."""
_MAX_REASONS = 3
"""Reasons for estimated usages that are shown."""


@attrs.frozen(kw_only=True)
class RunReport:
    """What a run did.

    Args:
        session: What the command selected.
        plan: The units of the run.
        result: What became of them.
        seconds: Wall time.
        cost: US dollars that the run spent.
        budget: What was lost and estimated on the way.
        registered: The expectations that the run registered before its first eval.
    """

    session: Session
    plan: Plan
    result: RunResult
    seconds: float
    cost: float
    budget: Budget = attrs.field(factory=Budget)
    registered: Sequence[Registration] = ()


def show(report: RunReport, out: Console, args: argparse.Namespace) -> None:
    """Sync the database and show results, failures and, last, the summary line.

    Args:
        report: What the run did.
        out: Where people read.
        args: `json`, `durations` and `quiet`.
    """
    session, result = report.session, report.result
    with _synced_database(session, out) as database:
        shown = _show_results(session, database, out, as_json=args.json)
        with database.read_connection() as connection:
            aliases = mixed_aliases(connection, list(result.done_units))
    if args.durations is not None:
        _print_durations(report, args.durations, out)
    if count := len(report.registered):
        say(out, f"{pluralize(count, 'expectation')} registered before the first eval")
    for line in rescoring_lines(result):
        say(out, line, "yellow" if result.rescoring_problems else "")
    for line in journal_damage_lines(report.plan):
        say(out, line, "yellow")
    for line in (*split_numeral_lines(report), *unread_lines(report), *judge_lines(result)):
        say(out, line, "yellow")
    if lost := session.providers.lost_answers():
        say(out, f"{pluralize(lost, 'answer')} lost in transit and requested again", "yellow")
    for name, served in aliases:
        say(out, alias_line(name, served), "yellow")
    for note in session.providers.notes():
        say(out, note, "yellow")
    for line in money_lines(report.budget):
        say(out, line, "yellow")
    if result.unrecorded:
        say(out, f"this run is not recorded: {result.unrecorded}", "yellow")
    for key, message in result.failures.items():
        say(out, f"failed: {key}: {message}", "red")
    if result.stopped_after is not None:
        say(out, f"stopped after {pluralize(result.stopped_after, 'failure')}", "red")
    if args.json:
        _print_json(report, shown)
    if not args.quiet:
        parts = [session.options.display_path(session.options.db)]
        if (suggestion := _suggestion(session, report.plan)) is not None:
            parts.append(suggestion)
        say(out, " · ".join(parts))
    is_incomplete = len(report.plan.todo) > len(result.done_units) + len(result.reused_units)
    colour = (
        "red" if result.failures or result.blocked_units else "yellow" if is_incomplete else "green"
    )
    say(out, summary_line(report), f"bold {colour}")


def summary_line(report: RunReport) -> str:
    """`3 trained, 12 reused, 1 failed in 0:08:12 · $0.00`."""
    result, plan = report.result, report.plan
    reused = sum(not planned.is_todo for planned in plan.units) + len(result.reused_units)
    numbers = {
        "mixed": result.count_done("mix"),
        "trained": result.count_done("train"),
        "replayed": result.count_done("replay"),
        "evaluated": result.count_done("eval"),
        "reused": reused,
        "failed": len(result.failures),
        "blocked": len(result.blocked_units),
        "deselected": len(plan.deselected_units),
    }
    parts = [f"{number} {word}" for word, number in numbers.items() if number]
    counts = ", ".join(parts) or "nothing to do"
    return f"{counts} in {format_clock(report.seconds)} · {format_cost(report.cost)}"


def rescoring_lines(result: RunResult) -> list[str]:
    """What was scored again from stored answers, and what kept its old scores, with the reasons."""
    lines = []
    if rescored := result.rescored_units:
        number = "1 eval was" if len(rescored) == 1 else f"{len(rescored)} evals were"
        versions = format_rescoring(rescored.values())
        lines.append(f"{number} scored again from stored answers ({versions})")
    if mended := len(result.mended_units):
        number = "1 damaged eval was" if mended == 1 else f"{mended} damaged evals were"
        lines.append(f"{number} scored again from stored answers")
    for name, count in result.refused_lines.items():
        lines.append(
            f"{name}: {pluralize(count, 'line')} set aside, which did not belong there "
            "(kept in retired/refused)"
        )
    for key, problem in result.rescoring_problems.items():
        lines.append(f"{key} keeps its old scores: {problem}")
    return lines


def alias_line(name: str, served: Sequence[str]) -> str:
    """What is said of a name that stands for several models."""
    return (
        f"{name} was answered by {pluralize(len(served), 'model')} ({', '.join(served)}): an alias "
        "has no fixed model; name a dated one"
    )


def money_lines(budget: Budget) -> list[str]:
    """What of a run's cost is not certain: estimated usages, and answers that never arrived."""
    lines = []
    if count := budget.estimated_usages:
        reasons = "; ".join(list(budget.estimate_reasons)[:_MAX_REASONS])
        lines.append(
            f"{pluralize(count, 'result')} came without a usable number of tokens ({reasons}): "
            "the numbers are estimated, and booked as estimated"
        )
    if budget.lost:
        lines.append(
            f"up to {format_cost(budget.lost)} may have been billed for requests that were never "
            "answered; it counts against the limit, and is not in the books"
        )
    return lines


def journal_damage_lines(plan: Plan) -> list[str]:
    """What is wrong with the journals of evals that are done, and what to do; a line for each."""
    evals = Counter(one.journal_damage for one in plan.all_units if one.journal_damage)
    return [
        f"{pluralize(count, 'eval')}: {damage}; what was scored is kept: restore the journal from "
        "a copy, or --force does it again"
        for damage, count in evals.items()
    ]


def split_numeral_lines(report: RunReport) -> list[str]:
    """For each judge whose ratings were in part unreadable because it splits numerals, a line."""
    counts = {model: counts[SPLIT_NUMERAL] for model, counts in _judge_outcomes(report).items()}
    return [
        f"{model} splits numbers into several tokens: {pluralize(count, 'answer')} without a "
        "rating; use another judge (--judge), or let it vote (--votes)"
        for model, count in counts.items()
        if count
    ]


def unread_lines(report: RunReport) -> list[str]:
    """For each judge of whose replies a large share cannot be read, a line."""
    lines = []
    for model, counts in _judge_outcomes(report).items():
        unread, total = counts[UNRATED], counts.total()
        if unread > _MAX_UNREAD * total:
            lines.append(
                f"{model}: {unread} of {pluralize(total, 'reply')} cannot be read; let it vote "
                "(--votes 5), or use another judge (--judge)"
            )
    return lines


def judge_lines(result: RunResult) -> list[str]:
    """For each judge whose probe found something out of order, a line."""
    return [
        f"the judge {model} is {state}: its verdicts are kept, and no claim is judged by them"
        for model, state in result.judge_states.items()
        if state != PASSED
    ]


def _judge_outcomes(report: RunReport) -> dict[str, Counter[str]]:
    """Judge → how many answers have which outcome, in the evals that the run scored."""
    fresh = {*report.result.done_units, *report.result.rescored_units}
    outcomes: dict[str, Counter[str]] = {}
    for planned in report.plan.units:
        payload = planned.unit.payload
        judge = judge_model(payload.eval) if isinstance(payload, Evaluate) else None
        if judge is not None and planned.unit.key in fresh:
            record = report.session.store.record(planned.unit.key)
            outcomes.setdefault(judge.model, Counter()).update(record.outcome.get("outcomes", {}))
    return outcomes


@contextmanager
def _synced_database(session: Session, out: Console) -> Iterator[Database]:
    """The database in sync with the store; a temporary copy if another process holds it."""
    database = Database(session.options.db)
    with ExitStack() as stack:
        try:
            synced = sync_database(database, session.store)
        except (DatabaseBusy, StoreError) as error:
            if not isinstance(error, DatabaseBusy) and _is_writable(session.options.db):
                raise
            where = "" if isinstance(error, DatabaseBusy) else f"{session.options.db.name} "
            advice = "nothing is lost; the next run or `mi rebuild` catches up"
            say(out, f"{where}{error.message}: {advice}", "yellow")
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="mi-results-"))
            database = Database(Path(directory, "results.duckdb"))
            synced = sync_database(database, session.store)
        for fault in synced.faults:
            say(out, fault, "yellow")
        yield database


def _is_writable(path: Path) -> bool:
    """Whether a file can be written, as far as permissions say; or created, if there is none."""
    return os.access(path, os.W_OK) if path.exists() else os.access(path.parent, os.W_OK)


def _show_results(
    session: Session, database: Database, out: Console, *, as_json: bool
) -> dict[str, list[Point]]:
    """Print a table and draw a figure for each experiment that has results."""
    shown = {}
    for selection in session.selection:
        experiment = selection.experiment
        data = {setting.id: session.source(setting.id) for setting in experiment.settings}
        with database.read_connection() as connection:
            declared = declared_conditions(experiment)
            conditions = points(connection, experiment.id, session.model.id, data, declared)
        if not conditions:
            continue
        shown[experiment.id] = conditions
        if not as_json:
            _print_tables(session, experiment.id, conditions, out)
            with database.read_connection() as connection:
                for line in agreement_lines(
                    agreements(connection, experiment.id, session.model.id, data)
                ):
                    say(out, line, "dim")
        with database.read_connection() as connection:
            scope = ResultScope(
                experiments=(experiment.id,),
                model=session.model.id,
                data=data,
                condition_names={experiment.id: declared},
            )
            curves = fitted_curves(connection, scope)
        drawing = score_curves(experiment.id, experiment.title, conditions, curves)
        if drawing is not None:
            try:
                files = save_drawing(drawing, session.options.figures)
            except StoreError as error:
                say(out, f"no figure: {error.where}: {error.message}", "yellow")
            else:
                say(out, f"figure {session.options.display_path(files[0])}")
    return shown


def _print_tables(session: Session, experiment: str, conditions: list[Point], out: Console) -> None:
    settings = dict.fromkeys(point.setting for point in conditions)
    for setting in settings:
        out.print()
        say(out, f"{experiment} · {setting}", "bold")
        out.print(results_table([point for point in conditions if point.setting == setting]))
    advice = "" if session.options.full else "; `--full` adds the declared seeds and conditions"
    say(out, interval_note(conditions, suffix=advice), "dim")


def _print_durations(report: RunReport, number: int, out: Console) -> None:
    """Print the slowest units of this run; all if the number is 0."""
    records = [report.session.store.record(key) for key in report.result.done_units]
    records.sort(key=lambda record: record.seconds, reverse=True)
    table = plain_table("time", "kind", "slowest units")
    for record in records[:number] if number else records:
        table.add_row(format_clock(record.seconds), record.kind, f"{record.title}  {record.key}")
    out.print(table)


def _suggestion(session: Session, plan: Plan) -> str | None:
    suggestion = suggest_experiment(session, plan)
    if suggestion is None:
        return None
    id, todo, shared = suggestion
    return f"next: mi run {id} ({count_by_kind(todo)} to do, {shared} shared)"


def _is_saved(field: attrs.Attribute[Any], _: object) -> bool:
    return field.metadata.get("column", field.name) is not None


def _print_json(report: RunReport, shown: dict[str, list[Point]]) -> None:
    result = report.result
    values = {
        "done": result.done_units,
        "found": result.reused_units,
        "failed": result.failures,
        "blocked": result.blocked_units,
        "cost_usd": report.cost,
        "results": {
            id: [attrs.asdict(point, filter=_is_saved) for point in conditions]
            for id, conditions in shown.items()
        },
        "database": str(report.session.options.db),
    }
    print(json.dumps(values, ensure_ascii=False, indent=1))
