"""The evidence: one eval's scores in each condition, by run and question.

Every number in a report is computed from these. If several experiments are analysed jointly, a
condition that they share appears once, with the runs of either; if they train or evaluate it
differently, with the runs of the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from ..units.cells import ConditionAxes
from .stats import RunSums, Scores, SeedVariance, Study, build_scores, group_columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class ResultScope:
    """Which results an analysis uses.

    Args:
        experiments: Ids, in order.
        model: Id of the model.
        data: Setting → data source.
        condition_names: Experiment → the conditions it declares, with their names; None: all
            conditions with results, under the names they had in the latest run.
    """

    experiments: tuple[str, ...]
    model: str
    data: Mapping[str, str]
    condition_names: Mapping[str, Mapping[ConditionAxes, str]] | None = None


@attrs.frozen(kw_only=True)
class Condition:
    """A condition with scores; ratio and size are None for the untrained model.

    Args:
        step: The step of the training that its models were taken at; None: the last.
    """

    name: str
    misaligned_ratio: float | None
    total_samples: int | None
    inoculation: str | None
    axes: str | None = None
    """Its named axes as JSON."""
    step: int | None = None

    @property
    def condition_axes(self) -> ConditionAxes:
        """What defines it."""
        return self.misaligned_ratio, self.total_samples, self.inoculation, self.axes


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Evidence:
    """One eval in one setting, in every condition that has scores.

    Args:
        eval: Id of the eval; its `title` and `distribution` are for people.
        metric: The metric of the scores; it is a share if `is_share`.
        is_sampled: Whether answers were sampled.
        measure: What the headline is a share of, as `Eval.measure`; None: the eval is outside every
            quantity.
        conditions: The untrained model first, then by ratio and size.
        scores: Of each condition.
        units: Keys of the eval units of each condition.
        unscored_metric: The metric that is 1 for an answer without a score: `broken`, `unscored`;
            None: every answer has one.
        unscored: Its scores in each condition; empty if there are none.
        judge_problem: What the probe of its judge found out of order; None: nothing is known.
        seed_variance: What is expected of seeds, if other conditions than these say so.
    """

    setting: str
    eval: str
    title: str
    distribution: str
    metric: str
    is_sampled: bool
    measure: str | None
    is_share: bool
    conditions: tuple[Condition, ...]
    scores: tuple[Scores, ...]
    units: tuple[tuple[str, ...], ...]
    unscored_metric: str | None = None
    unscored: tuple[Scores, ...] = ()
    judge_problem: str | None = None
    seed_variance: SeedVariance | None = None

    @cached_property
    def study(self) -> Study:
        """The scores as a study; its indices are those of `conditions`."""
        return Study(
            conditions=self.scores, is_share=self.is_share, larger_study=self.seed_variance
        )

    @cached_property
    def unscored_study(self) -> Study:
        """The shares of answers without a score as a study; the same indices."""
        return Study(conditions=self.unscored)

    @property
    def baseline_index(self) -> int | None:
        """Index of the untrained model; None if it has no scores."""
        baselines = (
            index
            for index, condition in enumerate(self.conditions)
            if condition.total_samples is None and condition.inoculation is None
        )
        return next(baselines, None)

    def trained_indices(self) -> list[int]:
        """Indices of the conditions with training."""
        return [
            index
            for index, condition in enumerate(self.conditions)
            if condition.total_samples is not None
        ]

    @property
    def label(self) -> str:
        """`ID insecure code`, `ID preference (margin)`."""
        return f"{self.distribution} {self.title}" + ("" if self.is_share else f" ({self.metric})")

    @property
    def where(self) -> str:
        """The setting and the eval, as reports name them."""
        return f"{self.setting}, {self.label}"


FINAL_MODELS = "(SELECT *, NULL::BIGINT AS step FROM current_eval)"


def load_evidence(
    connection: DuckDBPyConnection,
    scope: ResultScope,
    *,
    margins: bool = False,
    source: str = FINAL_MODELS,
) -> list[Evidence]:
    """Load the evals that have results on their headline metric, in the order of declaration.

    Args:
        connection: To the results database.
        scope: Which results to load.
        margins: Use the contrast metric of evals that have one instead of the headline. That of
            preference evals is the margin in nats per token instead of the share of pairs with a
            positive margin: the same comparison, and far more sensitive.
        source: The evals of cells, as SQL; the default has those of the trained models.
    """
    parameters = [list(scope.experiments), scope.model, margins]
    cells = _ALL_CELLS
    if scope.condition_names is not None:
        cells = _DECLARED_CELLS
        parameters += _declared_columns(scope.experiments, scope.condition_names)
    rows = connection.execute(_SCORES_QUERY.format(cells=cells.format(source=source)), parameters)
    columns = [column[0] for column in rows.description or ()]
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows.fetchall():
        record = dict(zip(columns, row, strict=True))
        if scope.data.get(record["setting"]) == record["data"]:
            grouped.setdefault((record["setting"], record["eval"]), []).append(record)
    return [_build_evidence(records) for records in grouped.values()]


def _declared_columns(
    experiments: Sequence[str], condition_names: Mapping[str, Mapping[ConditionAxes, str]]
) -> list[list[Any]]:
    """The declared conditions as columns: experiment, ratio, size, inoculation, axes, name."""
    rows = [
        (experiment, *axes, name)
        for experiment in experiments
        for axes, name in condition_names[experiment].items()
    ]
    return [list(column) for column in zip(*rows, strict=True)] or [[]] * 6


_ALL_CELLS = "(SELECT *, condition AS name FROM {source})"
_DECLARED_CELLS = """(
    SELECT c.*, d.name FROM {source} c JOIN (
        SELECT unnest($4::VARCHAR[]) AS experiment, unnest($5::DOUBLE[]) AS ratio,
               unnest($6::BIGINT[]) AS total, unnest($7::VARCHAR[]) AS inoculation,
               unnest($8::VARCHAR[]) AS axes, unnest($9::VARCHAR[]) AS name
    ) d ON d.experiment = c.experiment AND d.ratio IS NOT DISTINCT FROM c.misaligned_ratio
    AND d.total IS NOT DISTINCT FROM c.total_samples
    AND d.inoculation IS NOT DISTINCT FROM c.inoculation
    AND d.axes IS NOT DISTINCT FROM c.axes
)"""
_SCORES_QUERY = """
WITH cells AS (
    SELECT c.setting, c.data, c.eval, any_value(c.title) AS title,
           any_value(c.distribution) AS distribution, any_value(c.headline) AS headline,
           min(c.position) AS position, c.misaligned_ratio, c.total_samples, c.inoculation, c.axes,
           c.step,
           list(c.name ORDER BY list_position($1, c.experiment))[1] AS condition, c.unit,
           min(c.seed) AS seed
    FROM {cells} c
    WHERE list_contains($1, c.experiment) AND c.model = $2
    GROUP BY c.setting, c.data, c.eval, c.misaligned_ratio, c.total_samples, c.inoculation,
             c.axes, c.step, c.unit, c.regime
    QUALIFY coalesce(c.regime = first_value(c.regime IGNORE NULLS) OVER (
        PARTITION BY c.setting, c.data, c.eval, c.misaligned_ratio, c.total_samples, c.inoculation,
                     c.axes, c.step
        ORDER BY min(list_position($1, c.experiment))
    ), true)
)
SELECT c.*, q.metric, bool_and(q.is_share) AS share,
       coalesce(any_value(k.is_sampled), false) AS sampled, any_value(k.measure) AS measure,
       list(q."group" ORDER BY q."group") AS groups,
       list(q.total ORDER BY q."group") AS totals, list(q.m ORDER BY q."group") AS counts,
       any_value(u.outcome->>'$.judge_probe') FILTER (
           starts_with(u.outcome->>'$.judge_probe', 'out of order')
       ) AS judge_problem,
       any_value(b.metric) AS unscored_metric, any_value(b.groups) AS unscored_groups,
       any_value(b.totals) AS unscored_totals, any_value(b.counts) AS unscored_counts
