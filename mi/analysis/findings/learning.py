"""Findings over the steps of a training: when the task was learned, when the effect on other
questions began, and what a training that stops in between would have kept.

The step at which a share of the whole change is reached has an interval by the inversion of tests
in a fixed order, so that many steps cost nothing (Maurer, Hothorn and Lehmacher 1995): it begins at
the first step that is not established to be below the share, and ends at the first from which all
later ones are established to be at it. It speaks of the steps that were evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

import attrs

from ..contrasts import Contrast
from ..learning_curves import LearningCurve
from .questions import (
    Conclusion,
    ReportQuestion,
    Tested,
    cannot_tell,
    conclusive,
    report_question,
)

LEARNED, BEGUN = 0.9, 0.1
"""Shares of the whole change at which a task counts as learned, and an effect as begun."""


def learning_questions(curves: Sequence[LearningCurve]) -> Iterator[ReportQuestion]:
    """The questions that the learning curves of one experiment can answer.

    All curves of an eval together weigh as much as one other question of the eval.

    Args:
        curves: Of one experiment.
    """
    for curve in curves:
        weight = 1 / sum(other.evidence.where == curve.evidence.where for other in curves)
        crossing = _crossing(curve, weight)
        yield crossing
        if curve.is_task:
            for other in curves:
                if not other.is_task and _same_models(curve, other):
                    yield _stopping(curve, other, crossing, weight)


def _same_models(one: LearningCurve, other: LearningCurve) -> bool:
    """Whether two curves are about the same trainings, at the same steps."""
    return (one.evidence.setting, one.steps, one.evidence.conditions) == (
        other.evidence.setting,
        other.steps,
        other.evidence.conditions,
    )


def _crossing(curve: LearningCurve, weight: float) -> ReportQuestion:
    """When a share of the whole change was reached."""
    verb, share = ("task was learned", LEARNED) if curve.is_task else ("spread began", BEGUN)
    *earlier, last = curve.steps[1:]
    whole = curve.change(len(earlier) + 1)
    excesses = [curve.excess(index, share) for index in range(1, len(earlier) + 1)]

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        if not tests[0].detected:
            text = f"over all {last} steps the score changes by {tests[0]}"
            return cannot_tell(text, tests[0].estimate)
        rises = whole.estimate.value > 0
        low, index, high = _crossing_indices(excesses, level, rises=rises)
        steps = curve.steps[1:]
        tried = ", ".join(map(str, steps))
        answer = (
            f"step {steps[index]} of {last}, between {steps[low]} and {steps[high]}, has the first "
            f"{share:.0%} of the change ({tests[0]}); evaluated at {tried}"
        )
        return Conclusion(
            conclusive=True,
            answer=answer,
            value=float(steps[index]),
            low=float(steps[low]),
            high=float(steps[high]),
        )

    return report_question(
        f"step at which the {verb}", curve.evidence, curve.where, [whole], conclude, weight=weight
    )


def _crossing_indices(
    excesses: Sequence[Contrast], level: float, *, rises: bool
) -> tuple[int, int, int]:
    """The steps at which a share may have been reached, is by the means, and has been for certain.

    Args:
        excesses: The change at each step but the last, less the share; at the last it is reached.
        level: Coverage.
        rises: Whether the whole change is positive.
    """
    bounds = [excess.excluded(level) for excess in excesses]
    if not rises:
        bounds = [(-high, -low) for low, high in bounds]
    below = len(list(takewhile(lambda bound: bound[1] < 0, bounds)))
    reached = len(list(takewhile(lambda bound: bound[0] >= 0, reversed(bounds))))
    return below, _first_reached(excesses, rises=rises), len(bounds) - reached


def _first_reached(excesses: Sequence[Contrast], *, rises: bool) -> int:
    """The first step at which a share is reached, by the means."""
    sign = 1.0 if rises else -1.0
    return len(list(takewhile(lambda excess: sign * excess.estimate.value < 0, excesses)))


def _stopping(
    task: LearningCurve, other: LearningCurve, needs: ReportQuestion, weight: float
) -> ReportQuestion:
    """What the steps after the one at which the task was learned change elsewhere.

    The step is chosen by the means of the task's eval, before anything is tested.
    """
    last = len(task.steps) - 1
    excesses = [task.excess(index, LEARNED) for index in range(1, last)]
    rises = task.change(last).estimate.value > 0
    index = _first_reached(excesses, rises=rises) + 1
    later = [other.change(last, since=index)] if index < last else []
    kept = [
        f"{curve.change(index).estimate.value:+.2f} of {curve.change(last).estimate.value:+.2f}"
        for curve in (task, other)
    ]

    def conclude(tests: Sequence[Tested], level: float) -> Conclusion:
        if not tests:
            return cannot_tell("the task was learned at the last step only")
        text = (
            f"stopped at step {task.steps[index]}, {kept[0]} of {task.evidence.label} is kept and "
            f"{kept[1]} of this; the later steps change it by {tests[0]}"
        )
        if not tests[0].detected:
            return cannot_tell(text, tests[0].estimate)
        return conclusive(text, tests[0].estimate)

    question = report_question(
        f"what is left out by stopping when {task.evidence.label} is learned",
        other.evidence,
        other.where,
        later,
        conclude,
        needs=needs,
        arises_not="it is not established that the task was learned",
        weight=weight,
    )
    return attrs.evolve(question, basis=needs.basis)
