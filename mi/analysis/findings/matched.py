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
from .questions import Conclusion, ReportQuestion, Tested, cannot_tell, conclusive, report_question

_WEIGHT = 6.0
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
    """What aligned rows do: in equal number, then in others; on average, and from the largest
    training set down."""
    pairs = list(_pairs(evidence))
    equal = [pair for pair in pairs if pair.proportion == 1]
    others = [pair for pair in pairs if pair.proportion != 1]
    equal.sort(key=lambda pair: -pair.misaligned)
    others.sort(key=lambda pair: (-pair.proportion, -pair.misaligned))
    for text, chosen in (
        ("as many aligned rows as misaligned ones: what do they change?", equal),
        ("more or fewer aligned rows than misaligned ones: what do they change?", others),
    ):
        if len(chosen) > 1:
            yield _average_question(text, evidence, chosen)
        if chosen:
            yield _pair_question(text, evidence, chosen)


def _pairs(evidence: Evidence) -> Iterator[_Pair]:
    undefended: dict[tuple[int, str | None], int] = {}
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
            undefended[misaligned, condition.axes] = index
    for misaligned, aligned, index in defended:
        arm = misaligned, evidence.conditions[index].axes
        if arm in undefended:
            contrast = condition_difference(evidence, index, undefended[arm])
            yield _Pair(misaligned=misaligned, aligned=aligned, contrast=contrast)


def _average_question(text: str, evidence: Evidence, pairs: Sequence[_Pair]) -> ReportQuestion:
    """The mean over the pairs, which has far more degrees of freedom than any of them."""
    import numpy as np

    weights = np.mean([pair.contrast.weights for pair in pairs], axis=0)
    name = f"on average over {len(pairs)} training sets, aligned rows"

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        if not tests[0].detected:
            return cannot_tell(f"{name} change the score by {tests[0]}", tests[0].estimate)
        return conclusive(_sentence(name, tests[0]), tests[0].estimate)

    contrast = compare(evidence, weights)
    return report_question(text, evidence, evidence.where, [contrast], conclude, weight=_WEIGHT)


def _pair_question(text: str, evidence: Evidence, pairs: Sequence[_Pair]) -> ReportQuestion:
    """The pairs one by one."""

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        count = sum(tested.detected for tested in tests)
        if not count:
            return cannot_tell(f"{pairs[0].text} change the score by {tests[0]}", tests[0].estimate)
        parts = [
            _sentence(pair.text, tested) for pair, tested in zip(pairs, tests[:count], strict=False)
        ]
        if count < len(pairs):
            parts.append(f"cannot tell for {pairs[count].text} ({tests[count]})")
        return conclusive("; ".join(parts), tests[0].estimate)

    contrasts = [pair.contrast for pair in pairs]
    return report_question(text, evidence, evidence.where, contrasts, conclude, weight=_WEIGHT)


def _sentence(name: str, tested: Tested) -> str:
    verb = "lower" if tested.estimate.value < 0 else "raise"
    return f"{name}, with the steps that they bring, {verb} the score: {tested}"
