"""From the database to the points of a table or a figure: a condition and an eval each.

With one seed a point's interval is within-run, the one `results` gives; with several it is a
cluster bootstrap over seeds and questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from .stats import cluster_bootstrap

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class Point:
    """The headline metric of one eval in one condition.

    Args:
        misaligned_ratio: None for the baseline, as `total_samples`.
        seeds: How many training runs; 0 for the baseline, which is not trained.
        n: Answers or pairs that were scored, over all seeds.
        mean: Share in [0, 1], with the ends of its 95 % interval.
        broken: Share of answers that could not be scored; None where every answer can be.
    """

    setting: str
    condition: str
    misaligned_ratio: float | None
    total_samples: int | None
    eval: str
    title: str
    distribution: str
    seeds: int
    n: int
    mean: float
    low: float
    high: float
    broken: float | None

    @property
    def series(self) -> str:
        """`ID insecure code`: how tables and figures call the eval."""
        return f"{self.distribution} {self.title}"


def points(
    connection: DuckDBPyConnection, experiment: str, model: str, data: dict[str, str]
) -> list[Point]:
    """The points of an experiment on one model, the baseline first, then by size and ratio.

    Args:
        data: Setting → data source; settings left out are left out here.
    """
    rows = connection.execute(_RUNS, [experiment, model]).fetchall()
    grouped: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        setting, source = row[0], row[8]
        if data.get(str(setting)) == source:
            grouped.setdefault(row[:7], []).append(row[7:])
    return [_point(connection, head, runs) for head, runs in grouped.items()]


_RUNS = """
SELECT r.setting, r.condition, r.misaligned_ratio, r.total_samples, r.eval, r.title, r.distribution,
       r.seed, r.data, r.n, r.mean, r.ci_low, r.ci_high, r.metric, r.unit, b.mean AS broken
FROM results r LEFT JOIN unit_metric b ON b.unit = r.unit AND b.metric = 'broken'
WHERE r.headline AND r.experiment = ? AND r.model = ?
ORDER BY r.setting, r.misaligned_ratio NULLS FIRST, r.total_samples NULLS FIRST,
         r.position, r.seed
"""

_VALUES = """
SELECT unit, list(value ORDER BY question) FROM (
    SELECT unit, question, avg(metrics[?]) AS value FROM score
    WHERE unit IN (SELECT unnest(?)) AND metrics[?] IS NOT NULL GROUP BY ALL
) GROUP BY unit ORDER BY unit
"""


def _point(
    connection: DuckDBPyConnection, head: tuple[Any, ...], runs: list[tuple[Any, ...]]
) -> Point:
    setting, condition, ratio, total, eval_id, title, distribution = head
    seeds, _, counts, means, lows, highs, metrics, units, broken = zip(*runs, strict=True)
    low, high = lows[0], highs[0]
    if len(runs) > 1:
        found = connection.execute(_VALUES, [metrics[0], list(units), metrics[0]]).fetchall()
        low, high = cluster_bootstrap([values for _, values in found])
    unreadable = [share for share in broken if share is not None]
    return Point(
        setting=setting,
        condition=condition,
        misaligned_ratio=ratio,
        total_samples=total,
        eval=eval_id,
        title=title,
        distribution=distribution,
        seeds=sum(seed is not None for seed in seeds),
        n=sum(counts),
        mean=sum(means) / len(means),
        low=low,
        high=high,
        broken=sum(unreadable) / len(unreadable) if unreadable else None,
    )
