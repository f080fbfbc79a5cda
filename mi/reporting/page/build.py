"""From the database to what stands on the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...analysis.analyse import ExperimentAnalysis, analyse
from ...analysis.conditions import Point, points
from ...analysis.evidence import ResultScope
from ...spec import Experiment
from ...store.provenance import utc_timestamp
from ...units.cells import format_ratio
from ..figures import experiment_figures, joint_heatmap
from ..tables import interval_note, results_rows
from .answers import MAX_ANSWERS, answer_columns
from .content import Page, Section, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def build_page(
    connection: DuckDBPyConnection,
    experiments: Sequence[Experiment],
    scope: ResultScope,
    *,
    max_answers: int = MAX_ANSWERS,
) -> Page:
    """All there is to read of these experiments on one model.

    Args:
        most: About how many answers are on the page at most.
    """
    readings = analyse(connection, experiments, scope)
    sections, together = [], {}
    for one in readings.experiments:
        made, found = _section(connection, one, scope)
        sections.append(made)
        together[one.experiment.id] = found
    joint = joint_heatmap(together)
    if readings.joint_findings or joint:
        sections.append(
            Section(
                id="together",
                title=f"{' and '.join(together)} together",
                findings=readings.joint_findings,
                figures=(joint,) if joint else (),
            )
        )
    return Page(
        title=f"{', '.join(one.id for one in experiments)} on {scope.model}",
        facts=tuple(_facts(connection, scope)),
        sections=tuple(sections),
        provenance=(
            _cost_table(connection, scope),
            _run_table(connection, scope),
            _unit_table(connection, scope),
        ),
        answers=answer_columns(connection, scope, max_answers),
    )


def _section(
    connection: DuckDBPyConnection, analysis: ExperimentAnalysis, scope: ResultScope
) -> tuple[Section, list[Point]]:
    """What there is to read of one experiment, and the points it was drawn from."""
    one = analysis.experiment
    alone = attrs.evolve(scope, experiments=(one.id,))
    places = None if scope.condition_names is None else scope.condition_names[one.id]
    found = points(connection, one.id, scope.model, scope.data, places)
    section = Section(
        id=one.id,
        title=one.title,
        question=one.question,
        design=tuple(_design(one, scope)),
        verdicts=analysis.verdicts,
        findings=analysis.findings,
        figures=tuple(experiment_figures(connection, alone, one.title, found)),
        tables=tuple(_result_tables(found)),
    )
    return section, found


def _design(experiment: Experiment, scope: ResultScope) -> list[tuple[str, str]]:
    settings = [
        f"{setting.id} ({scope.data[setting.id]} data)"
        for setting in experiment.settings
        if setting.id in scope.data
    ]
    pairs = [
        ("settings", ", ".join(settings)),
        (
            "misaligned ratio",
            ", ".join(format_ratio(ratio) for ratio in experiment.misaligned_ratio),
        ),
        ("training rows", ", ".join(map(str, experiment.total_samples))),
        ("seeds", ", ".join(map(str, experiment.seeds))),
    ]
    if experiment.inoculation != (None,):
        pairs.append(("inoculation", ", ".join(name or "none" for name in experiment.inoculation)))
    changed = {
        name: value
        for name, value in attrs.asdict(experiment.training, recurse=False).items()
        if value not in (None, (), {})
    }
    if changed:
        pairs.append(("training", ", ".join(f"{name} {value}" for name, value in changed.items())))
    return pairs


def _result_tables(points: Sequence[Point]) -> list[Table]:
    tables = []
    for setting in dict.fromkeys(point.setting for point in points):
        part = [point for point in points if point.setting == setting]
        columns, rows = results_rows(part)
        tables.append(
            Table(
                title=f"Results in {setting}",
                columns=tuple(columns),
                rows=tuple(map(tuple, rows)),
                right_aligned=frozenset(range(1, len(columns))),
                note=f"Share misaligned [interval], number scored; {interval_note(part)}.",
            )
        )
    return tables


_OF = """
    FROM current_cell WHERE list_contains($1, experiment) AND model = $2
"""


def _facts(connection: DuckDBPyConnection, scope: ResultScope) -> list[tuple[str, str]]:
    last = connection.execute(
        f"SELECT git_commit, git_dirty, versions, python FROM run WHERE selection IN "
        f"(SELECT selection {_OF}) ORDER BY started DESC LIMIT 1",
        [list(scope.experiments), scope.model],
    ).fetchall()
    sources = [f"{setting}: {source}" for setting, source in scope.data.items()]
    pairs = [("model", scope.model), ("data", ", ".join(sources)), ("made", utc_timestamp())]
    for commit, dirty, versions, python in last:
        if commit:
            pairs.append(("commit", commit + (" (with changes)" if dirty else "")))
        named = json.loads(versions or "{}")
        listed = ", ".join(f"{name} {number}" for name, number in named.items())
        pairs.append(("versions", f"Python {python}, {listed}"))
    return pairs


def _cost_table(connection: DuckDBPyConnection, scope: ResultScope) -> Table:
    return _query_table(
        connection,
        "Cost and time",
        f"""
        SELECT activity, model, sum(requests) AS requests, sum(tokens_in) AS "tokens in",
               sum(tokens_out) AS "tokens out", sum(seconds) AS seconds, sum(cost_usd) AS "US $"
        FROM spend WHERE unit IN (SELECT unit {_OF}) GROUP BY ALL ORDER BY ALL
        """,
        scope,
        right_aligned=range(2, 7),
    )


def _run_table(connection: DuckDBPyConnection, scope: ResultScope) -> Table:
    return _query_table(
        connection,
        "Runs",
        f"""
        SELECT run, started, ended, outcome, command, left(git_commit, 12) AS commit, host
        FROM run WHERE selection IN (SELECT selection {_OF}) ORDER BY started
        """,
        scope,
    )


def _unit_table(connection: DuckDBPyConnection, scope: ResultScope) -> Table:
    return _query_table(
        connection,
        "Units",
        f"""
        WITH own AS (SELECT DISTINCT unit {_OF}),
             paid AS (SELECT unit, sum(cost_usd) AS cost FROM spend GROUP BY unit)
        SELECT u.unit, u.title, u.setting, u.finished, u.seconds, paid.cost AS "US $", u.run
        FROM own JOIN unit u USING (unit) LEFT JOIN paid USING (unit) ORDER BY u.finished, u.unit
        """,
        scope,
        right_aligned=range(4, 6),
    )


def _query_table(
    connection: DuckDBPyConnection,
    title: str,
    query: str,
    scope: ResultScope,
    *,
    right_aligned: Sequence[int] = (),
) -> Table:
    answer = connection.execute(query, [list(scope.experiments), scope.model])
    columns = tuple(column[0] for column in answer.description or ())
    rows = tuple(tuple(_cell_text(value) for value in row) for row in answer.fetchall())
    return Table(title=title, columns=columns, rows=rows, right_aligned=frozenset(right_aligned))


def _cell_text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
