"""Rulings: one claim judged in one eval, by the interval of its left side less its right side.

A claim is supported if the whole interval is on the claimed side, refuted if the whole interval is
on the other side, and inconclusive if it contains both. A claim about trained conditions is *open*
until each of them has two trained seeds: one says that these models differ, not that conditions do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

import attrs

from ..errors import did_you_mean
from ..spec import Claim
from ..spec.quantities import (
    TREND_UNITS,
    ConditionShare,
    Difference,
    EvalQuantity,
    Quantity,
    Relation,
    Trend,
    eval_quantities,
)
from ..units.cells import axis_value
from ..units.claims import is_condition
from .contrasts import Contrast, compare, of_all
from .evidence import Evidence
from .stats import ALPHA, Estimate, Study, slope_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_FEWEST_SEEDS = 2


class Outcome(Enum):
    """What the data say about a claim or an expectation."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    OPEN = "open"


@attrs.frozen(kw_only=True)
class Ruling:
    """The outcome of one claim in one setting and eval.

    Args:
        claim: The claim in words.
        where: Setting and eval.
        estimate: Left side less right side, with the interval that decided; None if it could not
            be computed.
        left: The left side itself, as `right`; None for a side that is a number.
        reason: Why the estimate could not be computed, or does not decide.
        contrast: The left side less the right side, if that is a contrast of conditions.
        caveat: What else changed or is unknown, as the end of a sentence.
    """

    claim: str
    outcome: Outcome
    where: str = ""
    estimate: Estimate | None = None
    left: Estimate | None = None
    right: Estimate | None = None
    reason: str = ""
    contrast: Contrast | None = None
    caveat: str = ""

    def __str__(self) -> str:
        if self.estimate is None or self.left is None:
            return f"{self.claim}: {self.reason}"
        where = f" · {self.where}" if self.where else ""
        basis = f"{self.left.basis}; {self.reason}" if self.reason else self.left.basis
        if self.right is None:
            return f"{self.claim}: {self.left}{where} ({basis}){self.caveat}"
        gap = f"difference {self.estimate:+}, {basis}"
        numbers = f"{self.left.value:.2f} and {self.right.value:.2f}"
        return f"{self.claim}: {numbers}{where} ({gap}){self.caveat}"


