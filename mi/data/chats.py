"""Chats, pairs and questions, and what a row is counted in."""

from __future__ import annotations

import json
from typing import Any

import attrs

from ..spec import fields


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
    """A prompt with an aligned and a misaligned answer; it may have its own system prompt.

    Args:
        context: Turns between the system prompt and the question.
        scenario: The situation it asks about; None: one of its own.
        group: The cluster that it is counted in, whose questions are not independent; None: its
            scenario.
    """

    id: str
    prompt: str
    aligned: str
    misaligned: str
    system: str | None = fields.neutral_default(None)
    context: Chat = fields.neutral_default(())
    scenario: str | None = fields.label(default=None)
    group: str | None = fields.label(default=None)


@attrs.frozen(kw_only=True)
class Prompt:
    """A question without given answers; the other fields are those of `Pair`."""

    id: str
    prompt: str
    system: str | None = fields.neutral_default(None)
    context: Chat = fields.neutral_default(())
    scenario: str | None = fields.label(default=None)
    group: str | None = fields.label(default=None)


def scenario_of(row: Pair | Prompt) -> str:
    """The situation of a row; one that names none is a situation of its own."""
    return row.scenario or row.id


def group_of(row: Pair | Prompt) -> str:
    """The cluster that a row is counted in: its group, or its scenario."""
    return row.group or scenario_of(row)


def has_weights(chat: Chat) -> bool:
    """Whether a turn of the chat is read but not learned."""
    return any(turn.weight != 1 for turn in chat)


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
