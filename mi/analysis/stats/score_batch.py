"""The scores of one condition in many studies at once, as `Scores` has them of one.

Studies that differ in how the same answers are scored are the first axis of every array. The
formulas are explained in `scores`; a test compares the numbers.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import attrs

from .intervals import share_variance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    ByStudy: TypeAlias = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False, slots=False)
class ScoresBatch:
    """The scores of one condition in many studies; see `Scores`.

    Args:
        totals: Sums of scores, studies × runs × groups.
        counts: Numbers of scored answers; at least one in each run.
        columns: The number of groups that each study has; the others have no answers in it.
        trained: Whether the runs are trained models.
        seeds: The seed of each run; empty if unknown.
    """

    totals: NDArray[np.float64]
    counts: NDArray[np.float64]
    columns: ByStudy
    trained: bool
    seeds: tuple[int, ...]

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(self.counts.shape[1])

    @property
    def replicated(self) -> bool:
        """Whether there are several trained models to compare."""
        return self.trained and self.runs > 1

    @cached_property
    def n(self) -> ByStudy:
        """Numbers of scored answers."""
        n: ByStudy = self.counts.sum(axis=(1, 2))
        return n

    @cached_property
    def group_counts(self) -> NDArray[np.float64]:
        """Numbers of scored answers, studies × groups."""
        counts: NDArray[np.float64] = self.counts.sum(axis=1)
        return counts

    @cached_property
    def groups(self) -> ByStudy:
        """Numbers of groups with a scored answer."""
        groups: ByStudy = (self.group_counts > 0).sum(axis=1).astype(float)
        return groups

    @cached_property
    def run_means(self) -> NDArray[np.float64]:
        """The mean of each run, studies × runs."""
        means: NDArray[np.float64] = self.totals.sum(axis=2) / self.counts.sum(axis=2)
        return means

    @cached_property
    def mean(self) -> ByStudy:
        """The means of the run means."""
        mean: ByStudy = self.run_means.mean(axis=1)
        return mean

    @cached_property
    def influence(self) -> NDArray[np.float64]:
        """The influence of each group through each run; studies × runs × groups."""
        answers = self.counts.sum(axis=2, keepdims=True)
        influence: NDArray[np.float64] = (
            self.totals - self.run_means[:, :, None] * self.counts
        ) / (answers * self.runs)
        return influence

    @cached_property
    def group_influence(self) -> NDArray[np.float64]:
        """The influence of each group on the mean; studies × groups."""
        influence: NDArray[np.float64] = self.influence.sum(axis=1)
        return influence

    @cached_property
    def share_variance(self) -> ByStudy:
        """The variances of shares over groups; 0 for a share of 0 or 1."""
        import numpy as np

        groups = np.where(self.groups < 2, np.nan, self.groups)
        by_group = groups / (groups - 1) * (self.group_influence**2).sum(axis=1)
        variance = share_variance(self.mean, by_group, groups)
        shares: ByStudy = np.where((self.mean > 0) & (self.mean < 1), variance, 0.0)
        return shares

    @cached_property
    def overlap_variance(self) -> ByStudy:
        """The variances from runs' reactions to single groups; 0 without several trained models."""
        if self.replicated:
            return residual_sums(self.influence, self.columns)
        zeros: ByStudy = 0.0 * self.columns
        return zeros

    @cached_property
    def run_variance(self) -> ByStudy:
        """The variances between run means."""
        variance: ByStudy = self.run_means.var(axis=1, ddof=1)
        return variance

    @cached_property
    def residual_variance(self) -> ByStudy:
        """The variances of one run's mean from its reactions to single groups and answers."""
        return self.overlap_variance * self.runs

    def level_factor(self, *, is_share: bool) -> ByStudy:
        """What a unit of the level variance adds to the variance of one run's mean."""
        import numpy as np

        if not is_share:
            return np.ones_like(self.mean)
        half_answer = 0.5 * self.runs / self.n
        share = np.minimum(np.maximum(self.mean, half_answer), 1 - half_answer)
        factor: ByStudy = (share * (1 - share)) ** 2
        return factor


def residual_sums(influence: NDArray[np.float64], columns: ByStudy) -> ByStudy:
    """The variance of each study's mean that comes from single runs and groups together.

    Args:
        influence: Of each group through each run, studies × runs × groups; at least two runs.
        columns: The number of groups that each study has.
    """
    import numpy as np

    runs = influence.shape[1]
    residuals = influence - influence.mean(axis=1, keepdims=True)
    corrections = runs / (runs - 1) * columns / np.maximum(columns - 1, 1)
    total: ByStudy = (residuals**2).sum(axis=(1, 2)) * corrections
    return total
