"""Confidence intervals and tests of single numbers: start here to change an interval.

| interval | of what | where |
|---|---|---|
| Student's t, part by part | a contrast: a difference, a slope, a margin | `interval_half_width` |
| Wilson's score interval | the share of one condition | `share_interval` |
| profile likelihood | the dose of half effect | `dose_response.fit_half_effect` |

The variances behind the first two are estimated in `study`. Each interval is computed here and
nowhere else: the database holds what this code computed (`mi/database/summaries.py`) and is filled
again after a change of it. `power.interval_width` predicts widths for `mi power` with the same
functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Number: TypeAlias = float | NDArray[np.float64]

Basis = Literal["within-run", "over seeds"]
CONFIDENCE_LEVEL = 0.95
"""Coverage of every interval."""

ALPHA = 0.05
"""Significance level of every test: 1 - CONFIDENCE_LEVEL."""

_NARROW_WIDTH = 0.05
_SMALLEST_P = 1e-12


Component: TypeAlias = tuple[float, float]
"""A variance and its degrees of freedom."""


@attrs.frozen(kw_only=True)
class Estimate:
    """A number with its interval.

    Args:
        value: In the units of the scores.
        low: Lower end of the interval, as `high`; NaN if there are too few data for an interval.
        level: Coverage of the interval.
        components: The independent variances of `value` with their degrees of freedom.
        p_value: Two-sided p-value against zero.
        basis: What the interval generalises to: these trained models only (within-run), or the
            conditions (over seeds).
    """

    value: float
    low: float
    high: float
    level: float
    components: tuple[Component, ...]
    p_value: float
    basis: Basis

    @property
    def standard_error(self) -> float:
        """The root of all variances together."""
        return math.sqrt(sum(variance for variance, _ in self.components))

    def at_level(self, level: float) -> Estimate:
        """The same estimate of a contrast with an interval of another coverage."""
        half_width = interval_half_width(self.components, level)
        return attrs.evolve(
            self, low=self.value - half_width, high=self.value + half_width, level=level
        )

    def subtract(self, number: float) -> Estimate:
        """Shift the estimate down by a number. Its p-value stays the one against zero."""
        shifted = {name: getattr(self, name) - number for name in ("value", "low", "high")}
        return attrs.evolve(self, **shifted)

    def __str__(self) -> str:
        return format(self)

    def __format__(self, spec: str) -> str:
        """`0.12 [0.05, 0.19]`, with one digit more if the interval is narrow; `:+` gives each
        number a sign. A coverage other than 95 % is named: `0.12 [0.01, 0.23] (99.2 %)`."""
        if math.isnan(self.low):
            return f"{self.value:{spec}.2f} [no interval: too few groups]"
        digits = f"{spec}.3f" if self.high - self.low < _NARROW_WIDTH else f"{spec}.2f"
        text = f"{self.value:{digits}} [{self.low:{digits}}, {self.high:{digits}}]"
        return text if self.level == CONFIDENCE_LEVEL else f"{text} ({100 * self.level:.4g} %)"


def critical_value(df: float, level: float = CONFIDENCE_LEVEL) -> float:
    """The two-sided critical value of Student's t; of the normal if `df` is infinite."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    return float(ndtri(upper) if math.isinf(df) else stdtrit(df, upper))


def critical_values(df: Number, level: float = CONFIDENCE_LEVEL) -> Any:
    """`critical_value`, for a number or an array of degrees of freedom."""
    import numpy as np
    from scipy.special import ndtri, stdtrit

    upper, df = (1 + level) / 2, np.asarray(df, dtype=float)
    finite = np.where(np.isinf(df), 1.0, df)
    return np.where(np.isinf(df), ndtri(upper), stdtrit(finite, upper))[()]


def interval_half_width(components: Sequence[Component], level: float = CONFIDENCE_LEVEL) -> float:
    """Half of the width of an interval whose variance is a sum of independent ones.

    The half-widths of the parts, each by Student's t at its own degrees of freedom, add up as
    squares (Banerjee 1961). That covers at least as often as it says for every ratio of the parts,
    also where one of them rests on two seeds; one t for the sum (Satterthwaite 1946) does not.

    Args:
        components: Variances with their degrees of freedom.
        level: Coverage, in (0, 1).

    Returns:
        NaN if a part is unknown.
    """
    square = sum(
        variance * critical_value(df, level) ** 2 for variance, df in components if variance != 0
    )
    return math.sqrt(square)


