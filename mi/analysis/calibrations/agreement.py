"""How far a judge agrees with labels, or with another judge: Cohen's kappa, Krippendorff's alpha.

Both are 1 for perfect agreement and 0 for what chance would give (Cohen 1960; Krippendorff 2011).
Answers that were less likely to be drawn count for more, and the interval resamples groups of
questions, because answers to one question are not independent (Efron and Tibshirani 1993).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from ..stats import draws_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_RESAMPLES = 4000


@attrs.frozen(kw_only=True)
class AgreementEstimate:
    """A coefficient of agreement with its 95 % interval; NaN if all verdicts are the same."""

    value: float
    low: float
    high: float


@attrs.frozen(kw_only=True)
class JudgeAgreement:
    """How far two raters agree.

    Args:
        answers: That both rated.
        observed: The share on which they agree.
        kappa: Cohen's.
        alpha: Krippendorff's, of nominal values.
    """

    answers: int
    observed: float
    kappa: AgreementEstimate
    alpha: AgreementEstimate


def rater_agreement(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    groups: NDArray[np.str_],
    weights: NDArray[np.float64],
) -> JudgeAgreement:
    """The agreement of two raters of the same answers.

    Args:
        first: What one rater says; length answers, as the others.
        second: What the other says.
        groups: The group of questions of each answer.
        weights: How many answers each stands for.
    """
    import numpy as np

    names, group = np.unique(groups, return_inverse=True)
    tables = np.zeros((len(names), 4))
    np.add.at(tables, (group, 2 * first + second), weights * len(weights) / weights.sum())
    rng = np.random.default_rng(0)
    resampled = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), _RESAMPLES)
    whole, drawn = tables.sum(axis=0), resampled @ tables
    estimates = []
    for coefficient in (cohen_kappa, nominal_alpha):
        values = coefficient(drawn)
        values = values[np.isfinite(values)]
        low, high = draws_interval(values) if len(names) > 1 and len(values) else (np.nan, np.nan)
        value = float(coefficient(whole))
        estimates.append(AgreementEstimate(value=value, low=float(low), high=float(high)))
    return JudgeAgreement(
        answers=len(first),
        observed=float(whole[[0, 3]].sum() / whole.sum()),
        kappa=estimates[0],
        alpha=estimates[1],
    )


def cohen_kappa(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cohen's kappa of 2×2 tables along the last axis: neither, second alone, first alone, both."""
    import numpy as np

    total = tables.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (tables[..., 0] + tables[..., 3]) / total
        first, second = (tables[..., 2:].sum(axis=-1) / total, tables[..., 1::2].sum(-1) / total)
        expected = first * second + (1 - first) * (1 - second)
        kappa: NDArray[np.float64] = (observed - expected) / (1 - expected)
    return kappa


def nominal_alpha(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Krippendorff's alpha of the same tables, for nominal values."""
    import numpy as np

    values = 2 * tables.sum(axis=-1)
    positive = tables[..., 1] + tables[..., 2] + 2 * tables[..., 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (tables[..., 1] + tables[..., 2]) / tables.sum(axis=-1)
        expected = 2 * positive * (values - positive) / (values * (values - 1))
        alpha: NDArray[np.float64] = 1 - observed / expected
    return alpha
