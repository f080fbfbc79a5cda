"""Token counts as providers report them: read strictly, or else estimated, with the reason.

A count is a whole number that is not negative and not far beyond what the request could use. A
missing count, or one that cannot be, is replaced by an estimate. The answer itself is kept: it was
paid for. What is booked is therefore never negative, never infinite and never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from ..data.chats import Message
from ..data.tokens import count_chat_tokens, count_tokens
from .types import TrainJob, Usage

MAX_TOKENS = 1_000_000_000
"""The most tokens that any usage can have, whatever was requested: 64 bits hold sums of it."""
_PLAUSIBLE_FACTOR = 10
_PLAUSIBLE_EXTRA = 100_000
"""A server may add a prompt of its own, or think longer than it was asked to: so much is allowed
beyond the worst case of a request."""
_MESSAGE_OVERHEAD = 16
"""Tokens that a chat template adds to a message, at most."""

Body = Mapping[str, Any]


@attrs.frozen
class TokenCount:
    """A number of tokens; `problem` says why it is an estimate, and is empty if it is not."""

    tokens: int
    problem: str = ""


def read_count(
    reported: Any, name: str, estimate: Callable[[], int], *, highest: int = MAX_TOKENS
) -> TokenCount:
    """A count as it was reported, or an estimate if it cannot be used.

    Args:
        reported: The value, of any type.
        name: What it is called in the reason.
        estimate: Estimates the count; not called if the reported one is used.
        highest: The most that is possible.
    """
    if reported is None:
        return TokenCount(estimate(), f"{name} is missing")
    if is_count(reported) and reported <= highest:
        if reported == 0 and (guess := estimate()) > 0:
            return TokenCount(guess, f"{name} is 0")
        return TokenCount(int(reported))
    return TokenCount(estimate(), f"{name} is {repr(reported)[:40]}")


def is_count(value: Any) -> bool:
    """Whether a value is a whole number from 0 to `MAX_TOKENS`."""
    if isinstance(value, float):
        return value.is_integer() and 0 <= value <= MAX_TOKENS
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_TOKENS


def read_completion_usage(
    reported: Any, body: Body | None, texts: Sequence[str]
) -> tuple[int, int, str]:
    """Input and output tokens of a chat completion, and why they are estimates, if they are.

    Args:
        reported: `usage` of the completion.
        body: The request; None if it is not known, so that its prompt cannot be estimated.
        texts: Everything that was answered: texts, refusals and reasoning.
    """
    counts = reported if isinstance(reported, Mapping) else {}
    worst = None if body is None else worst_usage(body, max(len(texts), 1))
    prompt = read_count(
        counts.get("prompt_tokens"),
        "prompt_tokens",
        lambda: 0 if body is None else _prompt_tokens(body),
        highest=MAX_TOKENS if worst is None else _plausible(worst.input),
    )
    answer = read_count(
        counts.get("completion_tokens"),
        "completion_tokens",
        lambda: sum(map(count_tokens, texts)),
        highest=MAX_TOKENS if worst is None else _plausible(worst.output),
    )
    problem = ", ".join(filter(None, (prompt.problem, answer.problem)))
    if reported is None:
        problem = "usage is missing"
    elif not isinstance(reported, Mapping):
        problem = f"usage is {repr(reported)[:40]}"
    return prompt.tokens, answer.tokens, problem


def worst_usage(body: Body, choices: int, *, batch: bool = False) -> Usage:
    """The most tokens that a request for chat completions can use.

    No tokeniser makes more tokens of a text than the text has bytes.

    Args:
        body: The request.
        choices: How many answers it asks for.
        batch: Whether the batch price applies.
    """
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    sent = sum(
        len(str(message.get("content") or "").encode(errors="replace")) + _MESSAGE_OVERHEAD
        for message in body["messages"]
    )
    return Usage(model=str(body["model"]), input=sent, output=limit * choices, batch=batch)


def read_trained_tokens(reported: Any, job: TrainJob, epochs: Any) -> TokenCount:
    """The tokens that a training is billed for, as a provider reports them, or an estimate.

    Args:
        reported: The number as it was reported.
        job: The training.
        epochs: The number of epochs as it was reported.
    """
    expected = estimate_training_tokens(job, epochs)
    highest = _plausible(expected)
    return read_count(reported, "trained_tokens", lambda: expected, highest=highest)


def estimate_training_tokens(job: TrainJob, epochs: Any) -> int:
    """Estimated tokens of a training, each counted once an epoch.

    Args:
        job: The training.
        epochs: The number of epochs as the provider reports it; one that cannot be is not used.
    """
    if not is_count(epochs) or not epochs:
        epochs = getattr(job.hyperparameters, "epochs", 1)
    rows = sum(count_chat_tokens(chat) for chat in job.rows)
    return round(rows * (epochs if is_count(epochs) and epochs else 1))


def is_bookable(usage: Usage) -> bool:
    """Whether all counts of a usage are counts."""
    return is_count(usage.input) and is_count(usage.output) and is_count(usage.training)


def checked_usage(usage: Usage, sent: int, received: int) -> Usage:
    """A usage of any provider as it can be booked: what cannot be a count is estimated.

    Args:
        usage: The usage.
        sent: Estimated tokens of what was sent.
        received: Estimated tokens of what was received.
    """
    estimates = {"input": sent, "output": received, "training": 0}
    wrong = [name for name in estimates if not is_count(getattr(usage, name))]
    reason = ", ".join(f"{name} is {getattr(usage, name)!r}"[:60] for name in wrong)
    replaced: dict[str, Any] = {name: max(estimates[name], 0) for name in wrong}
    return attrs.evolve(usage, estimate_reason=reason or usage.estimate_reason, **replaced)


def _plausible(worst: int) -> int:
    return min(worst * _PLAUSIBLE_FACTOR + _PLAUSIBLE_EXTRA, MAX_TOKENS)


def _prompt_tokens(body: Body) -> int:
    messages = [
        Message(str(message.get("role")), str(message.get("content") or ""))
        for message in body["messages"]
    ]
    return count_chat_tokens(messages)
