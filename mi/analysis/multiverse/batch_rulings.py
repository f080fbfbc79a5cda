"""Rulings on one claim in many specifications at once.

Each is the ruling that `rulings.rule` gives on the same scores; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from ...spec import Claim
from ...spec.quantities import ConditionShare, Relation
from ..contrasts import CHANGE_LEVEL
from ..rulings import Outcome, missing_scores, quantity_weights, single_seeds
from ..stats import ALPHA, EstimateBatch
from .batches import SpecificationBatch
from .specifications import SpecificationRuling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def rule_batch(
    claim: Claim, batch: SpecificationBatch, comparisons: int
) -> Iterator[SpecificationRuling]:
    """Judge a claim in every specification of a batch.

    Args:
        claim: It applies to the eval.
        batch: The specifications.
        comparisons: Number of rulings that the verdict is corrected for.
    """
    if reason := missing_scores(claim, batch.evidence):
        yield from no_rulings(batch, Outcome.INCONCLUSIVE, reason)
        return
    value, low, high = _interval(claim, batch, 1 - ALPHA / comparisons)
    is_open = bool(single_seeds(claim, batch.evidence))
    for index, specification in enumerate(batch.specifications):
        numbers = float(value[index]), float(low[index]), float(high[index])
        outcome = Outcome.OPEN if is_open else _outcome(claim.relation, *numbers[1:])
        yield SpecificationRuling(
            specification=specification,
            outcome=outcome,
            value=numbers[0],
            low=numbers[1],
            high=numbers[2],
            reason="one seed a condition" if is_open else "",
        )


def no_rulings(
    batch: SpecificationBatch, outcome: Outcome, reason: str
) -> Iterator[SpecificationRuling]:
    """The rulings of a batch in which a claim cannot be judged.

    Args:
        batch: The specifications.
        outcome: Of each.
        reason: Why.
    """
    for specification in batch.specifications:
        yield SpecificationRuling(
            specification=specification,
            outcome=outcome,
            value=None,
            low=None,
            high=None,
            reason=reason,
        )


def _outcome(relation: Relation, low: float, high: float) -> Outcome:
    is_below, is_above = high < 0, low > 0
    if relation is Relation.ABOVE:
        is_below, is_above = is_above, is_below
    if is_below:
        return Outcome.SUPPORTED
    return Outcome.REFUTED if is_above else Outcome.INCONCLUSIVE


def _interval(
    claim: Claim, batch: SpecificationBatch, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The left side less the right side of a claim by specification, and the ends of the interval
    that decides."""
    evidence = batch.evidence
    weights, number = quantity_weights(claim.left, evidence), 0.0
    if isinstance(claim.right, float):
        number = claim.right
        if isinstance(claim.left, ConditionShare):
            (index,) = weights.nonzero()[0]
            value, low, high = batch.study.mean(int(index), level)
            return value - number, low - number, high - number
    else:
        weights = weights - quantity_weights(claim.right, evidence)
    estimate = batch.study.contrast(weights)
    low, high = _excluded(estimate, weights, batch, level)
    return estimate.value - number, low - number, high - number


def _excluded(
    estimate: EstimateBatch,
    weights: Sequence[float] | NDArray[np.float64],
    batch: SpecificationBatch,
    level: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The effects below the first and above the second number are excluded, also in the worst case
    where the unscored share changed; see `Contrast`."""
    import numpy as np

    low, high = estimate.interval(level)
    if batch.unscored is None:
        return low, high
    change_low, change_high = batch.unscored.contrast(weights).interval(CHANGE_LEVEL)
    changed = ~((change_low <= 0) & (change_high >= 0))
    if not changed.any():
        return low, high
    lowest, highest = (_worst_case(weights, batch, sign) for sign in (-1, 1))
    return (
        np.where(changed, lowest.interval(level)[0], low),
        np.where(changed, highest.interval(level)[1], high),
    )


def _worst_case(
    weights: Sequence[float] | NDArray[np.float64], batch: SpecificationBatch, sign: int
) -> EstimateBatch:
    """The contrast with every unscored answer counted so that it is lowest (-1) or highest (1)."""
    conditions = [
        harmful if weight * sign > 0 else harmless
        for weight, (harmless, harmful) in zip(weights, batch.extremes, strict=True)
    ]
    return attrs.evolve(batch.study, conditions=conditions).contrast(weights)
