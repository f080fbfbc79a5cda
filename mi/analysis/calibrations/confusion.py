"""What labels say of a judge: its errors, also at other thresholds, and how far it agrees.

Intervals carry the uncertainty of the labels, clustered by question. Rates are those of the answers
that labels were drawn from; labels that were drawn more often from some strata are weighted back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from ..stats import JudgeErrors, draws_interval
from .agreement import JudgeAgreement, rater_agreement
from .answers import UNLABELLED, JudgedAnswers
from .corrected import Corrector, estimate_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PERCENT_CUTS = tuple(float(cut) for cut in range(10, 100, 10))
_SHARE_CUTS = tuple(cut / 100 for cut in _PERCENT_CUTS)


@attrs.frozen(kw_only=True)
class ErrorRate:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@attrs.frozen(kw_only=True)
class OperatingPoint:
    """A judge's errors at one threshold.

    Args:
        threshold: Of its rating; None: its verdicts as they are.
        sensitivity: Share of positive answers that it calls positive.
        specificity: Share of the others that it does not.
        youden: Youden's J, the sum of both less 1.
    """

    threshold: float | None
    sensitivity: ErrorRate
    specificity: ErrorRate
    youden: ErrorRate


@attrs.frozen(kw_only=True)
class Confusion:
    """What labels say of a judge.

    Args:
        counts: Label × verdict, negative first: numbers of labelled answers.
        pool: Number of answers that labels were drawn from; None: nobody says.
        groups: Groups of questions of labelled answers.
        point: The errors of its verdicts; None: they are not known.
        thresholds: Its errors at other thresholds of its rating; empty if it has none.
        agreement: With the labels.
        reason: Why rates are not corrected by these labels; empty if they are.
    """

    counts: tuple[tuple[int, int], tuple[int, int]]
    pool: int | None
    groups: int
    point: OperatingPoint | None
    thresholds: tuple[OperatingPoint, ...]
    agreement: JudgeAgreement | None
    reason: str


def confusion(answers: JudgedAnswers, *, has_design: bool, is_rising: bool) -> Confusion:
    """Compare a judge with labels.

    Args:
        answers: All that the judge has judged.
        has_design: Whether labels were drawn by a design that is known.
        is_rising: Whether a higher rating is worse.
    """
    import numpy as np

    corrector = Corrector.build(answers, has_design=has_design)
    drawn = corrector.pool
    labelled = drawn.labelled
    verdicts, positive = labelled.verdict, labelled.positive
    counts = [
        [int(((positive == label) & (verdicts == verdict)).sum()) for verdict in (False, True)]
        for label in (False, True)
    ]
    point = None
    if corrector.errors is not None:
        point = _operating_point(None, corrector.errors)
    agreement = None
    if len(labelled):
        weights = design_weights(drawn) if has_design else np.ones(len(labelled))
        agreement = rater_agreement(positive, verdicts, labelled.group, weights)
    thresholds = _thresholds(drawn, has_design=has_design, is_rising=is_rising)
    return Confusion(
        counts=((counts[0][0], counts[0][1]), (counts[1][0], counts[1][1])),
        pool=len(drawn) if has_design else None,
        groups=len(set(labelled.group.tolist())),
        point=point,
        thresholds=tuple(thresholds) if corrector.errors is not None else (),
        agreement=agreement,
        reason=corrector.reason,
    )


def design_weights(drawn: JudgedAnswers) -> NDArray[np.float64]:
    """How many answers each labelled one stands for: those of its stratum and verdict, by their
    number of labels (Horvitz and Thompson 1952)."""
    import numpy as np

    kind = 2 * drawn.stratum + ~drawn.verdict
    is_labelled = drawn.label != UNLABELLED
    kinds, index = np.unique(kind, return_inverse=True)
    every = np.bincount(index, minlength=len(kinds))
    labelled = np.bincount(index[is_labelled], minlength=len(kinds))
    weights: NDArray[np.float64] = (every / np.maximum(labelled, 1))[index[is_labelled]]
    return weights


def _thresholds(
    drawn: JudgedAnswers, *, has_design: bool, is_rising: bool
) -> Iterator[OperatingPoint]:
    """The errors of the rating alone, at round thresholds; an unrated answer is negative."""
    import numpy as np

    if not np.isfinite(drawn.rating).any():
        return
    for cut in _SHARE_CUTS if is_rising else _PERCENT_CUTS:
        verdict = drawn.rating >= cut if is_rising else drawn.rating < cut
        errors = estimate_errors(attrs.evolve(drawn, verdict=verdict), has_design=has_design)
        yield _operating_point(cut, errors)


def _operating_point(threshold: float | None, errors: JudgeErrors) -> OperatingPoint:
    sensitivity, false_positives = (float(value) for value in errors.values)
    specificity = 1 - errors.false_positive_rate
    return OperatingPoint(
        threshold=threshold,
        sensitivity=_rate(sensitivity, errors.sensitivity),
        specificity=_rate(1 - false_positives, specificity),
        youden=_rate(sensitivity - false_positives, errors.youden),
    )


def _rate(value: float, draws: NDArray[np.float64]) -> ErrorRate:
    low, high = draws_interval(draws)
    return ErrorRate(value=value, low=float(low), high=float(high))
