"""The choices of a chat completion, parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ...files import gate
from ..types import Answer, Grade, GradeRequest, SampleRequest, Usage
from ..usage import read_completion_usage
from .logprobs import Alternatives, top_logprobs

CONTENT_FILTER = "content_filter"
"""The finish reason, and the error code, where a server's filter withholds an answer."""


@attrs.frozen
class Choice:
    """One choice of a completion.

    Args:
        text: The answer; may be empty.
        finish: Why it ended: `stop`, `length` or `content_filter`.
        refusal: The text the server marked as a refusal.
        top: The likeliest first tokens with their log-probabilities (nats), likeliest first.
        model: The model's name as the server returned it.
        prompt_tokens: Tokens of the prompt.
        answer_tokens: Tokens of the answer.
        usage: What is paid for it.
        tops: As `top`, for the positions after the first, as far as a rating needs them.
    """

    text: str
    finish: str
    refusal: str | None
    top: tuple[tuple[str, float], ...]
    model: str | None
    prompt_tokens: int
    answer_tokens: int
    usage: Usage
    tops: tuple[Alternatives, ...] = ()


def to_answer(request: SampleRequest, choice: Choice) -> Answer:
    """The choice as the engine's answer to a request."""
    return Answer(
        question=request.question,
        sample=request.sample,
        text=choice.text,
        finish=choice.finish,
        prompt_tokens=choice.prompt_tokens,
        answer_tokens=choice.answer_tokens,
        refusal=choice.refusal,
        model=choice.model,
        usage=choice.usage,
    )


def to_grade(request: GradeRequest, choice: Choice) -> Grade:
    """The choice as the engine's grade for a request."""
    return Grade(
        question=request.question,
        sample=request.sample,
        text=choice.text,
        top=choice.top,
        finish=choice.finish,
        refusal=choice.refusal,
        model=choice.model,
        usage=choice.usage,
        tops=choice.tops,
    )


def filtered_choice(model: str) -> Choice:
    """The choice that stands for an answer if the server's filter rejects the prompt."""
    return Choice("", CONTENT_FILTER, None, (), None, 0, 0, Usage(model=model))


def parse_choices(
    completion: Mapping[str, Any], model: str, body: Mapping[str, Any] | None = None
) -> list[Choice]:
    """The choices of a completion, in order.

    The server reports the output tokens of all choices together; they are apportioned by length. If
    what it reports is missing or cannot be, the tokens are estimated.

    Args:
        completion: The response.
        model: Whose price applies.
        body: The request, for estimates; None if it is not known.

    Raises:
        json.JSONDecodeError: `completion` is not a complete chat completion.
    """
    try:
        reported = completion.get("usage")
        choices = sorted(completion["choices"], key=lambda choice: choice.get("index", 0))
        texts = [_message_text(choice["message"]) for choice in choices]
        if not choices:
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError):
        raise json.JSONDecodeError("not a chat completion", "", 0) from None
    billed_texts = [_billed_text(choice["message"]) for choice in choices]
    inputs, outputs, problem = read_completion_usage(reported, body, billed_texts)
    shares = apportion(outputs, [len(text) + 1 for text in texts])
    positions = [
        top_logprobs(choice.get("logprobs"), text)
        for choice, text in zip(choices, texts, strict=True)
    ]
    return [
        Choice(
            text=text,
            finish=_text_or_none(choice.get("finish_reason")) or "stop",
            refusal=_text_or_none(choice["message"].get("refusal")),
            top=positions[index][0] if positions[index] else (),
            model=_text_or_none(completion.get("model")),
            prompt_tokens=inputs,
            answer_tokens=share,
            usage=Usage(
                model=model,
                input=0 if index else inputs,
                output=share,
                estimate_reason=problem,
            ),
            tops=positions[index][1:],
        )
        for index, (choice, text, share) in enumerate(zip(choices, texts, shares, strict=True))
    ]


def _billed_text(message: Mapping[str, Any]) -> str:
    """Everything a message says, as far as it is shown."""
    parts = (message.get(name) for name in ("content", "refusal", "reasoning_content"))
    return "\n".join(part for part in parts if isinstance(part, str) and part)


def parse_json(content: bytes | str) -> Any:
    """Parse JSON from a server. A number too long for an int is read as a float.

    Raises:
        json.JSONDecodeError: It is not valid JSON.
    """
    return json.loads(content, parse_int=lambda text: int(text) if len(text) < 400 else float(text))


def _message_text(message: Mapping[str, Any]) -> str:
    """The text of a message, which some servers send in parts; thoughts among them are no part.

    Half a character, of an answer that was cut off within it, becomes a question mark.

    Raises:
        ValueError: It is something else.
    """
    content = message.get("content")
    if isinstance(content, (list, tuple)):
        content = "".join(
            part["text"] for part in content if part.get("type") in ("text", "output_text")
        )
    if content is None:
        return ""
    if type(content) is not str or len(content) > gate.MAX_TEXT:
        raise ValueError("not a text")
    return gate.clean_text(content)


def _text_or_none(value: Any) -> str | None:
    return gate.clean_text(value) if type(value) is str and value else None


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` into integers in proportion to `weights`; they sum up to it."""
    shares, cumulative, assigned = [], 0, 0
    for weight in weights:
        cumulative += weight
        target = round(total * cumulative / sum(weights))
        shares.append(target - assigned)
        assigned = target
    return shares
