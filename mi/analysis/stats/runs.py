"""Means and within-run intervals of many runs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .intervals import critical_values, share_interval, share_variance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False)
class RunSummaries:
    """Numbers of runs, each an array with one element a run.

    Args:
        n: Scored answers.
        groups: Groups with a scored answer; 0: the run was stored without groups.
        mean: Over answers.
        low: Lower end of the 95 % interval, as `high`; NaN where there are fewer than two groups.
    """

    n: NDArray[np.int64]
    groups: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def run_summaries(
    run: NDArray[np.int64],
    *,
    counts: NDArray[np.float64],
    totals: NDArray[np.float64],
    has_group: NDArray[np.bool_],
    is_share: NDArray[np.bool_],
) -> RunSummaries:
    """The mean and the interval of every run: those of a `Study` of that run alone.

    Args:
        run: The run of each row, from 0 without a gap. A row is a group.
        counts: Scored answers of the row, at least 1.
        totals: Sum of their scores.
        has_group: Whether the row is a group, rather than answers without one.
        is_share: For each run, whether its scores are 0 or 1.
    """
    import numpy as np

    n, total = np.bincount(run, counts).astype(float), np.bincount(run, totals)
    rows = np.bincount(run).astype(float)
    groups = np.where(np.bincount(run, has_group) == rows, rows, 0.0)
    mean = total / n
    influence = (totals - mean[run] * counts) / n[run]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.bincount(run, influence**2) * groups / (groups - 1)
        variance = np.where(groups > 1, variance, np.nan)
        critical = critical_values(np.maximum(groups - 1, 1))
        inside = (mean > 0) & (mean < 1)
        drawn = np.where(inside, share_variance(mean, variance, np.maximum(groups, 2)), 0.0)
        share_low, share_high = share_interval(
            mean, n=n, groups=groups, variance=drawn, critical=critical
        )
        half_width = critical * np.sqrt(variance)
    return RunSummaries(
        n=n.astype(np.int64),
        groups=groups.astype(np.int64),
        mean=mean,
        low=np.where(is_share, share_low, mean - half_width),
        high=np.where(is_share, share_high, mean + half_width),
    )
