"""Whether a server draws from the whole distribution that it reports.

A server reports log-probabilities of the likeliest tokens, and the token that it drew. Were it to
draw from the whole distribution, each position would fall into its tail with a probability that is
known: the mass that is not listed, and what is listed below a twentieth of the likeliest token. A
silent `top_k` or `min_p` leaves the tail empty, or too thin. A silent penalty of repetitions, or
another temperature, draws the likeliest token too rarely or too often.

The number of draws in the tail is a sum of independent events of different probabilities (Poisson
binomial), whose lower tail is computed exactly. Too few expected draws decide nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import attrs

from ...files import gate

MIN_P = 0.05
"""llama.cpp's default, relative to the likeliest token."""
_ENOUGH, _PLENTY = 12.0, 40.0
"""Expected draws in the tail from which on it is judged."""
_WHOLE_SHARE = 0.7
"""The share of expected draws from which on a tail counts as whole."""
_IMPOSSIBLE, _UNLIKELY = 1e-6, 1e-4
_FEWEST_ALTERNATIVES = 5
_MAX_DEVIATION = 5.0
"""Standard deviations that draws of the likeliest tokens may differ."""
_TIE = 1e-6
_FILTERED = -100.0
"""Nats below which a token that is listed was filtered out."""


class Tail(Enum):
    """What is known of the tail of a server's draws."""

    WHOLE = "whole"
    CUT = "cut"
    UNKNOWN = "unknown"


@attrs.frozen
class Position:
    """A drawn token and the likeliest tokens at its place, with log-probabilities in nats."""

    token: str
    logprob: float
    listed: tuple[tuple[str, float], ...]

    @property
    def is_listed(self) -> bool:
        """Whether the drawn token is among the likeliest that are listed."""
        return any(token == self.token for token, _ in self.listed)


@attrs.frozen
class Draw:
    """A draw as an event: whether it fell into the tail, and how probable that was.

    Args:
        tail: Probability of a draw in the tail.
        is_tail: Whether the draw was.
        best: Probability of the likeliest token.
        is_best: Whether the draw was that one.
    """

    tail: float
    is_tail: bool
    best: float
    is_best: bool


@attrs.frozen
class Measure:
    """Draws in the tail and at the head, as they were and as they should be.

    Args:
        positions: How many tokens were looked at.
        expected: Expected draws in the tail.
        observed: Draws in the tail.
        chance: Probability of so few.
        deviation: Standard deviations by which draws of the likeliest tokens differ.
        filtered: Positions at which the server itself reports removed alternatives.
    """

    positions: int
    expected: float
    observed: int
    chance: float
    deviation: float
    filtered: int

    @property
    def tail(self) -> Tail:
        """Whether the tail is whole."""
        share = self.observed / self.expected if self.expected else 0.0
        if self.positions and self.filtered > self.positions / 2:
            return Tail.CUT
        if self.chance < _IMPOSSIBLE:
            return Tail.CUT
        if self.expected >= _PLENTY and share < _WHOLE_SHARE and self.chance < _UNLIKELY:
            return Tail.CUT
        if self.expected >= _ENOUGH and share >= _WHOLE_SHARE:
            return Tail.WHOLE
        return Tail.UNKNOWN

    @property
    def is_penalised(self) -> bool:
        """Whether the likeliest tokens are drawn too rarely or too often."""
        return abs(self.deviation) > _MAX_DEVIATION

    def describe(self) -> str:
        """`2 of 512 tokens lie in the tail, where 87 should`."""
        return (
            f"{self.observed} of {self.positions} tokens lie in the tail, where "
            f"{self.expected:.0f} should"
        )


def read_positions(choice: Mapping[str, Any]) -> Iterator[Position]:
    """The positions of a choice whose alternatives are reported; none where they are not."""
    logprobs = choice.get("logprobs")
    entries = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    for entry in entries if isinstance(entries, list) else ():
        drawn = _token(entry)
        listed = entry.get("top_logprobs") if isinstance(entry, Mapping) else None
        known = [pair for pair in map(_token, listed or ()) if pair is not None]
        if drawn is not None and len(known) >= _FEWEST_ALTERNATIVES:
            known.sort(key=lambda pair: -pair[1])
            yield Position(*drawn, tuple(known))


def _token(entry: Any) -> tuple[str, float] | None:
    if not isinstance(entry, Mapping):
        return None
    token, logprob = entry.get("token"), entry.get("logprob")
    if type(token) is not str or logprob is None or gate.number(logprob):
        return None
    return token, float(logprob)


def _draw(position: Position, *, adds_drawn: bool) -> Draw | None:
    """The draw at a position as an event; None where ties leave open what the head is.

    Args:
        position: The position.
        adds_drawn: Whether the server may list the drawn token in place of a likelier one. Then the
            head are fewer tokens than are listed.
    """
    values = [value for _, value in position.listed]
    is_tail = not position.is_listed
    if adds_drawn:
        size = len(values) * 3 // 4
        others = [value for token, value in position.listed if token != position.token]
        ranked = sorted((*others, position.logprob), reverse=True)
        if ranked[size - 1] - ranked[size] < _TIE:
            return None
        is_tail = position.logprob < ranked[size - 1] - _TIE
        values = ranked[:size]
    floor = values[0] + math.log(MIN_P)
    head = sum(math.exp(value) for value in values if value >= floor)
    return Draw(
        tail=min(max(1.0 - head, 0.0), 1.0),
        is_tail=is_tail or position.logprob < floor,
        best=min(math.exp(values[0]), 1.0),
        is_best=position.logprob >= values[0] - _TIE,
    )


def measure_tail(positions: Sequence[Position]) -> Measure:
    """Compare draws with the distributions that were reported for them."""
    adds_drawn = all(position.is_listed for position in positions)
    events = (_draw(position, adds_drawn=adds_drawn) for position in positions)
    draws = [draw for draw in events if draw is not None]
    best = [draw.best for draw in draws]
    spread = math.sqrt(sum(share * (1.0 - share) for share in best))
    difference = sum(draw.is_best for draw in draws) - sum(best)
    observed = sum(draw.is_tail for draw in draws)
    return Measure(
        positions=len(draws),
        expected=sum(draw.tail for draw in draws),
        observed=observed,
        chance=_chance_of_so_few([draw.tail for draw in draws], observed),
        # The reported probabilities are rounded, so a spread near 0 proves nothing.
        deviation=difference / max(spread, 0.7) if draws else 0.0,
        filtered=sum(position.listed[-1][1] < _FILTERED for position in positions),
    )


def _chance_of_so_few(probabilities: Sequence[float], observed: int) -> float:
    """The probability that at most so many of independent events happen."""
    shares = [1.0] + [0.0] * observed
    for probability in probabilities:
        for count in range(observed, 0, -1):
            shares[count] = shares[count] * (1 - probability) + shares[count - 1] * probability
        shares[0] *= 1 - probability
    return min(sum(shares), 1.0)
