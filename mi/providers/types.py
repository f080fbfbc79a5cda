"""What passes between the engine and a provider, in plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import attrs

from ..data.chats import Chat, Message
from ..errors import DeclarationError
from ..spec import Model, Training
from ..units.unit import Base

T = TypeVar("T")

SAMPLES_PER_REQUEST = 25
"""Samples of a question that a hosted provider asks for in one request, which sends, and bills, the
prompt once: few requests, and little to lose."""

__all__ = [
    "Answer",
    "Base",
    "Chat",
    "Check",
    "ClientOptions",
    "Grade",
    "GradeRequest",
    "Likelihood",
    "Message",
    "ModelUnderTest",
    "Monitor",
    "RemoteJob",
    "SampleRequest",
    "ScoreRequest",
    "Terms",
    "TrainJob",
    "TrainingResult",
    "Usage",
    "resolve_hyperparameters",
]


@attrs.frozen(kw_only=True)
class ClientOptions:
    """How a hosted provider is used; never part of a result.

    Args:
        in_flight: Requests under way at once for one account, at most.
        batch: Send sampling and judging through the provider's batch service: cheaper, slower.
        poll: Seconds between looks at what is under way, at first; they grow where nothing changes.
        timeout: Seconds after which an answer that has not come is asked for again.
        endpoints: Servers by name, from the project's configuration: `base_url`, `key_env`, the
            `provider` whose API they speak, and what that provider wants to know of them.
    """

    in_flight: int = 32
    batch: bool = False
    poll: float = 5.0
    timeout: float = 180.0
    endpoints: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)


Terms = ClientOptions
"""The old name, for providers of other packages; the next release drops it."""


@attrs.frozen(kw_only=True)
class ModelUnderTest:
    """The model under test: a base model, and the training output that sits on it, if any.

    Args:
        model: The base model.
        trained: Folder of the training unit (None: the untrained baseline).
    """

    model: Model
    trained: Path | None = None


@attrs.frozen(kw_only=True)
class TrainJob:
    """One training.

    Args:
        key: Key of the training unit.
        model: The base model.
        rows: Chats in training order; the last turn of each is the assistant's.
        hyperparameters: What `Provider.hyperparameters` resolved: all that steers the result.
        seed: Seeds initialisation and shuffling.
        title: For people: `n=100,r=0.50,seed=0`.
        file: The same rows as OpenAI chat JSONL.
        earlier: Jobs of this unit whose models were put aside: they are not taken for this one.
        keep: Has what the working folder holds by now outlive this machine. Call it before what
            must not be done twice, once the intent is written down.
    """

    key: str
    model: Model
    rows: Sequence[Chat]
    file: Path
    title: str
    hyperparameters: Any
    seed: int
    archived_jobs: tuple[str, ...] = ()
    checkpoint: Callable[[], None] = lambda: None


@attrs.frozen(kw_only=True)
class TrainingResult:
    """What a training reports.

    Args:
        steps: Optimiser steps.
        tokens: Tokens read.
        trained_tokens: Answer tokens the loss is over, or what the provider calls trained tokens.
        seconds: Of work.
        loss: The last one, in nats per token; None where the provider does not say.
        model: What the provider calls the trained model.
        job: What the provider calls the training.
        billed_tokens: Tokens that are paid for.
    """

    steps: int
    tokens: int
    trained_tokens: int
    seconds: float
    loss: float | None
    model: str | None = None
    job: str | None = None
    billed_tokens: int = 0


@attrs.frozen(kw_only=True)
class SampleRequest:
    """One answer to draw: a chat that ends with the user's turn, and the sample's index."""

    question: str
    sample: int
    chat: Chat


@attrs.frozen(kw_only=True)
class Usage:
    """Tokens that are paid for.

    Args:
        model: Whose price applies: the model as the provider names it.
        input: Tokens sent. Of several answers to one request, only the first counts them.
        output: Tokens received for this answer.
        batch: Whether the batch price applies.
        training: Tokens trained on, each counted once an epoch.
    """

    model: str
    input: int = 0
    output: int = 0
    batch: bool = False
    training: int = 0


@attrs.frozen(kw_only=True)
class Answer:
    """One answer.

    Args:
        text: What was said; empty where nothing was.
        finish: Why it ended: `stop`, `length` or `content_filter`.
        prompt_tokens: Tokens of the chat.
        answer_tokens: Tokens of the answer.
        refusal: What the provider calls a refusal, in its words.
        model: The model's name as the provider gave it back.
        bill: What is paid for it.
    """

    question: str
    sample: int
    text: str
    finish: str
    prompt_tokens: int
    answer_tokens: int
    refusal: str | None = None
    model: str | None = None
    usage: Usage | None = None


@attrs.frozen(kw_only=True)
class GradeRequest:
    """One answer to be judged: the judge's prompt about it, of one rubric."""

    question: str
    sample: int
    prompt: str


@attrs.frozen(kw_only=True)
class Grade:
    """What a judge model said.

    Args:
        text: Its words.
        top: The likeliest first tokens with their log-probabilities (nats), likeliest first.
        finish: As in `Answer`, as are `refusal`, `model` and `bill`.
    """

    question: str
    sample: int
    text: str
    top: tuple[tuple[str, float], ...]
    finish: str
    refusal: str | None = None
    model: str | None = None
    usage: Usage | None = None


@attrs.frozen(kw_only=True)
class ScoreRequest:
    """How likely is each of `answers` after `chat`?"""

    question: str
    chat: Chat
    answers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Likelihood:
    """Per answer of a request: total log-probability (nats) and the number of tokens it sums.

    `bill` is what is paid for it, None where it costs nothing.
    """

    question: str
    logprobs: tuple[float, ...]
    tokens: tuple[int, ...]
    usage: Usage | None = None


@attrs.frozen(kw_only=True)
class RemoteJob:
    """A job at a provider.

    Args:
        job: What the provider calls it.
        status: In the provider's words.
        over: Whether it has ended, however it did.
        created: When it was created, as a Unix time.
        finish: When the provider thinks it will end, as a Unix time.
    """

    job: str
    status: str
    is_finished: bool
    created_at: float | None = None
    estimated_finish: float | None = None


@attrs.frozen(kw_only=True)
class Check:
    """Something that should be in place: `ok` is None where it is only worth knowing."""

    subject: str
    ok: bool | None
    detail: str = ""
    hint: str = ""


class Monitor(Protocol):
    """Hears how far work is, and says when to stop."""

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        """A phase begins: `total` units of which `done` are done already (a resumed phase)."""

    def advance(self, count: int = 1, **facts: float) -> None:
        """`n` more are done; `facts` are shown beside the bar (`loss=1.21`)."""

    def message(self, text: str) -> None:
        """A sentence the user should see."""

    def raise_if_stopped(self) -> None:
        """Raises `Interrupted` when the user has asked to stop, or `OverBudget` when nothing more
        may be spent. Call it where stopping is safe; what is under way then and paid for is to be
        given all the same, as far as it comes soon."""


def resolve_hyperparameters(kind: Callable[..., T], training: Training, provider: str) -> T:
    """A provider's own hyperparameters, with what `training` states in place of its defaults.

    Raises:
        DeclarationError: naming the stated values that `kind` has no field for.
    """
    recipe: Any = kind
    fields, stated = attrs.fields_dict(recipe).keys(), training.explicit_values()
    unknown = sorted(stated.keys() - fields)
    if unknown:
        raise DeclarationError(
            f"{provider} has no hyperparameter {', '.join(unknown)}",
            hint=f"it has {', '.join(sorted(fields & attrs.fields_dict(Training).keys()))}",
        )
    return kind(**stated)
