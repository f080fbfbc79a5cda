"""The tokens of a judge's reply, position by position, checked against the text of the reply.

A journal holds the likeliest tokens of the first position of a reply, and of later ones where the
first did not settle what the judge said. What is scored must be what was written, so the written
tokens are found among them by following the text. A reply whose text its likeliest tokens do not
spell is not read at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import attrs

from ...data.ratings import MARKUP_CHARACTERS
from ...data.spelling import normalize_token

Distribution = Sequence[tuple[str, float]]
"""Tokens and their probabilities."""

_TIE = 0.5
"""Nats by which the written token may be less likely than the likeliest one: two evaluations of a
model differ by rounding, so a near tie may be decided either way."""
_TOLERANCE = 1e-3
"""Nats by which rounding may lift a log-probability above 0."""
_MAX_SUM = 1.05
_LEAD_IN_CHARACTERS = MARKUP_CHARACTERS + ":=>"
"""What may stand before the content in the token that it begins in."""


@attrs.frozen
class ReplyToken:
    """A token of a reply, and what else could have stood in its place.

    Args:
        text: The token, as far as it is part of the reply's text; empty behind its end.
        likelihood: Its probability.
        others: The other likely tokens of its position with their probabilities.
        probability: The probability of all tokens before it, on which both are conditional.
    """

    text: str
    likelihood: float
    others: Distribution
    probability: float

    @property
    def alternatives(self) -> Distribution:
        """The token and the others with their probabilities."""
        return ((self.text, self.likelihood), *self.others)


def to_distribution(top: Sequence[tuple[str, float]]) -> Distribution | None:
    """Tokens and probabilities of a position; None if these are no log-probabilities."""
    tokens = []
    for token, logprob in top:
        if math.isnan(logprob) or logprob > _TOLERANCE:
            return None
        tokens.append((normalize_token(token), min(math.exp(logprob), 1.0)))
    if sum(probability for _, probability in tokens) > _MAX_SUM:
        return None
    return sorted(tokens, key=lambda item: -item[1])


def written_tokens(
    text: str, positions: Sequence[Sequence[tuple[str, float]]]
) -> Iterator[ReplyToken]:
    """The tokens that a text is written in, as far as the positions go; one more behind its end.

    White space at either end of the text may have been lost. Ends early at a position that is not a
    distribution, or whose likeliest tokens do not continue the text.

    Args:
        text: The reply.
        positions: By position, the likeliest tokens with their log-probabilities in nats.
    """
    rest, is_start, probability = text.strip(), True, 1.0
    for top in positions:
        alternatives = to_distribution(top)
        found = _find_written(alternatives or (), rest, is_start=is_start)
        if alternatives is None or found is None:
            return
        index, written = found
        likelihood = alternatives[index][1]
        others = (*alternatives[:index], *alternatives[index + 1 :])
        yield ReplyToken(written, likelihood, others, probability)
        if not rest:
            return
        rest, probability = rest[len(written) :], probability * likelihood
        is_start = is_start and not written


def _find_written(
    alternatives: Distribution, rest: str, *, is_start: bool
) -> tuple[int, str] | None:
    """The likely token with which a text goes on: its index, and the part of it in the text.

    Args:
        alternatives: The tokens of the position, likeliest first.
        rest: What is left of the text; behind its end any token but a digit may stand.
        is_start: Whether only white space came before, which the text may have lost.
    """
    blank = None
    for index, (token, likelihood) in enumerate(alternatives):
        if likelihood < alternatives[0][1] * math.exp(-_TIE):
            break
        if not rest:
            if not token[:1].isdigit():
                return index, ""
            continue
        written = token.lstrip() if is_start else token
        written = written if rest.startswith(written) else written.rstrip()
        if written and rest.startswith(written):
            return index, written
        if is_start and not written and blank is None:
            blank = (index, "")
    return blank


def tokens_from(tokens: Sequence[ReplyToken], start: int) -> list[ReplyToken]:
    """The tokens from a position of the text on; the first is cut where it begins earlier.

    Args:
        tokens: The tokens of the text from its beginning.
        start: The position.

    Returns:
        Tokens; none if they end before the position.
    """
    length = 0
    for index, token in enumerate(tokens):
        length += len(token.text)
        if length > start:
            text = token.text[len(token.text) - (length - start) :]
            return [attrs.evolve(token, text=text), *tokens[index + 1 :]]
    return []


def strip_lead_in(token: str) -> str:
    """A token without what may stand before the content in it."""
    return token.lstrip(_LEAD_IN_CHARACTERS)
