"""What an experiment over ratios asks: how the effect grows, whether there is a ratio below which
it is not seen, whether the transition is smooth, and where half of it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...units.cells import ratio_text
from ..evidence import Evidence
from ..stats import Estimate, half_effect, slope_weights
from .multiple_tests import Draft, Said, effect, said, seen, shown, told, untold


def ratio_questions(one: Evidence, line: Sequence[int], *, alone: bool) -> Iterator[Draft]:
    """The questions over conditions that differ in ratio only; the lowest ratio is what others are
    compared with.

    Args:
        line: Where those conditions stand, at least two.
        alone: Whether there are none of another size, which would have to be told apart.
    """
    line = sorted(line, key=lambda at: _ratio(one, at))
    size = one.conditions[line[0]].total_samples
    place = f"{one.setting}, {one.called}" + ("" if alone else f", {size} rows")
    yield _growth(one, line, place)
    yield _threshold(one, line, place)
    if len(line) > 2:
        yield _smoothness(one, line, place)
        yield _half(one, line, place)


def _ratio(one: Evidence, at: int) -> float:
    return one.conditions[at].misaligned_ratio or 0.0


def _text(one: Evidence, at: int) -> str:
    return ratio_text(_ratio(one, at))


def _growth(one: Evidence, line: Sequence[int], place: str) -> Draft:
    import numpy as np

    weights = np.zeros(len(one.conditions))
    weights[list(line)] = slope_weights([_ratio(one, at) for at in line])
    slope = one.study.contrast(weights)
    return Draft(
        question="growth with the ratio",
        where=place,
        basis=one.study.basis,
        tests=(slope.p,),
        answer=lambda p: said(slope, p[0], "from none to all misaligned"),
    )


def _threshold(one: Evidence, line: Sequence[int], place: str) -> Draft:
    lowest, higher = line[0], line[1:]
    effects = [one.study.difference(at, lowest) for at in higher]

    def answer(p: Sequence[float]) -> Said:
        first = next((at for at, value in enumerate(p) if seen(value)), None)
        against = f"ratio {_text(one, lowest)}"
        if first is None:
            widest = max(effects, key=lambda estimate: abs(estimate.value))
            at = higher[effects.index(widest)]
            return untold(
                f"no ratio can be told from {against}; the most is {widest:+} at {_text(one, at)}"
            )
        found = f"{effect(effects[first], p[first])} against {against}"
        if first == 0:
            lowest_seen = _text(one, higher[0])
            return told(f"no: it is seen at the lowest ratio tried, {lowest_seen} ({found})")
        below = effects[first - 1]
        return told(
            f"it is first seen at {_text(one, higher[first])} ({found}); at "
            f"{_text(one, higher[first - 1])} it is not ({below:+}), which leaves room for an "
            f"effect of up to {_most(below):+.2f}"
        )

    return Draft(
        question="a ratio below which the effect is not seen",
        where=place,
        basis=one.study.basis,
        tests=tuple(estimate.p for estimate in effects),
        answer=answer,
    )


def _most(estimate: Estimate) -> float:
    return max(estimate.low, estimate.high, key=abs)


def _smoothness(one: Evidence, line: Sequence[int], place: str) -> Draft:
    """A transition is abrupt where one step between neighbouring ratios holds most of the effect,
    and smooth where none can: each step is compared with half of the whole."""
    import numpy as np

    whole = one.study.difference(line[-1], line[0])
    sign = 1.0 if whole.value >= 0 else -1.0
    steps = []
    for low, high in pairwise(line):
        weights = np.zeros(len(one.conditions))
        weights[[low, high]] += [-sign, sign]
        weights[[line[0], line[-1]]] += [sign / 2, -sign / 2]
        steps.append(one.study.contrast(weights))
    largest = max(range(len(steps)), key=lambda at: steps[at].value)
    step = one.study.difference(line[largest + 1], line[largest])
    ends = f"from {_text(one, line[largest])} to {_text(one, line[largest + 1])}"

    def answer(p: Sequence[float]) -> Said:
        if not seen(p[0]):
            return untold(f"there is no effect to divide into steps ({whole:+} over all ratios)")
        share = f"the largest step, {ends}, is {step:+} of {whole:+}"
        if seen(p[1]) and steps[largest].value > 0:
            return told(f"no: {share}, more than half, {shown(p[1])}")
        if all(one_step.high < 0 for one_step in steps):
            return told(f"yes: no step holds half of the effect; {share}")
        return untold(f"{share}, which may be more or less than half")

    return Draft(
        question="a smooth transition",
        where=place,
        basis=one.study.basis,
        tests=(whole.p, min(1.0, steps[largest].p * len(steps))),
        answer=answer,
    )


def _half(one: Evidence, line: Sequence[int], place: str) -> Draft:
    whole = one.study.difference(line[-1], line[0])

    def answer(p: Sequence[float]) -> Said:
        if not seen(p[0]):
            return untold(f"there is no effect to halve ({whole:+} over all ratios)")
        half = half_effect(one.study.only(line), [_ratio(one, at) for at in line])
        if half.open_low and half.open_high:
            return untold("it may be at any ratio")
        ends = f"[{half.low:.2f}, {half.high:.2f}]"
        if half.open_low:
            ends = f"(at most {half.high:.2f})"
        elif half.open_high:
            ends = f"(at least {half.low:.2f})"
        return told(
            f"half of the effect ({whole:+} over all ratios) is there at {half.dose:.2f} {ends}",
            half.dose,
            half.low,
            half.high,
        )

    return Draft(
        question="the ratio of half effect",
        where=place,
        basis=one.study.basis,
        tests=(whole.p,),
        answer=answer,
    )
