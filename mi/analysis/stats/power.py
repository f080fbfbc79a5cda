"""Power analysis: how many seeds and samples an interval of a given width takes.

The variance of a condition's mean over S runs, Q questions and m answers per question is

    σ²_run / S + σ²_question / Q + σ²_interaction / (S·Q) + σ²_answer / (S·Q·m)

(a crossed design; Brennan 2001, *Generalizability Theory*, chapter 3). The component that dominates
says what to buy: more answers per question lower the last term only.
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
    """Variance components of one answer's score; negative estimates are set to 0.

    Args:
        run: Between training runs; NaN if only one seed was run, and then counted as 0.
        question: Between questions, averaged over runs.
        interaction: Between runs on a single question. Included in `answer` if each question has
            one answer, and in `question` if there is one run.
        answer: Between answers of one run to one question.
    """

    run: float
    question: float
    interaction: float
    answer: float

    def variance(self, runs: float, questions: float, samples: float) -> float:
        """The variance of a condition's mean, by the formula above.

        Args:
            runs: Number of training runs, S.
            questions: Number of questions, Q.
            samples: Number of answers per question and run, m.
        """
        run = 0.0 if math.isnan(self.run) else self.run
        cells = runs * questions
        return (
            run / runs
            + self.question / questions
            + self.interaction / cells
            + self.answer / (cells * samples)
        )


def variance_components(scores: Scores, *, is_share: bool = True) -> VarianceComponents:
    """Estimate the variance components of a condition by analysis of variance.

    Each mean square is set equal to its expectation (Searle, Casella and McCulloch 1992, chapter
    4); if questions have different numbers of answers, their harmonic mean stands for all. A share
    on which all answers agree is treated as if it had one more answer of either kind.
    """
    import numpy as np

    answered = (scores.counts > 0).all(axis=0)
    totals, counts = scores.totals[:, answered], scores.counts[:, answered]
    runs, questions = counts.shape
    if questions < 2:
        return VarianceComponents(
            run=math.nan, question=math.nan, interaction=math.nan, answer=math.nan
        )
    if is_share and totals.sum() in (0, counts.sum()):
        share = 1 / (counts.sum() + 2)
        return VarianceComponents(
            run=math.nan, question=0.0, interaction=0.0, answer=share * (1 - share)
        )
    means = totals / counts
    samples = counts.size / float((1 / counts).sum())
    answer = _answer_variance(means, counts) if samples > 1 else 0.0
    question_means = means.mean(axis=0)
    question_square = runs * float(np.var(question_means, ddof=1))
    if runs == 1:
        question = question_square - answer / samples
        return _truncated_components(math.nan, question, 0.0, answer, samples)
    residuals = means - question_means - (means.mean(axis=1) - means.mean())[:, None]
    interaction_square = float((residuals**2).sum()) / ((runs - 1) * (questions - 1))
    run_square = questions * float(np.var(means.mean(axis=1), ddof=1))
    return _truncated_components(
        (run_square - interaction_square) / questions,
        (question_square - interaction_square) / runs,
        interaction_square - answer / samples,
        answer,
        samples,
    )


def _truncated_components(
    run: float, question: float, interaction: float, answer: float, samples: float
) -> VarianceComponents:
    if samples <= 1:  # one answer per question: its chance is confounded with the next component
        question, answer = (0.0, question) if math.isnan(run) else (question, interaction)
        interaction = 0.0
    run, question, interaction, answer = (
        variance if math.isnan(variance) else max(variance, 0.0)
        for variance in (run, question, interaction, answer)
    )
    return VarianceComponents(run=run, question=question, interaction=interaction, answer=answer)


def _answer_variance(means: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    """Pooled variance between answers to one question, for scores of 0 or 1."""
    df = (counts - 1).clip(min=0).sum()
    return float((counts * means * (1 - means)).sum() / df) if df else 0.0


def interval_width(
    components: VarianceComponents, runs: int, questions: int, samples: float
) -> float:
    """Full width of the 95 % interval of a condition's mean, high end less low end.

    Args:
        components: Of one answer's score.
        runs: Number of training runs.
        questions: Number of questions.
        samples: Number of answers per question and run.
    """
    return (
        2
        * critical_value(_degrees_of_freedom(components, runs, questions), CONFIDENCE_LEVEL)
        * math.sqrt(components.variance(runs, questions, samples))
    )


def _degrees_of_freedom(components: VarianceComponents, runs: int, questions: int) -> float:
    has_run_variance = not math.isnan(components.run) and runs > 1
    return runs - 1 if has_run_variance else max(questions - 1, 1)


def minimum_detectable_effect(
    components: VarianceComponents, runs: int, questions: int, samples: float
) -> float:
    """The smallest difference between two conditions that a two-sided 5 % test detects with 80 %
    power (Bloom 1995).

    Both conditions are asked the same questions, so the variance between questions cancels.

    Args:
        components: Of one answer's score, in each condition.
        runs: Number of training runs per condition.
        questions: Number of questions.
        samples: Number of answers per question and run.
    """
    from scipy.special import stdtrit

    paired = attrs.evolve(components, question=0.0)
    df = 2 * (runs - 1) if runs > 1 else max(questions - 1, 1)
    standard_error = math.sqrt(2 * paired.variance(runs, questions, samples))
    return standard_error * (critical_value(df, CONFIDENCE_LEVEL) + float(stdtrit(df, POWER)))


def required_runs(
    components: VarianceComponents, max_width: float, questions: int, samples: float
) -> int | None:
    """The fewest runs whose 95 % interval is narrow enough.

    Args:
        components: Of one answer's score.
        max_width: Largest acceptable full width of the interval.
        questions: Number of questions.
        samples: Number of answers per question and run.

    Returns:
        None if no number of runs is enough, because questions alone vary too much.
    """
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
    """The fewest answers per question whose 95 % interval is narrow enough.

    Args:
        components: Of one answer's score.
        max_width: Largest acceptable full width of the interval.
        runs: Number of training runs.
        questions: Number of questions.

    Returns:
        None if no number of answers is enough, because the other components remain.
    """
    if interval_width(components, runs, questions, math.inf) >= max_width:
        return None
    low, high = 0, 1
    while interval_width(components, runs, questions, high) > max_width:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        is_enough = interval_width(components, runs, questions, middle) <= max_width
        low, high = (low, middle) if is_enough else (middle, high)
    return high
