"""Confidence intervals and tests of single numbers: start here to change an interval.

| interval | of what | where |
|---|---|---|
| Student's t | a contrast: a difference, a slope, a mean other than a share | `t_interval` |
| Wilson's score interval | the share of one condition | `wilson_interval`, called by `Study.mean` |
| bootstrap percentiles | a function of means without a formula | `bootstrap.bootstrap_interval` |
| profile likelihood | the dose of half effect | `dose_response.fit_half_effect` |

The variance and the degrees of freedom behind the first two are estimated in `study`.

Tables and figures show intervals that the database computes in SQL by the same formulas
(`mi/database/schema.sql`): the macro `metric_means` for one run, in the view `results`, and the
view `conditions` for several runs, both with the macros `t95` and `wilson_*`. Change SQL and Python
together; `tests/test_analysis_stats.py` compares them. `power.interval_width` predicts widths for
`mi power` by Student's t, so it has to follow such a change too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import attrs

Basis = Literal["within-run", "over seeds"]
CONFIDENCE_LEVEL = 0.95
"""Coverage of every interval."""

ALPHA = 0.05
"""Significance level of every test: 1 - CONFIDENCE_LEVEL."""

_NARROW_WIDTH = 0.05


@attrs.frozen(kw_only=True)
class Estimate:
    """A number with its 95 % interval.

    Args:
        value: In the units of the scores.
        low: Lower end of the interval, as `high`; NaN if there are too few data for an interval.
        standard_error: Of `value`.
        df: Degrees of freedom of the standard error.
        p_value: Two-sided p-value against zero, by Student's t.
        basis: What the interval generalises to: this trained model only (within-run), or the
            condition (over seeds).
    """

    value: float
    low: float
    high: float
    standard_error: float
    df: float
    p_value: float
    basis: Basis

    def subtract(self, number: float) -> Estimate:
        """Shift the estimate down by a number. Its p-value stays the one against zero."""
        shifted = {name: getattr(self, name) - number for name in ("value", "low", "high")}
        return attrs.evolve(self, **shifted)

    def __str__(self) -> str:
        return format(self)

    def __format__(self, spec: str) -> str:
        """`0.12 [0.05, 0.19]`, with one digit more if the interval is narrow; `:+` gives each
        number a sign."""
        if math.isnan(self.low):
            return f"{self.value:{spec}.2f} [no interval: too few data]"
        digits = f"{spec}.3f" if self.high - self.low < _NARROW_WIDTH else f"{spec}.2f"
        return f"{self.value:{digits}} [{self.low:{digits}}, {self.high:{digits}}]"


def critical_value(df: float, level: float = CONFIDENCE_LEVEL) -> float:
    """The two-sided critical value of Student's t; of the normal if `df` is infinite."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    return float(ndtri(upper) if math.isinf(df) else stdtrit(df, upper))


def t_interval(
    value: float, standard_error: float, *, df: float, level: float = CONFIDENCE_LEVEL
) -> tuple[float, float]:
    """Student's interval, value ± t · standard error (Student 1908).

    Args:
        value: The estimate.
        standard_error: In the same units.
        df: Degrees of freedom of the standard error.
        level: Coverage, in (0, 1).

    Returns:
        Both ends; NaN if `df` is not positive.
    """
    half_width = critical_value(df, level) * standard_error if df > 0 else math.nan
    return value - half_width, value + half_width


def wilson_interval(
    share: float, n: float, *, df: float = math.inf, level: float = CONFIDENCE_LEVEL
) -> tuple[float, float]:
    """The score interval of a share of `n` answers, which stays inside [0, 1] (Wilson 1927).

    Args:
        share: In [0, 1].
        n: Number of independent answers; if answers come in clusters, their effective number
            (Korn and Graubard 1998).
        df: Degrees of freedom of the variance behind `n`; if finite, Student's t replaces the
            normal.
        level: Coverage, in (0, 1).
    """
    square = critical_value(df, level) ** 2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half_width = math.sqrt(square * (share * (1 - share) / n + square / (4 * n * n)))
    half_width /= 1 + square / n
    return max(centre - half_width, 0.0), min(centre + half_width, 1.0)


def holm_adjust(p_values: Sequence[float]) -> list[float]:
    """Adjust the p-values of a family of tests (Holm 1979).

    Rejecting where the adjusted value is under 0.05 keeps the chance of any false alarm in the
    family under 5 %, whatever the dependence between the tests.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min((len(p_values) - rank) * p_values[index], 1.0))
        adjusted[index] = highest
    return adjusted


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


def p_value(value: float, standard_error: float, df: float) -> float:
    """Two-sided p-value of `value` against zero, by Student's t.

    Args:
        value: The estimate.
        standard_error: In the same units; NaN if unknown, and then the p-value is 1.
        df: Degrees of freedom of the standard error; NaN if unknown, likewise.
    """
    from scipy.special import stdtr

    if math.isnan(standard_error) or math.isnan(df):
        return 1.0
    if standard_error == 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * stdtr(df, -abs(value) / standard_error))
