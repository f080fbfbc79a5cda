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
        mean: Share in [0, 1], with the ends of its 95 % interval; None where nothing was scored.
        unscored: Share of answers that could not be scored; None where every answer can be.
        unscored_as: What those are called: `broken`, `unscored`.
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
    mean: float | None
    low: float | None
    high: float | None
    unscored: float | None
    unscored_as: str | None

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
SELECT c.setting, c.condition, c.misaligned_ratio, c.total_samples, e.eval, e.title, e.distribution,
       c.seed, c.data, coalesce(m.n, 0), m.mean, m.ci_low, m.ci_high, e.headline, c.unit,
       b.mean, b.metric
FROM current_cell c
JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                AND c.role = 'eval:' || e.eval
JOIN unit u ON u.unit = c.unit
LEFT JOIN unit_metric m ON m.unit = c.unit AND m.metric = e.headline
LEFT JOIN unit_metric b ON b.unit = c.unit AND b.metric IN ('broken', 'unscored')
WHERE c.experiment = ? AND c.model = ?
ORDER BY c.setting, c.misaligned_ratio NULLS FIRST, c.total_samples NULLS FIRST,
         c.inoculation NULLS FIRST, e.position, c.seed
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
    seeds, _, counts, _, _, _, metrics, _, without, names = zip(*runs, strict=True)
    scored = [run for run in runs if run[3] is not None]
    mean = low = high = None
    if scored:
        _, _, _, means, lows, highs, _, units, _, _ = zip(*scored, strict=True)
        mean, low, high = sum(means) / len(means), lows[0], highs[0]
        if len(scored) > 1:
            found = connection.execute(_VALUES, [metrics[0], list(units), metrics[0]]).fetchall()
            low, high = cluster_bootstrap([values for _, values in found])
    shares = [share for share in without if share is not None]
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
        mean=mean,
        low=low,
        high=high,
        unscored=sum(shares) / len(shares) if shares else None,
        unscored_as=next((name for name in names if name is not None), None),
    )
