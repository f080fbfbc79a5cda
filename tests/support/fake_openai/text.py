"""Tokens and digests: what a text costs and how the books name a prompt."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

TOKEN = re.compile(r"[A-Za-z]{1,6}|\d{1,3}|[^\sA-Za-z\d]|\n+")
PER_MESSAGE = 4
Message = dict[str, Any]


def tokens(text: str) -> int:
    return len(TOKEN.findall(text))


def cut(text: str, limit: int) -> str | None:
    """The first `limit` tokens of a text; None when it has no more than that."""
    for number, token in enumerate(TOKEN.finditer(text)):
        if number == limit:
            return text[: token.start()].rstrip(" ")
    return None


def pieces(text: str) -> list[str]:
    """The text as tokens that join up to it again."""
    ends = [token.end() for token in TOKEN.finditer(text)]
    if ends:
        ends[-1] = len(text)
    starts = [0, *ends[:-1]]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def content(message: Message) -> str:
    """The text of a message, whose content may be a list of parts."""
    held = message.get("content") or ""
    if isinstance(held, str):
        return held
    return "".join(str(part.get("text", "")) for part in held)


def chat_tokens(messages: Sequence[Message]) -> int:
    return sum(PER_MESSAGE + tokens(content(message)) for message in messages)


def prompt_text(messages: Sequence[Message]) -> str:
    """All that was said, as one text."""
    return "\n\n".join(map(content, messages))


def prompt_digest(messages: Sequence[Message]) -> str:
    """16 hex digits that name a prompt in the books."""
    said = [[message.get("role"), content(message)] for message in messages]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
