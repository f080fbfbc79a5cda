"""What the engine asks of a provider, in plain values.

A provider trains a base model on chat rows, draws answers, and says how likely a model finds given
answers. It knows no experiment, no eval and no store: it gets rows and a working folder, and tells
a `Watch` how far it is. Whatever it has put into the working folder when it is killed is there when
it is called again with the same job, and it goes on from there.

`sample`, `score` and `grade` yield batches, and a caller keeps whole batches and asks again for the
rest. Where a model runs here, batches come in an order that depends on the requests alone, so the
rest is what an uninterrupted call would have given; where it runs elsewhere, they come as they
arrive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..spec import Model, ModelJudge, Sampling, Training
from .types import (
    Answer,
    Base,
    Check,
    Grade,
    GradeRequest,
    Likelihood,
    ModelUnderTest,
    Monitor,
    RemoteJob,
    SampleRequest,
    ScoreRequest,
    TrainingResult,
    TrainJob,
)


class Provider(Protocol):
    """Trains and samples models."""

    name: str
    capabilities: frozenset[str]  # of {"train", "sample", "logprob", "judge"}
    is_free: bool  # whether doing a unit again costs nothing but time
    max_concurrent_trainings: int
    max_concurrent_evals: int  # where both are 1, one unit is done after the other

    def resolve_model(self, name: str) -> Model:
        """The model a user calls `name` (without the provider's prefix)."""

    def pin(self, model: Model) -> Base:
        """What pins the model's content; no network where it is pinned already."""

    def hyperparameters(self, training: Training) -> Any:
        """A frozen attrs object with every value that steers a training; goes into its key.

        Raises:
            DeclarationError: naming each stated value this provider has no knob for.
        """

    def check_credentials(self) -> None:
        """Raises `UsageError` where something is missing that only the user can give, as a key."""

    def close(self) -> None:
        """Let go of connections; the provider is not used again."""

    def prepare(self, model: Model, monitor: Monitor) -> None:
        """Fetch what the model needs, once."""

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        """Train in `folder`; resumes what a killed call left there."""

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        """Draw the answers, a batch at a time; `folder` keeps what a killed call left there."""

    def grade(
        self, judge: ModelJudge, requests: Sequence[GradeRequest], directory: Path, monitor: Monitor
    ) -> Iterator[Sequence[Grade]]:
        """Have a judge model, which this provider serves, look at answers, a batch at a time."""

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        """Score the answers, a batch at a time."""

    def remote_job(self, directory: Path, monitor: Monitor) -> RemoteJob | None:
        """The job that was launched for the unit worked on in `folder`; None for none."""

    def cancel(self, directory: Path, monitor: Monitor) -> RemoteJob | None:
        """End that job; as it stands then, None where there is none."""

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        """Looks at all that this provider needs to serve these models."""
