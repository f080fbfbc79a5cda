"""A study: one metric in several conditions, and weighted sums of their means.

Each condition has runs (seeds) and every run was asked the same questions, several times each. A
mean varies with the run, with the questions, and with what a run makes of a question. The variance
of a weighted sum of means, Σ c·mean, is estimated in two parts:

- between runs: the spread of run means within conditions. Its size is pooled over conditions, for
  three seeds each say little alone: chance, one factor times what a share of that size would have
  (quasi-likelihood, McCullagh and Nelder 1989, section 4.5), and a run's own level, one variance in
  logits (model III of Williams 1982); one variance each for other metrics.
- between questions, which all conditions share, so that conditions are compared question by
  question: the cluster-robust variance (Liang and Zeger 1986), less what the first part holds of it
  already (as in two-way clustering, Cameron, Gelbach and Miller 2011).

The error's degrees of freedom are Satterthwaite's (1946). With one run a condition there is only
the second part: the interval is within-run and says so.
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
    critical_value,
    p_value,
    satterthwaite_df,
    wilson_interval,
)
from .scores import RunVariation, Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Study:
    """One metric in several conditions.

    Args:
        conditions: Each with the same questions in the same order.
        share: Whether the metric is a share in [0, 1] of answers that are or are not so.
        level: Coverage of the intervals.
        pooled: How much runs vary, as it is known from a study that this one is a part of; None:
            from these conditions.
    """

    conditions: Sequence[Scores]
    is_share: bool = True
    level: float = CONFIDENCE_LEVEL
    pooled_variation: RunVariation | None = None

    @property
    def basis(self) -> Basis:
        """What intervals speak of."""
        return "over seeds" if self._run_df else "within-run"

    @property
    def _run_df(self) -> int:
        """Degrees of freedom between runs."""
        return self._run_variation.df

    @property
    def min_df(self) -> int:
        """Degrees of freedom that errors have at least: of runs, where seeds were repeated, and of
        questions."""
        questions = max(self._question_count - 1, 1)
        return min(self._run_df, questions) if self._run_df else questions

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """The means of the conditions."""
        import numpy as np

        return np.array([one.mean for one in self.conditions])

    @cached_property
    def _sampling_variance(self) -> NDArray[np.float64]:
        """The variance of one run's mean in each condition, up to a common factor."""
        import numpy as np

        answers = np.array([one.n for one in self.conditions])
        # One of each kind more, so that a share of 0 does not claim to have no variance.
        return self._sampling_variance_at((self.means * answers + 1) / (answers + 2))

    def _sampling_variance_at(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        if not self.is_share:
            return np.ones(len(self.conditions))
        answers = np.array([one.n / one.runs for one in self.conditions])
        floor = means.clip(0.5 / answers, 1 - 0.5 / answers)
        expected: NDArray[np.float64] = floor * (1 - floor) / answers
        return expected

    @cached_property
    def _run_variation(self) -> RunVariation:
        if self.pooled_variation is not None:
            return self.pooled_variation
        told = [at for at, one in enumerate(self.conditions) if one.replicated]
        if not told:
            return RunVariation(dispersion=0.0, level_variance=0.0, df=0)
        import numpy as np

        spare = np.array([self.conditions[at].runs - 1 for at in told], dtype=float)
        expected, squared = self._sampling_variance[told], self._level_factor_at(self.means)[told]
        spread = np.array([self.conditions[at].run_means.var(ddof=1) for at in told])
        runs = np.array([self.conditions[at].runs for at in told])
        chance = float((spare * self._shared_variance[told] * runs / expected).sum() / spare.sum())
        weights = spare / expected
        rest = float(weights @ (spread - chance * expected))
        run = max(rest, 0.0) / float(weights @ squared)
        return RunVariation(dispersion=chance, level_variance=run, df=int(spare.sum()))

    def _level_factor_at(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """What a run's own level adds to the variance of its mean, up to a common factor."""
        import numpy as np

        if not self.is_share:
            return np.ones(len(self.conditions))
        answers = np.array([one.n / one.runs for one in self.conditions])
        floor = means.clip(0.5 / answers, 1 - 0.5 / answers)
        squared: NDArray[np.float64] = (floor * (1 - floor)) ** 2
        return squared

    @cached_property
    def between_runs(self) -> NDArray[np.float64]:
        """The variance of each condition's mean that comes from the run; 0 where it is not known
        (no seeds were repeated) or not there (the untrained model)."""
        return self._between_runs_at(self._sampling_variance, self._level_factor_at(self.means))

    def _between_runs_at(
        self, expected: NDArray[np.float64], squared: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        import numpy as np

        trained = np.array([one.trained / one.runs for one in self.conditions])
        known = self._run_variation
        variances: NDArray[np.float64] = (
            known.dispersion * expected + known.level_variance * squared
        ) * trained
        return variances

    @cached_property
    def _shared_variance(self) -> NDArray[np.float64]:
        """What runs make of single questions, which both parts of the variance see."""
        import numpy as np

        found = np.zeros(len(self.conditions))
        for at, one in enumerate(self.conditions):
            if one.replicated:
                runs, questions = one.counts.shape
                own = one.influence - one.influence.mean(axis=0)
                small = runs / (runs - 1) * questions / max(questions - 1, 1)
                found[at] = float((own**2).sum()) * small
        return found

    @cached_property
    def _question_influence(self) -> NDArray[np.float64]:
        """What each question moves each condition's mean by; conditions × questions."""
        import numpy as np

        return np.array([one.influence.sum(axis=0) for one in self.conditions])

    def covariance(self, means: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """A working covariance of the conditions' means, conditions × conditions.

        The variances are smooth: what they are of the variance expected at `means` is the same in
        every condition, and so is the correlation that shared questions bring. Estimated one by
        one they would be noise that a fit takes for precision.

        Args:
            means: Where a fit expects the means; None: as measured.
        """
        import numpy as np

        questions = max(self._question_count, 2)
        expected = self._sampling_variance if means is None else self._sampling_variance_at(means)
        shared = (
            questions / (questions - 1) * (self._question_influence @ self._question_influence.T)
        )
        trained = np.array([one.trained for one in self.conditions])
        asked = np.diag(shared) / self._sampling_variance
        factors = np.where(trained, asked[trained].mean(), asked)
        variances = factors * expected + self._continuity_variance
        pairs = ~np.eye(len(trained), dtype=bool)
        scale = np.sqrt(np.outer(np.diag(shared), np.diag(shared)))
        alike = (shared[pairs].sum() / max(scale[pairs].sum(), 1e-300)).clip(0.0, 0.95)
        root = np.sqrt(variances)
        working: NDArray[np.float64] = np.where(pairs, alike, 1.0) * np.outer(root, root)
        at = self.means if means is None else means
        working += np.diag(
            self._between_runs_at(np.zeros_like(expected), self._level_factor_at(at))
        )
        return working

    @property
    def _question_count(self) -> int:
        return int((sum(one.counts.sum(axis=0) for one in self.conditions) > 0).sum())

    @cached_property
    def _continuity_variance(self) -> NDArray[np.float64]:
        """What is added to the variance of a share: one answer more of either kind would show it
        (Bonett and Price 2012)."""
        import numpy as np

        answers = np.array([one.n for one in self.conditions], dtype=float)
        return 1 / (answers + 2) ** 2 if self.is_share else np.zeros(len(answers))

    def contrast(self, weights: Sequence[float] | NDArray[np.float64]) -> Estimate:
        """The weighted sum of the conditions' means: `(-1, 1)` is a difference."""
        import numpy as np

        sums = np.asarray(weights, dtype=float)
        square = sums**2
        between = float(square @ self.between_runs)
        questions = self._question_count
        by_question = (
            math.nan
            if questions < 2
            else questions / (questions - 1) * float(((sums @ self._question_influence) ** 2).sum())
        )
        rest = by_question - float(square @ self._shared_variance) if between else by_question
        variance = max(between + rest, between, by_question) + float(
            square @ self._continuity_variance
        )
        parts = (between, self._run_df), (variance - between, questions - 1)
        return self._estimate(float(sums @ self.means), variance, satterthwaite_df(parts))

    def difference(self, index: int, reference: int) -> Estimate:
        """How much more condition `at` scores than `reference`, question by question."""
        return self.contrast([(i == index) - (i == reference) for i in range(len(self.conditions))])

    def subset(self, indices: Sequence[int]) -> Study:
        """The study of some of the conditions, in that order, with what runs vary by as it is known
        from all of them."""
        part = [self.conditions[index] for index in indices]
        return attrs.evolve(self, conditions=part, pooled_variation=self._run_variation)

    def mean(self, index: int) -> Estimate:
        """The mean of one condition. A share has Wilson's interval at the number of independent
        answers that its variance implies; runs of other conditions say nothing here."""
        one = self.conditions[index]
        alone = Study(conditions=(one,), is_share=self.is_share, level=self.level)
        if one.replicated:  # there is nothing to tell a run's level from chance by
            spread = float(one.run_means.var(ddof=1) / alone._sampling_variance[0])
            known = RunVariation(dispersion=spread, level_variance=0.0, df=one.runs - 1)
            alone = attrs.evolve(alone, pooled_variation=known)
        found = alone.contrast([1.0])
        if not self.is_share:
            return found
        low, high = alone._wilson_interval(found)
        return attrs.evolve(found, low=low, high=high)

    def _wilson_interval(self, found: Estimate) -> tuple[float, float]:
        (one,) = self.conditions
        share, n = found.value, one.n
        variance = found.standard_error**2 - float(self._continuity_variance[0])
        if self._question_count < 2 or math.isnan(variance):
            return wilson_interval(share, self._question_count, level=self.level)
        if one.runs == 1:
            variance *= (
                self._question_count - 1
            ) / self._question_count  # so that n single answers count as n
        between = float(self.between_runs[0])
        parts = (between, self._run_df), (variance - between, self._question_count - 1)
        df = satterthwaite_df(parts) if variance > 0 else found.df
        varies = variance > 0 and 0 < share < 1
        effective = min(n, share * (1 - share) / variance) if varies else n
        single = one.runs == 1 and n == self._question_count
        return wilson_interval(share, effective, df=math.inf if single else df, level=self.level)

    def _estimate(self, value: float, variance: float, df: float) -> Estimate:
        error = math.sqrt(variance)
        half = critical_value(df, self.level) * error if df > 0 else math.nan
        return Estimate(
            value=value,
            low=value - half,
            high=value + half,
            standard_error=error,
            df=df,
            p_value=p_value(value, error, df),
            basis=self.basis,
        )


def slope_weights(doses: Sequence[float]) -> NDArray[np.float64]:
    """The contrast that is the linear trend: change of the mean per unit of dose (Cochran 1954;
    Armitage 1955).

    Args:
        doses: One for each condition, not all equal.
    """
    import numpy as np

    centred = np.asarray(doses, dtype=float) - np.mean(doses)
    weights: NDArray[np.float64] = centred / (centred @ centred)
    return weights
