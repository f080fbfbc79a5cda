"""Single scores from the database, one row per setting, eval and condition of an experiment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...analysis.evidence import ResultScope

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CELLS = """
WITH cells AS (
    SELECT DISTINCT c.setting, c.data, c.condition, c.misaligned_ratio, c.total_samples,
           c.inoculation, c.axes, c.title, c.distribution, c.position, c.unit
    FROM current_eval c
    WHERE c.experiment = $1 AND c.model = $2
)
"""
"""The eval units of an experiment on a model, as `cells`; opens a query."""

CONDITION_GROUPS = """
GROUP BY c.setting, c.data, c.condition, c.misaligned_ratio, c.total_samples, c.inoculation,
         c.axes, c.title, c.distribution, c.position
ORDER BY c.setting, c.position, c.misaligned_ratio NULLS FIRST, c.total_samples NULLS FIRST,
         c.inoculation NULLS FIRST, any_value(axis_order(c.axes))
"""
"""One row per condition, in the order of the report; ends a query."""


def query_rows(
    connection: DuckDBPyConnection, query: str, scope: ResultScope
) -> Iterable[dict[str, Any]]:
    """Rows of the scope's settings by column name, with lists as tuples.

    Args:
        connection: To the results database.
        query: With the parameters `$1` (experiment) and `$2` (model), and the column `data`.
        scope: Of exactly one experiment.
    """
    (experiment,) = scope.experiments
    result = connection.execute(query, [experiment, scope.model])
    columns = [column[0] for column in result.description or ()]
    for values in result.fetchall():
        row = dict(zip(columns, values, strict=True))
        if scope.data.get(row["setting"]) == row.pop("data"):
            yield {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in row.items()
            }
