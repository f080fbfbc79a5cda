"""Rates corrected for the errors of a judge, from answers that people have labelled.

| estimate | labels | source |
|---|---|---|
| `prediction_powered` | drawn from the same answers, at random or by stratum | Tenenbein 1970 |
| `rogan_gladen` | of answers in which the judge errs as in these | Rogan and Gladen 1978 |

For a verdict of yes or no, the estimate of prediction-powered inference with its best weight
(PPI++: Angelopoulos, Duchi and Zrnic 2023) is the mean of the strata's rates of positive labels,
weighted by the strata's shares of all answers. Labels that were drawn more often from some strata
are weighted back by that (Horvitz and Thompson 1952).

Every unknown share has a confidence distribution, the mid-P one of Clopper and Pearson's limits,
and an interval is made of the quantiles of what independent draws from all of them give. So it
carries the uncertainty of the labels and of the answers (Fay, Proschan and Brittain 2015; with
effective numbers of answers, Bayer, Fay and Graubard 2023). Draws have a fixed seed: the same
labels give the same interval.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from .intervals import (
    ALIKE_GROUPS,
    CONFIDENCE_LEVEL,
    critical_value,
    critical_values,
    share_variance,
    wilson_interval,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS = 20_000
"""Draws behind an interval: its ends are exact to about a hundredth of its width."""

_LEAST_YOUDEN = 0.2
"""Youden's J below which what seeds add is not enlarged further."""


@attrs.frozen(kw_only=True, eq=False, slots=False)
class LabelSums:
    """Answers and labels by group and stratum. Any axes may come before the last two.

    A stratum holds answers with the same verdict, such as those whose score lies in one range.

    Args:
        verdicts: Whether the judge's verdict is positive in a stratum; length strata.
        answers: Judged answers that labels were drawn from; … × groups × strata.
        labelled: Those with a label, of the same shape.
        positives: Those whose label is positive, of the same shape.
    """

    verdicts: NDArray[np.bool_]
    answers: Array
    labelled: Array
    positives: Array

    @cached_property
    def shares(self) -> Array:
        """Each stratum's share of all answers; … × strata."""
        by_stratum = self.answers.sum(axis=-2)
        shares: Array = by_stratum / by_stratum.sum(axis=-1, keepdims=True)
        return shares

    @cached_property
    def rates(self) -> Array:
        """The rate of positive labels in each stratum, 1/2 where none is labelled; … × strata."""
        import numpy as np

        labelled = self.labelled.sum(axis=-2)
        positives = self.positives.sum(axis=-2)
        rates: Array = np.where(labelled > 0, positives / np.maximum(labelled, 1), 0.5)
        return rates

    @cached_property
    def effective_labels(self) -> Array:
        """The number of independent labels in each stratum; … × strata.

        Errors on answers to one question resemble each other. The variance over groups is drawn
        towards that of groups that are alike, as `share_variance` does.
        """
        import numpy as np

        labelled = self.labelled.sum(axis=-2)
        groups = (self.labelled > 0).sum(axis=-2)
        spread = self.rates * (1 - self.rates)
        residuals = self.positives - self.rates[..., None, :] * self.labelled
        with np.errstate(divide="ignore", invalid="ignore"):
            robust = groups / (groups - 1) * (residuals**2).sum(axis=-2) / labelled**2 / spread
        single = 1 / np.maximum(labelled, 1)
        scaled = np.where(np.isfinite(robust), np.maximum(robust, single), single)
        alike = 1 / np.maximum(groups, 1)
        rest = np.maximum(groups - 1, 0)
        moderated = (rest * scaled + ALIKE_GROUPS * alike) / (rest + ALIKE_GROUPS)
        moderated = np.where(groups == labelled, single, moderated)
        effective: Array = np.where(labelled > 0, np.minimum(1 / moderated, labelled), 0.0)
        return effective


@attrs.frozen(kw_only=True, eq=False)
class JudgeErrors:
    """Draws of a judge's sensitivity and false positive rate; the last axis holds the draws.

    Args:
        sensitivity: Share of the positive answers that the judge calls positive.
        false_positive_rate: Share of the negative answers that it calls positive.
        values: Both as estimated, in that order; a last axis of 2.
    """

    sensitivity: Array
    false_positive_rate: Array
    values: Array

    @property
    def youden(self) -> Array:
        """Draws of Youden's J, the sensitivity less the false positive rate (Youden 1950)."""
        return self.sensitivity - self.false_positive_rate


