"""Findings, and the family of tests that decides which of them are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from ..stats import Estimate, holm_adjust

ALPHA = 0.05
INCONCLUSIVE = "cannot tell"


@attrs.frozen(kw_only=True)
class Finding:
    """An answer to one of the experiment's questions.

    Args:
        where: Setting and eval.
        answer: A sentence with the numbers; begins with `cannot tell` where the data do not say.
        told: Whether the data say.
        value: The answer's number, with the ends of its 95 % interval, where it is one: a size in
            rows, a ratio, or a difference of scores.
        basis: What the intervals in it speak of.
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
    """What is answered, once it is known how many tests there are; fields as in `Finding`."""

    conclusive: bool
    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@attrs.frozen(kw_only=True)
class DraftFinding:
    """A question with its tests made, before it is known how many others there are.

    Args:
        tests: p-values that its answer rests on.
        answer: What is said when they are corrected for the family.
    """

    question: str
    where: str
    basis: str
    p_values: tuple[float, ...]
    conclude: Callable[[Sequence[float]], Conclusion]


def conclude_drafts(drafts: Sequence[DraftFinding]) -> list[Finding]:
    """The findings: every test corrected for all of them together."""
    corrected = holm_adjust([p for draft in drafts for p in draft.p_values])
    found = []
    for draft in drafts:
        own, corrected = corrected[: len(draft.p_values)], corrected[len(draft.p_values) :]
        said = draft.conclude(own)
        found.append(
            Finding(
                question=draft.question,
                where=draft.where,
                answer=said.text if said.conclusive else f"{INCONCLUSIVE}: {said.text}",
                conclusive=said.conclusive,
                basis=draft.basis,
                value=said.value,
                low=said.low,
                high=said.high,
            )
        )
    return found


def conclusive(
    text: str, value: float | None = None, low: float | None = None, high: float | None = None
) -> Conclusion:
    """An answer, and its number where it is one."""
    return Conclusion(True, text, value, low, high)


def inconclusive(text: str) -> Conclusion:
    """Why there is no answer."""
    return Conclusion(False, text)


def effect_conclusion(estimate: Estimate, p: float, description: str) -> Conclusion:
    """An effect as it was measured: an answer where it is one."""
    text = f"{format_effect(estimate, p)} {description}"
    return Conclusion(is_significant(p), text, estimate.value, estimate.low, estimate.high)


def is_significant(p: float) -> bool:
    """Whether a corrected p-value is an effect."""
    return p < ALPHA


def format_p(p: float) -> str:
    """`p = 0.012`, `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def format_effect(estimate: Estimate, p: float) -> str:
    """`+0.12 [+0.05, +0.19], p = 0.003`."""
    return f"{estimate:+}, {format_p(p)}"
