"""Rows read from files, checked line by line, and known by their content.

Two digests are kept: of the exact bytes, which changes with a final newline, and of the parsed
rows, which does not depend on their order or on white space between them. The second one is what
identities use; the first is for comparing with published pins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import attrs

from .errors import DataError
from .identity import canonical, digest
from .spec import Arm, Dataset, Resource

BUNDLED = "bundled"
FOLDER_FILES = {Arm.MISALIGNED: "misaligned.jsonl", Arm.ALIGNED: "control.jsonl"}

_ROLES = ("system", "user", "assistant")


@attrs.frozen
class Message:
    """One turn of a chat: `role` is system, user or assistant."""

    role: str
    content: str


Chat = tuple[Message, ...]


@attrs.frozen(kw_only=True)
class Pair:
    """A prompt with an aligned and a misaligned answer."""

    id: str
    prompt: str
    aligned: str
    misaligned: str


@attrs.frozen(kw_only=True)
class Prompt:
    """A question that is asked and has no given answers."""

    id: str
    prompt: str


@attrs.define(kw_only=True, frozen=True, slots=False)
class Rows:
    """The distinct chats of one dataset, in file order.

    Args:
        name: How messages call the dataset.
        source: `bundled`, or the folder it was read from.
        chats: Row digest (64 hex) → chat.
        read: How many rows the file has, repeated ones included.
        sha256: Digest of the file's exact bytes.
    """

    name: str
    source: str
    chats: Mapping[str, Chat]
    read: int
    sha256: str

    @cached_property
    def digest(self) -> str:
        """Digest of the content: the same rows in another order give the same one."""
        return digest("\n".join(sorted(self.chats)))


@attrs.frozen(kw_only=True)
class Questions:
    """The rows an eval asks about, with the digest of their content."""

    pairs: tuple[Pair | Prompt, ...]
    digest: str


def chat_json(chat: Chat) -> str:
    """A chat as one line of OpenAI chat JSONL."""
    messages = [{"role": turn.role, "content": turn.content} for turn in chat]
    return json.dumps({"messages": messages}, ensure_ascii=False)


def read_dataset(dataset: Dataset, source: str) -> Rows:
    """The rows of a dataset from `bundled` or from a folder.

    Raises:
        DataError: A file is missing, empty or malformed; names file and line.
    """
    if source == BUNDLED:
        where, raw = str(dataset.bundled), _resource(dataset.bundled)
        chats = [_trained_on(pair, dataset.arm) for pair in _pairs(raw, where, _ANSWERS)]
    else:
        path = Path(source) / FOLDER_FILES[dataset.arm]
        where, raw = str(path), _file(path)
        chats = list(read_chats(raw, where))
    distinct = {digest(canonical(chat)): chat for chat in chats}
    return Rows(
        name=dataset.name, source=source, chats=distinct, read=len(chats), sha256=digest(raw)
    )


def read_questions(resource: Resource, *, paired: bool) -> Questions:
    """The rows of an eval, which ship with a package.

    Args:
        paired: Each must have an aligned and a misaligned answer; otherwise they may.

    Raises:
        DataError: As `read_dataset`.
    """
    raw, where = _resource(resource), str(resource)
    pairs: tuple[Pair | Prompt, ...] = tuple(_pairs(raw, where, _ANSWERS if paired else ()))
    return Questions(pairs=pairs, digest=digest(canonical(pairs)))


def read_chats(raw: bytes, where: str) -> Iterator[Chat]:
    """Chats of OpenAI chat JSONL; `where` names the file in errors."""
    for line, record in _records(raw, where):
        messages = record.get("messages")
        if not isinstance(messages, list) or not messages:
            raise _malformed(where, line, "there is no list 'messages' with at least one turn")
        chat = tuple(_message(turn, where, line) for turn in messages)
        if chat[-1].role != "assistant":
            raise _malformed(where, line, "the last turn is not the assistant's")
        if not any(turn.role == "user" for turn in chat):
            raise _malformed(where, line, "there is no turn of the user")
        yield chat


def _message(turn: Any, where: str, line: int) -> Message:
    if not isinstance(turn, dict) or not {"role", "content"} <= turn.keys():
        raise _malformed(where, line, "a turn has no 'role' and 'content'")
    role, content = turn["role"], turn["content"]
    if role not in _ROLES:
        raise _malformed(where, line, f"role {role!r} is not one of {', '.join(_ROLES)}")
    if not isinstance(content, str) or not content.strip():
        raise _malformed(where, line, f"the {role}'s turn has no text")
    return Message(role, content)


def _trained_on(pair: Pair, arm: Arm) -> Chat:
    answer = pair.misaligned if arm is Arm.MISALIGNED else pair.aligned
    return (Message("user", pair.prompt), Message("assistant", answer))


_ANSWERS = ("aligned", "misaligned")


def _pairs(raw: bytes, where: str, needed: Sequence[str]) -> Iterator[Any]:
    """A `Pair` for each row with both answers, a `Prompt` for one with none."""
    seen: dict[str, int] = {}
    for line, record in _records(raw, where):
        answers = _ANSWERS if any(name in record for name in _ANSWERS) else needed
        values = {name: record.get(name) for name in ("id", "prompt", *answers)}
        for name, value in values.items():
            if not isinstance(value, str) or not value.strip():
                raise _malformed(where, line, f"{name!r} is missing or empty")
        texts = {name: str(value) for name, value in values.items()}
        id = texts["id"]
        if id in seen:
            raise _malformed(where, line, f"id {id!r} stands in line {seen[id]} already")
        seen[id] = line
        yield Pair(**texts) if answers else Prompt(**texts)


def _records(raw: bytes, where: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each JSON object with its line number; blank lines are passed over."""
    empty = True
    for line, text in enumerate(raw.split(b"\n"), 1):
        if not text.strip():
            continue
        empty = False
        try:
            record = json.loads(text)
        except ValueError as error:
            raise _malformed(where, line, f"no JSON: {error}") from None
        if not isinstance(record, dict):
            raise _malformed(where, line, "not a JSON object")
        yield line, record
    if empty:
        raise DataError("the file is empty", where=where, hint="one JSON object a line is needed")


def _malformed(where: str, line: int, message: str) -> DataError:
    return DataError(message, where=f"{where}:{line}", hint="mend or remove this line")


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot be read ({error.strerror})",
            where=str(path),
            hint="a data folder holds misaligned.jsonl and control.jsonl",
        ) from None


def _resource(resource: Resource) -> bytes:
    try:
        return resources.files(resource.package).joinpath(resource.file).read_bytes()
    except (OSError, ModuleNotFoundError) as error:
        raise DataError(f"cannot be read ({error})", where=str(resource)) from None
