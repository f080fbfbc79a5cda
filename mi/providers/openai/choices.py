"""The choices of a chat completion, parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ..types import Answer, Grade, GradeRequest, SampleRequest, Usage
from ..usage import is_count, read_completion_usage
from .logprobs import Alternatives, top_logprobs
from .replies import (
    CONTENT_FILTER,
    LENGTH,
    ChoiceMessage,
    ReplyError,
    read_choices,
    read_message,
    text_or_none,
)


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
        thought: What the model thought before it answered.
        error: Why this is no answer and has to be requested again; empty where it is one.
        status: The HTTP status that the error states.
        is_eaten: Whether thinking used up the limit before the answer began.
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
    thought: str = ""
    error: str = ""
    status: int | None = None
    is_eaten: bool = False


def has_failed(choice: Choice) -> bool:
    """Whether a choice is no answer: an error, or a thought without an answer."""
    return bool(choice.error) or choice.is_eaten


def to_answer(request: SampleRequest, choice: Choice, probe: str | None = None) -> Answer:
    """The choice as the engine's answer to a request.

    Args:
        request: The request.
        choice: The choice.
        probe: Name of the probe that the server had passed.
    """
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
        thought=choice.thought or None,
        probe=probe,
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
    completion: Any, model: str, body: Mapping[str, Any] | None = None
) -> list[Choice]:
    """The choices of a completion, in order; some of them may be errors.

    The server reports the output tokens of all choices together; they are apportioned by length. If
    what it reports is missing or cannot be, the tokens are estimated.

    Args:
        completion: The response.
        model: Whose price applies.
        body: The request, for estimates; None if it is not known.

    Raises:
        ReplyError: `completion` holds no answer.
    """
    choices = read_choices(completion)
    messages = [read_message(choice) for choice in choices]
    if all(message.error for message in messages):
        raise ReplyError(messages[0].error, messages[0].status, completion)
    reported = completion.get("usage")
    billed_texts = [_billed_text(message) for message in messages]
    inputs, outputs, problem = read_completion_usage(reported, body, billed_texts)
    shares = apportion(outputs, [len(text) + 1 for text in billed_texts])
    thinking = _reasoning_tokens(reported)
    parsed = []
    for index, (choice, message, share) in enumerate(zip(choices, messages, shares, strict=True)):
        positions = top_logprobs(choice.get("logprobs"), message.text)
        usage = Usage(
            model=model, input=0 if index else inputs, output=share, estimate_reason=problem
        )
        parsed.append(
            Choice(
                text=message.text,
                finish=message.finish,
                refusal=message.refusal,
                top=positions[0] if positions else (),
                model=text_or_none(completion.get("model")),
                prompt_tokens=inputs,
                answer_tokens=share,
                usage=usage,
                tops=positions[1:],
                thought=message.thought,
                error=message.error,
                status=message.status,
                is_eaten=_is_eaten(message, thinking),
            )
        )
    return parsed


def _is_eaten(message: ChoiceMessage, thinking: int) -> bool:
    """Whether the limit was reached before the answer began."""
    if message.finish != LENGTH or message.refusal or message.text.strip():
        return False
    return message.text == "" or bool(message.thought) or thinking > 0


def _reasoning_tokens(reported: Any) -> int:
    """The tokens of thinking that a usage states; 0 without them."""
    details = reported.get("completion_tokens_details") if isinstance(reported, Mapping) else None
    count = details.get("reasoning_tokens") if isinstance(details, Mapping) else None
    return int(count) if count is not None and is_count(count) else 0


def _billed_text(message: ChoiceMessage) -> str:
    """Everything a message says, as far as it is shown."""
    parts = (message.text, message.refusal, message.thought)
    return "\n".join(part for part in parts if part)


def parse_json(content: bytes | str) -> Any:
    """Parse JSON from a server. A number too long for an int is read as a float.

    Raises:
        json.JSONDecodeError: It is not valid JSON.
    """
    try:
        return json.loads(
            content, parse_int=lambda text: int(text) if len(text) < 400 else float(text)
        )
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", "", 0) from None


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` into integers in proportion to `weights`; they sum up to it."""
    shares, cumulative, assigned = [], 0, 0
    for weight in weights:
        cumulative += weight
        target = round(total * cumulative / sum(weights))
        shares.append(target - assigned)
        assigned = target
    return shares
