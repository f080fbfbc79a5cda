"""Intervals and tests of single numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import attrs

Basis = Literal["within-run", "over seeds"]
CONFIDENCE_LEVEL = 0.95
_NARROW_WIDTH = 0.05


@attrs.frozen(kw_only=True)
class Estimate:
    """A number with its 95 % interval.

    Args:
        value: In the units of the scores.
        low: Low end of the interval, as `high`; NaN where there is too little to tell.
        error: Standard error.
        df: Degrees of freedom of that error.
        p: Two-sided p-value against zero, by Student's t.
        basis: What the interval speaks of: this model (within-run), or the condition (over seeds).
    """

    value: float
    low: float
    high: float
    standard_error: float
    df: float
    p_value: float
    basis: Basis

    def subtract(self, number: float) -> Estimate:
        """The estimate less a number. Its `p` stays as it was, against zero."""
        moved = {end: getattr(self, end) - number for end in ("value", "low", "high")}
        return attrs.evolve(self, **moved)

    def __str__(self) -> str:
        return format(self)

    def __format__(self, spec: str) -> str:
        """`0.12 [0.05, 0.19]`, with a digit more where the interval is narrow; after `:+` each
        number has its sign."""
        if math.isnan(self.low):
            return f"{self.value:{spec}.2f} [too little to tell]"
        digits = f"{spec}.3f" if self.high - self.low < _NARROW_WIDTH else f"{spec}.2f"
        return f"{self.value:{digits}} [{self.low:{digits}}, {self.high:{digits}}]"


def critical_value(df: float, level: float = CONFIDENCE_LEVEL) -> float:
    """The two-sided critical value of Student's t; of the normal where `df` is infinite."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    return float(ndtri(upper) if math.isinf(df) else stdtrit(df, upper))


def wilson_interval(
    share: float, n: float, *, df: float = math.inf, level: float = CONFIDENCE_LEVEL
) -> tuple[float, float]:
    """The score interval of a share of `n` answers, inside [0, 1] (Wilson 1927).

    Args:
        n: Independent answers; where answers come in clusters, the effective number of them
            (Korn and Graubard 1998).
        df: Degrees of freedom of the variance behind `n`: Student's t stands for the normal.
    """
    square = critical_value(df, level) ** 2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = math.sqrt(square * (share * (1 - share) / n + square / (4 * n * n))) / (1 + square / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def holm_adjust(p_values: Sequence[float]) -> list[float]:
    """p-values of a family of tests, adjusted (Holm 1979): under 0.05 keeps the chance that any of
    them is a false alarm under 5 %, however they depend on each other."""
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min((len(p_values) - rank) * p_values[at], 1.0))
        adjusted[at] = highest
    return adjusted


def satterthwaite_df(components: Sequence[tuple[float, float]]) -> float:
    """Degrees of freedom of a sum of variances, each with its own (Satterthwaite 1946).

    Args:
        parts: Variances and their degrees of freedom.
    """
    total = sum(variance for variance, _ in components)
    square = sum(variance**2 / df for variance, df in components if variance and df > 0)
    return (
        total**2 / square
        if square
        else min((df for _, df in components if df > 0), default=math.nan)
    )


def p_value(value: float, standard_error: float, df: float) -> float:
    """Two-sided p-value against zero, by Student's t; 1 where the error is not known."""
    from scipy.special import stdtr

    if math.isnan(standard_error) or math.isnan(df):
        return 1.0
    if standard_error == 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * stdtr(df, -abs(value) / standard_error))
