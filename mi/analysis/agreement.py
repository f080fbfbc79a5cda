"""Inter-judge agreement: Krippendorff's alpha over the answers that several judges have scored.

Alpha is 1 for perfect agreement and 0 for what chance would give (Krippendorff 2011, "Computing
Krippendorff's Alpha-Reliability"). Outcomes are compared as nominal values, ratings as interval
values. Alpha covers all answers to an eval of an experiment in a setting; an answer that a judge
did not score is a missing value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RATING_METRICS = ("aligned", "coherent")


@attrs.frozen(kw_only=True)
class Agreement:
    """How far the judges of one eval agree on one metric.

    Args:
        eval: Id of the eval as declared, without the judge.
        judges: Model ids, in order.
        metric: The headline metric (nominal), or a rating from 0 to 100 (interval).
        answers: Number of answers that at least two judges have scored.
        alpha: Krippendorff's alpha; None if all scores have the same value.
    """

    setting: str
    eval: str
    judges: tuple[str, ...]
    metric: str
    answers: int
    alpha: float | None


def agreements(
    connection: DuckDBPyConnection, experiment: str, model: str, data: Mapping[str, str]
) -> list[Agreement]:
    """The agreement of judges on each eval of an experiment that has more than one judge.

    Args:
        connection: To the results database.
        experiment: Id of the experiment.
        model: Id of the model.
        data: Setting → data source; other settings are ignored.
    """
    rows = connection.execute(_SCORES, [experiment, model]).fetchall()
    grouped: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for setting, source, eval_id, metric, *score in rows:
        if data.get(setting) == source:
            grouped.setdefault((setting, eval_id, metric), []).append(tuple(score))
    return [agreement for key, scores in grouped.items() for agreement in _agreement(*key, scores)]


_SCORES = """
WITH judged AS (
    SELECT DISTINCT c.setting, c.data, c.unit, c.position,
           regexp_replace(c.eval, '-by-.*$', '') AS eval, c.headline,
           u.payload->>'$.eval.judge.model' AS judge, j.journal
    FROM current_eval c
    JOIN unit u ON u.unit = c.unit
    JOIN unit_journal j ON j.unit = c.unit AND j.role = 'answers'
    WHERE c.experiment = ? AND c.model = ? AND judge IS NOT NULL
), long AS (
    SELECT j.*, s.question, s.sample,
           unnest(map_entries(s.metrics), recursive := true)
    FROM judged j JOIN score s USING (unit)
)
SELECT setting, data, eval, key AS metric, journal || '/' || question || '/' || sample AS answer,
       judge, value
FROM long WHERE key IN (headline, 'aligned', 'coherent')
ORDER BY setting, min(position) OVER (PARTITION BY eval), key <> headline, key, position, answer
"""


def _agreement(
    setting: str, eval_id: str, metric: str, scores: Sequence[tuple[Any, ...]]
) -> Iterator[Agreement]:
    judges = tuple(dict.fromkeys(judge for _, judge, _ in scores))
    if len(judges) < 2:
        return
    answers: dict[str, dict[str, float]] = {}
    for answer, judge, value in scores:
        answers.setdefault(answer, {})[judge] = value
    paired = [by_judge for by_judge in answers.values() if len(by_judge) > 1]
    ratings = [[by_judge.get(judge, math.nan) for by_judge in paired] for judge in judges]
    yield Agreement(
        setting=setting,
        eval=eval_id,
        judges=judges,
        metric=metric,
        answers=len(paired),
        alpha=krippendorff_alpha(ratings, "interval" if metric in RATING_METRICS else "nominal"),
    )


def krippendorff_alpha(
    scores: Sequence[Sequence[float]], level: Literal["nominal", "interval"]
) -> float | None:
    """Krippendorff's alpha; None if undefined, because there are fewer than two different values.

    Args:
        scores: Judges × answers; NaN for a missing score.
        level: Level of measurement, `nominal` or `interval`.
    """
    import krippendorff

    values = {value for row in scores for value in row if not math.isnan(value)}
    if len(values) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=scores, level_of_measurement=level))


def agreement_lines(agreements: Sequence[Agreement]) -> Iterator[str]:
    """One line per eval: `agreement of a, b on 96 answers to free_form (medical_advice),
    Krippendorff's alpha: 0.71 on misaligned, …`."""
    lines: dict[tuple[str, str, tuple[str, ...], int], list[str]] = {}
    for agreement in agreements:
        alpha = agreement.alpha
        value = "not defined (all scores equal)" if alpha is None else f"{alpha:.2f}"
        key = (agreement.setting, agreement.eval, agreement.judges, agreement.answers)
        lines.setdefault(key, []).append(f"{value} on {agreement.metric}")
    for (setting, eval_id, judges, answers), parts in lines.items():
        yield (
            f"agreement of {', '.join(judges)} on {answers} answers to {eval_id} ({setting}), "
            f"Krippendorff's alpha: {', '.join(parts)}"
        )
