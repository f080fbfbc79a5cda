"""The weight of what conditions of many studies say of seeds: `seed_variance` of many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .seed_variance import CAUTION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .score_batch import ByStudy

_FEWEST_CONDITIONS = 2


def prior_dfs(
    observed: NDArray[np.float64], expected: NDArray[np.float64], df: NDArray[np.float64]
) -> ByStudy:
    """The lower confidence limits of Smyth's degrees of freedom (2004, section 6.2).

    Args:
        observed: Variances between runs, conditions × studies.
        expected: The same as the conditions lead one to expect.
        df: Degrees of freedom of each condition.
    """
    import numpy as np
    from scipy.special import digamma, polygamma

    usable = (observed > 0) & (expected > 0)
    count = usable.sum(axis=0)
    enough = count >= _FEWEST_CONDITIONS
    divisor = np.maximum(count, 1)
    half = np.broadcast_to(df / 2, observed.shape)
    ratio = np.where(usable, observed, 1.0) / np.where(usable, expected, 1.0)
    logs = np.where(usable, np.log(ratio) - digamma(half) + np.log(half), 0.0)
    spread = np.where(usable, logs - logs.sum(axis=0) / divisor, 0.0)
    variance = (spread**2).sum(axis=0) / np.maximum(count - 1, 1)
    chance = np.where(usable, polygamma(1, half), 0.0).sum(axis=0) / divisor
    fourth = np.where(usable, polygamma(3, half), 0.0).sum(axis=0) / divisor + 3 * chance**2
    standard_error = np.sqrt(np.maximum(fourth - chance**2, 0.0) / divisor)
    excess = np.maximum(variance - chance, 0.0) + CAUTION * standard_error
    most = 2.0 * float(df.sum())
    reachable = enough & (polygamma(1, most / 2) < excess)
    inverse = 2 * _inverse_trigamma(np.where(reachable, excess, 1.0))
    limit: ByStudy = np.where(reachable, np.maximum(inverse, 1e-6), np.where(enough, most, 0.0))
    return limit


def _inverse_trigamma(value: ByStudy) -> ByStudy:
    """The solutions of trigamma(y) = value, by Newton's method on 1/trigamma, which converges
    monotonically (Smyth 2004, appendix).

    Args:
        value: Positive.
    """
    import numpy as np
    from scipy.special import polygamma

    y: ByStudy = 0.5 + 1 / value
    for _ in range(50):
        trigamma = polygamma(1, y)
        step = trigamma * (1 - trigamma / value) / polygamma(2, y)
        y = y + step
        if np.all(np.abs(step) <= 1e-12 * y):
            break
    return y