FROM cells c JOIN unit u USING (unit)
LEFT JOIN eval_kind k ON k.kind = u.payload->>'$.eval."!"'
JOIN unit_group q ON q.unit = c.unit AND q.metric = CASE
    WHEN $3 THEN coalesce(k.contrast_metric, c.headline) ELSE c.headline END
LEFT JOIN (
    SELECT unit, metric, list("group" ORDER BY "group") AS groups,
           list(total ORDER BY "group") AS totals, list(m ORDER BY "group") AS counts
    FROM unit_group
    WHERE metric IN ('broken', 'unscored') AND unit IN (SELECT unit FROM cells) GROUP BY ALL
) b ON b.unit = c.unit
GROUP BY ALL
ORDER BY c.setting, c.position, c.eval, c.misaligned_ratio NULLS FIRST,
         c.total_samples NULLS FIRST, c.inoculation NULLS FIRST, any_value(axis_order(c.axes)),
         c.step NULLS LAST, c.seed, c.unit
"""


def _build_evidence(rows: Sequence[Mapping[str, Any]]) -> Evidence:
    """The evidence of one eval, from one row per condition and run."""
    runs_by_condition: dict[Condition, list[Mapping[str, Any]]] = {}
    names: dict[ConditionAxes, str] = {}
    for row in rows:
        fields = ("misaligned_ratio", "total_samples", "inoculation", "axes", "step")
        condition = Condition(name=row["condition"], **{name: row[name] for name in fields})
        name = names.setdefault(condition.condition_axes, condition.name)
        condition = attrs.evolve(condition, name=name)
        runs_by_condition.setdefault(condition, []).append(row)
    first = rows[0]
    has_unscored = all(row["unscored_metric"] for row in rows)
    conditions = list(runs_by_condition.values())
    sums = [[_run_sums(run) for run in runs] for runs in conditions]
    unscored = [[_run_sums(run, "unscored_") for run in runs] for runs in conditions]
    columns = group_columns(
        run for runs in (*sums, *(unscored if has_unscored else ())) for run in runs
    )
    scores, unscored_scores = (
        tuple(
            build_scores(runs, columns, trained=rows[0]["total_samples"] is not None)
            for runs, rows in zip(table, conditions, strict=True)
        )
        for table in (sums, unscored if has_unscored else sums)
    )
    return Evidence(
        setting=first["setting"],
        eval=first["eval"],
        title=first["title"],
        distribution=first["distribution"],
        metric=first["metric"],
        is_sampled=first["sampled"],
        measure=first["measure"],
        is_share=all(row["share"] for row in rows),
        conditions=tuple(runs_by_condition),
        scores=scores,
        units=tuple(tuple(run["unit"] for run in runs) for runs in conditions),
        unscored_metric=first["unscored_metric"] if has_unscored else None,
        unscored=unscored_scores if has_unscored else (),
        judge_problem=next((row["judge_problem"] for row in rows if row["judge_problem"]), None),
    )


def _run_sums(run: Mapping[str, Any], prefix: str = "") -> RunSums:
    """The scores of a run, from the columns whose names begin with `prefix`."""
    return RunSums(
        seed=run["seed"] if run["total_samples"] is not None else None,
        groups=run[f"{prefix}groups"] or (),
        counts=run[f"{prefix}counts"] or (),
        totals=run[f"{prefix}totals"] or (),
    )
