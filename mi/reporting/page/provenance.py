"""The page's provenance: what the results cost, and the runs and units they come from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...analysis.evidence import ResultScope
from ...files.clock import utc_timestamp
from .content import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_IN_SCOPE = """
    FROM current_cell WHERE list_contains($1, experiment) AND model = $2
"""


def page_facts(connection: DuckDBPyConnection, scope: ResultScope) -> list[tuple[str, str]]:
    """Model, data, and the code and versions of the latest run, as pairs of name and text."""
    latest_run = connection.execute(
        f"SELECT git_commit, git_dirty, versions, python FROM run WHERE selection IN "
        f"(SELECT selection {_IN_SCOPE}) ORDER BY started DESC LIMIT 1",
        [list(scope.experiments), scope.model],
    ).fetchall()
    sources = [f"{setting}: {source}" for setting, source in scope.data.items()]
    pairs = [("model", scope.model), ("data", ", ".join(sources)), ("created", utc_timestamp())]
    for commit, dirty, versions, python in latest_run:
        if commit:
            pairs.append(("commit", commit + (" (with changes)" if dirty else "")))
        packages = json.loads(versions or "{}")
        package_list = ", ".join(f"{name} {version}" for name, version in packages.items())
        pairs.append(("versions", f"Python {python}, {package_list}"))
    return pairs


def cost_table(connection: DuckDBPyConnection, scope: ResultScope) -> Table:
    """Requests, tokens, seconds and costs, by activity and model."""
    return _query_table(
        connection,
        "Cost and time",
        f"""
        SELECT activity, model, sum(requests) AS requests, sum(tokens_in) AS "tokens in",
               sum(tokens_out) AS "tokens out", sum(seconds) AS seconds, sum(cost_usd) AS "US $"
        FROM spend WHERE unit IN (SELECT unit {_IN_SCOPE}) GROUP BY ALL ORDER BY ALL
        """,
        scope,
        right_aligned=range(2, 7),
    )


def run_table(connection: DuckDBPyConnection, scope: ResultScope) -> Table:
    """The runs of these experiments."""
    return _query_table(
        connection,
        "Runs",
        f"""
        SELECT run, started, ended, outcome, command, left(git_commit, 12) AS commit, host
        FROM run WHERE selection IN (SELECT selection {_IN_SCOPE}) ORDER BY started
        """,
        scope,
    )


def unit_provenance(connection: DuckDBPyConnection, scope: ResultScope) -> Table:
    """The units of these experiments, with their durations and costs."""
    return _query_table(
        connection,
        "Units",
        f"""
        WITH units AS (SELECT DISTINCT unit {_IN_SCOPE}),
             costs AS (SELECT unit, sum(cost_usd) AS cost FROM spend GROUP BY unit)
        SELECT u.unit, u.title, u.setting, u.finished, u.seconds, costs.cost AS "US $", u.run
        FROM units JOIN unit u USING (unit) LEFT JOIN costs USING (unit) ORDER BY u.finished, u.unit
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
    result = connection.execute(query, [list(scope.experiments), scope.model])
    columns = tuple(column[0] for column in result.description or ())
    rows = tuple(tuple(_cell_text(value) for value in row) for row in result.fetchall())
    return Table(title=title, columns=columns, rows=rows, right_aligned=frozenset(right_aligned))


def _cell_text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
