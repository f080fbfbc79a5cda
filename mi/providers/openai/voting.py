"""Judges that give no logprobs: asked several times, their replies counted.

A judgment is the empirical distribution over the first word of the replies, in the shape that
logprobs have, so that what reads one reads the other. It is made once all votes on an answer are
there; votes of a judgment that a kill cut short are asked for again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import attrs

from ..types import Grade, Usage


def count_votes(batches: Iterable[Sequence[Grade]], votes: int) -> Iterator[list[Grade]]:
    """One grade for each answer that has all its votes, as they are complete."""
    waiting: dict[tuple[str, int], list[Grade]] = {}
    for batch in batches:
        whole = []
        for grade in batch:
            at = (grade.question, grade.sample)
            waiting.setdefault(at, []).append(grade)
            if len(waiting[at]) == votes:
                whole.append(_tally(waiting.pop(at)))
        if whole:
            yield whole


def _tally(votes: list[Grade]) -> Grade:
    words = Counter(_first_word(vote.text) for vote in votes)
    top = tuple((word, math.log(count / len(votes))) for word, count in words.most_common())
    said = next(vote for vote in votes if _first_word(vote.text) == top[0][0])
    return attrs.evolve(said, text=top[0][0], top=top, usage=_total_usage(votes))


def _first_word(text: str) -> str:
    """The first word of a reply, bare: `87`, `YES`, `REFUSAL`; empty for a silent one."""
    words = text.split()
    return words[0].strip(".,:;*\"'`") if words else ""


def _total_usage(votes: list[Grade]) -> Usage | None:
    bills = [vote.usage for vote in votes if vote.usage is not None]
    if not bills:
        return None
    return attrs.evolve(
        bills[0],
        input=sum(bill.input for bill in bills),
        output=sum(bill.output for bill in bills),
    )
