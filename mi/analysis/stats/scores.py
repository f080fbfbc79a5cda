"""The scores of one condition on one metric, by run and question."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Scores:
    """The scores of one condition on one metric.

    Args:
        totals: Sums of scores, runs × questions.
        counts: Numbers of scored answers, runs × questions; 0 where a question has none.
        trained: Whether the runs are trained models. The untrained model is a single one, so it
            has no variation over seeds.
    """

    totals: NDArray[np.float64]
    counts: NDArray[np.float64]
    trained: bool = True

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(self.counts.shape[0])

    @property
    def n(self) -> int:
        """Number of scored answers over all runs."""
        return int(self.counts.sum())

    @cached_property
    def run_means(self) -> NDArray[np.float64]:
        """The mean of each run over its answers; length runs."""
        means: NDArray[np.float64] = self.totals.sum(axis=1) / self.counts.sum(axis=1)
        return means

    @property
    def mean(self) -> float:
        """The mean of the run means."""
        return float(self.run_means.mean())

    @cached_property
    def influence(self) -> NDArray[np.float64]:
        """The influence of each question on the condition's mean through each run; runs ×
        questions.

        This is the linearisation of a ratio of sums (Woodruff 1971), because questions have
        different numbers of answers.
        """
        answers = self.counts.sum(axis=1, keepdims=True)
        influence: NDArray[np.float64] = (self.totals - self.run_means[:, None] * self.counts) / (
            answers * self.runs
        )
        return influence

    @property
    def replicated(self) -> bool:
        """Whether there are several trained models to compare."""
        return self.trained and self.runs > 1
