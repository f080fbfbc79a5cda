"""What a condition scored, run by run and question by question, and how much runs vary."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Scores:
    """What one condition scored on one metric.

    Args:
        totals: Sum of the scores, runs × questions.
        counts: How many answers were scored, of the same shape; 0 where none was.
        trained: Whether the runs are trainings. The untrained model is one and the same, so no
            seed of it varies.
    """

    totals: NDArray[np.float64]
    counts: NDArray[np.float64]
    trained: bool = True

    @property
    def runs(self) -> int:
        """How many runs."""
        return int(self.counts.shape[0])

    @property
    def n(self) -> int:
        """How many answers over all runs."""
        return int(self.counts.sum())

    @cached_property
    def run_means(self) -> NDArray[np.float64]:
        """The mean of each run over its answers."""
        means: NDArray[np.float64] = self.totals.sum(axis=1) / self.counts.sum(axis=1)
        return means

    @property
    def mean(self) -> float:
        """The mean over runs."""
        return float(self.run_means.mean())

    @cached_property
    def influence(self) -> NDArray[np.float64]:
        """What each question moves each run's mean by, as a part of the condition's; runs ×
        questions. The mean is a ratio of sums, for questions have different numbers of answers."""
        answered = self.counts.sum(axis=1, keepdims=True)
        moved: NDArray[np.float64] = (self.totals - self.run_means[:, None] * self.counts) / (
            answered * self.runs
        )
        return moved

    @property
    def replicated(self) -> bool:
        """Whether several trainings can be compared."""
        return self.trained and self.runs > 1


@attrs.frozen(kw_only=True)
class RunVariation:
    """How much run means vary, over conditions.

    Args:
        chance: What runs make of single questions and answers, as a multiple of the variance that
            a share of that size has.
        run: The variance of a run's own level; for shares in logits, where p(1 - p) times it is
            what it makes of a share p.
        spare: Degrees of freedom; 0 where no seed was repeated.
    """

    dispersion: float
    level_variance: float
    df: int
