"""What a report states, and which of it is false.

Each conclusion is read from its tests and numbers, not from its prose. A statement is false if

- an effect was detected whose true sign is another one, or which is zero;
- effects are said to be excluded, and the true one is among them;
- a bend, a transition or a dose of half effect is told, and the truth is outside of what is told;
- a claim is supported and not true, or refuted and true.

The truth of an interval over one seed is that of these models. Where answers are broken, the sign
of an effect must be right for all answers, and all other numbers for the answers with a score.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import attrs
import numpy as np

from mi.analysis.contrasts import Contrast
from mi.analysis.evidence import Condition, Evidence
from mi.analysis.findings import experiment_questions, matched_questions
from mi.analysis.findings.policy import answer_questions
from mi.analysis.findings.questions import Conclusion, ReportQuestion, Tested
from mi.analysis.rulings import Outcome, Ruling, applicable_evidence, rule
from mi.analysis.stats import Scores
from mi.units.cells import ConditionAxes

from .laws import Report

_ZERO = 1e-9


@attrs.frozen(kw_only=True)
class Statement:
    """Something that a report says.

    Args:
        kind: Of statement.
        question: Which it answers, and in which eval.
        is_false: Whether it is false of what it speaks of.
    """

    kind: str
    question: str
    where: str
    is_false: bool


@attrs.frozen(kw_only=True, eq=False)
class Told:
    """A question with what was concluded of it."""

    question: ReportQuestion
    tests: tuple[Tested, ...]
    level: float
    conclusion: Conclusion


def judge_claims(report: Report) -> list[tuple[Ruling, float]]:
    """The rulings on the claims of all experiments, each with its true left less right side."""
    judged = []
    for experiment, evidence in zip(report.declared, report.experiments, strict=True):
        claims = [claim for expectation in experiment.expectations for claim in expectation.claims]
        pairs = [(claim, own) for claim in claims for own in applicable_evidence(claim, evidence)]
        for claim, own in pairs:
            exact = rule(claim, _exact(own, report), len(pairs)).estimate
            assert exact is not None
            judged.append((rule(claim, own, len(pairs)), exact.value))
    return judged


def _exact(evidence: Evidence, report: Report) -> Evidence:
    """The same evidence without noise: each mean is the true one."""
    truths = report.scored_truths[evidence.eval]
    scores = tuple(
        Scores(totals=np.full((2, 2), truths[_axes(condition)]), counts=np.ones((2, 2)))
        for condition in evidence.conditions
    )
    return attrs.evolve(evidence, scores=scores, unscored=(), unscored_metric=None)


def write_report(report: Report, rulings: Sequence[Ruling]) -> list[Told]:
    """The findings of a report, with the tests behind them."""
    questions = [
        question
        for own in report.experiments
        for evidence in own
        for question in experiment_questions(evidence)
    ]
    questions += [question for evidence in report.joint for question in matched_questions(evidence)]
    told: list[Told] = []
    answer_questions(_record(questions, told), rulings)
    return told


def _record(questions: Sequence[ReportQuestion], told: list[Told]) -> list[ReportQuestion]:
    """The same questions, which note each conclusion when it is drawn."""
    copies: dict[int, ReportQuestion] = {}
    for question in questions:
        copies[id(question)] = attrs.evolve(
            question,
            needs=None if question.needs is None else copies[id(question.needs)],
            conclude=_recorder(question, told),
        )
    return list(copies.values())


def _recorder(
    question: ReportQuestion, told: list[Told]
) -> Callable[[Sequence[Tested], float], Conclusion]:
    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        conclusion = question.conclude(tests, level)
        told.append(Told(question=question, tests=tuple(tests), level=level, conclusion=conclusion))
        return conclusion

    return conclude


def statements(
    report: Report, told: Sequence[Told], judged: Sequence[tuple[Ruling, float]]
) -> Iterator[Statement]:
    """All that a report states.

    Args:
        report: With its truth.
        told: Its findings.
        judged: Its rulings, with the truth.
    """
    for ruling, truth in judged:
        if ruling.outcome in (Outcome.SUPPORTED, Outcome.REFUTED):
            assert ruling.estimate is not None
            yield Statement(
                kind="verdict",
                question=ruling.claim,
                where=ruling.where,
                is_false=ruling.estimate.value * truth <= 0,
            )
    for own in told:
        for kind, is_false in _judge(report, own):
            yield Statement(
                kind=kind,
                question=own.question.text,
                where=own.question.where,
                is_false=is_false,
            )


def _judge(report: Report, told: Told) -> Iterator[tuple[str, bool]]:
    question, conclusion = told.question, told.conclusion
    for contrast, tested in zip(question.contrasts, told.tests, strict=True):
        if tested.detected:
            truth = _truth(contrast, report.truths)
            yield "direction", tested.estimate.value * truth <= 0 or abs(truth) < _ZERO
    if question.text.startswith("smallest"):
        yield from _judge_exclusions(report, told)
    elif not conclusion.conclusive:
        return
    elif question.text == "diminishing returns":
        yield "bend", _is_bend_false(report, told)
    elif question.text == "a smooth transition":
        yield "transition", _is_transition_false(report, told)
    elif "half effect" in question.text:
        yield "half effect", _is_half_effect_false(report, told)


def _judge_exclusions(report: Report, told: Told) -> Iterator[tuple[str, bool]]:
    """The effects that are said to be excluded at sizes without a detected one."""
    contrasts = told.question.contrasts
    count = sum(tested.detected for tested in told.tests)
    if not count or count == len(contrasts):
        return
    shared = 1 - (1 - told.level) / (len(contrasts) - count)
    for contrast in contrasts[count:]:
        low, high = contrast.excluded(shared)
        truths = [_truth(contrast, report.scored_truths)]
        if contrast.unscored_change is not None:
            truths.append(_truth(contrast, report.truths))
        yield "exclusion", any(not low <= truth <= high for truth in truths)


def _is_bend_false(report: Report, told: Told) -> bool:
    """Whether the bend is not the one that is told, relative to the effect of the most rows."""
    assert told.question.needs is not None
    bend, total = told.question.contrasts[0], told.question.needs.contrasts[0]
    truth = _truth(bend, report.truths) * _truth(total, report.truths)
    return truth * bend.estimate.value * total.estimate.value <= 0


def _is_transition_false(report: Report, told: Told) -> bool:
    """Whether a step that is told to be most of the effect is not, or a smooth one is not."""
    assert told.question.needs is not None
    assert told.conclusion.low is not None
    contrasts = list(reversed(told.question.needs.contrasts))
    steps = [(0.0, 0.0)] + [
        (contrast.estimate.value, _truth(contrast, report.scored_truths)) for contrast in contrasts
    ]
    sign = 1.0 if steps[-1][0] >= 0 else -1.0
    excesses = [
        tuple(sign * (high[which] - low[which] - steps[-1][which] / 2) for which in (0, 1))
        for low, high in pairwise(steps)
    ]
    if told.conclusion.low > 0:  # one step is more than half
        return max(excesses)[1] <= 0
    return any(truth >= 0 for _, truth in excesses)


def _is_half_effect_false(report: Report, told: Told) -> bool:
    """Whether the interval contains no dose at which the truth is halfway between the ends."""
    question, conclusion = told.question, told.conclusion
    assert question.needs is not None
    assert conclusion.low is not None
    assert conclusion.high is not None
    doses, truths = _true_curve(report, question.needs)
    lowest, highest = _measured_doses(question.needs)
    low = -math.inf if conclusion.low <= lowest * (1 + _ZERO) else conclusion.low
    high = math.inf if conclusion.high >= highest * (1 - _ZERO) else conclusion.high
    above = truths > (truths[0] + truths[-1]) / 2
    crossings = [
        (doses[i], doses[i + 1]) for i in range(len(doses) - 1) if above[i] != above[i + 1]
    ]
    return not any(start <= high and end >= low for start, end in crossings)


def _measured_doses(needs: ReportQuestion) -> tuple[float, float]:
    """The least and the greatest finite dose of a curve."""
    doses = _doses(needs)
    return min(doses), max(doses)


def _doses(needs: ReportQuestion) -> list[float]:
    """The doses of a curve's conditions: sizes in rows, or ratios."""
    evidence = needs.contrasts[0].evidence
    weights = np.abs([contrast.weights for contrast in needs.contrasts]).max(axis=0)
    chosen = [evidence.conditions[index] for index in weights.nonzero()[0]]
    if "size" in needs.text:
        return sorted(float(c.total_samples) for c in chosen if c.total_samples)
    return sorted(c.misaligned_ratio or 0.0 for c in chosen)


