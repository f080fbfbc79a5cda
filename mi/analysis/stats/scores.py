"""The scores of one condition on one metric, by run and group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from .intervals import share_variance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Scores:
    """The scores of one condition on one metric.

    Args:
        totals: Sums of scores, runs × groups. A group is a cluster of questions: answers to the
            same scenario are not independent.
        counts: Numbers of scored answers, runs × groups; 0 where a group has none.
        trained: Whether the runs are trained models. A model that was not trained here is a single
            one, so it has no variation over seeds.
        seeds: The seed of each run, which pairs the runs of two conditions; empty if unknown.
    """

    totals: NDArray[np.float64]
    counts: NDArray[np.float64]
    trained: bool = True
    seeds: tuple[int, ...] = ()

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(self.counts.shape[0])

    @cached_property
    def n(self) -> int:
        """Number of scored answers over all runs."""
        return int(self.counts.sum())

    @cached_property
    def groups(self) -> int:
        """Number of groups with a scored answer."""
        return int((self.counts.sum(axis=0) > 0).sum())

    @cached_property
    def run_means(self) -> NDArray[np.float64]:
        """The mean of each run over its answers; length runs."""
        means: NDArray[np.float64] = self.totals.sum(axis=1) / self.counts.sum(axis=1)
        return means

    @cached_property
    def mean(self) -> float:
        """The mean of the run means."""
        return float(self.run_means.mean())

    @cached_property
    def influence(self) -> NDArray[np.float64]:
        """The influence of each group on the condition's mean through each run; runs × groups.

        This is the linearisation of a ratio of sums (Woodruff 1971), because groups have different
        numbers of answers.
        """
        answers = self.counts.sum(axis=1, keepdims=True)
        influence: NDArray[np.float64] = (self.totals - self.run_means[:, None] * self.counts) / (
            answers * self.runs
        )
        return influence

    @cached_property
    def group_variance(self) -> float:
        """The cluster-robust variance of the mean over groups (Liang and Zeger 1986); NaN with
        fewer than two groups."""
        if self.groups < 2:
            return float("nan")
        by_group = self.influence.sum(axis=0)
        return self.groups / (self.groups - 1) * float(by_group @ by_group)

    @cached_property
    def share_variance(self) -> float:
        """`group_variance` of a share, drawn towards that of groups of equal answers; 0 for a share
        of 0 or 1."""
        if not 0 < self.mean < 1:
            return 0.0
        return float(share_variance(self.mean, self.group_variance, self.groups))

    @cached_property
    def overlap_variance(self) -> float:
        """The variance of the mean from runs' reactions to single groups, which both the variance
        between runs and the variance between groups contain; 0 without several trained models."""
        return residual_sum(self.influence) if self.replicated else 0.0

    @property
    def replicated(self) -> bool:
        """Whether there are several trained models to compare."""
        return self.trained and self.runs > 1


def residual_sum(influence: NDArray[np.float64]) -> float:
    """The variance of a mean over runs that comes from single runs and groups together.

    Args:
        influence: Of each group through each run, runs × groups; at least two runs.
    """
    runs, groups = influence.shape
    residuals = influence - influence.mean(axis=0)
    corrections = runs / (runs - 1) * groups / max(groups - 1, 1)
    return float((residuals**2).sum() * corrections)


@attrs.frozen(kw_only=True)
class RunSums:
    """The scores of one run on one metric, summed by group.

    Args:
        seed: Its seed; None for a model that is not trained here.
        groups: Names of the groups; None: it was stored without.
        counts: Scored answers of each group.
        totals: Sum of their scores.
    """

    seed: int | None
    groups: Sequence[str | None]
    counts: Sequence[float]
    totals: Sequence[float]


def group_columns(runs: Iterable[RunSums]) -> dict[str | None, int]:
    """The column of each group in the scores of a study.

    If a run was stored without groups, all answers are in one column: no interval can be computed.
    """
    names = {group for run in runs for group in run.groups}
    if None in names:
        return dict.fromkeys(names, 0)
    return {group: column for column, group in enumerate(sorted(filter(None, names)))}


def build_scores(
    runs: Sequence[RunSums], columns: Mapping[str | None, int], *, trained: bool
) -> Scores:
    """The scores of a condition from those of its runs.

    Args:
        runs: At least one.
        columns: Of each group; the same for all conditions of a study.
        trained: Whether the runs are trained models.
    """
    import numpy as np

    width = max(columns.values(), default=0) + 1
    totals, counts = np.zeros((2, len(runs), width))
    for index, run in enumerate(runs):
        places = [columns[group] for group in run.groups]
        np.add.at(totals[index], places, run.totals)
        np.add.at(counts[index], places, run.counts)
    seeds = tuple(run.seed for run in runs if run.seed is not None)
    return Scores(
        totals=totals,
        counts=counts,
        trained=trained,
        seeds=seeds if len(seeds) == len(runs) else (),
    )
