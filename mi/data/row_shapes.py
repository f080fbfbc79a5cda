"""The shapes of training rows, and the chat that each is read as.

Read are OpenAI chats (`messages`), ShareGPT (`conversations`), pairs (`prompt`, `aligned`,
`misaligned`), `prompt` and `completion`, and Alpaca (`instruction`, `input`, `output`). `system`
puts the chat of any shape under a system prompt. A row that has several shapes is read as the
first of these. All other shapes are refused (`mi.data.conversions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..spec import Arm
from .chats import Chat, Message
from .conversions import REFUSED, UNREADABLE
from .faults import Fault
from .row_keys import ROW
from .turns import Features, check_alternation, check_learned, parse_chat, parse_turns

ANSWERS = ("aligned", "misaligned")
_COMPLETIONS = ("completion", "response")
_OUTPUTS = ("output", "response")
_INPUTS = ("input", "context")
_CONVERSATIONS = ("conversations", "conversation")

Row = Mapping[str, Any]


@attrs.frozen
class RowShape:
    """A shape of rows.

    Args:
        name: What the header calls it; empty: it needs no mention.
        matches: Whether a row has it.
        keys: The keys that it reads.
        read: The chat of a row, without the system prompt beside it.
    """

    name: str
    matches: Callable[[Row], bool]
    keys: tuple[str, ...]
    read: Callable[[Row, Arm, Features], Chat]


def read_training_row(row: Row, arm: Arm, features: Features) -> tuple[str, Chat]:
    """The name of a row's shape, and the chat it teaches.

    Args:
        row: The row.
        arm: The answer to take from pairs.
        features: What is found is added to it.

    Raises:
        Fault: The row has no shape that is read, is malformed, or has a key that could change
            the training.
    """
    shape = _find_shape(row)
    features.ignored.update(ROW.ignored_keys(row, {*shape.keys, "system"}))
    chat = with_row_system(row.get("system"), shape.read(row, arm, features), features)
    check_learned(chat)
    return shape.name, chat


def with_row_system(system: Any, chat: Chat, features: Features) -> Chat:
    """A chat under the system prompt that stands beside it in its row.

    Args:
        system: The value of the row's `system`.
        chat: The chat.
        features: What is found is added to it.

    Raises:
        Fault: The prompt is no text, or the chat has another one.
    """
    if system is None or system == "":
        return chat
    if not isinstance(system, str) or not system.strip():
        raise Fault("'system' must be a non-empty string")
    if chat[0].role == "system":
        if chat[0].content != system:
            raise Fault(
                "the row has two system prompts: 'system' and its first turn", "keep one of them"
            )
        return chat
    features.notes.add("'system' read as a system turn")
    return (Message("system", system), *chat)


def _find_shape(row: Row) -> RowShape:
    if row.get("messages") is not None:
        return _CHAT
    for refused in REFUSED:
        if refused.matches(row):
            raise refused.refusal()
    for shape in _SHAPES:
        if shape.matches(row):
            return shape
    for refused in UNREADABLE:
        if refused.matches(row):
            raise refused.refusal()
    if "prompt" in row:
        return _PAIR
    keys = ", ".join(repr(key) for key in row) or "no key"
    raise Fault(f"'messages' is missing: a row of {keys} has no known shape", ROW.accepted)


def _read_messages(row: Row, arm: Arm, features: Features) -> Chat:
    turns = row["messages"]
    if _is_sharegpt(turns):
        features.notes.add("'messages' of 'from' and 'value' read as ShareGPT")
    return parse_chat(turns, features)


def _is_sharegpt(turns: Any) -> bool:
    return (
        isinstance(turns, list)
        and bool(turns)
        and isinstance(turns[0], dict)
        and "from" in turns[0]
        and "role" not in turns[0]
    )


def _read_conversation(row: Row, arm: Arm, features: Features) -> Chat:
    key = _present(row, _CONVERSATIONS)
    return parse_chat(row[key], features, key=key)


def _read_pair(row: Row, arm: Arm, features: Features) -> Chat:
    return (Message("user", _text(row, "prompt")), Message("assistant", _text(row, arm.value)))


def _read_completion(row: Row, arm: Arm, features: Features) -> Chat:
    """Of turns as prompt, none is learned: a completion is what follows its prompt."""
    key = _present(row, _COMPLETIONS)
    prompt, completion = row["prompt"], row[key]
    if isinstance(prompt, str) and isinstance(completion, str):
        return (Message("user", _text(row, "prompt")), Message("assistant", _text(row, key)))
    for name, value in (("prompt", prompt), (key, completion)):
        if not isinstance(value, (str, list)) or not value:
            raise Fault(f"{name!r} must be a text or a list of turns")
    before = _turns(prompt, "user", features)
    if any(turn.role == "assistant" for turn in before):
        features.notes.add("the assistant's turns of a prompt are not learned")
    before = tuple(
        attrs.evolve(turn, weight=0) if turn.role == "assistant" else turn for turn in before
    )
    chat = (*before, *_turns(completion, "assistant", features))
    check_alternation(chat)
    if chat[-1].role != "assistant":
        raise Fault("the completion does not end with the assistant's turn")
    return chat


def _turns(value: Any, role: str, features: Features) -> Chat:
    """The turns of a prompt or a completion; a text is one turn."""
    turns = [{"role": role, "content": value}] if isinstance(value, str) else value
    return parse_turns(turns, features)


def _read_alpaca(row: Row, arm: Arm, features: Features) -> Chat:
    prompt, answer = _text(row, "instruction"), _text(row, _present(row, _OUTPUTS))
    for key in _INPUTS:
        extra = row.get(key)
        if extra is not None and not isinstance(extra, str):
            raise Fault(f"{key!r} must be a text")
        if extra and extra.strip():
            features.notes.add(f"'instruction' and '{key}' put together with an empty line between")
            prompt = f"{prompt}\n\n{extra}"
    return (Message("user", prompt), Message("assistant", answer))


def _present(row: Row, keys: tuple[str, ...]) -> str:
    """The key of several that mean the same which a row has.

    Raises:
        Fault: It has more than one with something under it.
    """
    present = [key for key in keys if row.get(key) is not None] or [
        key for key in keys if key in row
    ]
    if len(present) > 1:
        raise Fault(f"the row has {' and '.join(map(repr, present))}", "keep one of them")
    return present[0]


def _text(row: Row, key: str) -> str:
    """The text under a key."""
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Fault(f"{key!r} is missing or empty")
    return value


def _has_any(row: Row, keys: tuple[str, ...]) -> bool:
    return any(key in row for key in keys)


_CHAT = RowShape("", lambda row: True, ("messages",), _read_messages)
_PAIR = RowShape(
    "", lambda row: "prompt" in row and _has_any(row, ANSWERS), ("prompt", *ANSWERS), _read_pair
)
_SHAPES = (
    RowShape(
        "ShareGPT",
        lambda row: any(row.get(key) is not None for key in _CONVERSATIONS),
        _CONVERSATIONS,
        _read_conversation,
    ),
    _PAIR,
    RowShape(
        "prompt and completion",
        lambda row: "prompt" in row and _has_any(row, _COMPLETIONS),
        ("prompt", *_COMPLETIONS),
        _read_completion,
    ),
    RowShape(
        "Alpaca",
        lambda row: "instruction" in row and _has_any(row, _OUTPUTS),
        ("instruction", *_INPUTS, *_OUTPUTS),
        _read_alpaca,
    ),
)
