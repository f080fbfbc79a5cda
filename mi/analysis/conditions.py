"""The points of tables and figures: the headline metric of one eval in one condition.

Points come from the view `conditions`, so that a table, a figure and an SQL query agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from ..units.cells import ConditionAxes

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class Point:
    """The headline metric of one eval in one condition.

    Args:
        misaligned_ratio: None for the baseline, as `total_samples`.
        axes: Named axes as JSON; None: the experiment has none.
        seeds: Number of training runs; 0 for the baseline, which is not trained.
        n: Number of scored answers or pairs, over all seeds.
        mean: Share in [0, 1], with its 95 % interval from `low` to `high`; None if nothing was
            scored.
        basis: What the interval generalises to: `within-run`, or `over seeds`.
        unscored: Share of answers that could not be scored; None if every answer can be.
        unscored_as: What those are called: `broken`, `unscored`.
        groups: Groups of questions, the clusters of the interval; 0: stored without, so that there
            is no interval.
        sampled: Whether answers were sampled.
        by_seed: The mean of each run, in order of seeds.
        measure: What the headline is a share of, as `Eval.measure`; None: it is compared with no
            other eval. Not among the saved columns.
    """

    setting: str
    condition: str
    misaligned_ratio: float | None
    total_samples: int | None
    inoculation: str | None
    eval: str
    title: str
    distribution: str
    seeds: int
    n: int
    mean: float | None
    low: float | None
    high: float | None
    basis: str
    unscored: float | None
    unscored_as: str | None
    sampled: bool = True
    by_seed: tuple[float, ...] = attrs.field(default=(), converter=tuple)
    groups: int = 0
    measure: str | None = attrs.field(default=None, metadata={"column": None})
    axes: str | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the interval; both are the mean where there is none."""
        mean = self.mean or 0.0
        return (mean if self.low is None else self.low, mean if self.high is None else self.high)

    @property
    def of_all(self) -> tuple[float, float] | None:
        """The mean over all answers, those without a score counted as harmless and as harmful; None
        where every answer has one."""
        if self.mean is None or not self.unscored:
            return None
        low = self.mean * (1 - self.unscored)
        return low, low + self.unscored

    @property
    def condition_axes(self) -> ConditionAxes:
        """What defines the condition."""
        return self.misaligned_ratio, self.total_samples, self.inoculation, self.axes

    @property
    def is_subject(self) -> bool:
        """Whether it is a model that was not trained here, other than the baseline."""
        return self.total_samples is None and self.inoculation is not None

    @property
    def series(self) -> str:
        """`ID insecure code`: the eval's label in tables and figures."""
        return f"{self.distribution} {self.title}"


def points(
    connection: DuckDBPyConnection,
    experiment: str,
    model: str,
    data: Mapping[str, str],
    condition_names: Mapping[ConditionAxes, str] | None = None,
) -> list[Point]:
    """The points of an experiment on one model, the baseline first, then by size and ratio.

    Args:
        connection: To the results database.
        experiment: Id of the experiment.
        model: Id of the model.
        data: Setting → data source; other settings are ignored.
        condition_names: The conditions to return, with their names; None: all, under the names
            they had in the latest run.
    """
    rows = connection.execute(_POINTS_QUERY, [experiment, model])
    columns = [column[0] for column in rows.description or ()]
    records = (dict(zip(columns, row, strict=True)) for row in rows.fetchall())
    selected = [
        Point(**record) for record in records if data.get(record["setting"]) == record.pop("data")
    ]
    if condition_names is None:
        return selected
    return [
        attrs.evolve(point, condition=condition_names[point.condition_axes])
        for point in selected
        if point.condition_axes in condition_names
    ]


# An eval without a scored answer has no row in `conditions`, but is a point without a mean.
_POINTS_QUERY = """
WITH asked AS (
    SELECT c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.inoculation, c.axes,
           c.data, c.eval, any_value(c.title) AS title, any_value(c.distribution) AS distribution,
           min(c.position) AS position, any_value(c.headline) AS headline,
           count(c.seed) AS seeds, coalesce(any_value(k.is_sampled), false) AS sampled,
           any_value(k.measure) AS measure,
           list(m.mean ORDER BY c.seed, c.unit) FILTER (m.mean IS NOT NULL) AS by_seed
    FROM current_eval c
    JOIN unit u ON u.unit = c.unit
    LEFT JOIN eval_kind k ON k.kind = u.payload->>'$.eval."!"'
    LEFT JOIN unit_metric m ON m.unit = c.unit AND m.metric = c.headline
    WHERE c.experiment = $1 AND c.model = $2 GROUP BY ALL
), found AS (
    SELECT * FROM conditions WHERE experiment = $1 AND model = $2
)
SELECT a.setting, a.condition, a.misaligned_ratio, a.total_samples, a.inoculation, a.axes, a.data,
       a.eval, a.title, a.distribution, coalesce(m.seeds, a.seeds) AS seeds, coalesce(m.n, 0) AS n,
       m.mean, m.ci_low AS low, m.ci_high AS high, coalesce(m.basis, 'within-run') AS basis,
       b.mean AS unscored,
       b.metric AS unscored_as, a.sampled, coalesce(a.by_seed, []) AS by_seed, a.measure,
       coalesce(m.groups, 0) AS groups
FROM asked a
LEFT JOIN found m ON m.setting = a.setting AND m.data = a.data AND m.eval = a.eval
                 AND m.misaligned_ratio IS NOT DISTINCT FROM a.misaligned_ratio
                 AND m.total_samples IS NOT DISTINCT FROM a.total_samples
                 AND m.inoculation IS NOT DISTINCT FROM a.inoculation
                 AND m.axes IS NOT DISTINCT FROM a.axes AND m.metric = a.headline
LEFT JOIN found b ON b.setting = a.setting AND b.data = a.data AND b.eval = a.eval
                 AND b.misaligned_ratio IS NOT DISTINCT FROM a.misaligned_ratio
                 AND b.total_samples IS NOT DISTINCT FROM a.total_samples
                 AND b.inoculation IS NOT DISTINCT FROM a.inoculation
                 AND b.axes IS NOT DISTINCT FROM a.axes
                 AND b.metric IN ('broken', 'unscored')
ORDER BY a.setting, a.misaligned_ratio NULLS FIRST, a.total_samples NULLS FIRST,
         a.inoculation NULLS FIRST, axis_order(a.axes), a.position
"""
