"""Findings: an experiment's questions, answered with effect and interval, or inconclusive.

The questions follow from what varies: sizes, ratios, or, over several experiments, both. All tests
of a report are one family, so that a study of nothing is inconclusive throughout 95 times of 100
(Holm 1979).
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
    """Answer the questions of one experiment: over sizes, then over ratios, eval by eval."""
    return conclude_drafts(
        [draft for evidence in all_evidence for draft in _experiment_questions(evidence)]
    )


def joint_findings(all_evidence: Sequence[Evidence]) -> list[Finding]:
    """Answer the questions that only several experiments together can answer."""
    return conclude_drafts(
        [draft for evidence in all_evidence for draft in row_questions(evidence)]
    )


def _experiment_questions(evidence: Evidence) -> Iterator[DraftFinding]:
    by_ratio: dict[tuple[object, ...], list[int]] = {}
    by_size: dict[tuple[object, ...], list[int]] = {}
    for index in evidence.trained_indices():
        condition = evidence.conditions[index]
        by_ratio.setdefault((condition.misaligned_ratio, condition.inoculation), []).append(index)
        by_size.setdefault((condition.total_samples, condition.inoculation), []).append(index)
    for indices in by_ratio.values():
        if len(indices) > 1:
            yield from size_questions(evidence, indices, single_ratio=len(by_ratio) == 1)
    for indices in by_size.values():
        if len(indices) > 1:
            yield from ratio_questions(evidence, indices, single_size=len(by_size) == 1)