@attrs.frozen(kw_only=True, eq=False)
class CorrectedRate:
    """A corrected rate.

    Args:
        value: In [0, 1].
        draws: From its confidence distribution; the last axis.
    """

    value: Array
    draws: Array

    def interval(self, level: float = CONFIDENCE_LEVEL) -> tuple[Any, Any]:
        """Both ends of the interval of some coverage, in [0, 1]."""
        low, high = draws_interval(self.draws, level)
        return low.clip(0, 1)[()], high.clip(0, 1)[()]

    def difference(self, reference: CorrectedRate, level: float = CONFIDENCE_LEVEL) -> Any:
        """The difference from another rate with its interval: value, low, high.

        Their draws are independent: questions that both share would make it narrower.
        """
        low, high = draws_interval(self.draws - reference.draws[..., ::-1], level)
        return self.value - reference.value, low, high


def draws_interval(draws: Array, level: float = CONFIDENCE_LEVEL) -> tuple[Any, Any]:
    """The interval between two quantiles of draws along the last axis."""
    import numpy as np

    tail = (1 - level) / 2
    low, high = np.quantile(draws, (tail, 1 - tail), axis=-1)
    return low, high


def share_draws(positives: Any, number: Any, rng: np.random.Generator, draws: int = DRAWS) -> Array:
    """Draws from the mid-P confidence distribution of a share: half of them from that of Clopper
    and Pearson's lower limit, half from that of the upper one.

    Args:
        positives: Observed; a number or an array, as `number`. Neither need be whole.
        number: How many were observed; without any, draws are 0 or 1.
        rng: Where random numbers come from.
        draws: How many, in a new last axis.
    """
    import numpy as np

    positives, number = np.broadcast_arrays(
        np.asarray(positives, dtype=float)[..., None], np.asarray(number, dtype=float)[..., None]
    )
    shape = (*positives.shape[:-1], draws)
    upper = rng.integers(0, 2, size=shape)
    first = rng.standard_gamma(np.maximum(positives, 0) + upper)
    second = rng.standard_gamma(np.maximum(number - positives, 0) + 1 - upper)
    result: Array = first / (first + second)
    return result


def judge_errors(
    sums: LabelSums, rng: np.random.Generator, draws: int = DRAWS, *, has_pool: bool = True
) -> JudgeErrors:
    """The errors of a judge on the answers that labels were drawn from.

    Args:
        sums: Of the labelled answers and of all that they were drawn from.
        rng: Where random numbers come from.
        draws: How many.
        has_pool: Whether labels were drawn from known answers, so that each stratum's labels stand
            for it. Otherwise the labels are all there is, and their verdicts are counted by label.
    """
    import numpy as np

    positive = sums.verdicts
    if has_pool:
        number = sums.effective_labels
        rates = share_draws(sums.rates * number, number, rng, draws)
        clustered = number.sum(axis=-1) / np.maximum(sums.labelled.sum(axis=(-2, -1)), 1)
        pool = clustered * sums.answers.sum(axis=(-2, -1))
        weights = _stratum_draws(sums.shares, pool[..., None], rng, draws)
        drawn = _errors(weights * rates, weights * (1 - rates), positive, axis=-2)
        value = _errors(sums.shares * sums.rates, sums.shares * (1 - sums.rates), positive, axis=-1)
    else:
        by_label = []
        for counts in (sums.positives, sums.labelled - sums.positives):
            hits = counts[..., positive].sum(axis=-1)[..., None]
            all_counts = counts.sum(axis=-1)[..., None]
            classes = LabelSums(
                verdicts=np.ones(1, dtype=bool), answers=all_counts, labelled=all_counts,
                positives=hits,
            )  # fmt: skip
            number = classes.effective_labels[..., 0]
            rate = classes.rates[..., 0]
            by_label.append((share_draws(rate * number, number, rng, draws), rate))
        (sensitivity, one), (false_positives, other) = by_label
        drawn, value = (sensitivity, false_positives), (one, other)
    return JudgeErrors(
        sensitivity=drawn[0], false_positive_rate=drawn[1], values=np.stack(value, axis=-1)
    )