def _true_curve(report: Report, needs: ReportQuestion) -> tuple[np.ndarray, np.ndarray]:
    """The true scores from the lowest dose to the highest.

    With one seed, the models of the measured doses are the truth, and a straight line between two
    of them.
    """
    evidence = needs.contrasts[0].evidence
    truths = report.scored_truths[evidence.eval]
    doses = _doses(needs)
    is_size = "size" in needs.text
    chosen = [
        condition
        for condition in evidence.conditions
        if any(
            w for w in (c.weights[evidence.conditions.index(condition)] for c in needs.contrasts)
        )
    ]
    measured = {
        (condition.total_samples if is_size else condition.misaligned_ratio) or 0.0: truths[
            _axes(condition)
        ]
        for condition in chosen
    }
    fine = np.linspace(0.0 if is_size else doses[0], doses[-1], 801)
    if needs.basis == "within-run" or report.world.broken(0) != report.world.broken(1e6):
        places = sorted(measured)
        return fine, np.interp(fine, places, [measured[place] for place in places])
    example = next(c for c in chosen if c.total_samples)
    ratio, size = example.misaligned_ratio or 0.0, float(example.total_samples or 0)
    rows = [(ratio * f, f - ratio * f) if is_size else (f * size, size - f * size) for f in fine]
    return fine, np.array([report.law_score(evidence.eval, *pair) for pair in rows])


def _axes(condition: Condition) -> ConditionAxes:
    return condition.misaligned_ratio, condition.total_samples, condition.inoculation


def _truth(contrast: Contrast, truths: Mapping[str, Mapping[ConditionAxes, float]]) -> float:
    own = truths[contrast.evidence.eval]
    return sum(
        weight * own[_axes(condition)]
        for condition, weight in zip(contrast.evidence.conditions, contrast.weights, strict=True)
    )
