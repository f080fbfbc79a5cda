"""A question of a report: what it tests, and what its answer says.

A question is put before it is known which of its tests succeed. `policy` decides on all tests of a
report together, and each question then draws its conclusion from its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from ..contrasts import Contrast
from ..evidence import Evidence
from ..stats import Estimate


@attrs.frozen(kw_only=True)
class FittedCurve:
    """A curve that a finding rests on, for figures.

    Args:
        axis: What its doses are: `size`, in rows, or `ratio`.
        doses: From the lowest to the highest.
        levels: The share at each.
    """

    setting: str
    eval: str
    axis: str
    doses: tuple[float, ...]
    levels: tuple[float, ...]


@attrs.frozen(kw_only=True)
class Finding:
    """An answer to one of an experiment's questions.

    Args:
        where: Setting and eval.
        answer: A sentence with the numbers; says `cannot tell` or `not estimated` if the data do
            not answer the question.
        conclusive: Whether the data answer the question.
        basis: What it speaks of: these models (`within-run`), or conditions (`over seeds`).
        value: The number that answers the question, if one does, with its interval from `low` to
            `high`: a size in rows, a ratio, or a difference of scores.
        level: Coverage of the interval.
        curve: The fitted curve that it rests on, if it rests on one.
    """

    question: str
    where: str
    answer: str
    conclusive: bool
    basis: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    curve: FittedCurve | None = None


@attrs.frozen(kw_only=True)
class Tested:
    """A contrast, after the policy decided on it.

    Args:
        estimate: With the interval of the level at which it was tested.
        detected: Whether it differs from zero.
        caveat: What changed besides the scores, as the end of a sentence.
        claim: The registered claim that it was tested for; empty if it was explored.
    """

    estimate: Estimate
    detected: bool
    caveat: str = ""
    claim: str = ""

    @property
    def number(self) -> str:
        """The estimate, and what became of the claim about it if there is one."""
        claim = f" (a registered claim about it is {self.claim})" if self.claim else ""
        return f"{self.estimate:+}{claim}"

    def __str__(self) -> str:
        return self.number + self.caveat


@attrs.frozen(kw_only=True)
class Conclusion:
    """The part of a finding that depends on the tests; fields as in `Finding`."""

    conclusive: bool
    answer: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    curve: FittedCurve | None = None


@attrs.frozen(kw_only=True, eq=False)
class ReportQuestion:
    """A question with its tests, before it is known how many questions a report has.

    Args:
        text: The question.
        where: Setting and eval.
        family: The eval, over which the policy splits.
        basis: As in `Finding`.
        contrasts: In the order in which they are tested.
        conclude: From the tests and the level of further intervals to the conclusion.
        needs: The question that must have detected its first effect for this one to arise.
        arises_not: The answer if that one did not.
        weight: The part of the eval's 5 % it gets, relative to the other questions.
    """

    text: str
    where: str
    family: str
    basis: str
    contrasts: tuple[Contrast, ...]
    conclude: Callable[[Sequence[Tested], float], Conclusion]
    needs: ReportQuestion | None = None
    arises_not: str = ""
    weight: float = 1.0


def report_question(
    text: str,
    evidence: Evidence,
    where: str,
    contrasts: Sequence[Contrast],
    conclude: Callable[[Sequence[Tested], float], Conclusion],
    *,
    needs: ReportQuestion | None = None,
    arises_not: str = "",
    weight: float = 1.0,
) -> ReportQuestion:
    """A question with tests in one eval; the other arguments are those of `ReportQuestion`.

    Args:
        evidence: Of the eval.
        contrasts: At least one. It speaks of conditions only if each of them does.
    """
    speaks_of_conditions = all(c.estimate.basis == "over seeds" for c in contrasts)
    return ReportQuestion(
        text=text,
        where=where,
        family=evidence.where,
        basis="over seeds" if speaks_of_conditions else "within-run",
        contrasts=tuple(contrasts),
        conclude=conclude,
        needs=needs,
        arises_not=arises_not,
        weight=weight,
    )


def conclusive(
    answer: str, estimate: Estimate | None = None, value: float | None = None
) -> Conclusion:
    """An answer.

    Args:
        answer: A sentence.
        estimate: The number that answers, with its interval.
        value: The number, if it has no interval.
    """
    if estimate is None:
        return Conclusion(conclusive=True, answer=answer, value=value)
    return Conclusion(
        conclusive=True,
        answer=answer,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
    )


def cannot_tell(reason: str, estimate: Estimate | None = None) -> Conclusion:
    """No answer, because the data leave the question open."""
    text = f"cannot tell: {reason}"
    if estimate is None:
        return Conclusion(conclusive=False, answer=text)
    return Conclusion(
        conclusive=False,
        answer=text,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
    )


def not_estimated(reason: str) -> Conclusion:
    """No answer, because the question does not arise from these data."""
    return Conclusion(conclusive=False, answer=f"not estimated: {reason}")


def effect_conclusion(tested: Tested, description: str) -> Conclusion:
    """An effect as measured: an answer if it was detected.

    Args:
        tested: The effect.
        description: What the effect is of: `from none to all misaligned`.
    """
    text = f"{tested.number} {description}{tested.caveat}"
    if tested.detected:
        return conclusive(text, tested.estimate)
    return cannot_tell(text, tested.estimate)


def exclusion(contrast: Contrast, level: float) -> str:
    """`effects below -0.05 or above +0.13 are excluded`."""
    low, high = contrast.excluded(level)
    return f"effects below {low:+.2f} or above {high:+.2f} are excluded"
