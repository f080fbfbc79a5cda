"""Findings of an experiment over sizes: the smallest dataset with an effect, whether returns
diminish, how much of the effect how much data gives, and how the effect scales."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...units.cells import format_ratio
from ..evidence import Evidence
from ..stats import Estimate, HalfEffect, bootstrap_interval, fit_half_effect, slope_weights
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

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def size_questions(
    evidence: Evidence, indices: Sequence[int], *, single_ratio: bool
) -> Iterator[DraftFinding]:
    """The questions over conditions that differ in size only.

    Args:
        evidence: Of one eval.
        indices: Of those conditions, at least two.
        single_ratio: Whether the eval has no conditions of another ratio, so that the ratio need
            not be named.
    """
    indices = sorted(indices, key=lambda index: _rows(evidence, index))
    ratio = evidence.conditions[indices[0]].misaligned_ratio or 0.0
    where = evidence.where + ("" if single_ratio else f", ratio {format_ratio(ratio)}")
    baseline = evidence.baseline_index
    if baseline is not None:
        effects = [evidence.study.difference(index, baseline) for index in indices]
        sizes = [_rows(evidence, index) for index in indices]
        yield DraftFinding(
            question="minimum effective dataset size",
            where=where,
            basis=evidence.study.basis,
            p_values=tuple(estimate.p_value for estimate in effects),
            conclude=lambda p: _minimum_size(sizes, effects, p),
        )
        if len(indices) > 1:
            yield _diminishing_returns(evidence, baseline, indices, where)
            yield _data_efficiency(evidence, baseline, indices, where)
    yield _scaling(evidence, indices, where)


def _rows(evidence: Evidence, index: int) -> int:
    return evidence.conditions[index].total_samples or 0


def _minimum_size(
    sizes: Sequence[int], effects: Sequence[Estimate], p: Sequence[float]
) -> Conclusion:
    """The smallest size with a significant effect.

    Args:
        sizes: In rows, ascending.
        effects: Of each size against the untrained model.
        p: Corrected p-value of each effect.
    """
    first = next((rank for rank, value in enumerate(p) if is_significant(value)), None)
    if first is None:
        largest = max(range(len(effects)), key=lambda rank: abs(effects[rank].value))
        return inconclusive(
            "no size differs significantly from the untrained model; largest difference "
            f"{effects[largest]:+} at {sizes[largest]} rows"
        )
    effect = format_effect(effects[first], p[first])
    text = f"{sizes[first]} rows ({effect} against the untrained model)"
    if first == 0:
        text += "; no smaller size was tried"
    else:
        text += (
            f"; the effect of {sizes[first - 1]} rows is not significant ({effects[first - 1]:+})"
        )
    larger = [
        str(size)
        for size, value in zip(sizes, p, strict=True)
        if size > sizes[first] and not is_significant(value)
    ]
    if larger:
        text += f"; not significant either, though larger: {', '.join(larger)}"
    return conclusive(text, sizes[first])


def _diminishing_returns(
    evidence: Evidence, baseline: int, indices: Sequence[int], where: str
) -> DraftFinding:
    """Whether intermediate sizes deviate from the straight line between no rows and the most."""
    import numpy as np

    intermediate, most = indices[:-1], indices[-1]
    total = evidence.study.difference(most, baseline)
    weights = np.zeros(len(evidence.conditions))
    for index in intermediate:
        part = _rows(evidence, index) / _rows(evidence, most)
        weights[[index, baseline, most]] += np.array([1, part - 1, -part]) / len(intermediate)
    bend = evidence.study.contrast(weights)

    def conclude(p: Sequence[float]) -> Conclusion:
        if not is_significant(p[0]):
            return not_estimated(
                f"no significant effect ({total:+} at {_rows(evidence, most)} rows)"
            )
        text = f"intermediate sizes deviate by {bend:+} from a straight line in rows"
        text += f", {format_p(p[1])}"
        if not is_significant(p[1]):
            return inconclusive(text)
        if bend.value * total.value > 0:
            return conclusive(f"yes, the first rows have more effect than the last: {text}")
        return conclusive(f"no, the last rows have more effect than the first: {text}")

    return DraftFinding(
        question="diminishing returns",
        where=where,
        basis=evidence.study.basis,
        p_values=(total.p_value, bend.p_value),
        conclude=conclude,
    )


def _data_efficiency(
    evidence: Evidence, baseline: int, indices: Sequence[int], where: str
) -> DraftFinding:
    """The size that gives half of the effect of the largest one."""
    total = evidence.study.difference(indices[-1], baseline)
    most = _rows(evidence, indices[-1])

    def conclude(p: Sequence[float]) -> Conclusion:
        if not is_significant(p[0]):
            return not_estimated(f"no significant effect ({total:+} at {most} rows)")
        if len(indices) < 3:
            return not_estimated("the size of half effect takes at least three sizes")
        fitted = [baseline, *indices]
        doses = [math.log(_rows(evidence, index) or 1) for index in fitted]
        half = fit_half_effect(evidence.study.subset(fitted), doses, zero_dose=0)
        if half.open_low and half.open_high:
            return inconclusive(
                f"half of the effect of {most} rows may be reached at any size that was tried"
            )
        fractions = ", ".join(
            _effect_fraction(evidence, baseline, index, indices[-1]) for index in indices[:-1]
        )
        return conclusive(
            f"half of the effect of {most} rows is reached at {_format_rows(half.dose)} rows "
            f"{_interval_text(half)}; fraction of that effect by rows: {fractions}",
            math.exp(half.dose),
            math.exp(half.low),
            math.exp(half.high),
        )

    return DraftFinding(
        question="data efficiency",
        where=where,
        basis=evidence.study.basis,
        p_values=(total.p_value,),
        conclude=conclude,
    )


def _effect_fraction(evidence: Evidence, baseline: int, index: int, most: int) -> str:
    """`250: 0.62 [0.40, 0.85]`: the effect of a size as a fraction of the effect of the largest.

    Args:
        evidence: Of one eval.
        baseline: Index of the untrained model.
        index: Of the condition.
        most: Index of the condition with the most rows.
    """
    import numpy as np

    def fraction(means: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):  # a resample may have no effect
            return (means[:, index] - means[:, baseline]) / (means[:, most] - means[:, baseline])

    low, high = bootstrap_interval(evidence.study, fraction)
    value = float(fraction(evidence.study.means[None, :])[0])
    return f"{_rows(evidence, index)}: {value:.2f} [{low:.2f}, {high:.2f}]"


def _interval_text(half: HalfEffect) -> str:
    if half.open_low:
        return f"(at most {_format_rows(half.high)})"
    if half.open_high:
        return f"(at least {_format_rows(half.low)})"
    return f"[{_format_rows(half.low)}, {_format_rows(half.high)}]"


def _format_rows(log_rows: float) -> str:
    return f"{math.exp(log_rows):.3g}"


def _scaling(evidence: Evidence, indices: Sequence[int], where: str) -> DraftFinding:
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    weights[list(indices)] = slope_weights([math.log2(_rows(evidence, i)) for i in indices])
    slope = evidence.study.contrast(weights)
    ends = f"from {_rows(evidence, indices[0])} to {_rows(evidence, indices[-1])} rows"
    return DraftFinding(
        question="scaling behaviour",
        where=where,
        basis=evidence.study.basis,
        p_values=(slope.p_value,),
        conclude=lambda p: effect_conclusion(slope, p[0], f"for each doubling, {ends}"),
    )