def applicable_evidence(claim: Claim, all_evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evals that a claim applies to: those in its scope that measure what it speaks of."""
    quantities = [*eval_quantities(claim.left), *eval_quantities(claim.right)]
    return [
        evidence
        for evidence in all_evidence
        if all(_applies_to(quantity, evidence) for quantity in quantities)
    ]


def _applies_to(quantity: EvalQuantity, evidence: Evidence) -> bool:
    return (
        quantity.distribution in (None, evidence.distribution)
        and quantity.eval in (None, evidence.eval)
        and quantity.setting in (None, evidence.setting)
        and quantity.measure == evidence.measure
    )


def no_ruling(claim: Claim, all_evidence: Sequence[Evidence]) -> Ruling:
    """The ruling on a claim that applies to no eval with results."""
    reason = "no results yet"
    if all_evidence:
        reason = _other_measure(claim, all_evidence)
        reason = reason or "no eval that the claim applies to has results"
    return Ruling(claim=str(claim), outcome=Outcome.INCONCLUSIVE, reason=reason)


def _other_measure(claim: Claim, all_evidence: Sequence[Evidence]) -> str:
    """In words, an eval that a claim names and that does not measure it; empty if none is."""
    for quantity in (*eval_quantities(claim.left), *eval_quantities(claim.right)):
        for evidence in all_evidence:
            if evidence.eval == quantity.eval and evidence.measure != quantity.measure:
                return f"the eval {evidence.eval} does not measure {quantity.measure}"
    return ""


def open_ruling(claim: Claim, evidence: Evidence, reason: str) -> Ruling:
    """The ruling on a claim that cannot be judged yet.

    Args:
        claim: It applies to the eval.
        evidence: Of the eval.
        reason: What is missing.
    """
    return Ruling(
        claim=str(claim),
        where=evidence.where,
        outcome=Outcome.OPEN,
        reason=f"{reason}, {evidence.where}",
    )


def rule(claim: Claim, evidence: Evidence, comparisons: int) -> Ruling:
    """Judge a claim in one eval.

    Args:
        claim: It applies to the eval.
        evidence: Of the eval.
        comparisons: Number of rulings that are corrected among themselves: the interval of each is
            widened for it (Bonferroni; Dunn 1961).
    """
    if reason := missing_scores(claim, evidence):
        return Ruling(
            claim=str(claim),
            where=evidence.where,
            outcome=Outcome.INCONCLUSIVE,
            reason=f"{reason}, {evidence.where}",
        )
    level = 1 - ALPHA / comparisons
    study = evidence.study.at_level(level)
    left = _estimate(claim.left, evidence, study)
    weights = quantity_weights(claim.left, evidence)
    right, number = None, 0.0
    if isinstance(claim.right, float):
        number = claim.right
    else:
        right = _estimate(claim.right, evidence, study)
        weights = weights - quantity_weights(claim.right, evidence)
    contrast = None
    if isinstance(claim.left, ConditionShare) and right is None:
        gap, caveat = left.subtract(number), _unscored_note(weights, evidence)
        low, high = gap.low, gap.high
    else:
        contrast = compare(evidence, weights)
        gap, caveat = contrast.estimate.at_level(level).subtract(number), contrast.caveat
        low, high = (bound - number for bound in contrast.excluded(level))
    outcome, reason = _outcome(claim.relation, low, high), ""
    if missing := single_seeds(claim, evidence):
        outcome, reason = Outcome.OPEN, missing
    return Ruling(
        claim=str(claim),
        where=evidence.where,
        outcome=outcome,
        estimate=gap,
        left=left,
        right=right,
        reason=reason,
        contrast=contrast if number == 0 else None,
        caveat=caveat,
    )


def claimed_conditions(claim: Claim, evidence: Evidence) -> frozenset[str]:
    """The names of the conditions of an eval that a claim is about.

    Args:
        claim: It applies to the eval.
        evidence: Of the eval.
    """
    trained = {evidence.conditions[index].name for index in evidence.trained_indices()}
    claimed: set[str] = set()
    for quantity in (*eval_quantities(claim.left), *eval_quantities(claim.right)):
        if isinstance(quantity, Trend):
            claimed |= trained
        elif isinstance(quantity, ConditionShare):
            claimed |= {evidence.conditions[index].name for index in _indices(quantity, evidence)}
    return frozenset(claimed)


def _unscored_note(weights: NDArray[np.float64], evidence: Evidence) -> str:
    """What a share would be over all answers, for a claim about one condition."""
    (indices,) = weights.nonzero()
    bounds = of_all(evidence, int(indices[0])) if len(indices) == 1 else None
    if bounds is None or bounds[0] == bounds[1]:
        return ""
    low, high = bounds
    return f"; of all answers {low:.2f}, up to {high:.2f} with the {evidence.unscored_metric} ones"


def single_seeds(claim: Claim, evidence: Evidence) -> str:
    """Why a claim about conditions cannot be judged yet; empty if it can."""
    weights = abs(quantity_weights(claim.left, evidence))
    if not isinstance(claim.right, float):
        weights = weights + abs(quantity_weights(claim.right, evidence))
    single = [
        condition.name
        for condition, weight, scores in zip(
            evidence.conditions, weights, evidence.scores, strict=True
        )
        if weight and scores.trained and scores.runs < _FEWEST_SEEDS
    ]
    if not single:
        return ""
    return f"too few seeds: {', '.join(single)}; a claim about conditions takes two"


def missing_scores(claim: Claim, evidence: Evidence) -> str:
    """The scores that a claim needs and an eval lacks, in words; empty if it has all."""
    for quantity in (*eval_quantities(claim.left), *eval_quantities(claim.right)):
        if isinstance(quantity, Trend):
            doses = {_dose(quantity, evidence, index) for index in evidence.trained_indices()}
            if len(doses) < 2:
                return f"only one value of {quantity.axis} has scores"
        elif isinstance(quantity, ConditionShare):
            matches = _indices(quantity, evidence)
            names = [condition.name for condition in evidence.conditions]
            if not matches:
                return f"{quantity.label} has no scores ({did_you_mean(quantity.label, names)})"
            if len(matches) > 1:
                found = ", ".join(names[index] for index in matches)
                return f"{quantity.label} matches several conditions ({found})"
    return ""


def _indices(quantity: ConditionShare, evidence: Evidence) -> list[int]:
    """The indices of the conditions that a quantity names."""
    return [
        index
        for index, condition in enumerate(evidence.conditions)
        if is_condition(quantity, condition.name, condition.axes)
    ]


def _estimate(quantity: Quantity, evidence: Evidence, study: Study) -> Estimate:
    """Estimate a quantity: the mean of one condition, or a contrast of several."""
    weights = quantity_weights(quantity, evidence)
    indices = weights.nonzero()[0]
    if len(indices) == 1 and weights[indices[0]] == 1.0:
        return study.mean(int(indices[0]))
    return study.contrast(weights)


def quantity_weights(quantity: Quantity, evidence: Evidence) -> NDArray[np.float64]:
    """The weights of a quantity as a sum of condition means; length conditions."""
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    if isinstance(quantity, Trend):
        trained = evidence.trained_indices()
        doses = [_dose(quantity, evidence, index) for index in trained]
        weights[trained] = slope_weights(doses)
    elif isinstance(quantity, ConditionShare):
        weights[_indices(quantity, evidence)[0]] = 1.0
    else:
        assert isinstance(quantity, Difference)
        weights = quantity_weights(quantity.left, evidence) - quantity_weights(
            quantity.right, evidence
        )
    return weights


def _dose(trend: Trend, evidence: Evidence, index: int) -> float:
    """A condition's position on the axis of a trend; sizes are counted in doublings, and so is a
    named axis whose values are all positive."""
    if trend.axis in TREND_UNITS:
        value = getattr(evidence.conditions[index], trend.axis)
        return math.log2(value) if trend.axis == "total_samples" else float(value)
    values = [
        axis_value(evidence.conditions[i].axes, trend.axis) for i in evidence.trained_indices()
    ]
    value = axis_value(evidence.conditions[index].axes, trend.axis)
    if any(isinstance(item, str) or item is None for item in values):
        return 0.0  # a trend over what is not numbers is refused where it is declared
    return math.log2(value) if min(values) > 0 else float(value)


def _outcome(relation: Relation, low: float, high: float) -> Outcome:
    """The outcome of a claim by the interval of its left side less its right side."""
    is_below, is_above = high < 0, low > 0
    if relation is Relation.ABOVE:
        is_below, is_above = is_above, is_below
    if is_below:
        return Outcome.SUPPORTED
    return Outcome.REFUTED if is_above else Outcome.INCONCLUSIVE
