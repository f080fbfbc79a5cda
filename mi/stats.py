"""Intervals over replicates.

The replicate is the training run, not the answer: seeds of one condition differ more than answers
of one model do, so an interval over seeds resamples seeds first and questions within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 4000


def cluster_bootstrap(
    seeds: Sequence[Sequence[float]], *, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Percentile interval of the mean over a seed → question hierarchy.

    Seeds are drawn with replacement, then questions within each drawn seed (two-stage cluster
    bootstrap; Davison and Hinkley 1997, section 3.8). The generator is seeded: the same values give
    the same interval.

    Args:
        seeds: Per seed the values of its questions, each already averaged over samples. Every seed
            has at least one value.
        level: Coverage aimed at.

    Returns:
        Low and high end.
    """
    import numpy as np

    generator = np.random.default_rng(0)
    means = np.empty((len(seeds), resamples))
    for row, values in enumerate(seeds):
        means[row] = _resampled_means(np.asarray(values, dtype=float), resamples, generator)
    drawn = generator.integers(0, len(seeds), size=(resamples, len(seeds)))
    # A seed that is drawn twice is resampled twice, each time with questions of its own.
    shifts = generator.integers(0, resamples, size=drawn.shape)
    columns = (np.arange(resamples)[:, None] + shifts) % resamples
    totals = means[drawn, columns].mean(axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(totals, [tail, 1 - tail])
    return float(low), float(high)


def _resampled_means(
    values: NDArray[np.float64], resamples: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    picks = generator.integers(0, len(values), size=(resamples, len(values)))
    means: NDArray[np.float64] = values[picks].mean(axis=1)
    return means
