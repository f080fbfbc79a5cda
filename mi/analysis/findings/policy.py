"""One policy for many tests.

- *Registered claims* are confirmatory: they are corrected among themselves (`verdicts`).
- *Findings* are exploratory. The 5 % of a report are split over its evals, and within an eval over
  its questions. A question tests in a fixed order, from the largest dose down, and stops at the
  first test that fails, so no test after the first costs anything (Maurer, Hothorn and Lehmacher
  1995). A question whose tests all succeed hands its part on to the open ones (Bretz, Maurer,
  Brannath and Posch 2009). In a study of nothing a report is silent throughout 95 times of 100.
- Each number has one verdict and the interval that belongs to it: that of the level at which it was
  tested. A number that a registered claim is about has the verdict and the interval of the claim.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ..contrasts import Contrast
from ..rulings import Outcome, Ruling
from ..stats import ALPHA
from .questions import Finding, ReportQuestion, Tested, not_estimated

POLICY = (
    "findings are exploratory: 5 % for all of them, split over evals and questions, each tested in "
    "a fixed order; every interval is that of its test"
)
"""The policy in one line."""


ClaimKey = tuple[str, str, str, frozenset[tuple[object, ...]]]
"""Setting, eval, metric, and the weight of each condition in a contrast."""


def claim_key(contrast: Contrast) -> ClaimKey:
    """What identifies a contrast, up to its scale and sign."""
    evidence = contrast.evidence
    scale = max(abs(weight) for weight in contrast.weights) or 1.0
    weighted = [
        (attrs.evolve(condition, name=""), weight / scale)
        for condition, weight in zip(evidence.conditions, contrast.weights, strict=True)
        if weight
    ]
    sign = -1.0 if weighted and weighted[0][1] < 0 else 1.0
    weights = frozenset((condition, round(sign * weight, 9)) for condition, weight in weighted)
    return evidence.setting, evidence.eval, evidence.metric, weights


def answer_questions(
    questions: Sequence[ReportQuestion], rulings: Sequence[Ruling] = ()
) -> list[Finding]:
    """Decide on all tests of a report together, and draw the conclusions.

    Args:
        questions: Of the whole report.
        rulings: On its registered claims, which decide on the numbers that they are about.
    """
    registered = {
        claim_key(ruling.contrast): ruling
        for ruling in rulings
        if ruling.contrast is not None and ruling.outcome is not Outcome.OPEN
    }
    decided: list[list[Ruling | None]] = [
        [registered.get(claim_key(contrast)) for contrast in question.contrasts]
        for question in questions
    ]
    alphas, counts = _decide(questions, decided)
    tested = {
        id(question): [
            _tested(contrast, ruling, alpha, detected=rank < count)
            for rank, (contrast, ruling) in enumerate(zip(question.contrasts, own, strict=True))
        ]
        for question, own, alpha, count in zip(questions, decided, alphas, counts, strict=True)
    }
    return [
        _finding(question, tested, alpha) for question, alpha in zip(questions, alphas, strict=True)
    ]


def _decide(
    questions: Sequence[ReportQuestion], decided: Sequence[Sequence[Ruling | None]]
) -> tuple[list[float], list[int]]:
    """The level of each question, and how many of its tests detected an effect."""
    families = list(dict.fromkeys(question.family for question in questions))
    totals = {family: sum(q.weight for q in questions if q.family == family) for family in families}
    alphas = [ALPHA / len(families) * q.weight / totals[q.family] for q in questions]
    counts = [0] * len(questions)
    has_handed_on = [not question.contrasts for question in questions]
    while True:
        for index, question in enumerate(questions):
            while counts[index] < len(question.contrasts) and _is_detected(
                question.contrasts[counts[index]], decided[index][counts[index]], alphas[index]
            ):
                counts[index] += 1
        finished = next(
            (
                index
                for index, question in enumerate(questions)
                if question.contrasts
                and counts[index] == len(question.contrasts)
                and not has_handed_on[index]
            ),
            None,
        )
        if finished is None:
            return alphas, counts
        has_handed_on[finished] = True
        own = questions[finished].family
        heirs = _open(questions, counts, own) or _open(questions, counts, None)
        for heir in heirs:
            alphas[heir] += alphas[finished] / len(heirs)


def _open(
    questions: Sequence[ReportQuestion], counts: Sequence[int], family: str | None
) -> list[int]:
    """The questions with tests that have not all succeeded, of one family or of any."""
    return [
        index
        for index, question in enumerate(questions)
        if counts[index] < len(question.contrasts) and family in (None, question.family)
    ]


def _is_detected(contrast: Contrast, ruling: Ruling | None, alpha: float) -> bool:
    if ruling is not None:
        return ruling.outcome in (Outcome.SUPPORTED, Outcome.REFUTED)
    return contrast.p_value <= alpha


def _tested(contrast: Contrast, ruling: Ruling | None, alpha: float, *, detected: bool) -> Tested:
    if ruling is None:
        estimate = contrast.estimate.at_level(1 - alpha)
        return Tested(estimate=estimate, detected=detected, caveat=contrast.caveat)
    assert ruling.estimate is not None
    return Tested(
        estimate=contrast.estimate.at_level(ruling.estimate.level),
        detected=detected,
        caveat=contrast.caveat,
        claim=ruling.outcome.value,
    )


def _finding(question: ReportQuestion, tested: dict[int, list[Tested]], alpha: float) -> Finding:
    needed = question.needs
    if needed is not None and not tested[id(needed)][0].detected:
        conclusion = not_estimated(question.arises_not)
    else:
        conclusion = question.conclude(tested[id(question)], 1 - alpha)
    speaks_of_models = question.basis == "within-run" and conclusion.value is not None
    prefix = "of these models (one seed each): " if speaks_of_models else ""
    return Finding(
        question=question.text,
        where=question.where,
        basis=question.basis,
        answer=prefix + conclusion.answer,
        conclusive=conclusion.conclusive,
        value=conclusion.value,
        low=conclusion.low,
        high=conclusion.high,
        level=None if conclusion.low is None else 1 - alpha,
        curve=conclusion.curve,
    )
