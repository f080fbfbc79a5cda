"""Power analysis: how many seeds and samples an interval of a given width takes.

The variance of a condition's mean over S runs, G groups and m answers per group is

    σ²_run / S + σ²_group / G + σ²_interaction / (S·G) + σ²_answer / (S·G·m)

(a crossed design; Brennan 2001, *Generalizability Theory*, chapter 3). The component that dominates
says what to buy: more answers per group lower the last term only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from .intervals import critical_value, interval_half_width
from .scores import Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POWER = 0.8
_MAX_RUNS = 10_000
_LENT = 1.9


@attrs.frozen(kw_only=True)
class VarianceComponents:
    """Variance components of one answer's score; negative estimates are set to 0.

    Args:
        run: Between training runs; NaN if only one seed was run, and then counted as 0.
        group: Between groups, averaged over runs.
        interaction: Between runs on a single group. Included in `answer` if each group has
            one answer, and in `group` if there is one run.
        answer: Between answers of one run to one group.
    """

    run: float
    group: float
    interaction: float
    answer: float

    def variance(self, runs: float, groups: float, samples: float) -> float:
        """The variance of a condition's mean, by the formula above.

        Args:
            runs: Number of training runs, S.
            groups: Number of groups, G.
            samples: Number of answers per group and run, m.
        """
        run = 0.0 if math.isnan(self.run) else self.run
        cells = runs * groups
        return (
            run / runs
            + self.group / groups
            + self.interaction / cells
            + self.answer / (cells * samples)
        )


def variance_components(scores: Scores, *, is_share: bool = True) -> VarianceComponents:
    """Estimate the variance components of a condition by analysis of variance.

    Each mean square is set equal to its expectation (Searle, Casella and McCulloch 1992, chapter
    4); if groups have different numbers of answers, their harmonic mean stands for all. A share
    on which all answers agree is treated as if it had one more answer of either kind.
    """
    import numpy as np

    answered = (scores.counts > 0).all(axis=0)
    totals, counts = scores.totals[:, answered], scores.counts[:, answered]
    runs, groups = counts.shape
    if groups < 2:
        return VarianceComponents(
            run=math.nan, group=math.nan, interaction=math.nan, answer=math.nan
        )
    if is_share and totals.sum() in (0, counts.sum()):
        share = 1 / (counts.sum() + 2)
        return VarianceComponents(
            run=math.nan, group=0.0, interaction=0.0, answer=share * (1 - share)
        )
    means = totals / counts
    samples = counts.size / float((1 / counts).sum())
    answer = _answer_variance(means, counts) if samples > 1 else 0.0
    group_means = means.mean(axis=0)
    group_square = runs * float(np.var(group_means, ddof=1))
    if runs == 1:
        group = group_square - answer / samples
        return _truncated_components(math.nan, group, 0.0, answer, samples)
    residuals = means - group_means - (means.mean(axis=1) - means.mean())[:, None]
    interaction_square = float((residuals**2).sum()) / ((runs - 1) * (groups - 1))
    run_square = groups * float(np.var(means.mean(axis=1), ddof=1))
    return _truncated_components(
        (run_square - interaction_square) / groups,
        (group_square - interaction_square) / runs,
        interaction_square - answer / samples,
        answer,
        samples,
    )


def _truncated_components(
    run: float, group: float, interaction: float, answer: float, samples: float
) -> VarianceComponents:
    if samples <= 1:  # one answer per group: its chance is confounded with the next component
        group, answer = (0.0, group) if math.isnan(run) else (group, interaction)
        interaction = 0.0
    run, group, interaction, answer = (
        variance if math.isnan(variance) else max(variance, 0.0)
        for variance in (run, group, interaction, answer)
    )
    return VarianceComponents(run=run, group=group, interaction=interaction, answer=answer)


def _answer_variance(means: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    """Pooled variance between answers to one group, for scores of 0 or 1."""
    df = (counts - 1).clip(min=0).sum()
    return float((counts * means * (1 - means)).sum() / df) if df else 0.0


def interval_width(components: VarianceComponents, runs: int, groups: int, samples: float) -> float:
    """Full width of the 95 % interval of a condition's mean, high end less low end.

    Args:
        components: Of one answer's score.
        runs: Number of training runs.
        groups: Number of groups.
        samples: Number of answers per group and run.
    """
    return 2 * interval_half_width(_parts(components, runs, groups, samples))


def _parts(
    components: VarianceComponents, runs: int, groups: int, samples: float
) -> list[tuple[float, float]]:
    """The variance between groups and the variance between runs, with their degrees of freedom: the
    other conditions lend a condition about as many as its own seeds have."""
    by_group = components.group / groups
    rest = components.variance(runs, groups, samples) - by_group
    if math.isnan(components.run) or runs < 2:
        return [(by_group + rest, max(groups - 1, 1))]
    return [(by_group, max(groups - 1, 1)), (rest, _LENT * (runs - 1))]


def minimum_detectable_effect(
    components: VarianceComponents, runs: int, groups: int, samples: float
) -> float:
    """The smallest difference between two conditions that a two-sided 5 % test detects with 80 %
    power (Bloom 1995).

    Both conditions are asked the same groups, so the variance between groups cancels.

    Args:
        components: Of one answer's score, in each condition.
        runs: Number of training runs per condition.
        groups: Number of groups.
        samples: Number of answers per group and run.
    """
    from scipy.special import ndtri

    paired = attrs.evolve(components, group=0.0)
    parts = [(2 * variance, df) for variance, df in _parts(paired, runs, groups, samples)]
    standard_error = math.sqrt(sum(variance for variance, _ in parts))
    return interval_half_width(parts) + float(ndtri(POWER)) * standard_error


PLANNED = VarianceComponents(run=(0.15 * 0.3 * 0.7) ** 2, group=0.02, interaction=0.02, answer=0.17)
"""What a plan assumes of a share about 0.3: seeds differ by 0.15 logits, and groups explain a fifth
of the variance, half of it in the same way in every condition."""


def planned_difference(runs: int, groups: int, samples: float) -> float:
    """The smallest difference between two conditions that a design is likely to find, before there
    are data: `minimum_detectable_effect` of `PLANNED`.

    Args:
        runs: Number of training runs per condition.
        groups: Number of groups.
        samples: Number of answers per group.
    """
    components = PLANNED if runs > 1 else attrs.evolve(PLANNED, run=math.nan)
    return minimum_detectable_effect(components, runs, groups, samples)


def required_runs(
    components: VarianceComponents, max_width: float, groups: int, samples: float
) -> int | None:
    """The fewest runs whose 95 % interval is narrow enough.

    Args:
        components: Of one answer's score.
        max_width: Largest acceptable full width of the interval.
        groups: Number of groups.
        samples: Number of answers per group and run.

    Returns:
        None if no number of runs is enough, because groups alone vary too much.
    """
    floor = 2 * critical_value(math.inf) * math.sqrt(max(components.group, 0.0) / groups)
    if floor >= max_width:
        return None
    first = 1 if math.isnan(components.run) else 2
    return next(
        (
            runs
            for runs in range(first, _MAX_RUNS)
            if interval_width(components, runs, groups, samples) <= max_width
        ),
        None,
    )


def required_samples(
    components: VarianceComponents, max_width: float, runs: int, groups: int
) -> int | None:
    """The fewest answers per group whose 95 % interval is narrow enough.

    Args:
        components: Of one answer's score.
        max_width: Largest acceptable full width of the interval.
        runs: Number of training runs.
        groups: Number of groups.

    Returns:
        None if no number of answers is enough, because the other components remain.
    """
    if interval_width(components, runs, groups, math.inf) >= max_width:
        return None
    low, high = 0, 1
    while interval_width(components, runs, groups, high) > max_width:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        is_enough = interval_width(components, runs, groups, middle) <= max_width
        low, high = (low, middle) if is_enough else (middle, high)
    return high
