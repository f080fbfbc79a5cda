"""Do judges agree? Krippendorff's alpha over the answers that several judges have scored.

Alpha is 1 for perfect agreement and 0 for what chance would give (Krippendorff 2011, "Computing
Krippendorff's Alpha-Reliability"). What an answer is counts as nominal, a rating as interval. It is
computed over all answers of an experiment in a setting; an answer without a score is missing there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RATING_METRICS = ("aligned", "coherent")


@attrs.frozen(kw_only=True)
class Agreement:
    """How far the judges of one eval agree.

    Args:
        eval: The eval as it is declared.
        judges: Who judged, in order.
        metric: What they agree about: an outcome (nominal) or a rating from 0 to 100.
        answers: How many answers at least two of them have scored.
        alpha: Krippendorff's alpha; None where all scores are one and the same value.
    """

    setting: str
    eval: str
    judges: tuple[str, ...]
    metric: str
    answers: int
    alpha: float | None


def agreements(
    connection: DuckDBPyConnection, experiment: str, model: str, data: dict[str, str]
) -> list[Agreement]:
    """The agreement of judges on each eval of an experiment that more than one has judged.

    Args:
        data: Setting → data source.
    """
    rows = connection.execute(_SCORES, [experiment, model]).fetchall()
    grouped: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for setting, source, name, metric, *rest in rows:
        if data.get(setting) == source:
            grouped.setdefault((setting, name, metric), []).append(tuple(rest))
    return [one for at, scores in grouped.items() for one in _agreement(*at, scores)]


_SCORES = """
WITH judged AS (
    SELECT DISTINCT c.setting, c.data, c.unit, e.position,
           regexp_replace(e.eval, '-by-.*$', '') AS eval, e.headline,
           u.payload->>'$.eval.judge.model' AS judge, j.journal
    FROM current_cell c
    JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                    AND c.role = 'eval:' || e.eval
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
    setting: str, name: str, metric: str, scores: Sequence[tuple[Any, ...]]
) -> Iterator[Agreement]:
    judges = tuple(dict.fromkeys(judge for _, judge, _ in scores))
    if len(judges) < 2:
        return
    by_answer: dict[str, dict[str, float]] = {}
    for answer, judge, value in scores:
        by_answer.setdefault(answer, {})[judge] = value
    paired = [found for found in by_answer.values() if len(found) > 1]
    level: Literal["nominal", "interval"] = "interval" if metric in RATING_METRICS else "nominal"
    yield Agreement(
        setting=setting,
        eval=name,
        judges=judges,
        metric=metric,
        answers=len(paired),
        alpha=krippendorff_alpha(
            [[found.get(judge, math.nan) for found in paired] for judge in judges], level
        ),
    )


def krippendorff_alpha(
    scores: Sequence[Sequence[float]], level: Literal["nominal", "interval"]
) -> float | None:
    """Krippendorff's alpha; None where it is not defined: fewer than two different values.

    Args:
        scores: A row a judge, a column an answer; NaN where there is no score.
        level: `nominal` or `interval`.
    """
    import krippendorff

    seen = {value for row in scores for value in row if not math.isnan(value)}
    if len(seen) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=scores, level_of_measurement=level))


def agreement_lines(agreements: Sequence[Agreement]) -> Iterator[str]:
    """A line for each: `judges of emergent_free_form (a, b): alpha 0.71 on misaligned, …`."""
    lines: dict[tuple[str, str, tuple[str, ...], int], list[str]] = {}
    for one in agreements:
        value = "not defined (all scores equal)" if one.alpha is None else f"{one.alpha:.2f}"
        at = (one.setting, one.eval, one.judges, one.answers)
        lines.setdefault(at, []).append(f"{value} on {one.metric}")
    for (setting, name, judges, answers), parts in lines.items():
        who = ", ".join(judges)
        yield (
            f"agreement of {who} on {answers} answers to {name} ({setting}), "
            f"Krippendorff's alpha: {', '.join(parts)}"
        )
