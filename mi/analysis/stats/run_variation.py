"""How much training runs vary within conditions: the between-run part of every standard error.

Three seeds in one condition say little about their spread, so its size is pooled over conditions.
Two numbers describe it. The dispersion covers a run's reactions to single questions and answers:
one factor times the variance that a share of that size has (quasi-likelihood, McCullagh and Nelder
1989, section 4.5). The level variance covers a run's own level: one variance in logits (model III
of Williams 1982). Metrics other than shares have the same two parts with constant variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from .scores import Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True)
class RunVariation:
    """How much run means vary within conditions.

    Args:
        dispersion: Variance from runs' reactions to single questions and answers, as a multiple of
            `sampling_variance`.
        level_variance: Variance of a run's own level; for shares, of its logit, so that a share p
            varies by (p(1 - p))² times it.
        df: Degrees of freedom; 0 if no condition has several seeds.
    """

    dispersion: float
    level_variance: float
    df: int


def estimate_run_variation(
    conditions: Sequence[Scores], *, is_share: bool, sampling: NDArray[np.float64]
) -> RunVariation:
    """Estimate the variation of runs by moments, pooled over the conditions with several seeds.

    Args:
        conditions: All conditions of a study.
        is_share: Whether the metric is a share in [0, 1].
        sampling: The `sampling_variance` of each condition.
    """
    replicated = [index for index, condition in enumerate(conditions) if condition.replicated]
    if not replicated:
        return RunVariation(dispersion=0.0, level_variance=0.0, df=0)
    import numpy as np

    means = np.array([condition.mean for condition in conditions])
    factors = level_factor(conditions, means, is_share=is_share)[replicated]
    overlap = overlap_variance(conditions)[replicated]
    sampling = sampling[replicated]
    replicates = [conditions[index] for index in replicated]
    runs = np.array([condition.runs for condition in replicates])
    df = np.array([condition.runs - 1 for condition in replicates], dtype=float)
    observed = np.array([condition.run_means.var(ddof=1) for condition in replicates])
    dispersion = float((df * overlap * runs / sampling).sum() / df.sum())
    weights = df / sampling
    excess = float(weights @ (observed - dispersion * sampling))
    return RunVariation(
        dispersion=dispersion,
        level_variance=max(excess, 0.0) / float(weights @ factors),
        df=int(df.sum()),
    )


def sampling_variance(
    conditions: Sequence[Scores], means: NDArray[np.float64], *, is_share: bool
) -> NDArray[np.float64]:
    """The variance of one run's mean in each condition, up to a factor common to all: the binomial
    variance p(1 - p) / n for shares, 1 for other metrics.

    Args:
        conditions: All conditions of a study.
        means: The mean of each at which to take the variance.
        is_share: Whether the metric is a share in [0, 1].
    """
    import numpy as np

    if not is_share:
        return np.ones(len(conditions))
    answers, shares = _clipped_shares(conditions, means)
    variance: NDArray[np.float64] = shares * (1 - shares) / answers
    return variance


def level_factor(
    conditions: Sequence[Scores], means: NDArray[np.float64], *, is_share: bool
) -> NDArray[np.float64]:
    """The variance that a unit of `level_variance` adds to one run's mean in each condition:
    (p(1 - p))² for shares, by the delta method on the logit, 1 for other metrics.

    Args:
        conditions: All conditions of a study.
        means: The mean of each at which to take the factor.
        is_share: Whether the metric is a share in [0, 1].
    """
    import numpy as np

    if not is_share:
        return np.ones(len(conditions))
    _, shares = _clipped_shares(conditions, means)
    factor: NDArray[np.float64] = (shares * (1 - shares)) ** 2
    return factor


def _clipped_shares(
    conditions: Sequence[Scores], means: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Answers per run, and shares at least half an answer away from 0 and 1."""
    import numpy as np

    answers = np.array([condition.n / condition.runs for condition in conditions])
    return answers, means.clip(0.5 / answers, 1 - 0.5 / answers)


def overlap_variance(conditions: Sequence[Scores]) -> NDArray[np.float64]:
    """The variance of each condition's mean from runs' reactions to single questions, which both
    the variance between runs and the variance between questions contain."""
    import numpy as np

    variances = np.zeros(len(conditions))
    for index, condition in enumerate(conditions):
        if condition.replicated:
            runs, questions = condition.counts.shape
            residuals = condition.influence - condition.influence.mean(axis=0)
            small_sample = runs / (runs - 1) * questions / max(questions - 1, 1)
            variances[index] = float((residuals**2).sum()) * small_sample
    return variances
