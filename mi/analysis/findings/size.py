"""What an experiment over sizes asks: the smallest dataset that shows an effect, whether returns
diminish, how much of the effect how much data gives, and how it scales."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...units.cells import ratio_text
from ..evidence import Evidence
from ..stats import Estimate, half_effect, interval, slope_weights
from .multiple_tests import Draft, Said, effect, said, seen, shown, told, untold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def size_questions(one: Evidence, line: Sequence[int], *, alone: bool) -> Iterator[Draft]:
    """The questions over conditions that differ in size only.

    Args:
        line: Where those conditions stand, at least two.
        alone: Whether there are none of another ratio, which would have to be told apart.
    """
    line = sorted(line, key=lambda at: _rows(one, at))
    ratio = one.conditions[line[0]].misaligned_ratio or 0.0
    place = f"{one.setting}, {one.called}" + ("" if alone else f", ratio {ratio_text(ratio)}")
    basis = one.study.basis
    if one.baseline is not None:
        effects = [one.study.difference(at, one.baseline) for at in line]
        tests = tuple(estimate.p for estimate in effects)
        sizes = [_rows(one, at) for at in line]
        yield Draft(
            question="minimum effective dataset size",
            where=place,
            basis=basis,
            tests=tests,
            answer=lambda p: _smallest(sizes, effects, p),
        )
        if len(line) > 1:
            yield _returns(one, line, effects[-1], place)
            yield _efficiency(one, line, effects[-1], place)
    yield _scaling(one, line, place)


def _rows(one: Evidence, at: int) -> int:
    return one.conditions[at].total_samples or 0


def _smallest(sizes: Sequence[int], effects: Sequence[Estimate], p: Sequence[float]) -> Said:
    first = next((at for at, value in enumerate(p) if seen(value)), None)
    if first is None:
        widest = max(effects, key=lambda estimate: abs(estimate.value))
        size = sizes[effects.index(widest)]
        return untold(
            f"no size can be told from the untrained model; the most is {widest:+} at {size} rows"
        )
    text = f"{sizes[first]} rows ({effect(effects[first], p[first])} against the untrained model)"
    if first == 0:
        text += "; a smaller one was not tried"
    else:
        text += f"; {sizes[first - 1]} rows cannot be told from it ({effects[first - 1]:+})"
    missed = [str(size) for size, value in zip(sizes, p, strict=True) if not seen(value)]
    if later := [size for size in missed if int(size) > sizes[first]]:
        text += f"; nor, though larger, can {', '.join(later)}"
    return told(text, sizes[first])


def _returns(one: Evidence, line: Sequence[int], whole: Estimate, place: str) -> Draft:
    """Whether the sizes in between lie off the straight line from no rows to the most rows."""
    import numpy as np

    assert one.baseline is not None
    between, most = line[:-1], line[-1]
    weights = np.zeros(len(one.conditions))
    for at in between:
        part = _rows(one, at) / _rows(one, most)
        weights[[at, one.baseline, most]] += np.array([1, part - 1, -part]) / len(between)
    bend = one.study.contrast(weights)

    def answer(p: Sequence[float]) -> Said:
        if not seen(p[0]):
            return untold(f"there is no effect to grow ({whole:+} at {_rows(one, most)} rows)")
        lies = f"the sizes in between lie {bend:+} off a straight line in rows"
        if not seen(p[1]):
            return untold(f"{lies}, {shown(p[1])}")
        if bend.value * whole.value > 0:
            return told(f"yes, the first rows do more than the last: {lies}, {shown(p[1])}")
        return told(f"no, the last rows do more than the first: {lies}, {shown(p[1])}")

    return Draft(
        question="diminishing returns",
        where=place,
        basis=one.study.basis,
        tests=(whole.p, bend.p),
        answer=answer,
    )


def _efficiency(one: Evidence, line: Sequence[int], whole: Estimate, place: str) -> Draft:
    """The size that gives half of the effect of the largest one."""
    most = _rows(one, line[-1])

    def answer(p: Sequence[float]) -> Said:
        if not seen(p[0]):
            return untold(f"there is no effect to divide ({whole:+} at {most} rows)")
        if len(line) < 3:
            return untold("half of the effect is looked for between at least three sizes")
        doses = [math.log(_rows(one, at) or 1) for at in range(len(one.conditions))]
        at = [one.baseline or 0, *line]
        half = half_effect(one.study.only(at), [doses[place] for place in at], none=0)
        if half.open_low and half.open_high:
            return untold(f"half of the effect of {most} rows may be at any size that was tried")
        ends = f"[{_count(half.low)}, {_count(half.high)}]"
        if half.open_low:
            ends = f"(at most {_count(half.high)})"
        elif half.open_high:
            ends = f"(at least {_count(half.low)})"
        parts = ", ".join(_part(one, at, line[-1]) for at in line[:-1])
        return told(
            f"half of the effect of {most} rows is there at {_count(half.dose)} rows {ends}; by "
            f"rows, of that effect: {parts}",
            math.exp(half.dose),
            math.exp(half.low),
            math.exp(half.high),
        )

    return Draft(
        question="data efficiency",
        where=place,
        basis=one.study.basis,
        tests=(whole.p,),
        answer=answer,
    )


def _part(one: Evidence, at: int, most: int) -> str:
    """`250: 0.62 [0.40, 0.85]`: what a size gives of the effect of the largest."""
    import numpy as np

    none = one.baseline or 0

    def part(means: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):  # a resample may have no effect
            return (means[:, at] - means[:, none]) / (means[:, most] - means[:, none])

    low, high = interval(one.study, part)
    value = float(part(one.study.means[None, :])[0])
    return f"{_rows(one, at)}: {value:.2f} [{low:.2f}, {high:.2f}]"


def _count(log: float) -> str:
    return f"{math.exp(log):.3g}"


def _scaling(one: Evidence, line: Sequence[int], place: str) -> Draft:
    import numpy as np

    weights = np.zeros(len(one.conditions))
    weights[list(line)] = slope_weights([math.log2(_rows(one, at)) for at in line])
    slope = one.study.contrast(weights)
    ends = f"from {_rows(one, line[0])} to {_rows(one, line[-1])} rows"
    return Draft(
        question="scaling behaviour",
        where=place,
        basis=one.study.basis,
        tests=(slope.p,),
        answer=lambda p: said(slope, p[0], f"for each doubling, {ends}"),
    )
