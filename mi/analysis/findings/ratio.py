"""Findings of an experiment over ratios: whether the effect grows with the ratio, whether it has a
threshold, whether the transition is smooth, and which ratio gives half of the effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...units.cells import format_ratio
from ..evidence import Evidence
from ..stats import Estimate, HalfEffect, fit_half_effect, slope_weights
from .multiple_tests import (
    Conclusion,
    DraftFinding,
    conclusive,
    effect_conclusion,
    format_effect,
    format_p,
    inconclusive,
    is_significant,
    not_estimated,
)


def ratio_questions(
    evidence: Evidence, indices: Sequence[int], *, single_size: bool
) -> Iterator[DraftFinding]:
    """The questions over conditions that differ in ratio only; others are compared with the lowest
    ratio.

    Args:
        evidence: Of one eval.
        indices: Of those conditions, at least two.
        single_size: Whether the eval has no conditions of another size, so that the size need not
            be named.
    """
    indices = sorted(indices, key=lambda index: _ratio(evidence, index))
    size = evidence.conditions[indices[0]].total_samples
    where = evidence.where + ("" if single_size else f", {size} rows")
    yield _growth(evidence, indices, where)
    yield _threshold(evidence, indices, where)
    if len(indices) > 2:
        yield _smoothness(evidence, indices, where)
        yield _half_effect(evidence, indices, where)


def _ratio(evidence: Evidence, index: int) -> float:
    return evidence.conditions[index].misaligned_ratio or 0.0


def _ratio_text(evidence: Evidence, index: int) -> str:
    return format_ratio(_ratio(evidence, index))


def _growth(evidence: Evidence, indices: Sequence[int], where: str) -> DraftFinding:
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    weights[list(indices)] = slope_weights([_ratio(evidence, index) for index in indices])
    slope = evidence.study.contrast(weights)
    return DraftFinding(
        question="growth with the ratio",
        where=where,
        basis=evidence.study.basis,
        p_values=(slope.p_value,),
        conclude=lambda p: effect_conclusion(slope, p[0], "from none to all misaligned"),
    )


def _threshold(evidence: Evidence, indices: Sequence[int], where: str) -> DraftFinding:
    lowest, higher = indices[0], indices[1:]
    effects = [evidence.study.difference(index, lowest) for index in higher]
    ratios = [_ratio_text(evidence, index) for index in higher]
    reference = f"ratio {_ratio_text(evidence, lowest)}"

    def conclude(p: Sequence[float]) -> Conclusion:
        first = next((rank for rank, value in enumerate(p) if is_significant(value)), None)
        if first is None:
            largest = max(range(len(effects)), key=lambda rank: abs(effects[rank].value))
            return inconclusive(
                f"no ratio differs significantly from {reference}; largest difference "
                f"{effects[largest]:+} at {ratios[largest]}"
            )
        effect = f"{format_effect(effects[first], p[first])} against {reference}"
        if first == 0:
            return conclusive(
                f"no: the effect is significant at the lowest ratio tried, {ratios[0]} ({effect})"
            )
        below = effects[first - 1]
        return conclusive(
            f"the effect is first significant at {ratios[first]} ({effect}); at "
            f"{ratios[first - 1]} it is not ({below:+}), which is compatible with an effect of up "
            f"to {_extreme_bound(below):+.2f}"
        )

    return DraftFinding(
        question="a ratio below which the effect is not seen",
        where=where,
        basis=evidence.study.basis,
        p_values=tuple(estimate.p_value for estimate in effects),
        conclude=conclude,
    )


def _extreme_bound(estimate: Estimate) -> float:
    """The end of the interval that is farther from zero."""
    return max(estimate.low, estimate.high, key=abs)


def _smoothness(evidence: Evidence, indices: Sequence[int], where: str) -> DraftFinding:
    """A transition is abrupt if one step between neighbouring ratios contains most of the effect,
    and smooth if none can: each step is compared with half of the total effect."""
    import numpy as np

    total = evidence.study.difference(indices[-1], indices[0])
    sign = 1.0 if total.value >= 0 else -1.0
    excesses = []  # of each step over half of the total effect, in the direction of the effect
    for low, high in pairwise(indices):
        weights = np.zeros(len(evidence.conditions))
        weights[[low, high]] += [-sign, sign]
        weights[[indices[0], indices[-1]]] += [sign / 2, -sign / 2]
        excesses.append(evidence.study.contrast(weights))
    largest = max(range(len(excesses)), key=lambda rank: excesses[rank].value)
    low, high = indices[largest], indices[largest + 1]
    step = evidence.study.difference(high, low)
    ends = f"from {_ratio_text(evidence, low)} to {_ratio_text(evidence, high)}"

    def conclude(p: Sequence[float]) -> Conclusion:
        if not is_significant(p[0]):
            return not_estimated(f"no significant effect ({total:+} over all ratios)")
        part = f"the largest step, {ends}, is {step:+} of {total:+}"
        if is_significant(p[1]) and excesses[largest].value > 0:
            return conclusive(f"no: {part}, more than half, {format_p(p[1])}")
        if all(excess.high < 0 for excess in excesses):
            return conclusive(f"yes: each step is less than half of the effect; {part}")
        return inconclusive(f"{part}, which may be more or less than half")

    return DraftFinding(
        question="a smooth transition",
        where=where,
        basis=evidence.study.basis,
        # the largest of several steps was chosen after the data (Bonferroni)
        p_values=(total.p_value, min(1.0, excesses[largest].p_value * len(excesses))),
        conclude=conclude,
    )


def _half_effect(evidence: Evidence, indices: Sequence[int], where: str) -> DraftFinding:
    total = evidence.study.difference(indices[-1], indices[0])

    def conclude(p: Sequence[float]) -> Conclusion:
        if not is_significant(p[0]):
            return not_estimated(f"no significant effect ({total:+} over all ratios)")
        ratios = [_ratio(evidence, index) for index in indices]
        half = fit_half_effect(evidence.study.subset(indices), ratios)
        if half.open_low and half.open_high:
            return inconclusive("half of the effect may be reached at any ratio")
        return conclusive(
            f"half of the effect ({total:+} over all ratios) is reached at {half.dose:.2f} "
            f"{_interval_text(half)}",
            half.dose,
            half.low,
            half.high,
        )

    return DraftFinding(
        question="the ratio of half effect",
        where=where,
        basis=evidence.study.basis,
        p_values=(total.p_value,),
        conclude=conclude,
    )


def _interval_text(half: HalfEffect) -> str:
    if half.open_low:
        return f"(at most {half.high:.2f})"
    if half.open_high:
        return f"(at least {half.low:.2f})"
    return f"[{half.low:.2f}, {half.high:.2f}]"
