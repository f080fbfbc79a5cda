"""An experiment's questions, answered: with effect and interval, or with "cannot tell".

Which questions are asked follows from what varies: sizes, ratios, or, over several experiments,
both. All tests of a report are one family, so that a study of nothing says "cannot tell" throughout
95 times of 100 (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..evidence import Evidence
from .joint import row_questions
from .multiple_tests import DraftFinding, Finding, conclude_drafts
from .ratio import ratio_questions
from .size import size_questions

__all__ = ["Finding", "experiment_findings", "joint_findings"]


def experiment_findings(all_evidence: Sequence[Evidence]) -> list[Finding]:
    """What can be said of one experiment: over sizes, then over ratios, eval by eval."""
    return conclude_drafts([draft for one in all_evidence for draft in _experiment_questions(one)])


def joint_findings(all_evidence: Sequence[Evidence]) -> list[Finding]:
    """What can be said of several experiments together that neither can say alone."""
    return conclude_drafts([draft for one in all_evidence for draft in row_questions(one)])


def _experiment_questions(one: Evidence) -> Iterator[DraftFinding]:
    trained = one.trained_indices()
    by_ratio: dict[tuple[object, ...], list[int]] = {}
    by_size: dict[tuple[object, ...], list[int]] = {}
    for at in trained:
        condition = one.conditions[at]
        by_ratio.setdefault((condition.misaligned_ratio, condition.inoculation), []).append(at)
        by_size.setdefault((condition.total_samples, condition.inoculation), []).append(at)
    for line in by_ratio.values():
        if len(line) > 1:
            yield from size_questions(one, line, single_ratio=len(by_ratio) == 1)
    for line in by_size.values():
        if len(line) > 1:
            yield from ratio_questions(one, line, single_size=len(by_size) == 1)
