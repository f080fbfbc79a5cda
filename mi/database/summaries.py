"""Means and intervals in the database: of each eval unit, and of each condition over its seeds.

SQL sums scores by group; every interval is computed by `mi.analysis.stats`, so that a query, a
table, a figure and a verdict show the same one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..analysis.stats import RunSums, Study, build_scores, group_columns, run_summaries

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_UNIT_SUMS = """
SELECT dense_rank() OVER (ORDER BY unit, metric) - 1 AS run, unit, metric,
       "group" IS NOT NULL AS grouped, questions, m, total, is_share
FROM unit_group WHERE unit IN (SELECT unnest(?)) ORDER BY unit, metric, "group"
"""
_INSERT_UNIT_METRICS = """
INSERT INTO unit_metric
SELECT unit, metric, n, questions, groups, mean, nullif(low, 'nan'::DOUBLE),
       nullif(high, 'nan'::DOUBLE)
FROM (SELECT unnest(?) AS unit, unnest(?) AS metric, unnest(?) AS n, unnest(?) AS questions,
             unnest(?) AS groups, unnest(?) AS mean, unnest(?) AS low, unnest(?) AS high)
"""
# A condition of one run has the interval of that run.
_INSERT_SINGLE_RUNS = """
INSERT INTO _condition_metric
SELECT DISTINCT c.family, c.unit_list, m.metric, 1, m.n, m.questions, m.groups, m.mean, m.ci_low,
       m.ci_high
FROM _new_condition c JOIN unit_metric m ON m.unit = c.units[1] WHERE len(c.units) = 1
"""
_INSERT_CONDITIONS = """
INSERT INTO _condition_metric
SELECT family, unit_list, metric, runs, n, questions, groups, mean, nullif(low, 'nan'::DOUBLE),
       nullif(high, 'nan'::DOUBLE)
FROM (SELECT unnest(?) AS family, unnest(?) AS unit_list, unnest(?) AS metric, unnest(?) AS runs,
             unnest(?) AS n, unnest(?) AS questions, unnest(?) AS groups, unnest(?) AS mean,
             unnest(?) AS low, unnest(?) AS high)
"""
# All conditions of the families that have one with several runs, by family and metric.
_FAMILY_SCORES = """
WITH families AS (
    SELECT DISTINCT family FROM _new_condition WHERE len(units) > 1
), runs AS (
    SELECT DISTINCT c.family, c.unit_list, c.trained, len(c.units) AS runs,
           unnest(c.units) AS unit, unnest(c.seeds) AS seed
    FROM _new_condition c JOIN families USING (family)
)
SELECT r.family, g.metric, r.unit_list, r.trained, r.seed, r.unit,
       list(g."group" ORDER BY g."group") AS groups, list(g.m ORDER BY g."group") AS counts,
       list(g.total ORDER BY g."group") AS totals, sum(g.questions) AS questions,
       bool_and(g.is_share) AS is_share
FROM runs r JOIN unit_group g USING (unit)
GROUP BY ALL ORDER BY r.family, g.metric, r.unit_list, r.seed, r.unit
"""


def summarise_units(connection: DuckDBPyConnection, units: Sequence[str]) -> None:
    """Fill in the sums and means of eval units whose scores are loaded."""
    import numpy as np

    connection.execute("INSERT INTO unit_group FROM group_sums(?)", [units])
    columns = connection.execute(_UNIT_SUMS, [units]).fetchnumpy()
    if not len(columns["run"]):
        return
    run = columns["run"]
    first = np.flatnonzero(np.diff(run, prepend=-1))
    summaries = run_summaries(
        run,
        counts=columns["m"].astype(float),
        totals=columns["total"],
        has_group=columns["grouped"].astype(bool),
        is_share=np.logical_and.reduceat(columns["is_share"].astype(bool), first),
    )
    values = (
        columns["unit"][first],
        columns["metric"][first],
        summaries.n,
        np.add.reduceat(columns["questions"], first),
        summaries.groups,
        summaries.mean,
        summaries.low,
        summaries.high,
    )
    connection.execute(_INSERT_UNIT_METRICS, [list(value.tolist()) for value in values])


def summarise_conditions(connection: DuckDBPyConnection) -> None:
    """Fill in the means of conditions that are new, and forget those that no run has any more."""
    connection.execute(
        "DELETE FROM _condition_metric WHERE family NOT IN (SELECT family FROM _condition_units)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _new_condition AS "
        "SELECT DISTINCT family, unit_list, units, seeds, trained FROM _condition_units "
        "WHERE family NOT IN (SELECT family FROM _condition_metric)"
    )
    connection.execute(_INSERT_SINGLE_RUNS)
    rows = connection.execute(_FAMILY_SCORES).fetchall()
    summaries = [
        summary
        for _, family_rows in groupby(rows, key=lambda row: row[:2])
        for summary in _family_summaries(list(family_rows))
    ]
    if summaries:
        connection.execute(
            _INSERT_CONDITIONS, [list(column) for column in zip(*summaries, strict=True)]
        )
    connection.execute("DROP TABLE _new_condition")


def _family_summaries(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """A row of `_condition_metric` for each condition with several runs.

    Args:
        rows: One per run of a family on one metric, with the columns of `_FAMILY_SCORES`.
    """
    family, metric = rows[0][:2]
    conditions = {
        unit_list: list(condition_rows)
        for unit_list, condition_rows in groupby(rows, key=lambda row: row[2])
    }
    sums = {unit_list: [_run_sums(row) for row in rows] for unit_list, rows in conditions.items()}
    columns = group_columns(run for runs in sums.values() for run in runs)
    scores = [
        build_scores(runs, columns, trained=conditions[unit_list][0][3])
        for unit_list, runs in sums.items()
    ]
    study = Study(conditions=scores, is_share=all(row[10] for row in rows))
    for index, (unit_list, runs) in enumerate(conditions.items()):
        condition = scores[index]
        if condition.runs > 1:
            mean = study.mean(index)
            questions = max(row[9] for row in runs)
            groups = 0 if None in columns else condition.groups
            sizes = condition.runs, condition.n, questions, groups
            yield family, unit_list, metric, *sizes, mean.value, mean.low, mean.high


def _run_sums(row: tuple[Any, ...]) -> RunSums:
    _, _, _, _, seed, _, groups, counts, totals, _, _ = row
    return RunSums(seed=seed, groups=groups, counts=counts, totals=totals)
