"""From the database to what stands on the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...analysis.analyse import Reading, read
from ...analysis.conditions import Point, points
from ...analysis.evidence import Subject
from ...spec import Experiment
from ...store.provenance import now
from ...units.cells import ratio_text
from ..figures import heatmap, own
from ..tables import replicates, results_rows
from .answers import MOST, answers
from .content import Page, Section, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def build(
    connection: DuckDBPyConnection,
    experiments: Sequence[Experiment],
    subject: Subject,
    *,
    most: int = MOST,
) -> Page:
    """All there is to read of these experiments on one model.

    Args:
        most: About how many answers are on the page at most.
    """
    readings = read(connection, experiments, subject)
    sections, together = [], {}
    for one in readings.each:
        made, found = _section(connection, one, subject)
        sections.append(made)
        together[one.experiment.id] = found
    joint = heatmap(together)
    if readings.together or joint:
        sections.append(
            Section(
                id="together",
                title=f"{' and '.join(together)} together",
                findings=readings.together,
                figures=(joint,) if joint else (),
            )
        )
    return Page(
        title=f"{', '.join(one.id for one in experiments)} on {subject.model}",
        facts=tuple(_facts(connection, subject)),
        sections=tuple(sections),
        provenance=(
            _money(connection, subject),
            _runs(connection, subject),
            _units(connection, subject),
        ),
        answers=answers(connection, subject, most),
    )


def _section(
    connection: DuckDBPyConnection, reading: Reading, subject: Subject
) -> tuple[Section, list[Point]]:
    """What there is to read of one experiment, and the points it was drawn from."""
    one = reading.experiment
    alone = attrs.evolve(subject, experiments=(one.id,))
    places = None if subject.places is None else subject.places[one.id]
    found = points(connection, one.id, subject.model, subject.data, places)
    section = Section(
        id=one.id,
        title=one.title,
        question=one.question,
        design=tuple(_design(one, subject)),
        verdicts=reading.verdicts,
        findings=reading.findings,
        figures=tuple(own(connection, alone, one.title, found)),
        tables=tuple(_results(found)),
    )
    return section, found


def _design(one: Experiment, subject: Subject) -> list[tuple[str, str]]:
    settings = [
        f"{setting.id} ({subject.data[setting.id]} data)"
        for setting in one.settings
        if setting.id in subject.data
    ]
    pairs = [
        ("settings", ", ".join(settings)),
        ("misaligned ratio", ", ".join(ratio_text(ratio) for ratio in one.misaligned_ratio)),
        ("training rows", ", ".join(map(str, one.total_samples))),
        ("seeds", ", ".join(map(str, one.seeds))),
    ]
    if one.inoculation != (None,):
        pairs.append(("inoculation", ", ".join(name or "none" for name in one.inoculation)))
    changed = {
        name: value
        for name, value in attrs.asdict(one.training, recurse=False).items()
        if value not in (None, (), {})
    }
    if changed:
        pairs.append(("training", ", ".join(f"{name} {value}" for name, value in changed.items())))
    return pairs


def _results(found: Sequence[Point]) -> list[Table]:
    tables = []
    for setting in dict.fromkeys(point.setting for point in found):
        part = [point for point in found if point.setting == setting]
        columns, rows = results_rows(part)
        tables.append(
            Table(
                title=f"Results in {setting}",
                columns=tuple(columns),
                rows=tuple(map(tuple, rows)),
                right=frozenset(range(1, len(columns))),
                note=f"Share misaligned [interval], number scored; {replicates(part)}.",
            )
        )
    return tables


_OF = """
    FROM current_cell WHERE list_contains($1, experiment) AND model = $2
"""


def _facts(connection: DuckDBPyConnection, subject: Subject) -> list[tuple[str, str]]:
    last = connection.execute(
        f"SELECT git_commit, git_dirty, versions, python FROM run WHERE selection IN "
        f"(SELECT selection {_OF}) ORDER BY started DESC LIMIT 1",
        [list(subject.experiments), subject.model],
    ).fetchall()
    sources = [f"{setting}: {source}" for setting, source in subject.data.items()]
    pairs = [("model", subject.model), ("data", ", ".join(sources)), ("made", now())]
    for commit, dirty, versions, python in last:
        if commit:
            pairs.append(("commit", commit + (" (with changes)" if dirty else "")))
        named = json.loads(versions or "{}")
        listed = ", ".join(f"{name} {number}" for name, number in named.items())
        pairs.append(("versions", f"Python {python}, {listed}"))
    return pairs


def _money(connection: DuckDBPyConnection, subject: Subject) -> Table:
    return _table(
        connection,
        "Cost and time",
        f"""
        SELECT activity, model, sum(requests) AS requests, sum(tokens_in) AS "tokens in",
               sum(tokens_out) AS "tokens out", sum(seconds) AS seconds, sum(cost_usd) AS "US $"
        FROM spend WHERE unit IN (SELECT unit {_OF}) GROUP BY ALL ORDER BY ALL
        """,
        subject,
        right=range(2, 7),
    )


def _runs(connection: DuckDBPyConnection, subject: Subject) -> Table:
    return _table(
        connection,
        "Runs",
        f"""
        SELECT run, started, ended, outcome, command, left(git_commit, 12) AS commit, host
        FROM run WHERE selection IN (SELECT selection {_OF}) ORDER BY started
        """,
        subject,
    )


def _units(connection: DuckDBPyConnection, subject: Subject) -> Table:
    return _table(
        connection,
        "Units",
        f"""
        WITH own AS (SELECT DISTINCT unit {_OF}),
             paid AS (SELECT unit, sum(cost_usd) AS cost FROM spend GROUP BY unit)
        SELECT u.unit, u.title, u.setting, u.finished, u.seconds, paid.cost AS "US $", u.run
        FROM own JOIN unit u USING (unit) LEFT JOIN paid USING (unit) ORDER BY u.finished, u.unit
        """,
        subject,
        right=range(4, 6),
    )


def _table(
    connection: DuckDBPyConnection,
    title: str,
    query: str,
    subject: Subject,
    *,
    right: Sequence[int] = (),
) -> Table:
    answer = connection.execute(query, [list(subject.experiments), subject.model])
    columns = tuple(column[0] for column in answer.description or ())
    rows = tuple(tuple(_text(value) for value in row) for row in answer.fetchall())
    return Table(title=title, columns=columns, rows=rows, right=frozenset(right))


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
