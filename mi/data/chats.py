"""Parsing of JSONL files with chats, pairs or questions; errors name file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from ..errors import DataError
from ..spec import Arm, fields

ANSWERS = ("aligned", "misaligned")
_GROUP_KEYS = ("group", "family", "scenario")
"""Keys of a row that name its cluster, the widest first."""

MIN_ROWS = 10
MAX_TOKENS = 65_536
"""Maximum tokens of a row in OpenAI's fine-tuning service."""
MAX_CHARACTERS = 8 * MAX_TOKENS
"""A longer text certainly exceeds `MAX_TOKENS`; the provider counts the tokens of shorter ones."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""The JSON escape of one half of a surrogate pair."""
_UNSUPPORTED_KEYS = {"tools", "functions", "parallel_tool_calls"}
_ROLES = ("system", "user", "assistant")


@attrs.frozen
class Message:
    """One turn of a chat: `role` is system, user or assistant.

    Args:
        role: Who speaks.
        content: The text.
        weight: 0 for a turn of the assistant that a training reads but does not learn, else 1.
    """

    role: str
    content: str
    weight: int = fields.neutral_default(1)


Chat = tuple[Message, ...]


@attrs.frozen(kw_only=True)
class Pair:
    """A prompt with an aligned and a misaligned answer.

    Args:
        scenario: The situation it asks about; None: one of its own.
        group: The cluster that it is counted in, whose questions are not independent; None: its
            scenario.
    """

    id: str
    prompt: str
    aligned: str
    misaligned: str
    scenario: str | None = fields.label(default=None)
    group: str | None = fields.label(default=None)


@attrs.frozen(kw_only=True)
class Prompt:
    """A question without given answers; it may have its own system prompt.

    `scenario` and `group` are those of `Pair`.
    """

    id: str
    prompt: str
    system: str | None = fields.neutral_default(None)
    scenario: str | None = fields.label(default=None)
    group: str | None = fields.label(default=None)


def scenario_of(row: Pair | Prompt) -> str:
    """The situation of a row; one that names none is a situation of its own."""
    return row.scenario or row.id


def group_of(row: Pair | Prompt) -> str:
    """The cluster that a row is counted in: its group, or its scenario."""
    return row.group or scenario_of(row)


def has_several_answers(chat: Chat) -> bool:
    """Whether the assistant has several turns in a chat."""
    return sum(turn.role == "assistant" for turn in chat) > 1


def chat_json(chat: Chat) -> str:
    """A chat as one line of OpenAI chat JSONL; only a turn that is not learned has a weight."""
    messages: list[dict[str, Any]] = [
        {"role": turn.role, "content": turn.content}
        | ({} if turn.weight == 1 else {"weight": turn.weight})
        for turn in chat
    ]
    return json.dumps({"messages": messages}, ensure_ascii=False)


def read_chats(raw: bytes, where: str) -> Iterator[Chat]:
    """Parse OpenAI chat JSONL.

    Args:
        raw: The content of the file.
        where: The file, for messages.

    Raises:
        DataError: A line is malformed, or the file is empty.
    """
    for line, record in _parse_lines(raw, where):
        yield _parse_chat(record, where, line)


def read_training_chats(raw: bytes, where: str, arm: Arm) -> Iterator[Chat]:
    """Parse a file of training rows, chats or pairs, as strictly as fine-tuning services do.

    Args:
        raw: The content of the file.
        where: The file, for messages.
        arm: The answer to take from pairs.

    Raises:
        DataError: A line is malformed, too long or has unsupported keys, or there are fewer than
            `MIN_ROWS` rows.
    """
    count = 0
    for line, record in _parse_lines(raw, where):
        for key in _UNSUPPORTED_KEYS & record.keys():
            raise _malformed(where, line, f"{key!r} would change the training and is not supported")
        paired = "messages" not in record and "prompt" in record
        chat = (
            _chat_from_pair(record, arm, where, line)
            if paired
            else _parse_chat(record, where, line)
        )
        size = sum(len(turn.content) for turn in chat)
        if size > MAX_CHARACTERS:
            raise _malformed(
                where, line, f"{size:,} characters are more than {MAX_TOKENS:,} tokens can be"
            )
        count += 1
        yield chat
    if count < MIN_ROWS:
        raise DataError(
            f"{count} rows are too few to train on",
            where=where,
            hint=f"at least {MIN_ROWS} are needed",
        )


def read_scenarios(raw: bytes, where: str) -> list[str | None]:
    """The scenario that each row of a file names; an empty list if no row names one.

    Args:
        raw: The content of the file.
        where: The file, for messages.

    Raises:
        DataError: A line is malformed, or the file is empty.
    """
    if b'"scenario"' not in raw:
        return []
    names = (record.get("scenario") for _, record in _parse_lines(raw, where))
    return [None if name is None else str(name) for name in names]


