"""Many studies at once: the same conditions, runs and groups with other scores.

Every number is that of a `Study` of the same scores, which is where the formulas are explained; a
test compares them.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from typing import TYPE_CHECKING, TypeAlias

import attrs

from .intervals import critical_values, share_interval
from .score_batch import ScoresBatch, residual_sums
from .seed_batch import prior_dfs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .score_batch import ByStudy

ComponentBatch: TypeAlias = "tuple[ByStudy, ByStudy]"
"""Variances and their degrees of freedom, by study."""


@attrs.frozen(kw_only=True, eq=False)
class EstimateBatch:
    """A weighted sum of condition means in many studies.

    Args:
        value: In the units of the scores.
        components: The independent variances of each value.
    """

    value: ByStudy
    components: tuple[ComponentBatch, ...]

    def half_width(self, level: float) -> ByStudy:
        """Half of the widths of the intervals of a coverage; NaN where they are unknown."""
        import numpy as np

        square = _add(
            np.where(variance != 0, variance * critical_values(df, level) ** 2, 0.0)
            for variance, df in self.components
        )
        half_width: ByStudy = np.sqrt(square)
        return half_width

    def interval(self, level: float) -> tuple[ByStudy, ByStudy]:
        """Both ends of the intervals of a coverage."""
        half_width = self.half_width(level)
        return self.value - half_width, self.value + half_width


@attrs.frozen(kw_only=True, eq=False, slots=False)
class StudyBatch:
    """One metric in several conditions, scored in many ways; see `Study`.

    Args:
        conditions: Each with the same studies and groups.
        is_share: Whether the metric is a share in [0, 1].
    """

    conditions: Sequence[ScoresBatch]
    is_share: bool = True

    def contrast(self, weights: Sequence[float] | NDArray[np.float64]) -> EstimateBatch:
        """Estimate a weighted sum of the conditions' means; one weight per condition."""
        chosen = self._chosen(weights)
        value = _add(weight * condition.mean for weight, condition in chosen)
        continuity = _add(
            weight**2 * terms
            for weight, terms in zip(weights, self._continuity_variances, strict=True)
            if weight
        )
        groups = self._groups(chosen)
        influence = _add(weight * condition.group_influence for weight, condition in chosen)
        by_group = groups / (groups - 1) * (influence**2).sum(axis=1)
        return EstimateBatch(
            value=value, components=self._components(chosen, groups, by_group, continuity)
        )

    def mean(self, index: int, level: float) -> tuple[ByStudy, ByStudy, ByStudy]:
        """Estimate the mean of one condition: the values and both ends of their intervals.

        Args:
            index: Of the condition.
            level: Coverage.
        """
        import numpy as np

        weights = [float(i == index) for i in range(len(self.conditions))]
        if not self.is_share:
            estimate = self.contrast(weights)
            return (estimate.value, *estimate.interval(level))
        condition = self.conditions[index]
        chosen = [(1.0, condition)]
        components = self._components(
            chosen, self._groups(chosen), condition.share_variance, np.zeros_like(condition.mean)
        )
        variance = _add(part for part, _ in components)
        half_width = EstimateBatch(value=condition.mean, components=components).half_width(level)
        with np.errstate(divide="ignore", invalid="ignore"):
            critical = np.where(variance > 0, half_width / np.sqrt(variance), np.nan)
        low, high = share_interval(
            condition.mean,
            n=condition.n,
            groups=condition.groups,
            variance=variance,
            critical=critical,
            level=level,
        )
        return condition.mean, low, high

    def _chosen(
        self, weights: Sequence[float] | NDArray[np.float64]
    ) -> list[tuple[float, ScoresBatch]]:
        pairs = zip(weights, self.conditions, strict=True)
        return [(float(weight), condition) for weight, condition in pairs if weight]

    def _groups(self, chosen: Sequence[tuple[float, ScoresBatch]]) -> ByStudy:
        """Groups with a scored answer in any of the conditions; NaN where there are fewer than two,
        which makes every interval NaN."""
        import numpy as np

        counts = _add(condition.group_counts for _, condition in chosen)
        groups = (counts > 0).sum(axis=1).astype(float)
        known: ByStudy = np.where(groups < 2, np.nan, groups)
        return known

    def _components(
        self,
        chosen: Sequence[tuple[float, ScoresBatch]],
        groups: ByStudy,
        by_group: ByStudy,
        continuity: ByStudy,
    ) -> tuple[ComponentBatch, ...]:
        import numpy as np

        by_group = np.where(np.isnan(groups), np.nan, by_group)
        trained = [(weight, condition) for weight, condition in chosen if condition.trained]
        if not trained or any(condition.runs < 2 for _, condition in trained):
            return ((by_group + continuity, groups - 1),)
        between, df, overlap = self._between_runs(trained)
        rest = np.maximum(by_group - overlap, 0.0)
        return (rest + continuity, groups - 1), (between, df)

    @cached_property
    def _continuity_variances(self) -> list[ByStudy]:
        """The terms added to the variance of each share, by condition."""
        import numpy as np

        if not self.is_share:
            return [np.zeros_like(condition.mean) for condition in self.conditions]
        means, variances, n, groups = (
            np.array([getattr(condition, name) for condition in self.conditions])
            for name in ("mean", "share_variance", "n", "groups")
        )
        has_variance = variances > 0
        answers = np.where(
            has_variance, means * (1 - means) / np.where(has_variance, variances, 1.0), np.nan
        )
        groups = np.maximum(groups, 1)
        typical = np.maximum(_known_median(answers / groups), 1.0)
        effective = np.minimum(np.where(np.isfinite(answers), answers, typical * groups), n)
        return list(1 / (effective + 2) ** 2)

    @cached_property
    def _seed_variance(self) -> tuple[ByStudy, ByStudy]:
        """The level variance and the degrees of freedom of the expectation, as `SeedVariance`."""
        import numpy as np

        replicated = [condition for condition in self.conditions if condition.replicated]
        if len(replicated) < 2:
            zeros = np.zeros_like(self.conditions[0].mean)
            return zeros, zeros
        df = np.array([condition.runs - 1.0 for condition in replicated])[:, None]
        observed = np.array([condition.run_variance for condition in replicated])
        chance = np.array([condition.residual_variance for condition in replicated])
        factors = np.array(
            [condition.level_factor(is_share=self.is_share) for condition in replicated]
        )
        weights = df * factors / np.maximum(chance, 1e-12) ** 2
        weights = np.minimum(weights, np.median(weights, axis=0) * 10)
        slope = (weights * factors).sum(axis=0)
        excess = np.maximum((weights * (observed - chance)).sum(axis=0), 0.0)
        level = np.where(slope > 0, excess / np.where(slope > 0, slope, 1.0), 0.0)
        return level, prior_dfs(observed, level * factors + chance, df)

    def _expected(self, condition: ScoresBatch) -> ByStudy:
        level, _ = self._seed_variance
        return level * condition.level_factor(is_share=self.is_share) + condition.residual_variance

    def _moderate(self, observed: ByStudy, df: int, expected: ByStudy) -> ComponentBatch:
        _, prior_df = self._seed_variance
        total = prior_df + df
        return (prior_df * expected + df * observed) / total, total

    def _between_runs(
        self, trained: Sequence[tuple[float, ScoresBatch]]
    ) -> tuple[ByStudy, ByStudy, ByStudy]:
        """The variances between runs, their degrees of freedom, and the parts that the variances
        between groups contain too."""
        if _is_paired([condition for _, condition in trained]):
            return self._between_pairs(trained)
        variances = []
        overlap = 0.0 * trained[0][1].mean
        for weight, condition in trained:
            moderated, df = self._moderate(
                condition.run_variance, condition.runs - 1, self._expected(condition)
            )
            variances.append((weight**2 * moderated / condition.runs, df))
            overlap = overlap + weight**2 * condition.overlap_variance
        return _add(variance for variance, _ in variances), _joint_df(variances), overlap

    def _between_pairs(
        self, trained: Sequence[tuple[float, ScoresBatch]]
    ) -> tuple[ByStudy, ByStudy, ByStudy]:
        """As `_between_runs`, for two conditions whose runs are paired by seed."""
        (_, first), _ = trained
        orders = [
            sorted(range(condition.runs), key=condition.seeds.__getitem__)
            for _, condition in trained
        ]
        pairs = list(zip(trained, orders, strict=True))
        by_seed = _add(weight * one.run_means[:, order] for (weight, one), order in pairs)
        influence = _add(weight * one.influence[:, order] for (weight, one), order in pairs)
        expected = _add(weight**2 * self._expected(condition) for weight, condition in trained)
        observed = by_seed.var(axis=1, ddof=1)
        moderated, df = self._moderate(observed, first.runs - 1, expected)
        return moderated / first.runs, df, residual_sums(influence, first.columns)


