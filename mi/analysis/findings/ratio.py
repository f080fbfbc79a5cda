"""Findings of an experiment over ratios: the smallest ratio with an effect, whether it grows with
the ratio, whether the transition is smooth, and which ratio gives half of the effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...units.cells import axes_suffix, format_ratio
from ..contrasts import Contrast, compare, condition_difference
from ..evidence import Evidence
from ..stats import slope_weights
from .half_effect import HalfQuestion, half_effect
from .questions import (
    Conclusion,
    ReportQuestion,
    Tested,
    cannot_tell,
    conclusive,
    effect_conclusion,
    report_question,
)
from .smallest import DoseLadder


def ratio_questions(
    evidence: Evidence, indices: Sequence[int], *, single_size: bool
) -> Iterator[ReportQuestion]:
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
    where += axes_suffix(evidence.conditions[indices[0]].axes)
    smallest = _smallest_ratio(evidence, indices, where)
    yield smallest
    yield _growth(evidence, indices, where)
    if len(indices) > 2:
        yield _smoothness(evidence, indices, where, smallest)
        yield _half_effect(evidence, indices, where, smallest)


def _ratio(evidence: Evidence, index: int) -> float:
    return evidence.conditions[index].misaligned_ratio or 0.0


def _ratio_text(evidence: Evidence, index: int) -> str:
    return format_ratio(_ratio(evidence, index))


def _growth(evidence: Evidence, indices: Sequence[int], where: str) -> ReportQuestion:
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    weights[list(indices)] = slope_weights([_ratio(evidence, index) for index in indices])

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        return effect_conclusion(tests[0], "from none to all misaligned")

    contrast = compare(evidence, weights)
    return report_question("growth with the ratio", evidence, where, [contrast], conclude)


def _smallest_ratio(evidence: Evidence, indices: Sequence[int], where: str) -> ReportQuestion:
    lowest, largest_first = indices[0], list(reversed(indices[1:]))
    ladder = DoseLadder(
        noun="ratio",
        names=[_ratio_text(evidence, index) for index in largest_first],
        values=[_ratio(evidence, index) for index in largest_first],
        contrasts=[condition_difference(evidence, index, lowest) for index in largest_first],
        reference=f"against ratio {_ratio_text(evidence, lowest)}",
    )
    text = "smallest ratio at which an effect was detected"
    return report_question(text, evidence, where, ladder.contrasts, ladder.conclude)


def _smoothness(
    evidence: Evidence, indices: Sequence[int], where: str, needs: ReportQuestion
) -> ReportQuestion:
    """A transition is abrupt if one step between neighbouring ratios contains most of the effect,
    and smooth if none can: each step is compared with half of the total effect."""
    total = condition_difference(evidence, indices[-1], indices[0]).estimate
    excesses = _step_excesses(evidence, indices, 1.0 if total.value >= 0 else -1.0)
    largest = max(range(len(excesses)), key=lambda rank: excesses[rank].estimate.value)
    low, high = indices[largest], indices[largest + 1]
    step = condition_difference(evidence, high, low).estimate
    ends = f"from {_ratio_text(evidence, low)} to {_ratio_text(evidence, high)}"

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        # the largest of several steps was chosen after the data (Bonferroni)
        shared = 1 - (1 - level) / len(excesses)
        each = [excess.estimate.at_level(shared) for excess in excesses]
        part = (
            f"the largest step, {ends}, is {step.value:+.2f} of {total.value:+.2f}; over half of "
            f"the effect by {each[largest]:+}"
        )
        if each[largest].low > 0 and excesses[largest].p_value <= (1 - level) / len(excesses):
            return conclusive(f"no: {part}", each[largest])
        if all(estimate.high < 0 for estimate in each):
            return conclusive(
                f"yes: each step is less than half of the effect; {part}", each[largest]
            )
        return cannot_tell(part, each[largest])

    return ReportQuestion(
        text="a smooth transition",
        where=where,
        family=evidence.where,
        basis=needs.basis,
        contrasts=(),
        conclude=conclude,
        needs=needs,
        arises_not=f"no effect was detected at {_ratio_text(evidence, indices[-1])}",
    )


def _step_excesses(evidence: Evidence, indices: Sequence[int], sign: float) -> list[Contrast]:
    """By how much each step exceeds half of the total effect, in the direction of the effect."""
    import numpy as np

    excesses = []
    for low, high in pairwise(indices):
        weights = np.zeros(len(evidence.conditions))
        weights[[low, high]] += [-sign, sign]
        weights[[indices[0], indices[-1]]] += [sign / 2, -sign / 2]
        excesses.append(compare(evidence, weights))
    return excesses


def _half_effect(
    evidence: Evidence, indices: Sequence[int], where: str, needs: ReportQuestion
) -> ReportQuestion:
    doses = [_ratio(evidence, index) for index in indices]
    highest = _ratio_text(evidence, indices[-1])
    half = HalfQuestion(
        axis="ratio",
        effect=f"the effect of ratio {highest}",
        doses="ratios",
        format_dose=lambda dose: f"{dose:.2f}",
        scale=float,
    )
    return ReportQuestion(
        text="ratio of half effect, by a fitted curve",
        where=where,
        family=evidence.where,
        basis=needs.basis,
        contrasts=(),
        conclude=lambda tests, level: half_effect(evidence, indices, doses, half, level),
        needs=needs,
        arises_not=f"no effect was detected at {highest}",
    )
