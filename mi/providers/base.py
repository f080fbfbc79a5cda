"""What the engine asks of a provider, in plain values.

A provider trains a base model on chat rows, draws answers, and says how likely a model finds given
answers. It knows no experiment, no eval and no store: it gets rows and a working folder, and tells
a `Watch` how far it is. Whatever it has put into the working folder when it is killed is there when
it is called again with the same job, and it goes on from there.

`sample` and `score` yield whole batches in an order that depends on the requests alone, so that a
caller who keeps whole batches and asks again for the rest gets the very answers an uninterrupted
call would have given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import attrs

from ..data import Chat, Message
from ..spec import Model, Sampling, Training
from ..units import Base

__all__ = [
    "Answer",
    "Base",
    "Chat",
    "Likelihood",
    "Message",
    "Provider",
    "SampleRequest",
    "ScoreRequest",
    "Subject",
    "TrainJob",
    "Trained",
    "Watch",
]


@attrs.frozen(kw_only=True)
class Subject:
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
    """

    key: str
    model: Model
    rows: Sequence[Chat]
    hyperparameters: Any
    seed: int


@attrs.frozen(kw_only=True)
class Trained:
    """What a training reports: steps, tokens, seconds of work, final loss (nats per token)."""

    steps: int
    tokens: int
    trained_tokens: int
    seconds: float
    loss: float


@attrs.frozen(kw_only=True)
class SampleRequest:
    """One answer to draw: a chat that ends with the user's turn, and the sample's index."""

    question: str
    sample: int
    chat: Chat


@attrs.frozen(kw_only=True)
class Answer:
    """One answer: text, why it ended (`stop` or `length`), and tokens in and out."""

    question: str
    sample: int
    text: str
    finish: str
    prompt_tokens: int
    answer_tokens: int


@attrs.frozen(kw_only=True)
class ScoreRequest:
    """How likely is each of `answers` after `chat`?"""

    question: str
    chat: Chat
    answers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Likelihood:
    """Per answer of a request: total log-probability (nats) and the number of tokens it sums."""

    question: str
    logprobs: tuple[float, ...]
    tokens: tuple[int, ...]


class Watch(Protocol):
    """Hears how far work is, and says when to stop."""

    def start(self, what: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        """A phase begins: `total` units of which `done` are done already (a resumed phase)."""

    def advance(self, n: int = 1, **facts: float) -> None:
        """`n` more are done; `facts` are shown beside the bar (`loss=1.21`)."""

    def note(self, text: str) -> None:
        """A sentence the user should see."""

    def check(self) -> None:
        """Raises `Interrupted` when the user has asked to stop. Call it where stopping is safe."""


class Provider(Protocol):
    """Trains and samples models."""

    name: str
    offers: frozenset[str]  # of {"train", "sample", "logprob"}
    free: bool  # whether doing a unit again costs nothing but time

    def find(self, name: str) -> Model:
        """The model a user calls `name` (without the provider's prefix)."""

    def base(self, model: Model) -> Base:
        """What pins the model's content; no network where it is pinned already."""

    def hyperparameters(self, training: Training) -> Any:
        """A frozen attrs object with every value that steers a training; goes into its key.

        Raises:
            DeclarationError: naming each stated value this provider has no knob for.
        """

    def prepare(self, model: Model, watch: Watch) -> None:
        """Fetch what the model needs, once."""

    def train(self, job: TrainJob, folder: Path, watch: Watch) -> Trained:
        """Train in `folder`; resumes what a killed call left there."""

    def sample(
        self, subject: Subject, requests: Sequence[SampleRequest], sampling: Sampling, watch: Watch
    ) -> Iterator[Sequence[Answer]]:
        """Draw the answers, a batch at a time."""

    def score(
        self, subject: Subject, requests: Sequence[ScoreRequest], watch: Watch
    ) -> Iterator[Sequence[Likelihood]]:
        """Score the answers, a batch at a time."""
