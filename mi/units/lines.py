"""The lines of journals: what each kind must say, so that every reader can rely on it.

A line is checked when it is written and when it comes from elsewhere. Readers get lines that
passed, as dictionaries of these fields. Verdicts are checked by the names that the scorers of this
package use; the scorer of another package may have others.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..files import gate
from ..files.gate import Check, Shape
from .journals import ANSWERS, JUDGMENTS, LIKELIHOODS

_USAGE: dict[str, Check] = {
    "unit": gate.path_name,
    "at": gate.timestamp,
    "of": gate.path_name,
    "billed_model": gate.text,
    "billed_input": gate.count,
    "billed_output": gate.count,
    "cost_usd": gate.amount,
}
_REPLY: dict[str, Check] = {"finish": gate.text, "refusal": gate.text, "model": gate.text}
_MAX_TOP = 1 << 12
_PAIRS = {list, tuple}
_LARGEST = sys.float_info.max


def _alternative(value: Any) -> str | None:
    """A token with its log-probability."""
    if type(value) not in (list, tuple) or len(value) != 2:
        return "is not a token with its log-probability"
    return gate.text(value[0]) or gate.number(value[1])


def _position(value: Any) -> str | None:
    """The likeliest tokens of a position: most of a judgment, so they are checked in one go."""
    if type(value) is not list and type(value) is not tuple:
        return "is not a list"
    if len(value) > _MAX_TOP:
        return f"has more than {_MAX_TOP} items"
    if _are_plain(value):
        return None
    return next((problem for pair in value if (problem := _alternative(pair))), None)


def _are_plain(pairs: Sequence[Any]) -> bool:
    """Whether all are pairs of an ASCII text and a finite float, as nearly all are."""
    if not _PAIRS.issuperset(map(type, pairs)):
        return False
    try:
        for token, logprob in pairs:
            if (
                token.__class__ is not str
                or logprob.__class__ is not float
                or not token.isascii()
                or not -_LARGEST <= logprob <= _LARGEST
            ):
                return False
    except ValueError:  # one is no pair
        return False
    return True


_ISSUE = Shape(
    noun="an issue",
    required={"severity": gate.text},
    allowed={
        "test": gate.text,
        "confidence": gate.text,
        "cwe": gate.count,
        "line": gate.count,
    },
)


def _is_stated(verdict: Mapping[str, Any]) -> str | None:
    """Whether a verdict says something."""
    if not verdict:
        return "it is empty"
    empty = [name for name in ("text", "top", "state") if verdict.get(name, "") is None]
    return f"{empty[0]} is null" if empty else None


_VERDICT = Shape(
    noun="a verdict",
    required={},
    allowed={
        "text": gate.text,
        "top": _position,
        "finish": gate.text,
        "tops": gate.list_of(_position, _MAX_TOP),
        "state": gate.text,
        "issues": gate.list_of(_ISSUE.as_check()),
    },
    relation=_is_stated,
)


def _is_complete(line: Mapping[str, Any]) -> str | None:
    """Whether a likelihood has as many numbers of tokens as log-probabilities."""
    logprobs, tokens = line["logprobs"], line["tokens"]
    if len(logprobs) != len(tokens):
        return "it has not as many log-probabilities as numbers of tokens"
    return "an answer has no token" if not all(tokens) else None


ANSWER = Shape(
    noun="an answer",
    required={
        "question": gate.path_name,
        "sample": gate.count,
        "text": gate.text,
        "finish": gate.text,
        "prompt_tokens": gate.count,
        "answer_tokens": gate.count,
    },
    allowed={**_REPLY, **_USAGE, "thought": gate.text, "probe": gate.path_name},
)
JUDGMENT = Shape(
    noun="a judgment",
    required={"question": gate.path_name, "sample": gate.count, "verdict": _VERDICT.as_check()},
    allowed={**_REPLY, **_USAGE},
)
LIKELIHOOD = Shape(
    noun="a likelihood",
    required={
        "question": gate.path_name,
        "logprobs": gate.list_of(gate.number),
        "tokens": gate.list_of(gate.count),
    },
    allowed=_USAGE,
    relation=_is_complete,
)
QUESTION = Shape(
    noun="a question",
    required={"question": gate.path_name},
    allowed=dict.fromkeys(("id", "prompt", "system", "scenario", "group"), gate.text),
)
"""A line of an eval's `questions.jsonl`."""
SCORE = Shape(
    noun="a score",
    required={"question": gate.path_name, "outcome": gate.text},
    allowed={
        "sample": gate.count,
        "metrics": gate.map_of(gate.text, gate.optional(gate.number)),
    },
)
"""A line of an eval's `scores.jsonl`."""
_OTHER = Shape(
    noun="a line of a journal",
    required={},
    allowed={"question": gate.path_name, "sample": gate.count, **_USAGE},
)
_SHAPES = {ANSWERS.prefix: ANSWER, JUDGMENTS.prefix: JUDGMENT, LIKELIHOODS.prefix: LIKELIHOOD}


def line_shape(journal: str) -> Shape:
    """The shape of a journal's lines, by its name; of other packages' journals, what all have."""
    return _SHAPES.get(journal.partition("-")[0], _OTHER)
