"""Matched contrasts: what aligned rows do, at equal numbers of misaligned rows.

A training set with aligned rows is compared with the *undefended* one: the same misaligned rows for
the same seed, and nothing else. The estimand is the effect of adding aligned rows with the training
steps that they bring. No law of dose and response is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import attrs

from ...units.cells import arm_counts
from ..contrasts import Contrast, compare, condition_difference
from ..evidence import Evidence
from .policy import Conclusion, ReportQuestion, Tested, cannot_tell, conclusive, report_question

_EQUAL_WEIGHT, _OTHER_WEIGHT = 10.0, 10.0
"""Relative to the questions of single experiments: this is what a joint report is for."""


@attrs.frozen(kw_only=True)
class _Pair:
    """A defended and an undefended condition with equal numbers of misaligned rows."""

    misaligned: int
    aligned: int
    contrast: Contrast

    @property
    def proportion(self) -> Fraction:
        """Aligned rows for each misaligned one."""
        return Fraction(self.aligned, self.misaligned)

    @property
    def text(self) -> str:
        """`250 misaligned rows: 750 aligned ones (3 ×)`."""
        times = self.proportion
        name = f"{times.numerator}" if times.denominator == 1 else str(times)
        return f"{self.aligned} aligned rows ({name} ×) added to {self.misaligned} misaligned ones"


def matched_questions(evidence: Evidence) -> Iterator[ReportQuestion]:
    """What aligned rows do: in equal number, then in others; on average, then from the largest
    training set down."""
    pairs = list(_pairs(evidence))
    equal = [pair for pair in pairs if pair.proportion == 1]
    others = [pair for pair in pairs if pair.proportion != 1]
    equal.sort(key=lambda pair: -pair.misaligned)
    others.sort(key=lambda pair: (-pair.proportion, -pair.misaligned))
    if equal:
        text = "as many aligned rows as misaligned ones: what do they change?"
        yield _question(text, evidence, equal, _EQUAL_WEIGHT)
    if others:
        text = "more or fewer aligned rows than misaligned ones: what do they change?"
        yield _question(text, evidence, others, _OTHER_WEIGHT)


def _pairs(evidence: Evidence) -> Iterator[_Pair]:
    undefended: dict[int, int] = {}
    defended: list[tuple[int, int, int]] = []
    for index in evidence.trained_indices():
        condition = evidence.conditions[index]
        assert condition.total_samples is not None
        if condition.inoculation is not None or not condition.misaligned_ratio:
            continue
        misaligned, aligned = arm_counts(condition.misaligned_ratio, condition.total_samples)
        if aligned:
            defended.append((misaligned, aligned, index))
        else:
            undefended[misaligned] = index
    for misaligned, aligned, index in defended:
        if misaligned in undefended:
            contrast = condition_difference(evidence, index, undefended[misaligned])
            yield _Pair(misaligned=misaligned, aligned=aligned, contrast=contrast)


def _question(
    text: str, evidence: Evidence, pairs: Sequence[_Pair], weight: float
) -> ReportQuestion:
    """The pairs on average, then one by one: an average over several pairs has far more degrees of
    freedom than any of them, and a pair is told only if the average is (Maurer, Hothorn and
    Lehmacher 1995)."""
    import numpy as np

    contrasts = [pair.contrast for pair in pairs]
    names = [pair.text for pair in pairs]
    if len(pairs) > 1:
        mean = np.mean([contrast.weights for contrast in contrasts], axis=0)
        contrasts.insert(0, compare(evidence, mean))
        names.insert(0, f"on average over {len(pairs)} training sets, aligned rows")

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        count = sum(tested.detected for tested in tests)
        if not count:
            return cannot_tell(f"{names[0]} change the score by {tests[0]}", tests[0].estimate)
        parts = [
            _sentence(name, tested) for name, tested in zip(names, tests[:count], strict=False)
        ]
        if count < len(names):
            parts.append(f"cannot tell for {names[count]} ({tests[count]})")
        return conclusive("; ".join(parts), tests[0].estimate)

    return report_question(text, evidence, evidence.where, contrasts, conclude, weight=weight)


def _sentence(name: str, tested: Tested) -> str:
    verb = "lower" if tested.estimate.value < 0 else "raise"
    return f"{name}, with the steps that they bring, {verb} the score: {tested}"
