"""How much training runs vary within a condition, estimated from two or three seeds.

Two seeds say next to nothing about their own spread, and the spread of all conditions together says
nothing about the one condition that is unstable. So each condition's variance is *moderated*: it is
a weighted mean of its own and of what the other conditions lead one to expect (Smyth 2004,
section 3). The expectation is a variance of a run's level that is the same in logits in every
condition (model III of Williams 1982), plus what answers vary by chance.

What this gives up: the weight of the expectation is a lower confidence limit of Smyth's estimate
(`CAUTION`), which itself is often infinite with so few conditions. Where spreads are equal,
intervals are therefore wider than with full pooling; where one condition is several times as
unstable as the others, full pooling covered its mean in three of four cases only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from .scores import Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CAUTION = 1.0
"""How many standard errors the weight of the other conditions stays below its estimate."""
_FEWEST_CONDITIONS = 2


@attrs.frozen(kw_only=True, eq=False)
class SeedVariance:
    """What is expected of the variance between runs.

    Args:
        level: Variance of a run's own level; for shares, of its logit, so that a share p varies by
            (p(1 - p))² times it.
        prior_df: Degrees of freedom of the expectation; 0: there is none.
    """

    level: float
    prior_df: float

    def expected(self, scores: Scores, *, is_share: bool) -> float:
        """The expected variance between the run means of a condition."""
        return self.level * level_factor(scores, is_share=is_share) + residual_variance(scores)

    def moderate(self, observed: float, df: float, expected: float) -> tuple[float, float]:
        """The moderated variance and its degrees of freedom (Smyth 2004, equation 5).

        Args:
            observed: A variance between runs, with `df` degrees of freedom.
            df: At least 1.
            expected: The same variance as the other conditions lead one to expect.
        """
        total = self.prior_df + df
        return (self.prior_df * expected + df * observed) / total, total


def estimate_seed_variance(conditions: Sequence[Scores], *, is_share: bool) -> SeedVariance:
    """Estimate what the conditions have in common, from those with several seeds.

    Args:
        conditions: All conditions of a study.
        is_share: Whether the metric is a share in [0, 1].
    """
    import numpy as np

    replicated = [condition for condition in conditions if condition.replicated]
    if len(replicated) < _FEWEST_CONDITIONS:
        return SeedVariance(level=0.0, prior_df=0.0)
    df = np.array([condition.runs - 1 for condition in replicated], dtype=float)
    observed = np.array([condition.run_means.var(ddof=1) for condition in replicated])
    chance = np.array([residual_variance(condition) for condition in replicated])
    factors = np.array([level_factor(condition, is_share=is_share) for condition in replicated])
    level = _pooled_level(observed, chance, factors, df)
    return SeedVariance(level=level, prior_df=_prior_df(observed, level * factors + chance, df))


def _pooled_level(
    observed: NDArray[np.float64],
    chance: NDArray[np.float64],
    factors: NDArray[np.float64],
    df: NDArray[np.float64],
) -> float:
    """The level variance that makes the pooled excess over chance zero, at least 0."""
    import numpy as np

    weights = df * factors / np.maximum(chance, 1e-12) ** 2
    weights = np.minimum(weights, np.median(weights) * 10)
    slope = float(weights @ factors)
    return max(float(weights @ (observed - chance)), 0.0) / slope if slope else 0.0


def _prior_df(
    observed: NDArray[np.float64], expected: NDArray[np.float64], df: NDArray[np.float64]
) -> float:
    """A lower confidence limit of Smyth's degrees of freedom (2004, section 6.2).

    How much the logarithms of the variances differ beyond chance says how alike they are; the limit
    is one standard error of that excess away from its estimate.
    """
    import numpy as np
    from scipy.optimize import brentq
    from scipy.special import digamma, polygamma

    usable = (observed > 0) & (expected > 0)
    count = int(usable.sum())
    if count < _FEWEST_CONDITIONS:
        return 0.0
    half = df[usable] / 2
    logs = np.log(observed[usable] / expected[usable]) - digamma(half) + np.log(half)
    chance = float(polygamma(1, half).mean())
    fourth = float(polygamma(3, half).mean()) + 3 * chance**2
    standard_error = math.sqrt((fourth - chance**2) / count)
    excess = max(float(logs.var(ddof=1)) - chance, 0.0) + CAUTION * standard_error
    most = 2.0 * float(df.sum())
    if float(polygamma(1, most / 2)) >= excess:
        return most
    return float(brentq(lambda prior: float(polygamma(1, prior / 2)) - excess, 1e-6, most))


def residual_variance(scores: Scores) -> float:
    """The variance of one run's mean from its reactions to single groups and answers."""
    return scores.overlap_variance * scores.runs


def level_factor(scores: Scores, *, is_share: bool) -> float:
    """The variance that a unit of `SeedVariance.level` adds to one run's mean: (p(1 - p))² for
    shares, by the delta method on the logit, 1 for other metrics."""
    if not is_share:
        return 1.0
    half_answer = 0.5 * scores.runs / scores.n
    share = min(max(scores.mean, half_answer), 1 - half_answer)
    return float((share * (1 - share)) ** 2)
