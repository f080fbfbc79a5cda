"""How many seeds and samples it takes: from what a mean varies with to the width of its interval.

The variance of a condition's mean over S runs, Q questions and m answers a question is

    σ²_run / S + σ²_question / Q + σ²_both / (S·Q) + σ²_answer / (S·Q·m)

(a crossed design; Brennan 2001, *Generalizability Theory*, chapter 3). Which of the four dominates
says what to buy: more answers lower the last one only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from .intervals import CONFIDENCE_LEVEL, critical_value
from .scores import Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POWER = 0.8
_MAX_RUNS = 10_000


@attrs.frozen(kw_only=True)
class VarianceComponents:
    """Variances of one answer's score, by what they come from; estimates under 0 are 0.

    Args:
        run: Between training runs; NaN where no seed was repeated, and then counted as 0.
        question: Between questions, over all runs.
        both: What runs make of single questions; part of `answer` where each question was
            answered once, part of `question` where there is one run.
        answer: Between answers of one run to one question.
    """

    run: float
    question: float
    interaction: float
    answer: float

    def variance(self, runs: float, questions: float, samples: float) -> float:
        """The variance of a mean over so many runs, questions and answers a question."""
        run = 0.0 if math.isnan(self.run) else self.run
        cells = runs * questions
        return (
            run / runs
            + self.question / questions
            + self.interaction / cells
            + self.answer / (cells * samples)
        )


def variance_components(scores: Scores, *, is_share: bool = True) -> VarianceComponents:
    """The variance components of a condition, by the analysis of variance.

    A share that all answers agree on is taken to have one answer more of either kind.

    Each mean square is set equal to its expectation (Searle, Casella and McCulloch 1992, chapter
    4); where questions have different numbers of answers, their harmonic mean stands for all.
    """
    import numpy as np

    asked = (scores.counts > 0).all(axis=0)
    totals, counts = scores.totals[:, asked], scores.counts[:, asked]
    runs, questions = counts.shape
    if questions < 2:
        return VarianceComponents(
            run=math.nan, question=math.nan, interaction=math.nan, answer=math.nan
        )
    if is_share and totals.sum() in (0, counts.sum()):
        likely = 1 / (counts.sum() + 2)
        return VarianceComponents(
            run=math.nan, question=0.0, interaction=0.0, answer=likely * (1 - likely)
        )
    means = totals / counts
    samples = counts.size / float((1 / counts).sum())
    answer = _answer_variance(means, counts) if samples > 1 else 0.0
    by_question = means.mean(axis=0)
    questions_square = runs * float(np.var(by_question, ddof=1))
    if runs == 1:
        rest = questions_square - answer / samples
        return _truncated_components(math.nan, rest, 0.0, answer, samples)
    own = means - by_question - (means.mean(axis=1) - means.mean())[:, None]
    both_square = float((own**2).sum()) / ((runs - 1) * (questions - 1))
    runs_square = questions * float(np.var(means.mean(axis=1), ddof=1))
    return _truncated_components(
        (runs_square - both_square) / questions,
        (questions_square - both_square) / runs,
        both_square - answer / samples,
        answer,
        samples,
    )


def _truncated_components(
    run: float, question: float, both: float, answer: float, samples: float
) -> VarianceComponents:
    if samples <= 1:  # one answer a question: chance cannot be told from what stands beside it
        question, answer = (0.0, question) if math.isnan(run) else (question, both)
        both = 0.0
    kept = [part if math.isnan(part) else max(part, 0.0) for part in (run, question, both, answer)]
    return VarianceComponents(run=kept[0], question=kept[1], interaction=kept[2], answer=kept[3])


def _answer_variance(means: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    """Variance between answers to one question, for answers that are so or not."""
    spare = (counts - 1).clip(min=0).sum()
    return float((counts * means * (1 - means)).sum() / spare) if spare else 0.0


def interval_width(
    components: VarianceComponents, runs: int, questions: int, samples: float
) -> float:
    """Width of the 95 % interval of a mean: from its low to its high end."""
    return (
        2
        * critical_value(_degrees_of_freedom(components, runs, questions), CONFIDENCE_LEVEL)
        * math.sqrt(components.variance(runs, questions, samples))
    )


def _degrees_of_freedom(components: VarianceComponents, runs: int, questions: int) -> float:
    known = not math.isnan(components.run) and runs > 1
    return runs - 1 if known else max(questions - 1, 1)


def minimum_detectable_effect(
    components: VarianceComponents, runs: int, questions: int, samples: float
) -> float:
    """The smallest difference between two conditions that a test finds four times of five.

    Two-sided at 5 %, power 80 %, questions shared so that they cancel (Bloom 1995).
    """
    from scipy.special import stdtrit

    shared = attrs.evolve(components, question=0.0)
    df = 2 * (runs - 1) if runs > 1 else max(questions - 1, 1)
    error = math.sqrt(2 * shared.variance(runs, questions, samples))
    return error * (critical_value(df, CONFIDENCE_LEVEL) + float(stdtrit(df, POWER)))


def required_runs(
    components: VarianceComponents, max_width: float, questions: int, samples: float
) -> int | None:
    """The fewest runs whose interval is at most `wanted` wide; None where no number does."""
    floor = 2 * critical_value(math.inf) * math.sqrt(max(components.question, 0.0) / questions)
    if floor >= max_width:
        return None
    first = 1 if math.isnan(components.run) else 2
    return next(
        (
            runs
            for runs in range(first, _MAX_RUNS)
            if interval_width(components, runs, questions, samples) <= max_width
        ),
        None,
    )


def required_samples(
    components: VarianceComponents, max_width: float, runs: int, questions: int
) -> int | None:
    """The fewest answers a question for an interval at most `wanted` wide; None where no number
    does, for the rest of the variance stays."""
    if interval_width(components, runs, questions, math.inf) >= max_width:
        return None
    low, high = 0, 1
    while interval_width(components, runs, questions, high) > max_width:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (low, middle)
            if interval_width(components, runs, questions, middle) <= max_width
            else (middle, high)
        )
    return high