def _add(terms: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The sum of at least one array."""
    return reduce(operator.add, terms)


def _is_paired(conditions: Sequence[ScoresBatch]) -> bool:
    """Whether these are two trained conditions with the same seeds."""
    if len(conditions) != 2:
        return False
    one, other = (sorted(condition.seeds) for condition in conditions)
    return bool(one) and one == other and len(set(one)) == len(one)


def _known_median(values: NDArray[np.float64]) -> ByStudy:
    """The medians of the finite values over the first axis; 1 where there are none."""
    import numpy as np

    known = np.where(np.isfinite(values), values, np.nan)
    empty = np.isnan(known).all(axis=0)
    median: ByStudy = np.nanmedian(np.where(empty, 1.0, known), axis=0)
    return median


def _joint_df(components: Sequence[ComponentBatch]) -> ByStudy:
    """The degrees of freedom of sums of independent variances (Satterthwaite 1946)."""
    import numpy as np

    variances = np.array([variance for variance, _ in components])
    dfs = np.array([df for _, df in components])
    square = (variances**2 / dfs).sum(axis=0)
    joint: ByStudy = np.where(
        square > 0,
        variances.sum(axis=0) ** 2 / np.where(square > 0, square, 1.0),
        dfs.min(axis=0),
    )
    return joint
