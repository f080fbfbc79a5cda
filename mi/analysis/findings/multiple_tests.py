"""Findings, and the family of tests that decides which of them are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from ..stats import Estimate, holm

ALPHA = 0.05
CANNOT_TELL = "cannot tell"


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
    told: bool
    basis: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@attrs.frozen
class Said:
    """What is answered, once it is known how many tests there are; fields as in `Finding`."""

    told: bool
    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@attrs.frozen(kw_only=True)
class Draft:
    """A question with its tests made, before it is known how many others there are.

    Args:
        tests: p-values that its answer rests on.
        answer: What is said when they are corrected for the family.
    """

    question: str
    where: str
    basis: str
    tests: tuple[float, ...]
    answer: Callable[[Sequence[float]], Said]


def settled(drafts: Sequence[Draft]) -> list[Finding]:
    """The findings: every test corrected for all of them together."""
    corrected = holm([p for draft in drafts for p in draft.tests])
    found = []
    for draft in drafts:
        own, corrected = corrected[: len(draft.tests)], corrected[len(draft.tests) :]
        said = draft.answer(own)
        found.append(
            Finding(
                question=draft.question,
                where=draft.where,
                answer=said.text if said.told else f"{CANNOT_TELL}: {said.text}",
                told=said.told,
                basis=draft.basis,
                value=said.value,
                low=said.low,
                high=said.high,
            )
        )
    return found


def told(
    text: str, value: float | None = None, low: float | None = None, high: float | None = None
) -> Said:
    """An answer, and its number where it is one."""
    return Said(True, text, value, low, high)


def untold(text: str) -> Said:
    """Why there is no answer."""
    return Said(False, text)


def said(estimate: Estimate, p: float, of: str) -> Said:
    """An effect as it was measured: an answer where it is one."""
    text = f"{effect(estimate, p)} {of}"
    return Said(seen(p), text, estimate.value, estimate.low, estimate.high)


def seen(p: float) -> bool:
    """Whether a corrected p-value is an effect."""
    return p < ALPHA


def shown(p: float) -> str:
    """`p = 0.012`, `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def effect(estimate: Estimate, p: float) -> str:
    """`+0.12 [+0.05, +0.19], p = 0.003`."""
    return f"{estimate:+}, {shown(p)}"
