"""The log-probabilities of a choice, in either shape that servers send them in.

Chat completions list an entry for each token, with the alternatives to it. The older shape has
three lists side by side: the tokens, their log-probabilities, and by position an object of the
alternatives. Anything else in them is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...data.ratings import content_starts
from ...data.spelling import normalize_token
from ...files import gate

Alternatives = tuple[tuple[str, float], ...]
"""Tokens with their log-probabilities in nats, likeliest first."""

_MAX_POSITIONS = 24
_DIGITS = re.compile(r"[0-9]*")


def top_logprobs(logprobs: Any, text: str) -> tuple[Alternatives, ...]:
    """The alternatives of the first token, and of later ones as far as a verdict needs them.

    A reply may have a label before its verdict, and may write a rating in several tokens, so the
    positions up to the one behind the numeral are kept. For a reply in words the first one is
    enough.

    Args:
        logprobs: What the server sent.
        text: The reply.
    """
    end = _verdict_end(normalize_token(text).strip())
    positions: list[Alternatives] = []
    written = ""
    for chosen, alternatives in _entries(logprobs):
        if len(positions) == _MAX_POSITIONS or (positions and len(written.lstrip()) > end):
            break
        known: dict[str, float] = {}
        for token, logprob in (*alternatives, chosen):  # the chosen one may be unlisted
            if _is_logprob(token, logprob):
                known.setdefault(gate.clean_text(token), float(logprob))
        positions.append(tuple(sorted(known.items(), key=lambda pair: -pair[1])))
        written += normalize_token(chosen[0])
    return tuple(positions)


def _verdict_end(text: str) -> int:
    """The length of a text up to the end of its numeral, or to the start of its word."""
    for start in content_starts(text):
        end = _DIGITS.match(text, start)
        if end is not None and end[0]:
            return end.end()
    return start


def _entries(logprobs: Any) -> Iterator[tuple[tuple[str, Any], list[tuple[Any, Any]]]]:
    """The chosen token of each position with its log-probability, and all alternatives.

    Ends early at a position whose token is unknown: where the rest belongs is unknown, too.
    """
    if not isinstance(logprobs, Mapping):
        return
    content = logprobs.get("content")
    entries = _chat_entries(content) if isinstance(content, list) else _legacy_entries(logprobs)
    for chosen, alternatives in entries:
        if type(chosen[0]) is not str:
            return
        yield chosen, alternatives


def _chat_entries(content: list[Any]) -> Iterator[tuple[Any, list[tuple[Any, Any]]]]:
    for entry in content:
        if not isinstance(entry, Mapping):
            return
        listed = entry.get("top_logprobs")
        yield _pair(entry), list(map(_pair, listed)) if isinstance(listed, list) else []


def _legacy_entries(logprobs: Mapping[str, Any]) -> Iterator[tuple[Any, list[tuple[Any, Any]]]]:
    tokens, values, tops = (
        column if isinstance(column, list) else []
        for column in map(logprobs.get, ("tokens", "token_logprobs", "top_logprobs"))
    )
    for index, token in enumerate(tokens):
        top = tops[index] if index < len(tops) else None
        alternatives = list(top.items()) if isinstance(top, Mapping) else []
        yield (token, values[index] if index < len(values) else None), alternatives


def _pair(entry: Any) -> tuple[Any, Any]:
    if not isinstance(entry, Mapping):
        return None, None
    return entry.get("token"), entry.get("logprob")


def _is_logprob(token: Any, logprob: Any) -> bool:
    return type(token) is str and logprob is not None and gate.number(logprob) is None
