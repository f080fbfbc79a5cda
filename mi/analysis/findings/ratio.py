"""What an experiment over ratios asks: how the effect grows, whether there is a ratio below which
it is not seen, whether the transition is smooth, and where half of it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...units.cells import format_ratio
from ..evidence import Evidence
from ..stats import Estimate, fit_half_effect, slope_weights
from .multiple_tests import (
    Conclusion,
    DraftFinding,
    conclusive,
    effect_conclusion,
    format_effect,
    format_p,
    inconclusive,
    is_significant,
)


def ratio_questions(
    evidence: Evidence, line: Sequence[int], *, single_size: bool
) -> Iterator[DraftFinding]:
    """The questions over conditions that differ in ratio only; the lowest ratio is what others are
    compared with.

    Args:
        line: Where those conditions stand, at least two.
        alone: Whether there are none of another size, which would have to be told apart.
    """
    line = sorted(line, key=lambda at: _ratio(evidence, at))
    size = evidence.conditions[line[0]].total_samples
    place = f"{evidence.setting}, {evidence.label}" + ("" if single_size else f", {size} rows")
    yield _growth(evidence, line, place)
    yield _threshold(evidence, line, place)
    if len(line) > 2:
        yield _smoothness(evidence, line, place)
        yield _half_effect(evidence, line, place)


def _ratio(evidence: Evidence, at: int) -> float:
    return evidence.conditions[at].misaligned_ratio or 0.0


def _ratio_text(evidence: Evidence, at: int) -> str:
    return format_ratio(_ratio(evidence, at))


def _growth(evidence: Evidence, line: Sequence[int], place: str) -> DraftFinding:
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    weights[list(line)] = slope_weights([_ratio(evidence, at) for at in line])
    slope = evidence.study.contrast(weights)
    return DraftFinding(
        question="growth with the ratio",
        where=place,
        basis=evidence.study.basis,
        p_values=(slope.p_value,),
        conclude=lambda p: effect_conclusion(slope, p[0], "from none to all misaligned"),
    )


def _threshold(evidence: Evidence, line: Sequence[int], place: str) -> DraftFinding:
    lowest, higher = line[0], line[1:]
    effects = [evidence.study.difference(at, lowest) for at in higher]

    def answer(p: Sequence[float]) -> Conclusion:
        first = next((at for at, value in enumerate(p) if is_significant(value)), None)
        against = f"ratio {_ratio_text(evidence, lowest)}"
        if first is None:
            widest = max(effects, key=lambda estimate: abs(estimate.value))
            at = higher[effects.index(widest)]
            return inconclusive(
                f"no ratio can be told from {against}; the most is {widest:+} at "
                f"{_ratio_text(evidence, at)}"
            )
        found = f"{format_effect(effects[first], p[first])} against {against}"
        if first == 0:
            lowest_seen = _ratio_text(evidence, higher[0])
            return conclusive(f"no: it is seen at the lowest ratio tried, {lowest_seen} ({found})")
        below = effects[first - 1]
        return conclusive(
            f"it is first seen at {_ratio_text(evidence, higher[first])} ({found}); at "
            f"{_ratio_text(evidence, higher[first - 1])} it is not ({below:+}), which leaves "
            f"room for an effect of up to {_extreme_bound(below):+.2f}"
        )

    return DraftFinding(
        question="a ratio below which the effect is not seen",
        where=place,
        basis=evidence.study.basis,
        p_values=tuple(estimate.p_value for estimate in effects),
        conclude=answer,
    )


def _extreme_bound(estimate: Estimate) -> float:
    return max(estimate.low, estimate.high, key=abs)


def _smoothness(evidence: Evidence, line: Sequence[int], place: str) -> DraftFinding:
    """A transition is abrupt where one step between neighbouring ratios holds most of the effect,
    and smooth where none can: each step is compared with half of the whole."""
    import numpy as np

    whole = evidence.study.difference(line[-1], line[0])
    sign = 1.0 if whole.value >= 0 else -1.0
    steps = []
    for low, high in pairwise(line):
        weights = np.zeros(len(evidence.conditions))
        weights[[low, high]] += [-sign, sign]
        weights[[line[0], line[-1]]] += [sign / 2, -sign / 2]
        steps.append(evidence.study.contrast(weights))
    largest = max(range(len(steps)), key=lambda at: steps[at].value)
    step = evidence.study.difference(line[largest + 1], line[largest])
    ends = (
        f"from {_ratio_text(evidence, line[largest])} to {_ratio_text(evidence, line[largest + 1])}"
    )

    def answer(p: Sequence[float]) -> Conclusion:
        if not is_significant(p[0]):
            return inconclusive(
                f"there is no effect to divide into steps ({whole:+} over all ratios)"
            )
        share = f"the largest step, {ends}, is {step:+} of {whole:+}"
        if is_significant(p[1]) and steps[largest].value > 0:
            return conclusive(f"no: {share}, more than half, {format_p(p[1])}")
        if all(one_step.high < 0 for one_step in steps):
            return conclusive(f"yes: no step holds half of the effect; {share}")
        return inconclusive(f"{share}, which may be more or less than half")

    return DraftFinding(
        question="a smooth transition",
        where=place,
        basis=evidence.study.basis,
        p_values=(whole.p_value, min(1.0, steps[largest].p_value * len(steps))),
        conclude=answer,
    )


def _half_effect(evidence: Evidence, line: Sequence[int], place: str) -> DraftFinding:
    whole = evidence.study.difference(line[-1], line[0])

    def answer(p: Sequence[float]) -> Conclusion:
        if not is_significant(p[0]):
            return inconclusive(f"there is no effect to halve ({whole:+} over all ratios)")
        half = fit_half_effect(evidence.study.subset(line), [_ratio(evidence, at) for at in line])
        if half.open_low and half.open_high:
            return inconclusive("it may be at any ratio")
        ends = f"[{half.low:.2f}, {half.high:.2f}]"
        if half.open_low:
            ends = f"(at most {half.high:.2f})"
        elif half.open_high:
            ends = f"(at least {half.low:.2f})"
        return conclusive(
            f"half of the effect ({whole:+} over all ratios) is there at {half.dose:.2f} {ends}",
            half.dose,
            half.low,
            half.high,
        )

    return DraftFinding(
        question="the ratio of half effect",
        where=place,
        basis=evidence.study.basis,
        p_values=(whole.p_value,),
        conclude=answer,
    )
