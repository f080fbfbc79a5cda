"""Findings of an experiment over sizes: the smallest dataset with an effect, whether returns
diminish, how the effect scales, and which size gives half of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...units.cells import axes_suffix, format_ratio
from ..contrasts import compare, condition_difference
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


def size_questions(
    evidence: Evidence, indices: Sequence[int], *, single_ratio: bool
) -> Iterator[ReportQuestion]:
    """The questions over conditions that differ in size only.

    Args:
        evidence: Of one eval.
        indices: Of those conditions, at least two.
        single_ratio: Whether the eval has no conditions of another ratio, so that the ratio need
            not be named.
    """
    indices = sorted(indices, key=lambda index: rows_of(evidence, index))
    ratio = evidence.conditions[indices[0]].misaligned_ratio or 0.0
    where = evidence.where + ("" if single_ratio else f", ratio {format_ratio(ratio)}")
    where += axes_suffix(evidence.conditions[indices[0]].axes)
    baseline = evidence.baseline_index
    if baseline is not None:
        smallest = _smallest_size(evidence, baseline, indices, where)
        yield smallest
        yield _diminishing_returns(evidence, baseline, indices, where, smallest)
        yield _half_effect(evidence, baseline, indices, where, smallest)
    yield _scaling(evidence, indices, where)


def rows_of(evidence: Evidence, index: int) -> int:
    """Training rows of a condition."""
    return evidence.conditions[index].total_samples or 0


def _smallest_size(
    evidence: Evidence, baseline: int, indices: Sequence[int], where: str
) -> ReportQuestion:
    largest_first = list(reversed(indices))
    sizes = [rows_of(evidence, index) for index in largest_first]
    ladder = DoseLadder(
        noun="size",
        names=[f"{size} rows" for size in sizes],
        values=sizes,
        contrasts=[condition_difference(evidence, index, baseline) for index in largest_first],
        reference="against the untrained model",
    )
    text = "smallest size at which an effect was detected"
    return report_question(text, evidence, where, ladder.contrasts, ladder.conclude)


def _diminishing_returns(
    evidence: Evidence, baseline: int, indices: Sequence[int], where: str, needs: ReportQuestion
) -> ReportQuestion:
    """Whether intermediate sizes deviate from the straight line between no rows and the most."""
    import numpy as np

    intermediate, most = indices[:-1], indices[-1]
    weights = np.zeros(len(evidence.conditions))
    for index in intermediate:
        part = rows_of(evidence, index) / rows_of(evidence, most)
        weights[[index, baseline, most]] += np.array([1, part - 1, -part]) / len(intermediate)
    bend = compare(evidence, weights)
    total = condition_difference(evidence, most, baseline).estimate

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        text = f"intermediate sizes deviate by {tests[0]} from a straight line in rows"
        if not tests[0].detected:
            return cannot_tell(text, tests[0].estimate)
        if bend.estimate.value * total.value > 0:
            answer = f"yes, the first rows have more effect than the last: {text}"
        else:
            answer = f"no, the last rows have more effect than the first: {text}"
        return conclusive(answer, tests[0].estimate)

    return report_question(
        "diminishing returns",
        evidence,
        where,
        [bend],
        conclude,
        needs=needs,
        arises_not=f"no effect was detected at {rows_of(evidence, most)} rows",
    )


def _half_effect(
    evidence: Evidence, baseline: int, indices: Sequence[int], where: str, needs: ReportQuestion
) -> ReportQuestion:
    """The size that gives half of the effect of the largest one."""
    fitted = [baseline, *indices]
    doses = [math.log(rows_of(evidence, index) or 1) for index in fitted]
    most = rows_of(evidence, indices[-1])
    half = HalfQuestion(
        axis="size",
        effect=f"the effect of {most} rows",
        doses="sizes",
        format_dose=lambda dose: f"{math.exp(dose):.3g} rows",
        scale=math.exp,
    )
    return ReportQuestion(
        text="size of half effect, by a fitted curve",
        where=where,
        family=evidence.where,
        basis=needs.basis,
        contrasts=(),
        conclude=lambda tests, level: half_effect(
            evidence, fitted, doses, half, level, zero_dose=0
        ),
        needs=needs,
        arises_not=f"no effect was detected at {most} rows",
    )


def _scaling(evidence: Evidence, indices: Sequence[int], where: str) -> ReportQuestion:
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    weights[list(indices)] = slope_weights([math.log2(rows_of(evidence, i)) for i in indices])
    ends = f"from {rows_of(evidence, indices[0])} to {rows_of(evidence, indices[-1])} rows"

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        return effect_conclusion(tests[0], f"for each doubling, {ends}")

    return report_question("scaling", evidence, where, [compare(evidence, weights)], conclude)
