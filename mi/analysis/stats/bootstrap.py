"""The cluster bootstrap: intervals of statistics that have no variance formula.

Runs are resampled within each condition, then questions, each with all of its answers: resampling
the highest clusters whole carries the variation below them (Davison and Hinkley 1997, section 3.8).
Every run was asked the same questions, so one resample of questions serves all runs (Owen 2007).
A resample draws one cluster fewer than there are: without that the variance over three runs would
be a third too small (Rao and Wu 1988).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .intervals import CONFIDENCE_LEVEL, critical_value
from .study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 4000


def bootstrap_means(
    study: Study, *, resamples: int = RESAMPLES, seed: int = 0
) -> NDArray[np.float64]:
    """Resample the conditions' means.

    Args:
        study: Any study; all of its conditions share their questions.
        resamples: Number of bootstrap resamples.
        seed: Of the random generator; the same seed gives the same resamples.

    Returns:
        Means, resamples × conditions.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    questions = _draw_counts(study.conditions[0].counts.shape[1], resamples, generator)
    means = []
    for condition in study.conditions:
        runs = _draw_counts(condition.runs if condition.replicated else 1, resamples, generator)
        totals, counts = questions @ condition.totals.T, questions @ condition.counts.T
        with np.errstate(invalid="ignore"):
            run_means = totals / counts
        means.append((runs * run_means).mean(axis=1))
    return np.stack(means, axis=1)


def bootstrap_interval(
    study: Study,
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = CONFIDENCE_LEVEL,
) -> tuple[float, float]:
    """A percentile interval of any function of the conditions' means.

    The percentiles are stretched by the ratio of Student's t to the normal, because with few
    clusters plain percentiles are too narrow (Hesterberg 2015).

    Args:
        study: Any study.
        statistic: Maps means (rows × conditions) to one value per row.
        resamples: Number of bootstrap resamples.
        seed: Of the random generator.
        level: Coverage, in (0, 1).
    """
    import numpy as np

    value = float(statistic(study.means[None, :])[0])
    values = statistic(bootstrap_means(study, resamples=resamples, seed=seed))
    tail = (1 - level) / 2
    ends = np.nanquantile(values, [tail, 1 - tail])
    stretch = critical_value(study.min_df, level) / critical_value(np.inf, level)
    low, high = value + (ends - value) * stretch
    return float(low), float(high)


def _draw_counts(size: int, resamples: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """How often each resample draws each of `size` clusters, scaled so that each resample sums to
    `size`; resamples × size."""
    import numpy as np

    if size == 1:
        return np.ones((resamples, 1))
    picks = generator.integers(0, size, size=(resamples, size - 1))
    counts = np.zeros((resamples, size))
    np.add.at(counts, (np.arange(resamples)[:, None], picks), 1.0)
    return counts * (size / (size - 1))
