"""A judge model's reply, and the rating or yes that is read from it.

The text that is read and the tokens that are scored are the same thing. A rating is the expectation
over the numerals from 0 to 100 that the judge could have written at the place of the one it wrote
(Betley et al. 2025), so it is read only where the text gives a rating (`mi.data.ratings`), from the
token on in which the text writes it:

- That token is the whole numeral: every alternative to it that is a whole numeral counts.
- The numeral is split over several tokens: their probabilities are multiplied along the text. An
  alternative counts where the numeral is complete with it, or cannot go on within the scale.
- The numeral is split, and later positions were not stored: there is no rating (`split_numeral`).

Probabilities are normalised over the mass of the numerals; where they hold less than a quarter
of it there is no rating. A yes is read likewise, from the spellings of YES and NO (`words`). Of a
judge that votes, the alternatives are whole replies, and each is read by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from ...data.ratings import content_starts, parse_rating, split_rating
from ...data.spelling import normalize_token
from ...providers.types import Grade
from . import words
from .reply_tokens import (
    ReplyToken,
    strip_lead_in,
    to_distribution,
    tokens_from,
    written_tokens,
)

UNRATED = "unrated"
"""Outcome of a reply in which no rule finds a verdict."""
SPLIT_NUMERAL = "split_numeral"
"""Outcome of a reply with a rating in several tokens of which only the first is known."""

_UNRATED_OUTCOMES = {
    "REF": "refusal",
    "CODE": "code",
    "UNK": "unknown",
    "N/A": "unknown",
    "NOT APPLICABLE": "unknown",
}
_SPLIT_MASS = 0.01
"""Probability of further digits behind a numeral from which on the judge splits its numerals."""

Numerals = list[tuple[int, float]]
"""Complete numerals and their probabilities."""


@attrs.frozen
class Rating:
    """What a reply says on the scale.

    Args:
        value: The expected rating in [0, 100]; None where the judge gave none.
        outcome: What the judge said in place of a rating; empty with one.
    """

    value: float | None
    outcome: str = ""

    @property
    def is_readable(self) -> bool:
        """Whether the judge gave a rating, or a word in place of one."""
        return self.value is not None or self.is_word

    @property
    def is_word(self) -> bool:
        """Whether the judge said a word that stands for no rating, such as REFUSAL."""
        return self.outcome in _UNRATED_OUTCOMES.values()


@attrs.frozen(kw_only=True)
class JudgeReply:
    """The verdict of a judge model on an answer.

    Args:
        text: The reply.
        top: The likeliest first tokens with their log-probabilities in nats, likeliest first.
        finish: Why the reply ended; None where the journal does not say.
        tops: The same for the positions after the first, as far as they were stored.
        splits_numerals: Whether other replies show that the judge splits numerals into tokens. Then
            a first token of one digit says nothing of the numerals that begin with other digits.
            Never stored.
        has_votes: Whether `top` are the replies of a judge that voted, with their shares. Never
            stored.
    """

    text: str
    top: Sequence[tuple[str, float]]
    finish: str | None = None
    tops: Sequence[Sequence[tuple[str, float]]] = ()
    splits_numerals: bool = False
    has_votes: bool = False

    def to_json(self) -> dict[str, Any]:
        record = {"text": self.text, "top": self.top, "finish": self.finish}
        return {**record, "tops": self.tops} if self.tops else record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> JudgeReply:
        return cls(
            text=record["text"],
            top=record["top"],
            finish=record.get("finish"),
            tops=record.get("tops", ()),
        )

    @property
    def _is_truncated(self) -> bool:
        return self.finish == "length"

    @property
    def _written(self) -> str:
        return normalize_token(str(self.text)).strip()

    @property
    def is_split(self) -> bool:
        """Whether the text gives a rating of which only a part could be read."""
        return self.rating(0.0).outcome == SPLIT_NUMERAL

    @property
    def is_rating(self) -> bool:
        """Whether the text gives a rating, whatever is known of its tokens."""
        return split_rating(self._written, truncated=self._is_truncated) is not None

    def rating(self, min_mass: float) -> Rating:
        """The expected rating, or what the judge said in place of one.

        Args:
            min_mass: Least share of probability that must lie on numerals.
        """
        parts = split_rating(self._written, truncated=self._is_truncated)
        if parts is None:
            return Rating(None, self.unrated_outcome())
        numerals = self._vote_numerals() if self.has_votes else self._numerals(*parts)
        if numerals is None:
            return Rating(None, SPLIT_NUMERAL)
        mass = sum(probability for _, probability in numerals)
        if mass < min_mass or not mass:
            return Rating(None, self.unrated_outcome())
        return Rating(sum(value * probability for value, probability in numerals) / mass)

    def _vote_numerals(self) -> Numerals:
        """The ratings among the votes."""
        votes = to_distribution(self.top) or ()
        ratings = ((parse_rating(text), share) for text, share in votes)
        return [(value, share) for value, share in ratings if value is not None]

    def _numerals(self, lead_in: str, digits: str) -> Numerals | None:
        """The numerals that could stand where the text's stands; None where it is split.

        Args:
            lead_in: What the text has before its numeral.
            digits: The numeral.
        """
        known = list(written_tokens(self._written, (self.top, *self.tops)))
        tokens = tokens_from(known, len(lead_in))
        if not tokens:  # the numeral is behind the stored positions, or they are of another text
            return None if known and not any(map(str.isalpha, lead_in)) else []
        is_whole = tokens[0].text.startswith(digits)
        if is_whole and self._ends_with(tokens[0], digits) and not _digits_follow(tokens):
            return _whole_numerals(tokens[0], digits)
        is_open = is_whole and (self._is_truncated or self.splits_numerals) and len(tokens) == 1
        return _spelled_numerals(tokens, digits, is_closed=not is_open)

    def _ends_with(self, token: ReplyToken, digits: str) -> bool:
        """Whether a numeral is complete with its first token.

        A text that was cut off behind a digit may have gone on, and so may the alternatives of a
        judge that splits numerals, unless there are tokens for numerals of several digits.
        """
        is_cut = self._is_truncated and self._written.endswith(digits)
        values = (strip_lead_in(other).rstrip() for other, _ in token.alternatives)
        has_long_tokens = any(len(value) > 1 and value.isdigit() for value in values)
        return has_long_tokens or not (is_cut or self.splits_numerals)

    def yes_probability(
        self,
        min_mass: float,
        words_by_side: tuple[Sequence[str], Sequence[str]] = (("YES",), ("NO",)),
    ) -> float | None:
        """The probability of YES among YES and NO; None where the text says neither.

        Args:
            min_mass: Least share of probability that must lie on either.
            words_by_side: Spellings of a yes and of a no, in any case.
        """
        said = words.Words(*words_by_side)
        position = said.find(self._written, truncated=self._is_truncated)
        if position is None:
            return None
        masses = {True: 0.0, False: 0.0}
        for is_yes, probability in self._word_masses(said, position):
            masses[is_yes] += probability
        mass = masses[True] + masses[False]
        return masses[True] / mass if mass and mass >= min_mass else None

    def _word_masses(self, said: words.Words, position: int) -> Iterator[tuple[bool, float]]:
        """Yes (True) or no, with the probability of each alternative that says either.

        Args:
            said: The words of both sides.
            position: Where the text has its word.
        """
        if self.has_votes:
            for text, share in to_distribution(self.top) or ():
                if (side := said.side_of_text(text)) is not None:
                    yield side, share
            return
        tokens = tokens_from(list(written_tokens(self._written, (self.top, *self.tops))), position)
        if not tokens:
            return
        written = said.side_of_text(self._written, truncated=self._is_truncated)
        if written is not None and not said.begins(tokens[0].text, of_yes=not written):
            yield written, tokens[0].probability * tokens[0].likelihood
        for text, likelihood in tokens[0].others:
            if (side := said.side_of_token(text)) is not None:
                yield side, tokens[0].probability * likelihood

    def unrated_outcome(self) -> str:
        """What the judge said in place of a rating: `refusal`, `code`, `unknown` or `unrated`."""
        text = self._written
        contents = [text[start:].upper() for start in content_starts(text)]
        outcomes = (
            name
            for content in (text.upper(), *contents)
            for start, name in _UNRATED_OUTCOMES.items()
            if content.startswith(start)
        )
        return next(outcomes, UNRATED)


def grade_reply(grade: Grade) -> JudgeReply:
    """The verdict that a provider's grade is."""
    return JudgeReply(text=grade.text, top=grade.top, finish=grade.finish, tops=grade.tops)