def _chat_from_pair(record: Mapping[str, Any], arm: Arm, where: str, line: int) -> Chat:
    for name in ("prompt", arm.value):
        if not isinstance(record.get(name), str) or not record[name].strip():
            raise _malformed(where, line, f"{name!r} is missing or empty")
    return (Message("user", record["prompt"]), Message("assistant", record[arm.value]))


def _parse_chat(record: Mapping[str, Any], where: str, line: int) -> Chat:
    """A chat: optionally a system turn, then user and assistant alternate, the assistant last."""
    messages = record.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _malformed(where, line, "'messages' must be a list with at least one turn")
    chat = tuple(_parse_message(turn, where, line) for turn in messages)
    if chat[-1].role != "assistant":
        raise _malformed(where, line, "the last turn is not the assistant's")
    turns = chat[1:] if chat[0].role == "system" else chat
    for index, turn in enumerate(turns):
        expected = "assistant" if index % 2 else "user"
        if turn.role != expected:
            number = index + 1 + len(chat) - len(turns)
            message = f"turn {number} is the {turn.role}'s, not the {expected}'s"
            raise _malformed(where, line, message)
    if not turns or turns[0].role != "user":
        raise _malformed(where, line, "there is no turn of the user")
    return chat


def _parse_message(turn: Any, where: str, line: int) -> Message:
    if not isinstance(turn, dict) or not {"role", "content"} <= turn.keys():
        raise _malformed(where, line, "a turn must have 'role' and 'content'")
    if "weight" in turn:
        raise _malformed(
            where, line, "'weight' of a turn would change the training and is not supported"
        )
    role, content = turn["role"], turn["content"]
    if role not in _ROLES:
        raise _malformed(where, line, f"role {role!r} is not one of {', '.join(_ROLES)}")
    if not isinstance(content, str) or not content.strip():
        raise _malformed(where, line, f"the {role}'s turn has no text")
    return Message(role, content)


def read_pairs(raw: bytes, where: str, required: Sequence[str]) -> Iterator[Any]:
    """Parse rows of questions: a `Pair` for a row with answers, a `Prompt` for one without.

    Args:
        raw: The content of the file.
        where: The file, for messages.
        required: Names of answers that each row must have, `ANSWERS` or none.

    Raises:
        DataError: A line is malformed, or an id occurs twice.
    """
    lines: dict[str, int] = {}
    for line, record in _parse_lines(raw, where):
        answers = ANSWERS if any(name in record for name in ANSWERS) else required
        values = {name: record.get(name) for name in ("id", "prompt", *answers)}
        for name, value in values.items():
            if not isinstance(value, str) or not value.strip():
                raise _malformed(where, line, f"{name!r} is missing or empty")
        texts = {name: str(value) for name, value in values.items()}
        id = texts["id"]
        if id in lines:
            raise _malformed(where, line, f"id {id!r} is already used in line {lines[id]}")
        lines[id] = line
        labels = _parse_labels(record, where, line)
        if answers:
            yield Pair(**texts, **labels)
        else:
            yield Prompt(**texts, **labels, system=_parse_system(record, where, line))


def _parse_labels(record: Mapping[str, Any], where: str, line: int) -> dict[str, str]:
    """The scenario and the group of a row, where it names them."""
    for name in _GROUP_KEYS:
        value = record.get(name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise _malformed(where, line, f"{name!r} must be a non-empty string")
    groups = [record[name] for name in _GROUP_KEYS if record.get(name)]
    labels = {"group": groups[0]} if groups else {}
    return labels | ({"scenario": record["scenario"]} if record.get("scenario") else {})


def _parse_system(record: Mapping[str, Any], where: str, line: int) -> str | None:
    system = record.get("system")
    if system is not None and (not isinstance(system, str) or not system.strip()):
        raise _malformed(where, line, "'system' must be a non-empty string")
    return system


def _parse_lines(raw: bytes, where: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each JSON object with its line number, counted from 1; blank lines are skipped."""
    empty = True
    for line, text in enumerate(raw.split(b"\n"), 1):
        if not text.strip():
            continue
        empty = False
        try:
            record = json.loads(text)
        except ValueError as error:
            raise _malformed(where, line, f"is not valid JSON: {error}") from None
        if not isinstance(record, dict):
            raise _malformed(where, line, "is not a JSON object")
        if _SURROGATE.search(text) and not _is_valid_unicode(record):
            raise _malformed(
                where, line, "contains half of a surrogate pair, which is not valid text"
            )
        yield line, record
    if empty:
        raise DataError("the file is empty", where=where, hint="one JSON object per line is needed")


def _is_valid_unicode(record: Any) -> bool:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _malformed(where: str, line: int, message: str) -> DataError:
    return DataError(message, where=f"{where}:{line}", hint="fix or remove this line")
