"""Findings, and the correction for multiple tests that decides which of them are conclusive.

A draft holds the uncorrected p-values of one question. The family of tests is known only when all
drafts of a report exist; then every p-value is corrected and every draft becomes a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from ..stats import ALPHA, Estimate, holm_adjust


@attrs.frozen(kw_only=True)
class Finding:
    """An answer to one of an experiment's questions.

    Args:
        where: Setting and eval.
        answer: A sentence with the numbers; begins with `inconclusive` or `not estimated` if the
            data do not answer the question.
        conclusive: Whether the data answer the question.
        basis: What its intervals generalise to.
        value: The number that answers the question, if one does, with its 95 % interval from `low`
            to `high`: a size in rows, a ratio, or a difference of scores.
    """

    question: str
    where: str
    answer: str
    conclusive: bool
    basis: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@attrs.frozen
class Conclusion:
    """The part of a finding that depends on the corrected p-values; fields as in `Finding`."""

    conclusive: bool
    answer: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@attrs.frozen(kw_only=True)
class DraftFinding:
    """A question with its tests, before the number of tests in the family is known.

    Args:
        p_values: Uncorrected, of the tests that the answer rests on.
        conclude: From the same p-values, corrected for the family, to the conclusion.
    """

    question: str
    where: str
    basis: str
    p_values: tuple[float, ...]
    conclude: Callable[[Sequence[float]], Conclusion]


def conclude_drafts(drafts: Sequence[DraftFinding]) -> list[Finding]:
    """Correct every test for all of them together (Holm 1979), and draw the conclusions."""
    corrected = holm_adjust([p for draft in drafts for p in draft.p_values])
    findings = []
    for draft in drafts:
        own, corrected = corrected[: len(draft.p_values)], corrected[len(draft.p_values) :]
        conclusion = draft.conclude(own)
        findings.append(
            Finding(
                question=draft.question,
                where=draft.where,
                basis=draft.basis,
                answer=conclusion.answer,
                conclusive=conclusion.conclusive,
                value=conclusion.value,
                low=conclusion.low,
                high=conclusion.high,
            )
        )
    return findings


def conclusive(
    answer: str, value: float | None = None, low: float | None = None, high: float | None = None
) -> Conclusion:
    """An answer.

    Args:
        answer: A sentence.
        value: Its number, if it is one.
        low: Lower end of the 95 % interval.
        high: Higher end.
    """
    return Conclusion(True, answer, value, low, high)


def inconclusive(reason: str) -> Conclusion:
    """No answer, because the data leave the question open."""
    return Conclusion(False, f"inconclusive: {reason}")


def not_estimated(reason: str) -> Conclusion:
    """No answer, because the question does not arise from these data."""
    return Conclusion(False, f"not estimated: {reason}")


def effect_conclusion(estimate: Estimate, p: float, description: str) -> Conclusion:
    """An effect as measured: an answer if it is significant.

    Args:
        estimate: The effect.
        p: Its corrected p-value.
        description: What the effect is of: `from none to all misaligned`.
    """
    text = f"{format_effect(estimate, p)} {description}"
    answer = text if is_significant(p) else f"inconclusive: {text}"
    return Conclusion(is_significant(p), answer, estimate.value, estimate.low, estimate.high)


def is_significant(p: float) -> bool:
    """Whether a corrected p-value is under the significance level."""
    return p < ALPHA


def format_p(p: float) -> str:
    """`p = 0.012`, `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def format_effect(estimate: Estimate, p: float) -> str:
    """`+0.12 [+0.05, +0.19], p = 0.003`."""
    return f"{estimate:+}, {format_p(p)}"
