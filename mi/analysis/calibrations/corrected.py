"""Corrected rates of conditions: what a judge's share says of the answers, by labels of some.

A condition whose own answers were drawn from, and often enough, is corrected by its own labels,
whatever the judge's errors in it. Any other one is corrected by the errors in all labelled answers:
that assumes equal errors in all conditions, and says so. Where labels do not show that the judge is
better than chance, there is no number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

import attrs

from ..stats import (
    CorrectedRate,
    JudgeErrors,
    effective_answers,
    is_informative,
    judge_errors,
    prediction_powered,
    rogan_gladen,
)
from .answers import JudgedAnswers
from .sums import label_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_CLASS = 5
"""Labels of either class, by which errors are estimated."""
MIN_OWN = 50
"""Labels of a condition that is corrected by them alone."""
MIN_STRATUM = 5
"""Labels of each of its strata, unless all answers of the stratum are labelled."""
_DRAWS = 8000


class Method(Enum):
    """How a rate was corrected."""

    OWN = "own labels"
    SHARED = "equal errors assumed"
    WITHHELD = "withheld"


@attrs.frozen(kw_only=True)
class NaiveRate:
    """A judge's share of positive verdicts in a condition, with its interval; NaN: it has none."""

    mean: float
    low: float
    high: float
    n: int


@attrs.frozen(kw_only=True)
class Correction:
    """A corrected rate of a condition.

    Args:
        method: How it was corrected.
        labels: Number of labels that it rests on.
        mean: The corrected rate, as `low` and `high`; None if it is withheld.
        note: Why it is withheld, or what it assumes.
    """

    method: Method
    labels: int
    mean: float | None
    low: float | None
    high: float | None
    note: str


@attrs.frozen(kw_only=True, eq=False)
class Corrector:
    """Corrects the rates of conditions by the labels of one calibration.

    Args:
        pool: The answers that labels were drawn from, with a label or not; without a design, the
            labelled ones.
        has_design: Whether it is known how labels were drawn.
        errors: The judge's errors in all of them; None: there is a reason why they are not known.
        reason: That reason.
    """

    pool: JudgedAnswers
    has_design: bool
    errors: JudgeErrors | None
    reason: str

    @classmethod
    def build(cls, answers: JudgedAnswers, *, has_design: bool) -> Corrector:
        """Estimate a judge's errors.

        Args:
            answers: All that the judge has judged.
            has_design: Whether labels were drawn by a design that is known.
        """
        answers = answers.distinct
        drawn = answers.select(answers.stratum >= 0) if has_design else answers.labelled
        reason = _lacking(drawn)
        if reason:
            return cls(pool=drawn, has_design=has_design, errors=None, reason=reason)
        errors = estimate_errors(drawn, has_design=has_design)
        if not is_informative(errors):
            reason = (
                "the labels do not show that the judge is better than chance: Youden's J is not "
                "separated from 0"
            )
        return cls(pool=drawn, has_design=has_design, errors=errors, reason=reason)

    def correct(self, answers: JudgedAnswers, naive: NaiveRate) -> Correction:
        """The corrected rate of a condition.

        Args:
            answers: All of the condition's judged answers.
            naive: The judge's share in it.
        """
        number = float(effective_answers(naive.mean, naive.low, naive.high, naive.n))
        if math.isnan(number):
            return _withheld("its own interval is not known: too few groups", 0)
        rng, answers = _generator(), answers.distinct
        labelled = len(answers.labelled)
        if self.has_design and self._has_own_labels(answers):
            rate = prediction_powered(
                label_sums(answers, has_design=True), number, rng, draws=_DRAWS
            )
            return _correction(Method.OWN, labelled, rate, "labels of its own answers")
        if self.errors is None or self.reason:
            return _withheld(self.reason, len(self.pool.labelled))
        rate = rogan_gladen(naive.mean, number, self.errors, rng)
        note = "equal errors in all conditions assumed"
        return _correction(Method.SHARED, len(self.pool.labelled), rate, note)

    def _has_own_labels(self, answers: JudgedAnswers) -> bool:
        """Whether a condition was drawn from, and has enough labels."""
        if (answers.stratum < 0).any() or len(answers.labelled) < MIN_OWN:
            return False
        sums = label_sums(answers, has_design=True)
        every, labelled = sums.answers.sum(axis=0), sums.labelled.sum(axis=0)
        return bool(((labelled >= MIN_STRATUM) | (labelled == every)).all())


def estimate_errors(drawn: JudgedAnswers, *, has_design: bool) -> JudgeErrors:
    """The judge's errors on the answers that labels were drawn from, or on the labelled ones."""
    sums = label_sums(drawn, has_design=has_design)
    return judge_errors(sums, _generator(), _DRAWS, has_pool=has_design)


def _lacking(drawn: JudgedAnswers) -> str:
    """Why the labels are not enough for errors; empty if they are."""
    labelled = drawn.labelled
    if not len(labelled):
        return "none of the labelled answers is judged by this judge in this store"
    positives = int(labelled.positive.sum())
    classes = {"positive": positives, "negative": len(labelled) - positives}
    for name, count in classes.items():
        if count < MIN_CLASS:
            return f"too few {name} labels: {count} of the {MIN_CLASS} that are needed"
    if len(set(labelled.group.tolist())) < 2:
        return "all labels are of one group of questions"
    return ""


def _generator() -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(0)


def _withheld(reason: str, labels: int) -> Correction:
    return Correction(
        method=Method.WITHHELD, labels=labels, mean=None, low=None, high=None, note=reason
    )


def _correction(method: Method, labels: int, rate: CorrectedRate, note: str) -> Correction:
    low, high = rate.interval()
    return Correction(
        method=method,
        labels=labels,
        mean=float(rate.value),
        low=float(low),
        high=float(high),
        note=note,
    )


def in_units(answers: JudgedAnswers, units: Sequence[str]) -> NDArray[np.bool_]:
    """Which answers some evals have scored."""
    import numpy as np

    return np.isin(answers.unit, list(units))
