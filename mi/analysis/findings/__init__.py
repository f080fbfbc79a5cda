"""Findings: the questions that a design can answer, with effect and interval, or left open.

The questions follow from what varies: sizes, ratios, or, over several experiments, both. All tests
of a report are decided together (`policy`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..evidence import Evidence
from ..leaks import Leak
from ..learning_curves import LearningCurve
from ..rulings import Ruling
from .leaks import leak_questions
from .learning import learning_questions
from .matched import matched_questions
from .policy import POLICY, answer_questions
from .questions import Finding, FittedCurve, ReportQuestion
from .ratio import ratio_questions
from .size import size_questions

__all__ = [
    "POLICY",
    "Finding",
    "FittedCurve",
    "experiment_questions",
    "matched_questions",
    "report_findings",
]


def report_findings(
    experiments: Sequence[tuple[Sequence[Evidence], Sequence[Ruling]]],
    joint: Sequence[Evidence],
    curves: Sequence[Sequence[LearningCurve]] = (),
    leaks: Sequence[Sequence[Leak]] = (),
) -> tuple[list[list[Finding]], list[Finding]]:
    """Answer the questions of a report.

    Args:
        experiments: For each, its evidence, eval by eval, and the rulings on its claims.
        joint: The evidence of all of them together; empty for a single one.
        curves: The learning curves of each experiment; empty if none has any.
        leaks: The leaks of each experiment; empty if none has any.

    Returns:
        The findings of each experiment, and the joint ones.
    """
    none: list[tuple[()]] = [()] * len(experiments)
    questions = [
        [
            *(question for evidence in all_evidence for question in experiment_questions(evidence)),
            *learning_questions(own_curves),
            *leak_questions(own_leaks),
        ]
        for (all_evidence, _), own_curves, own_leaks in zip(
            experiments, curves or none, leaks or none, strict=True
        )
    ]
    joint_questions = [question for evidence in joint for question in matched_questions(evidence)]
    rulings = [ruling for _, own in experiments for ruling in own]
    every = [question for own in (*questions, joint_questions) for question in own]
    problems = {
        evidence.where: evidence.judge_problem
        for all_evidence in (*(own for own, _ in experiments), joint)
        for evidence in all_evidence
        if evidence.judge_problem
    }
    answers = zip(every, answer_questions(every, rulings), strict=True)
    findings = (_withheld(question, finding, problems) for question, finding in answers)
    separate = [[next(findings) for _ in own] for own in questions]
    return separate, list(findings)


def _withheld(question: ReportQuestion, finding: Finding, problems: Mapping[str, str]) -> Finding:
    """A finding, without its answer if the judge of an eval that it rests on puts known answers out
    of order.

    Args:
        question: What it answers.
        finding: The finding.
        problems: Setting and eval → what is out of order.
    """
    evals = [question.family, *([question.needs.family] if question.needs else [])]
    problem = next((problems[name] for name in evals if name in problems), None)
    if problem is None:
        return finding
    return Finding(
        question=finding.question,
        where=finding.where,
        answer=f"not estimated: the judge's probe is {problem}",
        conclusive=False,
        basis=finding.basis,
    )


def experiment_questions(evidence: Evidence) -> Iterator[ReportQuestion]:
    """The questions that one experiment's design can answer in one eval."""
    by_ratio: dict[tuple[object, ...], list[int]] = {}
    by_size: dict[tuple[object, ...], list[int]] = {}
    for index in evidence.trained_indices():
        condition = evidence.conditions[index]
        arm = condition.inoculation, condition.axes
        by_ratio.setdefault((condition.misaligned_ratio, *arm), []).append(index)
        by_size.setdefault((condition.total_samples, *arm), []).append(index)
    for indices in by_ratio.values():
        if len(indices) > 1:
            yield from size_questions(evidence, indices, single_ratio=len(by_ratio) == 1)
    for indices in by_size.values():
        if len(indices) > 1:
            yield from ratio_questions(evidence, indices, single_size=len(by_size) == 1)
