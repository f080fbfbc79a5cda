"""Multiverses, printed for people, as a table of the page, and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from ..analysis.multiverse import MEANING, ClaimMultiverse, Dimension, SpecificationRuling, Turn
from ..analysis.rulings import Outcome
from .console import say
from .text import pluralize

_MOST_CHOICES = 6
"""Choices of a dimension that are listed; of more only those that turn the ruling are."""
_MOST_TURNS = 6
_TITLES = {
    Dimension.JUDGE: "judges",
    Dimension.THRESHOLDS: "thresholds",
    Dimension.QUESTIONS: "question sets",
    Dimension.SCORING: "scoring rules",
}


def print_multiverses(multiverses: Sequence[ClaimMultiverse], console: Console) -> None:
    """Print each claim with its outcomes over all specifications and the choices that turn it."""
    for multiverse in multiverses:
        say(console, f"{multiverse.claim} · {multiverse.where}", "bold")
        for line in multiverse_lines(multiverse):
            say(console, f"    {line}")
    if multiverses:
        say(console, MEANING, "dim")


def multiverse_lines(multiverse: ClaimMultiverse) -> Iterator[str]:
    """What is said of one claim, a line each."""
    sizes = {dimension: len(multiverse.by_choice(dimension)) for dimension in Dimension}
    made_of = " × ".join(f"{sizes[dimension]} {_TITLES[dimension]}" for dimension in Dimension)
    yield (
        f"declared specification: {multiverse.declared.outcome.value}; of "
        f"{pluralize(len(multiverse.rulings), 'specification')} ({made_of}): "
        f"{format_outcomes(multiverse.counts)}"
    )
    if estimated := multiverse.estimated:
        yield (
            f"the estimate lies on the claimed side in {multiverse.on_claimed_side} of {estimated}"
        )
    for dimension in Dimension:
        by_choice = multiverse.by_choice(dimension)
        if 1 < len(by_choice) <= _MOST_CHOICES:
            parts = (f"{choice}: {format_outcomes(counts)}" for choice, counts in by_choice.items())
            yield f"{dimension.value}: {'; '.join(parts)}"
    yield turn_line(multiverse)
    yield from multiverse.notes


def turn_line(multiverse: ClaimMultiverse) -> str:
    """Which single choices turn the declared ruling."""
    turns = multiverse.turns
    if not turns:
        return "no single other choice turns the declared ruling"
    named = "; ".join(map(_format_turn, turns[:_MOST_TURNS]))
    rest = f"; and {len(turns) - _MOST_TURNS} more" if len(turns) > _MOST_TURNS else ""
    return f"turned by a single choice: {named}{rest}"


def _format_turn(turn: Turn) -> str:
    return f"{turn.dimension.value} {turn.choice} → {turn.outcome.value}"


def format_outcomes(counts: Mapping[Outcome, int]) -> str:
    """`200 supported, 19 inconclusive`."""
    return ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items())


def multiverse_rows(multiverses: Sequence[ClaimMultiverse]) -> list[tuple[str, ...]]:
    """The rows of a table of multiverses, one per claim and eval; see `MULTIVERSE_COLUMNS`."""
    return [
        (
            f"{multiverse.claim} · {multiverse.where}",
            multiverse.declared.outcome.value,
            str(len(multiverse.rulings)),
            *(str(multiverse.counts.get(outcome, 0)) for outcome in Outcome),
            turn_line(multiverse),
        )
        for multiverse in multiverses
    ]


MULTIVERSE_COLUMNS = (
    "claim",
    "declared",
    "specifications",
    *(outcome.value for outcome in Outcome),
    "what turns it",
)


def multiverse_json(multiverse: ClaimMultiverse) -> dict[str, Any]:
    """A multiverse as JSON values, with every specification."""
    return {
        "says": multiverse.says,
        "claim": multiverse.claim,
        "where": multiverse.where,
        "meaning": MEANING,
        "declared": _ruling_json(multiverse.declared),
        "outcomes": _counts_json(multiverse.counts),
        "on_claimed_side": multiverse.on_claimed_side,
        "estimated": multiverse.estimated,
        "by_choice": {
            dimension.value: {
                choice: _counts_json(counts)
                for choice, counts in multiverse.by_choice(dimension).items()
            }
            for dimension in Dimension
        },
        "turns": [
            {
                "dimension": turn.dimension.value,
                "choice": turn.choice,
                "outcome": turn.outcome.value,
            }
            for turn in multiverse.turns
        ],
        "notes": list(multiverse.notes),
        "specifications": [_ruling_json(ruling) for ruling in multiverse.rulings],
    }


def _counts_json(counts: Mapping[Outcome, int]) -> dict[str, int]:
    return {outcome.value: number for outcome, number in counts.items()}


def _ruling_json(ruling: SpecificationRuling) -> dict[str, Any]:
    """A ruling as JSON values; a number that is unknown is null."""
    numbers = {name: getattr(ruling, name) for name in ("value", "low", "high")}
    return {
        **{dimension.value: ruling.specification.choice(dimension) for dimension in Dimension},
        "outcome": ruling.outcome.value,
        **{name: None if number != number else number for name, number in numbers.items()},
        "reason": ruling.reason,
    }
