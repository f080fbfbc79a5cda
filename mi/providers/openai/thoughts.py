"""What a reasoning model thinks before it answers, kept apart from the answer.

Servers send it in a field of its own, in parts of the content, in a channel, or as a block in front
of the answer. A block that was cut off is all thought: the answer never began.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...files import gate

_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
_PARTS = ("thinking", "reasoning", "thought", "summary")
_NAMES = r"think|thinking|thought|thoughts|reasoning|reflection"
_OPENING = re.compile(rf"\s*(?:<(?P<tag>{_NAMES})>|\[(?P<bracket>THINK)\])", re.IGNORECASE)
_CLOSING = re.compile(rf"</(?:{_NAMES})>|\[/THINK\]", re.IGNORECASE)
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(\w+)[^<]*<\|message\|>(.*?)(?=<\|(?:end|start|return|channel)\|>|\Z)",
    re.DOTALL,
)
_FINAL = "final"


def split_thought(message: Mapping[str, Any], text: str) -> tuple[str, str]:
    """The thought and the answer of a message; `text` is the text of its content."""
    stated = [_field_text(message.get(name)) for name in _FIELDS]
    stated.append(_part_texts(message.get("content")))
    thought, answer = _split_block(text)
    parts = dict.fromkeys(filter(None, (*stated, thought)))  # some servers send it twice
    return gate.clean_text("\n\n".join(parts))[: gate.MAX_TEXT], answer


def _split_block(text: str) -> tuple[str, str]:
    channels = _CHANNEL.findall(text) if "<|channel|>" in text else []
    if channels:
        thought = "".join(said for name, said in channels if name != _FINAL)
        return thought.strip(), "".join(said for name, said in channels if name == _FINAL)
    opening, closing = _OPENING.match(text), _CLOSING.search(text)
    if opening is None:
        if closing is None or _opens_before(text, closing.start()):
            return "", text
        return text[: closing.start()].strip(), text[closing.end() :].lstrip()
    if closing is None:
        return text[opening.end() :].strip(), ""
    return text[opening.end() : closing.start()].strip(), text[closing.end() :].lstrip()


def _opens_before(text: str, end: int) -> bool:
    """Whether a block begins within the text, which then is an answer about such blocks."""
    return re.search(rf"<(?:{_NAMES})>|\[THINK\]", text[:end], re.IGNORECASE) is not None


def _field_text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping):
        return next((_field_text(value[key]) for key in ("text", "content") if key in value), "")
    if isinstance(value, list):
        return "".join(map(_field_text, value))
    return ""


def _part_texts(content: Any) -> str:
    """The thoughts among the parts of a content."""
    if not isinstance(content, list):
        return ""
    texts = [
        _field_text(part.get(name))
        for part in content
        if isinstance(part, Mapping) and part.get("type") in _PARTS
        for name in (*_PARTS, "text")
        if name in part
    ]
    return "\n\n".join(filter(None, texts))