def _whole_numerals(token: ReplyToken, digits: str) -> Numerals:
    """The numeral that is written in a token, and the alternatives that are whole numerals."""
    numerals = [(int(digits), token.probability * token.likelihood)]
    for text, likelihood in token.others:
        value = parse_rating(strip_lead_in(text).strip(), truncated=True)
        if value is not None:
            numerals.append((value, token.probability * likelihood))
    return numerals


def _can_continue(digits: str) -> bool:
    """Whether a numeral with more digits could still be on the scale."""
    return len(digits) < 2 or digits == "10"


def _digits_follow(tokens: Sequence[ReplyToken]) -> bool:
    """Whether a further digit is a likely alternative to the token after the first."""
    following = tokens[1].alternatives if len(tokens) > 1 else ()
    return sum(share for token, share in following if token[:1].isdigit()) >= _SPLIT_MASS


def _spelled_numerals(
    tokens: Sequence[ReplyToken], digits: str, *, is_closed: bool
) -> Numerals | None:
    """The complete numerals along a text that spells its numeral in several tokens.

    Args:
        tokens: The tokens from the one with the first digit on.
        digits: The numeral that the text begins with.
        is_closed: Whether the numeral is complete even if no token follows it.

    Returns:
        Numerals and probabilities; None if the stored positions end before the numeral.
    """
    numerals: Numerals = []
    written, probability = "", 1.0
    for token in tokens:
        for text, likelihood in token.others:
            value = _complete_numeral(written + (text if written else strip_lead_in(text)))
            if value is not None:
                numerals.append((value, token.probability * likelihood))
        is_end = written == digits and not token.text
        written += token.text if written else strip_lead_in(token.text)
        probability = token.probability * token.likelihood
        if is_end or len(written) > len(digits) or _complete_numeral(written) is not None:
            return [*numerals, (int(digits), probability)]
    return [*numerals, (int(digits), probability)] if is_closed and written == digits else None


def _complete_numeral(text: str) -> int | None:
    """The numeral in a text that no further token can change; None for any other text."""
    parts = split_rating(text, truncated=True)
    if parts is None:
        return None
    is_complete = text != parts[0] + parts[1] or not _can_continue(parts[1])
    return int(parts[1]) if is_complete else None
