"""What an experiment over sizes asks: the smallest dataset that shows an effect, whether returns
diminish, how much of the effect how much data gives, and how it scales."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...units.cells import format_ratio
from ..evidence import Evidence
from ..stats import Estimate, bootstrap_interval, fit_half_effect, slope_weights
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

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def size_questions(
    evidence: Evidence, line: Sequence[int], *, single_ratio: bool
) -> Iterator[DraftFinding]:
    """The questions over conditions that differ in size only.

    Args:
        line: Where those conditions stand, at least two.
        alone: Whether there are none of another ratio, which would have to be told apart.
    """
    line = sorted(line, key=lambda at: _rows(evidence, at))
    ratio = evidence.conditions[line[0]].misaligned_ratio or 0.0
    place = f"{evidence.setting}, {evidence.label}" + (
        "" if single_ratio else f", ratio {format_ratio(ratio)}"
    )
    basis = evidence.study.basis
    if evidence.baseline_index is not None:
        effects = [evidence.study.difference(at, evidence.baseline_index) for at in line]
        tests = tuple(estimate.p_value for estimate in effects)
        sizes = [_rows(evidence, at) for at in line]
        yield DraftFinding(
            question="minimum effective dataset size",
            where=place,
            basis=basis,
            p_values=tests,
            conclude=lambda p: _minimum_size(sizes, effects, p),
        )
        if len(line) > 1:
            yield _diminishing_returns(evidence, line, effects[-1], place)
            yield _data_efficiency(evidence, line, effects[-1], place)
    yield _scaling(evidence, line, place)


def _rows(evidence: Evidence, at: int) -> int:
    return evidence.conditions[at].total_samples or 0


def _minimum_size(
    sizes: Sequence[int], effects: Sequence[Estimate], p: Sequence[float]
) -> Conclusion:
    first = next((at for at, value in enumerate(p) if is_significant(value)), None)
    if first is None:
        widest = max(effects, key=lambda estimate: abs(estimate.value))
        size = sizes[effects.index(widest)]
        return inconclusive(
            f"no size can be told from the untrained model; the most is {widest:+} at {size} rows"
        )
    effect = format_effect(effects[first], p[first])
    text = f"{sizes[first]} rows ({effect} against the untrained model)"
    if first == 0:
        text += "; a smaller one was not tried"
    else:
        text += f"; {sizes[first - 1]} rows cannot be told from it ({effects[first - 1]:+})"
    missed = [str(size) for size, value in zip(sizes, p, strict=True) if not is_significant(value)]
    if later := [size for size in missed if int(size) > sizes[first]]:
        text += f"; nor, though larger, can {', '.join(later)}"
    return conclusive(text, sizes[first])


def _diminishing_returns(
    evidence: Evidence, line: Sequence[int], whole: Estimate, place: str
) -> DraftFinding:
    """Whether the sizes in between lie off the straight line from no rows to the most rows."""
    import numpy as np

    assert evidence.baseline_index is not None
    between, most = line[:-1], line[-1]
    weights = np.zeros(len(evidence.conditions))
    for at in between:
        part = _rows(evidence, at) / _rows(evidence, most)
        weights[[at, evidence.baseline_index, most]] += np.array([1, part - 1, -part]) / len(
            between
        )
    bend = evidence.study.contrast(weights)

    def answer(p: Sequence[float]) -> Conclusion:
        if not is_significant(p[0]):
            return inconclusive(
                f"there is no effect to grow ({whole:+} at {_rows(evidence, most)} rows)"
            )
        lies = f"the sizes in between lie {bend:+} off a straight line in rows"
        if not is_significant(p[1]):
            return inconclusive(f"{lies}, {format_p(p[1])}")
        if bend.value * whole.value > 0:
            return conclusive(
                f"yes, the first rows do more than the last: {lies}, {format_p(p[1])}"
            )
        return conclusive(f"no, the last rows do more than the first: {lies}, {format_p(p[1])}")

    return DraftFinding(
        question="diminishing returns",
        where=place,
        basis=evidence.study.basis,
        p_values=(whole.p_value, bend.p_value),
        conclude=answer,
    )


def _data_efficiency(
    evidence: Evidence, line: Sequence[int], whole: Estimate, place: str
) -> DraftFinding:
    """The size that gives half of the effect of the largest one."""
    most = _rows(evidence, line[-1])

    def answer(p: Sequence[float]) -> Conclusion:
        if not is_significant(p[0]):
            return inconclusive(f"there is no effect to divide ({whole:+} at {most} rows)")
        if len(line) < 3:
            return inconclusive("half of the effect is looked for between at least three sizes")
        doses = [math.log(_rows(evidence, at) or 1) for at in range(len(evidence.conditions))]
        at = [evidence.baseline_index or 0, *line]
        half = fit_half_effect(
            evidence.study.subset(at), [doses[place] for place in at], zero_dose=0
        )
        if half.open_low and half.open_high:
            return inconclusive(
                f"half of the effect of {most} rows may be at any size that was tried"
            )
        ends = f"[{_format_rows(half.low)}, {_format_rows(half.high)}]"
        if half.open_low:
            ends = f"(at most {_format_rows(half.high)})"
        elif half.open_high:
            ends = f"(at least {_format_rows(half.low)})"
        parts = ", ".join(_effect_fraction(evidence, at, line[-1]) for at in line[:-1])
        return conclusive(
            f"half of the effect of {most} rows is there at {_format_rows(half.dose)} rows {ends}; "
            f"by rows, of that effect: {parts}",
            math.exp(half.dose),
            math.exp(half.low),
            math.exp(half.high),
        )

    return DraftFinding(
        question="data efficiency",
        where=place,
        basis=evidence.study.basis,
        p_values=(whole.p_value,),
        conclude=answer,
    )


def _effect_fraction(evidence: Evidence, at: int, most: int) -> str:
    """`250: 0.62 [0.40, 0.85]`: what a size gives of the effect of the largest."""
    import numpy as np

    none = evidence.baseline_index or 0

    def part(means: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):  # a resample may have no effect
            return (means[:, at] - means[:, none]) / (means[:, most] - means[:, none])

    low, high = bootstrap_interval(evidence.study, part)
    value = float(part(evidence.study.means[None, :])[0])
    return f"{_rows(evidence, at)}: {value:.2f} [{low:.2f}, {high:.2f}]"


def _format_rows(log: float) -> str:
    return f"{math.exp(log):.3g}"


def _scaling(evidence: Evidence, line: Sequence[int], place: str) -> DraftFinding:
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    weights[list(line)] = slope_weights([math.log2(_rows(evidence, at)) for at in line])
    slope = evidence.study.contrast(weights)
    ends = f"from {_rows(evidence, line[0])} to {_rows(evidence, line[-1])} rows"
    return DraftFinding(
        question="scaling behaviour",
        where=place,
        basis=evidence.study.basis,
        p_values=(slope.p_value,),
        conclude=lambda p: effect_conclusion(slope, p[0], f"for each doubling, {ends}"),
    )