def _errors(
    positives: Array, negatives: Array, verdicts: NDArray[np.bool_], *, axis: int
) -> tuple[Array, Array]:
    """Sensitivity and false positive rate of weighted labels; 0 and 1 where a class is empty, so
    that nothing is known of them."""
    import numpy as np

    chosen = np.flatnonzero(verdicts)
    shares = []
    for values, empty in ((positives, 0.0), (negatives, 1.0)):
        total = values.sum(axis=axis)
        hits = np.take(values, chosen, axis=axis).sum(axis=axis)
        shares.append(np.where(total > 0, hits / np.where(total > 0, total, 1.0), empty))
    return shares[0], shares[1]


def rogan_gladen(
    share: Any,
    effective_answers: Any,
    errors: JudgeErrors,
    rng: np.random.Generator,
) -> CorrectedRate:
    """The rate behind a judge's share of positive verdicts, by the errors that it was seen to make.

    A rate is in the interval unless the share differs from what the rate and the errors lead one to
    expect. The rate is only known if Youden's J is not 0: see `is_informative`.

    Args:
        share: Of positive verdicts; a number or an array.
        effective_answers: The number of independent answers behind it.
        errors: Of the judge.
        rng: Where random numbers come from.
    """
    import numpy as np

    shares = share_draws(
        np.asarray(share) * effective_answers, effective_answers, rng, errors.youden.shape[-1]
    )
    excess, youden = shares - errors.false_positive_rate, errors.youden
    limit = np.where(excess > 0, np.inf, -np.inf)
    draws = np.where(youden > 0, excess / np.where(youden > 0, youden, 1.0), limit)
    sensitivity, false_positives = errors.values[..., 0], errors.values[..., 1]
    span = np.maximum(sensitivity - false_positives, 1e-12)
    value = ((share - false_positives) / span).clip(0, 1)
    return CorrectedRate(value=value, draws=draws.clip(0, 1))


def is_informative(errors: JudgeErrors, level: float = CONFIDENCE_LEVEL) -> Any:
    """Whether labels show that the judge is better than chance: Youden's J is above 0."""
    low, _ = draws_interval(errors.youden, level)
    return low > 0


def prediction_powered(
    sums: LabelSums, effective_answers: Any, rng: np.random.Generator, draws: int = DRAWS
) -> CorrectedRate:
    """The rate of positive labels among answers of which some are labelled, whatever the judge's
    errors are.

    Labels are drawn at random within a stratum, so their part of the variance has no clusters. The
    interval is at least Wilson's at the number of independent answers that the variance of the
    estimate over groups implies, as in the tables. Seeds differ in the truth by more than in the
    verdicts of a judge that errs: what they add to the variance of its share is divided by the
    square of Youden's J.

    Args:
        sums: Of the answers.
        effective_answers: The number of independent answers among them, by the interval of the
            judge's share.
        rng: Where random numbers come from.
        draws: How many.
    """
    import numpy as np

    labelled = sums.labelled.sum(axis=-2)
    rates = share_draws(sums.positives.sum(axis=-2), labelled, rng, draws)
    number = np.asarray(effective_answers, dtype=float)[..., None]
    shares = _stratum_draws(sums.shares, number, rng, draws)
    value = (sums.shares * sums.rates).sum(axis=-1)
    drawn = (shares * rates).sum(axis=-2)
    seeds = np.sqrt(_seed_variance(sums, number[..., 0]))[..., None]
    drawn += seeds * rng.standard_normal(drawn.shape)
    return CorrectedRate(value=value, draws=_stretch(drawn, value, _group_variance(sums, value)))


def _stratum_draws(shares: Array, number: Any, rng: np.random.Generator, draws: int) -> Array:
    """Draws of the strata's shares of independent answers: Dirichlet's, with half an answer more
    in each stratum that has one.

    Args:
        shares: As observed; … × strata.
        number: Independent answers, an array that fits `shares`.
        rng: Where random numbers come from.
        draws: How many, in a new last axis.
    """
    import numpy as np

    shape = (*shares.shape, draws)
    alpha = np.where(shares > 0, shares * number + 0.5, 0.0)[..., None]
    drawn = rng.standard_gamma(alpha, size=shape)
    normal: Array = drawn / drawn.sum(axis=-2, keepdims=True)
    return normal


