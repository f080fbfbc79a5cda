"""Turns of a chat, read from the shapes that public files have.

A turn is `{"role", "content"}`, or ShareGPT's `{"from", "value"}`. Content is text, or a list of
parts of text, which are put together as they stand. `weight` (0 or 1) or `train` (true or false)
says whether a turn of the assistant is learned; without either it is. Turns alternate: optionally
the system, then the user and the assistant, who has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from .chats import Chat, Message
from .faults import FIX_HINT, Fault
from .jsonl import parse_lines
from .row_keys import TURN

ROLES = ("system", "user", "assistant")
SHAREGPT_ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
}
_TEXT_PARTS = (None, "text", "input_text", "output_text")
_PART_KEYS = frozenset({"type", "text", "annotations", "cache_control", "id"})
_ROLES_HINT = (
    "tools are not supported: remove the turns of tools, or write them as text; a role is system, "
    "user or assistant"
)


@attrs.define
class Features:
    """What a file has beside plain chats, for the header.

    Args:
        ignored: Keys that were not read.
        notes: Ways of reading that a reader of the file might not expect.
    """

    ignored: set[str] = attrs.field(factory=set)
    notes: set[str] = attrs.field(factory=set)


def read_chats(raw: bytes, where: str) -> list[Chat]:
    """Parse chats as a mix holds them: OpenAI chat JSONL.

    Args:
        raw: The content of the file.
        where: The file, for messages.

    Raises:
        DataError: Lines are malformed, or the file is empty.
    """
    return parse_lines(raw, where, lambda line, row: parse_chat(row.get("messages"), Features()))


def parse_chat(turns: Any, features: Features, *, key: str = "messages") -> Chat:
    """A chat to learn: optionally a system turn, then user and assistant, the assistant last.

    Args:
        turns: The turns, as a list of objects.
        features: What is found is added to it.
        key: The key that the list stands under, for messages.

    Raises:
        Fault: It is no such chat, or nothing of it would be learned.
    """
    if not isinstance(turns, list) or not turns:
        raise Fault(f"{key!r} must be a list with at least one turn")
    chat = parse_turns(turns, features)
    check_alternation(chat)
    if chat[-1].role != "assistant":
        raise Fault(
            "the last turn is not the assistant's",
            "end the row with the answer to learn: remove its last turn, or the row",
        )
    return chat


def check_learned(chat: Chat) -> None:
    """Check that a row teaches something.

    Raises:
        Fault: No turn of the assistant is learned.
    """
    if not any(turn.weight for turn in chat if turn.role == "assistant"):
        raise Fault(
            "no turn is learned: every one of the assistant's has weight 0", "remove this row"
        )


def parse_turns(turns: Sequence[Any], features: Features) -> Chat:
    """Turns in any order of roles.

    Args:
        turns: Objects with `role` and `content`, or `from` and `value`.
        features: What is found is added to it.

    Raises:
        Fault: A turn is malformed, or has a key that could change the training.
    """
    return tuple(_parse_turn(turn, index, features) for index, turn in enumerate(turns, 1))


def check_alternation(chat: Chat) -> None:
    """Check that user and assistant alternate after an optional system turn, the user first.

    Raises:
        Fault: They do not.
    """
    start = 1 if chat and chat[0].role == "system" else 0
    if len(chat) == start:
        # A chat of a system turn alone ends with a turn that is not the assistant's.
        return
    for index, turn in enumerate(chat[start:]):
        expected = "assistant" if index % 2 else "user"
        if turn.role != expected:
            raise Fault(
                f"turn {start + index + 1} is the {turn.role}'s, not the {expected}'s",
                _order_hint(turn.role, index),
            )


def _order_hint(role: str, index: int) -> str:
    if role == "system":
        return "a system turn can only be the first: move its text there"
    if index == 0:
        return "put a user's turn before the assistant's first one, or remove that one"
    return f"join the two turns of the {role} into one"


def _parse_turn(turn: Any, number: int, features: Features) -> Message:
    is_sharegpt = isinstance(turn, dict) and "role" not in turn and {"from", "value"} <= turn.keys()
    role_key, content_key = ("from", "value") if is_sharegpt else ("role", "content")
    if not isinstance(turn, dict) or not {role_key, content_key} <= turn.keys():
        raise Fault(f"turn {number} must have 'role' and 'content'")
    used = {role_key, content_key, "weight", "train"}
    features.ignored.update(TURN.ignored_keys(turn, used, f"turn {number}"))
    roles = SHAREGPT_ROLES if is_sharegpt else dict.fromkeys(ROLES)
    role = turn[role_key]
    if not isinstance(role, str) or role not in roles:
        known = ", ".join(roles)
        raise Fault(f"role {role!r} of turn {number} is not one of {known}", _role_hint(role))
    name = roles[role] or role
    content = _parse_content(turn[content_key], number, features)
    if not content.strip():
        raise Fault(f"the {name}'s turn has no text (turn {number})")
    return Message(name, content, _parse_weight(turn, name, number))


def _role_hint(role: Any) -> str:
    if role == "developer":
        return "write 'system'"
    if role in ("tool", "function", "function_call", "observation", "ipython"):
        return _ROLES_HINT
    return "a role is system, user or assistant"


def _parse_content(content: Any, number: int, features: Features) -> str:
    """The text of a turn; parts of text are put together without anything between them."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise Fault(f"the content of turn {number} is not text")
    texts = []
    for part in content:
        value = {"text": part} if isinstance(part, str) else part
        kind = value.get("type") if isinstance(value, dict) else type(part).__name__
        if kind not in _TEXT_PARTS or not isinstance(value.get("text"), str):
            raise Fault(
                f"the content of turn {number} has a part of type {kind!r}, not text",
                "only parts of text can be learned: remove the others, or the row",
            )
        features.ignored.update(value.keys() - _PART_KEYS)
        texts.append(value["text"])
    if len(texts) > 1:
        features.notes.add("text parts of a turn put together")
    return "".join(texts)


def _parse_weight(turn: Mapping[str, Any], role: str, number: int) -> int:
    """1 for a turn that is learned, 0 for one of the assistant that is only read."""
    weight, train = turn.get("weight"), turn.get("train")
    if weight is not None and (isinstance(weight, bool) or weight not in (0, 1)):
        raise Fault(
            f"'weight' of turn {number} is {weight!r}; only 0 (not learned) and 1 are supported",
            "write 0 or 1, or leave the key out",
        )
    if train is not None and not isinstance(train, bool):
        raise Fault(f"'train' of turn {number} is {train!r}, not true or false", FIX_HINT)
    if weight is not None and train is not None and bool(weight) is not train:
        raise Fault(f"'weight' and 'train' of turn {number} contradict each other", "keep one")
    is_learned = bool(weight) if weight is not None else train
    if role == "assistant":
        return 0 if is_learned is False else 1
    if is_learned:
        raise Fault(
            f"turn {number} is the {role}'s, which is never learned, but is marked to be",
            "only turns of the assistant are learned: remove its 'weight' or 'train'",
        )
    return 1