def wilson_interval(share: Number, n: Number, critical: Number) -> tuple[Any, Any]:
    """The score interval of a share of `n` answers, which stays inside [0, 1] (Wilson 1927).

    Args:
        share: In [0, 1]; a number or an array, as the others.
        n: Number of independent answers; if answers come in groups, their effective number (Korn
            and Graubard 1998).
        critical: The critical value: 1.96 for 95 % of independent answers.
    """
    import numpy as np

    square = np.square(critical)
    centre = (share + square / (2 * n)) / (1 + square / n)
    half_width = np.sqrt(square * (share * (1 - share) / n + square / (4 * n * n)))
    half_width /= 1 + square / n
    low = np.maximum(np.minimum(centre - half_width, share), 0.0)
    return low, np.minimum(np.maximum(centre + half_width, share), 1.0)


ALIKE_GROUPS = 0.5
"""How many groups' worth of evidence says that all answers in a group are alike."""


def share_variance(share: Number, group_variance: Number, groups: Number) -> Any:
    """The variance of a share over groups, drawn towards that of groups of equal answers.

    A share near 0 varies little in the few groups that happened to be drawn, and a variance
    estimated from them is then too small: over 8 to 24 groups the plain estimate covered shares of
    0.05 in 85 to 90 of 100 samples, this one in 93.

    Args:
        share: In [0, 1]; a number or an array, as the others.
        group_variance: The cluster-robust variance.
        groups: Number of groups, at least 2.
    """
    alike = share * (1 - share) / groups
    return ((groups - 1) * group_variance + ALIKE_GROUPS * alike) / (groups - 1 + ALIKE_GROUPS)


def share_interval(
    share: Number,
    *,
    n: Number,
    groups: Number,
    variance: Number,
    critical: Number,
    level: float = CONFIDENCE_LEVEL,
) -> tuple[Any, Any]:
    """Wilson's interval of a share whose answers come in groups.

    Args:
        share: In [0, 1]; a number or an array, as the others.
        n: Number of answers.
        groups: Number of groups. A share of 0 or 1 has no variance to estimate, and counts as one
            answer a group.
        variance: Of the share, as `share_variance` gives it.
        critical: How many standard errors the interval of the variance reaches.
        level: Coverage, in (0, 1).

    Returns:
        Both ends; NaN with fewer than two groups.
    """
    import numpy as np

    has_variance = (variance > 0) & (share > 0) & (share < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimated = np.minimum(n, share * (1 - share) / np.where(has_variance, variance, 1.0))
    effective = np.where(has_variance, estimated, groups)
    without = critical_values(np.maximum(groups - 1, 1), level)
    is_single = n == groups  # independent answers: the textbook's interval
    effective = np.where(is_single, n, np.maximum(effective, 1e-9))
    critical = np.where(has_variance, critical, without)
    critical = np.where(is_single, critical_values(math.inf, level), critical)
    low, high = wilson_interval(share, effective, critical)
    is_known = (groups >= 2) & np.isfinite(variance)
    return np.where(is_known, low, math.nan)[()], np.where(is_known, high, math.nan)[()]


def satterthwaite_df(components: Sequence[tuple[float, float]]) -> float:
    """Degrees of freedom of a sum of independent variance estimates (Satterthwaite 1946).

    Args:
        components: Each variance with its own degrees of freedom.

    Returns:
        (Σ v)² / Σ (v² / df); NaN if no component has degrees of freedom.
    """
    total = sum(variance for variance, _ in components)
    square = sum(variance**2 / df for variance, df in components if variance and df > 0)
    if square:
        return total**2 / square
    return min((df for _, df in components if df > 0), default=math.nan)


def p_value(value: float, components: Sequence[Component]) -> float:
    """Two-sided p-value of `value` against zero: one less the coverage of the interval that just
    reaches it.

    Args:
        value: The estimate.
        components: Its variances with their degrees of freedom. If one is NaN, the p-value is 1.
    """
    if any(math.isnan(variance) or math.isnan(df) for variance, df in components):
        return 1.0
    if not any(variance for variance, _ in components):
        return 1.0 if value == 0 else 0.0
    if len(components) == 1:
        from scipy.special import ndtr, stdtr

        ((variance, df),) = components
        ratio = -abs(value) / math.sqrt(variance)
        return float(2 * (ndtr(ratio) if math.isinf(df) else stdtr(df, ratio)))
    return _combined_p_value(abs(value), components)


def _combined_p_value(size: float, components: Sequence[Component]) -> float:
    """`p_value` where several variances add up; at least `_SMALLEST_P`."""
    from scipy.optimize import brentq

    def excess(log: float) -> float:
        return interval_half_width(components, 1 - math.exp(log)) - size

    lowest = math.log(_SMALLEST_P)
    if excess(lowest) <= 0:
        return _SMALLEST_P
    return math.exp(brentq(excess, lowest, 0.0, xtol=1e-10)) if size else 1.0
