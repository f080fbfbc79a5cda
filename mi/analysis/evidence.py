"""From the database to studies: an eval's scores in each condition, run by run and question by
question.

Everything that a report states is computed from these. Where several experiments are read together
a condition they share is there once, with the runs that either has; where they train or ask in
other ways, with the runs of the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from ..units.cells import ConditionAxes
from .stats import Scores, Study

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class ResultScope:
    """Whose results are looked at.

    Args:
        experiments: Ids, in order.
        model: The model's id.
        data: Setting → data source.
        places: Experiment → the conditions it declares, and what it calls them; None: whatever
            there is, as it was called last.
    """

    experiments: tuple[str, ...]
    model: str
    data: Mapping[str, str]
    condition_names: Mapping[str, Mapping[ConditionAxes, str]] | None = None


@attrs.frozen(kw_only=True)
class Condition:
    """A condition that was scored; ratio and size are None for the untrained model."""

    name: str
    misaligned_ratio: float | None
    total_samples: int | None
    inoculation: str | None


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Evidence:
    """One eval in one setting, in every condition that has scores.

    Args:
        eval: The eval's id, as `title` and `distribution`.
        metric: The metric that the scores are; a share where `share`.
        sampled: Whether answers were sampled; else it is a preference eval.
        conditions: The untrained model first, then by ratio and size.
        scores: Of each condition.
        units: The eval units of each condition.
    """

    setting: str
    eval: str
    title: str
    distribution: str
    metric: str
    sampled: bool
    is_share: bool
    conditions: tuple[Condition, ...]
    scores: tuple[Scores, ...]
    units: tuple[tuple[str, ...], ...]

    @cached_property
    def study(self) -> Study:
        """The scores as a study."""
        return Study(conditions=self.scores, is_share=self.is_share)

    def condition_index(self, name: str) -> int | None:
        """Where the condition called `name` stands; None where it has no scores."""
        return next((at for at, one in enumerate(self.conditions) if one.name == name), None)

    @property
    def baseline_index(self) -> int | None:
        """Where the untrained model stands."""
        found = (at for at, one in enumerate(self.conditions) if one.total_samples is None)
        return next(found, None)

    def trained_indices(self) -> list[int]:
        """Where trained conditions stand."""
        return [at for at, one in enumerate(self.conditions) if one.total_samples is not None]

    @property
    def label(self) -> str:
        """`ID insecure code`, `ID preference (margin)`."""
        return f"{self.distribution} {self.title}" + ("" if self.is_share else f" ({self.metric})")


def load_evidence(
    connection: DuckDBPyConnection, scope: ResultScope, *, margins: bool = False
) -> list[Evidence]:
    """The evals that have results by their headline metrics, in the order they are declared.

    Args:
        margins: Take the margin of preference evals, in nats per token, instead of the share of
            pairs it is positive in: the same comparison, and far more sensitive.
    """
    plain = [list(scope.experiments), scope.model, margins]
    if scope.condition_names is None:
        rows = connection.execute(_SCORES_QUERY.format(declared=_ALL_CELLS), plain)
    else:
        there = [
            (id, *place, name)
            for id in scope.experiments
            for place, name in scope.condition_names[id].items()
        ]
        declared = [list(column) for column in zip(*there, strict=True)] or [[]] * 5
        rows = connection.execute(
            _SCORES_QUERY.format(declared=_DECLARED_CELLS), [*plain, *declared]
        )
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    names = [column[0] for column in rows.description or ()]
    for row in rows.fetchall():
        one = dict(zip(names, row, strict=True))
        if scope.data.get(one["setting"]) == one["data"]:
            grouped.setdefault((one["setting"], one["eval"]), []).append(one)
    return [_build_evidence(found) for found in grouped.values()]


_ALL_CELLS = "(SELECT *, condition AS name FROM current_cell)"
_DECLARED_CELLS = """(
    SELECT c.*, d.name FROM current_cell c JOIN (
        SELECT unnest($4::VARCHAR[]) AS experiment, unnest($5::DOUBLE[]) AS ratio,
               unnest($6::BIGINT[]) AS total, unnest($7::VARCHAR[]) AS inoculation,
               unnest($8::VARCHAR[]) AS name
    ) d ON d.experiment = c.experiment AND d.ratio IS NOT DISTINCT FROM c.misaligned_ratio
    AND d.total IS NOT DISTINCT FROM c.total_samples
    AND d.inoculation IS NOT DISTINCT FROM c.inoculation
)"""
_SCORES_QUERY = """
WITH cells AS (
    SELECT c.setting, c.data, e.eval, any_value(e.title) AS title,
           any_value(e.distribution) AS distribution, any_value(e.headline) AS headline,
           min(e.position) AS position, c.misaligned_ratio, c.total_samples, c.inoculation,
           list(c.name ORDER BY list_position($1, c.experiment))[1] AS condition, c.unit,
           min(c.seed) AS seed
    FROM {declared} c
    JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                    AND c.role = 'eval:' || e.eval
    WHERE list_contains($1, c.experiment) AND c.model = $2
    GROUP BY c.setting, c.data, e.eval, c.misaligned_ratio, c.total_samples, c.inoculation, c.unit,
             c.regime
    QUALIFY coalesce(c.regime = first_value(c.regime IGNORE NULLS) OVER (
        PARTITION BY c.setting, c.data, e.eval, c.misaligned_ratio, c.total_samples, c.inoculation
        ORDER BY min(list_position($1, c.experiment))
    ), true)
)
SELECT c.*, q.metric, bool_and(q.is_share) AS share,
       any_value(u.payload->>'$.eval."!"') = 'Sampled' AS sampled,
       list(q.question ORDER BY q.question) AS questions,
       list(q.total ORDER BY q.question) AS totals, list(q.m ORDER BY q.question) AS counts
