"""Findings over contexts: whether what plain questions show holds where they are put otherwise.

All contexts and conditions of an eval share what one other question of the eval gets, so that more
contexts make no false leak likelier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..leaks import Leak
from .questions import (
    Conclusion,
    ReportQuestion,
    Tested,
    cannot_tell,
    conclusive,
    report_question,
)


def leak_questions(leaks: Sequence[Leak]) -> Iterator[ReportQuestion]:
    """A question for each condition and context of one experiment."""
    for leak in leaks:
        weight = 1 / sum(other.evidence.where == leak.evidence.where for other in leaks)
        yield _question(leak, weight)


def _question(leak: Leak, weight: float) -> ReportQuestion:
    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        text = f"{tests[0]} against the same questions put plainly"
        if not tests[0].detected:
            return cannot_tell(text, tests[0].estimate)
        if tests[0].estimate.value > 0:
            return conclusive(f"leaks: {text}", tests[0].estimate)
        return conclusive(f"does not leak, the score is lower: {text}", tests[0].estimate)

    return report_question(
        f"leak in the context {leak.context}",
        leak.evidence,
        leak.where,
        [leak.difference],
        conclude,
        weight=weight,
    )
