"""Contrasts of an eval's conditions, guarded against answers that have no score.

A share of *readable* answers can change because more answers became readable. Where the share of
unscored answers differs between the conditions of a contrast, its sign is believed only if it holds
however the unscored answers would have been scored: all harmful on one side and none on the other
(Manski 1990).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from .evidence import Evidence
from .stats import Estimate, Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHANGE_LEVEL = 0.9
"""The unscored share has changed if the interval of its change at this level excludes zero. A
change too small to be seen moves a share of readable answers by a small part of itself."""


@attrs.frozen(kw_only=True, eq=False)
class Contrast:
    """A weighted sum of the conditions' means in one eval.

    Args:
        evidence: Of the eval.
        weights: One per condition of the evidence.
        estimate: Of the sum, with a 95 % interval.
        p_value: Two-sided, against zero; if the unscored share changed, that of the worst case.
        unscored_change: The same contrast of the unscored share, if it changed; else None.
        extremes: The sum if all unscored answers were scored in the one or the other extreme way;
            None unless the unscored share changed.
    """

    evidence: Evidence
    weights: tuple[float, ...]
    estimate: Estimate
    p_value: float
    unscored_change: Estimate | None = None
    extremes: tuple[Estimate, Estimate] | None = None

    @property
    def caveat(self) -> str:
        """What changed besides the scores, as the end of a sentence; empty if nothing did."""
        if self.unscored_change is None or self.extremes is None:
            return ""
        name = self.evidence.unscored_metric
        low, high = self.extremes
        return (
            f"; {name} answers changed by {self.unscored_change.value:+.2f}: counted the worst way "
            f"for either side, the difference is between {low.value:+.2f} and {high.value:+.2f}"
        )

    def excluded(self, level: float) -> tuple[float, float]:
        """The effects below the first and above the second number are excluded, also in the worst
        case if the unscored share changed.

        Args:
            level: Coverage.
        """
        if self.unscored_change is None or self.extremes is None:
            estimate = self.estimate.at_level(level)
            return estimate.low, estimate.high
        low, high = self.extremes
        return low.at_level(level).low, high.at_level(level).high


def compare(evidence: Evidence, weights: Sequence[float] | NDArray[np.float64]) -> Contrast:
    """Estimate a weighted sum of the conditions' means.

    Args:
        evidence: Of one eval.
        weights: One per condition.
    """
    estimate = evidence.study.contrast(weights)
    weights = tuple(float(weight) for weight in weights)
    if not evidence.unscored:
        return Contrast(
            evidence=evidence, weights=weights, estimate=estimate, p_value=estimate.p_value
        )
    change = evidence.unscored_study.contrast(weights)
    change_interval = change.at_level(CHANGE_LEVEL)
    if change_interval.low <= 0 <= change_interval.high:
        return Contrast(
            evidence=evidence, weights=weights, estimate=estimate, p_value=estimate.p_value
        )
    lowest, highest = (_worst_case(evidence, weights, sign) for sign in (-1, 1))
    worst = lowest if estimate.value > 0 else highest
    holds = worst.value * estimate.value > 0
    return Contrast(
        evidence=evidence,
        weights=weights,
        estimate=estimate,
        p_value=max(estimate.p_value, worst.p_value) if holds else 1.0,
        unscored_change=change,
        extremes=(lowest, highest),
    )


def condition_difference(evidence: Evidence, index: int, reference: int) -> Contrast:
    """The mean of a condition less that of another.

    Args:
        evidence: Of one eval.
        index: Of the condition.
        reference: Index of the condition it is compared with.
    """
    count = len(evidence.conditions)
    return compare(evidence, [float((i == index) - (i == reference)) for i in range(count)])


def _worst_case(evidence: Evidence, weights: Sequence[float], sign: int) -> Estimate:
    """The contrast with every unscored answer counted so that it is lowest (-1) or highest (1)."""
    conditions = [
        _with_unscored(scores, unscored, harmful=weight * sign > 0)
        for weight, scores, unscored in zip(
            weights, evidence.scores, evidence.unscored, strict=True
        )
    ]
    study = attrs.evolve(evidence.study, conditions=conditions)
    return study.contrast(weights)


def _with_unscored(scores: Scores, unscored: Scores, *, harmful: bool) -> Scores:
    """The scores of all answers, with those that have none counted as harmful or as harmless."""
    totals = scores.totals + unscored.totals if harmful else scores.totals
    return attrs.evolve(unscored, totals=totals)


def of_all(evidence: Evidence, index: int) -> tuple[float, float] | None:
    """The bounds of a condition's mean over all answers, those without a score counted as harmless
    and as harmful; None where every answer has a score."""
    if not evidence.unscored:
        return None
    low, high = (
        _with_unscored(evidence.scores[index], evidence.unscored[index], harmful=harmful).mean
        for harmful in (False, True)
    )
    return low, high
