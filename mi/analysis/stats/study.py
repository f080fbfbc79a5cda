"""A study: one metric in several conditions, and weighted sums of their means.

Each condition has runs (seeds), and every run is asked the same questions, each several times. A
mean varies with the run, with the questions, and with a run's reaction to single questions. The
variance of a weighted sum of means, Σ c·mean, is estimated in two parts:

- between runs: the spread of run means within conditions, pooled over conditions (`run_variation`);
- between questions, which all conditions share, so that conditions are compared question by
  question: the cluster-robust variance (Liang and Zeger 1986), less the part that the first one
  already contains (as in two-way clustering, Cameron, Gelbach and Miller 2011).

The degrees of freedom of the standard error are Satterthwaite's (1946). With one run per condition
only the second part exists: the interval is within-run and says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from .intervals import (
    CONFIDENCE_LEVEL,
    Basis,
    Estimate,
    p_value,
    satterthwaite_df,
    t_interval,
    wilson_interval,
)
from .run_variation import (
    RunVariation,
    estimate_run_variation,
    level_factor,
    overlap_variance,
    sampling_variance,
)
from .scores import Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Study:
    """One metric in several conditions.

    Args:
        conditions: Each with the same questions in the same order.
        is_share: Whether the metric is a share in [0, 1] of answers that have a property.
        level: Coverage of the intervals.
        pooled_variation: How much runs vary, as estimated from a larger study that this one is
            part of; None: estimated from these conditions.
    """

    conditions: Sequence[Scores]
    is_share: bool = True
    level: float = CONFIDENCE_LEVEL
    pooled_variation: RunVariation | None = None

    @property
    def basis(self) -> Basis:
        """What the intervals generalise to."""
        return "over seeds" if self._run_df else "within-run"

    @property
    def _run_df(self) -> int:
        """Degrees of freedom between runs."""
        return self._run_variation.df

    @property
    def min_df(self) -> int:
        """The fewest degrees of freedom that a standard error can have: those of questions, or of
        runs if several seeds were run and there are fewer of those."""
        question_df = max(self._question_count - 1, 1)
        return min(self._run_df, question_df) if self._run_df else question_df

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """The means of the conditions; length conditions."""
        import numpy as np

        return np.array([condition.mean for condition in self.conditions])

    @cached_property
    def between_runs(self) -> NDArray[np.float64]:
        """The variance of each condition's mean between runs; length conditions. It is 0 if unknown
        (no condition has several seeds) and for the untrained model, which is a single run."""
        factors = level_factor(self.conditions, self.means, is_share=self.is_share)
        return self._between_runs_at(self._sampling_variance, factors)

    def _between_runs_at(
        self, sampling: NDArray[np.float64], factors: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        import numpy as np

        variation = self._run_variation
        trained = np.array([condition.trained / condition.runs for condition in self.conditions])
        variances: NDArray[np.float64] = (
            variation.dispersion * sampling + variation.level_variance * factors
        ) * trained
        return variances

    @cached_property
    def _run_variation(self) -> RunVariation:
        if self.pooled_variation is not None:
            return self.pooled_variation
        return estimate_run_variation(
            self.conditions, is_share=self.is_share, sampling=self._sampling_variance
        )

    @cached_property
    def _sampling_variance(self) -> NDArray[np.float64]:
        import numpy as np

        answers = np.array([condition.n for condition in self.conditions])
        # One more answer of either kind, so that a share of 0 does not claim to have no variance.
        smoothed = (self.means * answers + 1) / (answers + 2)
        return sampling_variance(self.conditions, smoothed, is_share=self.is_share)

    @cached_property
    def _overlap_variance(self) -> NDArray[np.float64]:
        return overlap_variance(self.conditions)

    @cached_property
    def _question_influence(self) -> NDArray[np.float64]:
        """The influence of each question on each condition's mean; conditions × questions."""
        import numpy as np

        return np.array([condition.influence.sum(axis=0) for condition in self.conditions])

    @property
    def _question_count(self) -> int:
        """Questions with a scored answer in any condition."""
        return int((sum(condition.counts.sum(axis=0) for condition in self.conditions) > 0).sum())

    @cached_property
    def _continuity_variance(self) -> NDArray[np.float64]:
        """A term added to the variance of each share, about the size of one more answer of either
        kind (Bonett and Price 2012)."""
        import numpy as np

        answers = np.array([condition.n for condition in self.conditions], dtype=float)
        return 1 / (answers + 2) ** 2 if self.is_share else np.zeros(len(answers))

    def covariance(self, means: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """A working covariance of the conditions' means, for fits; conditions × conditions.

        It is smooth: the ratio of each variance to the sampling variance at `means` is the same in
        every condition, and so is the correlation that shared questions cause. Estimated one by
        one, variances would be noise that a fit mistakes for precision.

        Args:
            means: The means that a fit expects, length conditions; None: as measured.
        """
        import numpy as np

        questions = max(self._question_count, 2)
        influence = self._question_influence
        shared = questions / (questions - 1) * (influence @ influence.T)
        sampling = self._sampling_variance
        if means is not None:
            sampling = sampling_variance(self.conditions, means, is_share=self.is_share)
        trained = np.array([condition.trained for condition in self.conditions])
        ratios = np.diag(shared) / self._sampling_variance
        smooth = np.where(trained, ratios[trained].mean(), ratios)
        root = np.sqrt(smooth * sampling + self._continuity_variance)
        pairs = ~np.eye(len(trained), dtype=bool)
        scale = np.sqrt(np.outer(np.diag(shared), np.diag(shared)))
        correlation = (shared[pairs].sum() / max(scale[pairs].sum(), 1e-300)).clip(0.0, 0.95)
        working: NDArray[np.float64] = np.where(pairs, correlation, 1.0) * np.outer(root, root)
        expected = self.means if means is None else means
        factors = level_factor(self.conditions, expected, is_share=self.is_share)
        working += np.diag(self._between_runs_at(np.zeros_like(sampling), factors))
        return working

    def contrast(self, weights: Sequence[float] | NDArray[np.float64]) -> Estimate:
        """Estimate a weighted sum of the conditions' means.

        Args:
            weights: One per condition; `(-1, 1)` is a difference.
        """
        import numpy as np

        weights = np.asarray(weights, dtype=float)
        squares = weights**2
        between = float(squares @ self.between_runs)
        by_question = self._question_variance(weights)
        overlap = float(squares @ self._overlap_variance)
        within = by_question - overlap if between else by_question
        variance = max(between + within, between, by_question) + float(
            squares @ self._continuity_variance
        )
        components = (between, self._run_df), (variance - between, self._question_count - 1)
        return self._estimate(float(weights @ self.means), variance, satterthwaite_df(components))

    def _question_variance(self, weights: NDArray[np.float64]) -> float:
        """The cluster-robust variance over questions; NaN with fewer than two questions."""
        questions = self._question_count
        if questions < 2:
            return math.nan
        influence = weights @ self._question_influence
        return questions / (questions - 1) * float((influence**2).sum())

    def difference(self, index: int, reference: int) -> Estimate:
        """Estimate a condition's mean less that of another, question by question.

        Args:
            index: Of the condition.
            reference: Index of the condition it is compared with.
        """
        return self.contrast([(i == index) - (i == reference) for i in range(len(self.conditions))])

    def subset(self, indices: Sequence[int]) -> Study:
        """The study of some of the conditions, in that order, with the run variation estimated from
        all of them."""
        conditions = [self.conditions[index] for index in indices]
        return attrs.evolve(self, conditions=conditions, pooled_variation=self._run_variation)

    def mean(self, index: int) -> Estimate:
        """Estimate the mean of one condition, from its own runs only.

        A share has Wilson's interval at the number of independent answers that its variance
        implies; other metrics have Student's.
        """
        condition = self.conditions[index]
        single = Study(conditions=(condition,), is_share=self.is_share, level=self.level)
        if condition.replicated:  # one condition cannot separate a run's level from chance
            dispersion = float(condition.run_means.var(ddof=1) / single._sampling_variance[0])
            variation = RunVariation(
                dispersion=dispersion, level_variance=0.0, df=condition.runs - 1
            )
            single = attrs.evolve(single, pooled_variation=variation)
        estimate = single.contrast([1.0])
        if not self.is_share:
            return estimate
        low, high = single._wilson_interval(estimate)
        return attrs.evolve(estimate, low=low, high=high)

    def _wilson_interval(self, estimate: Estimate) -> tuple[float, float]:
        """The score interval of the only condition's share, at the effective number of answers."""
        (condition,) = self.conditions
        share, n, questions = estimate.value, condition.n, self._question_count
        variance = estimate.standard_error**2 - float(self._continuity_variance[0])
        if questions < 2 or math.isnan(variance):
            return wilson_interval(share, questions, level=self.level)
        if condition.runs == 1:
            variance *= (questions - 1) / questions  # so that n single answers count as n
        between = float(self.between_runs[0])
        components = (between, self._run_df), (variance - between, questions - 1)
        df = satterthwaite_df(components) if variance > 0 else estimate.df
        varies = variance > 0 and 0 < share < 1
        effective = min(n, share * (1 - share) / variance) if varies else n
        if condition.runs == 1 and n == questions:
            df = math.inf  # single, independent answers: the textbook's interval
        return wilson_interval(share, effective, df=df, level=self.level)

    def _estimate(self, value: float, variance: float, df: float) -> Estimate:
        standard_error = math.sqrt(variance)
        low, high = t_interval(value, standard_error, df=df, level=self.level)
        return Estimate(
            value=value,
            low=low,
            high=high,
            standard_error=standard_error,
            df=df,
            p_value=p_value(value, standard_error, df),
            basis=self.basis,
        )