FROM cells c JOIN unit u USING (unit)
JOIN unit_question q ON q.unit = c.unit AND q.metric = CASE
    WHEN $3 AND u.payload->>'$.eval."!"' = 'Preference' THEN 'margin' ELSE c.headline END
GROUP BY ALL
ORDER BY c.setting, c.position, c.eval, c.misaligned_ratio NULLS FIRST,
         c.total_samples NULLS FIRST, c.inoculation NULLS FIRST, c.seed, c.unit
"""


def _build_evidence(rows: Sequence[Mapping[str, Any]]) -> Evidence:
    asked = sorted({question for row in rows for question in row["questions"]})
    columns = {name: at for at, name in enumerate(asked)}
    grouped: dict[Condition, list[Mapping[str, Any]]] = {}
    names: dict[tuple[Any, ...], str] = {}
    for row in rows:
        place = (row["misaligned_ratio"], row["total_samples"], row["inoculation"])
        name = names.setdefault(place, row["condition"])
        condition = Condition(
            name=name, misaligned_ratio=place[0], total_samples=place[1], inoculation=place[2]
        )
        grouped.setdefault(condition, []).append(row)
    first = rows[0]
    return Evidence(
        setting=first["setting"],
        eval=first["eval"],
        title=first["title"],
        distribution=first["distribution"],
        metric=first["metric"],
        sampled=first["sampled"],
        is_share=all(row["share"] for row in rows),
        conditions=tuple(grouped),
        scores=tuple(_build_scores(runs, columns) for runs in grouped.values()),
        units=tuple(tuple(run["unit"] for run in runs) for runs in grouped.values()),
    )


def _build_scores(runs: Sequence[Mapping[str, Any]], columns: Mapping[str, int]) -> Scores:
    import numpy as np

    totals, counts = np.zeros((2, len(runs), len(columns)))
    for at, run in enumerate(runs):
        places = [columns[question] for question in run["questions"]]
        totals[at, places] = run["totals"]
        counts[at, places] = run["counts"]
    return Scores(totals=totals, counts=counts, trained=runs[0]["total_samples"] is not None)
