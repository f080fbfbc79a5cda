"""The cluster bootstrap: what has no formula, from samples of samples.

Runs are drawn within each condition, then questions, each with all of its answers: resampling the
highest clusters whole carries what varies below them (Davison and Hinkley 1997, section 3.8). Every
run was asked the same questions, so they are drawn once for all (Owen 2007). Of each kind one fewer
is drawn than there are: without that the variance over three runs is a third too small (Rao and Wu
1988).
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
    """The conditions' means, drawn anew; resamples × conditions, the same for the same `seed`."""
    import numpy as np

    generator = np.random.default_rng(seed)
    questions = _draw_counts(study.conditions[0].counts.shape[1], resamples, generator)
    means = []
    for one in study.conditions:
        runs = _draw_counts(one.runs if one.replicated else 1, resamples, generator)
        totals, counts = questions @ one.totals.T, questions @ one.counts.T
        with np.errstate(invalid="ignore"):
            each = totals / counts
        means.append((runs * each).mean(axis=1))
    return np.stack(means, axis=1)


def bootstrap_interval(
    study: Study,
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = CONFIDENCE_LEVEL,
) -> tuple[float, float]:
    """A percentile interval of any function of the conditions' means, stretched as Student's t is
    against the normal: with few clusters percentiles are too narrow (Hesterberg 2015).

    Args:
        statistic: From means (rows × conditions) to a value a row.
    """
    import numpy as np

    value = float(statistic(study.means[None, :])[0])
    drawn = statistic(bootstrap_means(study, resamples=resamples, seed=seed))
    tail = (1 - level) / 2
    ends = np.nanquantile(drawn, [tail, 1 - tail])
    stretch = critical_value(study.min_df, level) / critical_value(np.inf, level)
    low, high = value + (ends - value) * stretch
    return float(low), float(high)


def _draw_counts(size: int, resamples: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """How often each of `size` clusters is drawn, scaled to `size` in all; resamples × size."""
    import numpy as np

    if size == 1:
        return np.ones((resamples, 1))
    picks = generator.integers(0, size, size=(resamples, size - 1))
    counts = np.zeros((resamples, size))
    np.add.at(counts, (np.arange(resamples)[:, None], picks), 1.0)
    return counts * (size / (size - 1))
