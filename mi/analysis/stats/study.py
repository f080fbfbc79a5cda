"""A study: one metric in several conditions, and weighted sums of their means.

Each condition has runs (seeds), and every run is asked the same questions, which come in groups
(scenarios). A mean varies with the run, with the groups, and with a run's reaction to single
groups. The variance of a weighted sum of means, Σ c·mean, has two parts:

- between runs: the moderated spread of run means (`seed_variance`);
- between groups, which all conditions share, so that conditions are compared group by group: the
  cluster-robust variance (Liang and Zeger 1986), less the part that the first one already contains
  (as in two-way clustering, Cameron, Gelbach and Miller 2011).

Two trained conditions with the same seeds are compared seed by seed, because for one seed the rows
of a smaller training set are rows of the larger one. With one run per condition only the second
part exists: the interval is within-run, and speaks of these models.
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
    Component,
    Estimate,
    interval_half_width,
    p_value,
    satterthwaite_df,
    share_interval,
)
from .scores import Scores, residual_sum
from .seed_variance import (
    SeedVariance,
    estimate_seed_variance,
    level_factor,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Study:
    """One metric in several conditions.

    Args:
        conditions: Each with the same groups in the same order.
        is_share: Whether the metric is a share in [0, 1] of answers that have a property.
        level: Coverage of the intervals.
        larger_study: What is expected of seeds, as estimated from a larger study that this one is
            part of; None: estimated from these conditions.
    """

    conditions: Sequence[Scores]
    is_share: bool = True
    level: float = CONFIDENCE_LEVEL
    larger_study: SeedVariance | None = None

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """The means of the conditions; length conditions."""
        import numpy as np

        return np.array([condition.mean for condition in self.conditions])

    @cached_property
    def groups(self) -> int:
        """Groups with a scored answer in any condition."""
        import numpy as np

        return self._groups(np.ones(len(self.conditions)))

    @cached_property
    def seed_variance(self) -> SeedVariance:
        """What the conditions lead one to expect of the variance between runs."""
        if self.larger_study is not None:
            return self.larger_study
        return estimate_seed_variance(self.conditions, is_share=self.is_share)

    @cached_property
    def effective_answers(self) -> NDArray[np.float64]:
        """The number of independent answers that the variance of each share over groups implies; a
        share of 0 or 1 has as many a group as the others, or one if there are none. Length
        conditions."""
        import numpy as np

        answers = np.full(len(self.conditions), np.nan)
        for index, condition in enumerate(self.conditions):
            variance = condition.share_variance
            if variance > 0:
                answers[index] = condition.mean * (1 - condition.mean) / variance
        n = np.array([condition.n for condition in self.conditions], dtype=float)
        groups = np.array([max(condition.groups, 1) for condition in self.conditions])
        ratios = answers / groups
        typical = max(float(np.nanmedian(ratios)), 1.0) if np.isfinite(ratios).any() else 1.0
        effective: NDArray[np.float64] = np.minimum(
            np.where(np.isfinite(answers), answers, typical * groups), n
        )
        return effective

    @cached_property
    def _continuity_variances(self) -> NDArray[np.float64]:
        """A term added to the variance of each share, about the size of one more independent answer
        of either kind (Bonett and Price 2012)."""
        import numpy as np

        if not self.is_share:
            return np.zeros(len(self.conditions))
        terms: NDArray[np.float64] = 1 / (self.effective_answers + 2) ** 2
        return terms

    @cached_property
    def _group_influence(self) -> NDArray[np.float64]:
        """The influence of each group on each condition's mean; conditions × groups."""
        import numpy as np

        return np.array([condition.influence.sum(axis=0) for condition in self.conditions])

    def basis(self, weights: Sequence[float] | NDArray[np.float64]) -> Basis:
        """What the interval of a weighted sum generalises to: conditions, if each trained one in it
        has several seeds; otherwise these models."""
        trained = [
            condition
            for weight, condition in zip(weights, self.conditions, strict=True)
            if weight and condition.trained
        ]
        has_seeds = bool(trained) and all(condition.runs > 1 for condition in trained)
        return "over seeds" if has_seeds else "within-run"

    def contrast(self, weights: Sequence[float] | NDArray[np.float64]) -> Estimate:
        """Estimate a weighted sum of the conditions' means.

        Args:
            weights: One per condition; `(-1, 1)` is a difference.
        """
        import numpy as np

        weights = np.asarray(weights, dtype=float)
        continuity = float(weights**2 @ self._continuity_variances)
        components = self._components(weights, continuity=continuity)
        value = float(weights @ self.means)
        half_width = interval_half_width(components, self.level)
        return self._estimate(weights, value, value - half_width, value + half_width, components)

    def mean(self, index: int) -> Estimate:
        """Estimate the mean of one condition.

        A share has Wilson's interval at the number of independent answers that its variance
        implies; other metrics have Student's.
        """
        import numpy as np

        weights = np.array([float(i == index) for i in range(len(self.conditions))])
        if not self.is_share:
            return self.contrast(weights)
        condition = self.conditions[index]
        components = self._components(weights, by_group=condition.share_variance)
        variance = sum(part for part, _ in components)
        half_width = interval_half_width(components, self.level)
        low, high = share_interval(
            condition.mean,
            n=condition.n,
            groups=condition.groups,
            variance=variance,
            critical=half_width / math.sqrt(variance) if variance > 0 else math.nan,
            level=self.level,
        )
        return self._estimate(weights, condition.mean, float(low), float(high), components)

    def _components(
        self,
        weights: NDArray[np.float64],
        *,
        by_group: float | None = None,
        continuity: float = 0.0,
    ) -> tuple[Component, ...]:
        """The variance of a weighted sum over groups and over runs; NaN with fewer than two groups.

        Args:
            weights: One per condition.
            by_group: The variance over groups; None: the cluster-robust one.
            continuity: Added to the variance over groups.
        """
        groups = self._groups(weights)
        if groups < 2:
            return ((math.nan, math.nan),)
        if by_group is None:
            influence = weights @ self._group_influence
            by_group = groups / (groups - 1) * float(influence @ influence)
        if self.basis(weights) == "within-run":
            return ((by_group + continuity, groups - 1),)
        between, df, overlap = self._between_runs(weights)
        rest = max(by_group - overlap, 0.0)
        return ((rest + continuity, groups - 1), (between, df))

    def _groups(self, weights: NDArray[np.float64]) -> int:
        """Groups with a scored answer in any condition that has a weight."""
        counts = sum(
            condition.counts.sum(axis=0)
            for weight, condition in zip(weights, self.conditions, strict=True)
            if weight
        )
        return int((counts > 0).sum())

    def _between_runs(self, weights: NDArray[np.float64]) -> tuple[float, float, float]:
        """The variance of a weighted sum between runs, its degrees of freedom, and the part of it
        that the variance between groups contains too."""
        chosen = [
            (float(weight), condition)
            for weight, condition in zip(weights, self.conditions, strict=True)
            if weight and condition.trained
        ]
        if _is_paired([condition for _, condition in chosen]):
            return self._between_pairs(chosen)
        variances, overlap = [], 0.0
        for weight, condition in chosen:
            observed = float(condition.run_means.var(ddof=1))
            expected = self.seed_variance.expected(condition, is_share=self.is_share)
            moderated, df = self.seed_variance.moderate(observed, condition.runs - 1, expected)
            variances.append((weight**2 * moderated / condition.runs, df))
            overlap += weight**2 * condition.overlap_variance
        return sum(variance for variance, _ in variances), satterthwaite_df(variances), overlap

    def _between_pairs(self, chosen: Sequence[tuple[float, Scores]]) -> tuple[float, float, float]:
        """As `_between_runs`, for conditions whose runs are paired by seed."""
        runs = chosen[0][1].runs
        (one, first), (other, second) = chosen
        by_seed = one * _in_seed_order(first, first.run_means)
        by_seed = by_seed + other * _in_seed_order(second, second.run_means)
        influence = one * _in_seed_order(first, first.influence)
        influence = influence + other * _in_seed_order(second, second.influence)
        expected = sum(
            weight**2 * self.seed_variance.expected(condition, is_share=self.is_share)
            for weight, condition in chosen
        )
        observed = float(by_seed.var(ddof=1))
        moderated, df = self.seed_variance.moderate(observed, runs - 1, expected)
        return moderated / runs, df, residual_sum(influence)

    def difference(self, index: int, reference: int) -> Estimate:
        """Estimate a condition's mean less that of another, group by group.

        Args:
            index: Of the condition.
            reference: Index of the condition it is compared with.
        """
        return self.contrast([(i == index) - (i == reference) for i in range(len(self.conditions))])

    def subset(self, indices: Sequence[int]) -> Study:
        """The study of some of the conditions, in that order, with what is expected of seeds
        estimated from all of them."""
        conditions = [self.conditions[index] for index in indices]
        return attrs.evolve(self, conditions=conditions, larger_study=self.seed_variance)

    def at_level(self, level: float) -> Study:
        """The same study with intervals of another coverage."""
        return attrs.evolve(self, level=level, larger_study=self.seed_variance)

    def covariance(self, means: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """A working covariance of the conditions' means, for fits; conditions × conditions.

        It is smooth: the design effect is the same in every condition, and so is the correlation
        that shared groups cause. Estimated one by one, variances would be noise that a fit mistakes
        for precision.

        Args:
            means: The means that a fit expects, length conditions; None: as measured.
        """
        import numpy as np

        expected = self.means if means is None else means
        groups = max(self.groups, 2)
        influence = self._group_influence
        shared = groups / (groups - 1) * (influence @ influence.T)
        sampling = np.diag(shared).copy()
        if self.is_share:
            answers = self.effective_answers
            shares = expected.clip(0.5 / answers, 1 - 0.5 / answers)
            sampling = shares * (1 - shares) / answers
        root = np.sqrt(sampling + self._continuity_variances)
        pairs = ~np.eye(len(root), dtype=bool)
        scale = np.sqrt(np.outer(np.diag(shared), np.diag(shared)))
        correlation = (shared[pairs].sum() / max(scale[pairs].sum(), 1e-300)).clip(0.0, 0.95)
        working: NDArray[np.float64] = np.where(pairs, correlation, 1.0) * np.outer(root, root)
        between = [
            self.seed_variance.level
            * level_factor(condition, is_share=self.is_share)
            / condition.runs
            * condition.trained
            for condition in self.conditions
        ]
        return working + np.diag(between)

    def _estimate(
        self,
        weights: NDArray[np.float64],
        value: float,
        low: float,
        high: float,
        components: tuple[Component, ...],
    ) -> Estimate:
        return Estimate(
            value=value,
            low=low,
            high=high,
            level=self.level,
            components=components,
            p_value=p_value(value, components),
            basis=self.basis(weights),
        )


def _is_paired(conditions: Sequence[Scores]) -> bool:
    """Whether these are two trained conditions with the same seeds."""
    if len(conditions) != 2:
        return False
    one, other = (sorted(condition.seeds) for condition in conditions)
    return bool(one) and one == other and len(set(one)) == len(one)


def _in_seed_order(scores: Scores, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values by run, in the order of their seeds."""
    order = sorted(range(scores.runs), key=lambda run: scores.seeds[run])
    ordered: NDArray[np.float64] = values[order]
    return ordered