def _stretch(draws: Array, value: Array, variance: Array) -> Array:
    """Draws that reach at least as far as Wilson's interval does on either side of a value."""
    import numpy as np

    inside = (value > 0) & (value < 1) & (variance > 0)
    number = np.where(inside, value * (1 - value) / np.where(inside, variance, 1.0), 1.0)
    ends = wilson_interval(value, number, critical_value(np.inf))
    sides = []
    for end, reached in zip(ends, draws_interval(draws), strict=True):
        wanted, own = np.abs(end - value), np.abs(reached - value)
        factor = np.where(inside & (own > 0), wanted / np.where(own > 0, own, 1.0), 1.0)
        sides.append(np.maximum(factor, 1.0)[..., None])
    offset = draws - value[..., None]
    stretched: Array = value[..., None] + offset * np.where(offset < 0, *sides)
    return stretched.clip(0, 1)


def _group_variance(sums: LabelSums, value: Array) -> Array:
    """The variance of the estimate over groups, which includes that of the labels (Liang and Zeger
    1986), by Student's t and drawn towards that of groups of equal answers, as in the tables."""
    import numpy as np

    rates, shares = sums.rates, sums.shares
    labelled = np.maximum(sums.labelled.sum(axis=-2), 1)
    everything = sums.answers.sum(axis=(-2, -1))
    sampled = (sums.answers * (rates - value[..., None])[..., None, :]).sum(axis=-1)
    corrected = sums.positives - rates[..., None, :] * sums.labelled
    corrected = (corrected * (shares / labelled)[..., None, :]).sum(axis=-1)
    return _robust_variance(value, sampled / everything[..., None] + corrected, sums)


def _robust_variance(share: Array, influence: Array, sums: LabelSums) -> Array:
    """The variance of a share from the influence of each group, in units of the normal's."""
    import numpy as np

    groups = np.maximum((sums.answers.sum(axis=-1) > 0).sum(axis=-1), 2)
    robust = groups / (groups - 1) * (influence**2).sum(axis=-1)
    student = critical_values(groups - 1) / critical_value(np.inf)
    variance: Array = share_variance(share, robust, groups) * np.square(student)
    return variance


def _seed_variance(sums: LabelSums, number: Array) -> Array:
    """The variance of the true rate between seeds: what the judge's share has beside that over
    groups, by the square of Youden's J."""
    import numpy as np

    share = sums.shares[..., sums.verdicts].sum(axis=-1)
    by_group = sums.answers[..., sums.verdicts].sum(axis=-1)
    totals = sums.answers.sum(axis=-1)
    influence = (by_group - share[..., None] * totals) / totals.sum(axis=-1)[..., None]
    over_groups = _robust_variance(share, influence, sums)
    rest = share * (1 - share) / np.maximum(number, 1) - over_groups
    sensitivity, false_positives = _errors(
        sums.shares * sums.rates, sums.shares * (1 - sums.rates), sums.verdicts, axis=-1
    )
    youden = np.maximum(sensitivity - false_positives, _LEAST_YOUDEN)
    variance: Array = np.where((share > 0) & (share < 1), np.maximum(rest, 0) / youden**2, 0.0)
    return variance


def effective_answers(share: Any, low: Any, high: Any, n: Any) -> Any:
    """How many independent answers an interval of a share is worth, at most `n`.

    Args:
        share: A number or an array, as the others.
        low: Lower end of its interval, as `high`; NaN if it has none.
        high: Upper end.
        n: Number of answers.
    """
    import numpy as np

    square = critical_value(np.inf) ** 2
    share, low, high = (np.asarray(value, dtype=float) for value in (share, low, high))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Wilson's half-width h at n answers: h² (1 + z²/n)² = z² (p(1-p)/n + z²/4n²); in u = z²/n,
        # that is (h² - 1/4) u² + (2h² - p(1-p)) u + h² = 0.
        half = (high - low) / 2
        a, b, c = half**2 - 0.25, 2 * half**2 - share * (1 - share), half**2
        root = (-b - np.sqrt(np.maximum(b * b - 4 * a * c, 0))) / (2 * a)
        number = square / root
    return np.where(np.isfinite(number) & (number > 0), np.minimum(number, n), np.nan)[()]
