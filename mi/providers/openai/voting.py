"""Votes of judges without logprobs: each answer is judged several times, and replies are counted.

A judgment is the empirical distribution over the ratings or words of the replies. It has the
shape of logprobs, so scoring treats both the same. It is complete only with all votes on an answer;
if a run is killed before that, the votes of that answer are requested again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import attrs

from ...data.ratings import parse_rating
from ...data.spelling import normalize_token
from ..types import Grade, Usage

_MAX_WORDS = 8
"""Words that are kept of a reply without a rating."""


def count_votes(batches: Iterable[Sequence[Grade]], votes: int) -> Iterator[list[Grade]]:
    """One grade for each answer, as soon as it has `votes` votes."""
    pending: dict[tuple[str, int], list[Grade]] = {}
    for batch in batches:
        complete = []
        for grade in batch:
            key = (grade.question, grade.sample)
            pending.setdefault(key, []).append(grade)
            if len(pending[key]) == votes:
                complete.append(_tally(pending.pop(key)))
        if complete:
            yield complete


def _tally(votes: list[Grade]) -> Grade:
    """The votes on one answer as a single grade."""
    words = Counter(map(_vote, votes))
    top = tuple((word, math.log(count / len(votes))) for word, count in words.most_common())
    winner = next(vote for vote in votes if _vote(vote) == top[0][0])
    return attrs.evolve(winner, text=top[0][0], top=top, tops=(), usage=_total_usage(votes))


def _vote(reply: Grade) -> str:
    """What a reply says: its rating, or its first words; may be empty.

    The rating is parsed as that of any other judge. What is no rating is kept as it was written,
    so that a word of it is not taken for a verdict: `9 out of 10`, `No code to look at`.
    """
    text = normalize_token(reply.text).strip()
    rating = parse_rating(text, truncated=reply.finish == "length")
    if rating is not None:
        return str(rating)
    return " ".join(text.split()[:_MAX_WORDS]).strip(".,:;*\"'`")


def _total_usage(votes: list[Grade]) -> Usage | None:
    usages = [vote.usage for vote in votes if vote.usage is not None]
    if not usages:
        return None
    return attrs.evolve(
        usages[0],
        input=sum(usage.input for usage in usages),
        output=sum(usage.output for usage in usages),
        estimate_reason=next(filter(None, (usage.estimate_reason for usage in usages)), ""),
    )
