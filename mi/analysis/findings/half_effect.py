"""The dose of half effect: told as a fitted curve's, and only if the points follow the curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from ..evidence import Evidence
from ..stats import HalfEffect, fit_half_effect
from .questions import Conclusion, FittedCurve, cannot_tell, not_estimated

_FEWEST_DOSES = 4
"""A curve has four parameters: two levels, a steepness and a position."""
_POOR_FIT = 0.05


@attrs.frozen(kw_only=True)
class HalfQuestion:
    """How the answer speaks of its doses.

    Args:
        axis: As in `FittedCurve`.
        effect: The whole effect: `the effect of 1000 rows`.
        doses: What the doses are: `sizes`, `ratios`.
        format_dose: A dose in words.
        scale: From the dose to the number that the finding holds.
    """

    axis: str
    effect: str
    doses: str
    format_dose: Callable[[float], str]
    scale: Callable[[float], float]


_DRAWN_POINTS = 60


def half_effect(
    evidence: Evidence,
    indices: Sequence[int],
    doses: Sequence[float],
    question: HalfQuestion,
    level: float,
    *,
    zero_dose: int | None = None,
) -> Conclusion:
    """The conclusion on the dose of half effect.

    Args:
        evidence: Of one eval.
        indices: Of the conditions of the curve, by dose.
        doses: One per condition.
        question: How to speak of them.
        level: Coverage of the interval.
        zero_dose: As in `fit_half_effect`.
    """
    if len(indices) < _FEWEST_DOSES:
        return not_estimated(f"a curve takes at least {_FEWEST_DOSES} {question.doses}")
    study = evidence.study.subset(indices).at_level(level)
    half = fit_half_effect(study, doses, zero_dose=zero_dose)
    if half.fit_p < _POOR_FIT:
        return not_estimated(f"the points do not follow one rising curve (p = {half.fit_p:.2g})")
    if contradiction := _contradiction(study.means.tolist(), doses, half, question):
        return not_estimated(contradiction)
    if half.open_low and half.open_high:
        return cannot_tell(
            f"half of {question.effect} may be reached at any of the {question.doses}"
        )
    text = (
        f"a fitted curve reaches half of {question.effect} at {question.format_dose(half.dose)} "
        f"{_interval_text(half, question, level)}"
    )
    if half.fit_df == 0:
        text += "; it has as many parameters as points, so its fit is not tested"
    return Conclusion(
        conclusive=True,
        answer=text,
        value=question.scale(half.dose),
        low=question.scale(half.low),
        high=question.scale(half.high),
        curve=_drawn_curve(evidence, half, question),
    )


def _drawn_curve(
    evidence: Evidence, half: HalfEffect, question: HalfQuestion
) -> FittedCurve | None:
    """The curve over the doses that were measured; None for a metric that figures do not show."""
    if not evidence.is_share:
        return None
    low, high = half.span
    step = (high - low) / (_DRAWN_POINTS - 1)
    doses = [low + index * step for index in range(_DRAWN_POINTS)]
    return FittedCurve(
        setting=evidence.setting,
        eval=evidence.eval,
        axis=question.axis,
        doses=tuple(map(question.scale, doses)),
        levels=tuple(half.levels(doses)),
    )


def _contradiction(
    means: Sequence[float], doses: Sequence[float], half: HalfEffect, question: HalfQuestion
) -> str:
    """A point on the wrong side of the curve's half, in words; empty if there is none."""
    first, last = means[0], means[-1]
    for mean, dose in zip(means[1:-1], doses[1:-1], strict=True):
        fraction = (mean - first) / (last - first) if last != first else 0.5
        if (fraction < 0.5 and dose > half.dose) or (fraction > 0.5 and dose < half.dose):
            return (
                f"the points contradict the fitted curve: {question.format_dose(dose)} had "
                f"{fraction:.0%} of {question.effect}, the curve reaches half at "
                f"{question.format_dose(half.dose)}"
            )
    return ""


def _interval_text(half: HalfEffect, question: HalfQuestion, level: float) -> str:
    percent = f"{100 * level:.4g} %"
    if half.open_low:
        return f"(at most {question.format_dose(half.high)}, {percent})"
    if half.open_high:
        return f"(at least {question.format_dose(half.low)}, {percent})"
    return f"[{question.format_dose(half.low)}, {question.format_dose(half.high)}] ({percent})"
