"""Training and sampling on this machine, with torch, transformers and PEFT-format adapters.

Everything heavy is imported by the call that needs it, so a plan costs no torch. A model is loaded
once per process and kept; adapters are put on for the length of a piece of work and taken off
again, so the base model stays what it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ProviderError
from ...spec import Model, Sampling, Training
from ..base import Provider
from ..types import (
    Answer,
    Base,
    Check,
    ClientOptions,
    Likelihood,
    ModelUnderTest,
    Monitor,
    SampleRequest,
    ScoreRequest,
    TrainingResult,
    TrainJob,
)
from . import models as weights
from .recipe import LoraRecipe, resolve_recipe

if TYPE_CHECKING:
    from .adapted import AdaptedNetwork
    from .network import Network

__all__ = ["Local", "LoraRecipe"]

_PACKAGES = ("torch", "transformers", "safetensors", "gguf")


class Local(Provider):
    """The provider `local`."""

    capabilities = frozenset({"train", "sample", "logprob"})
    is_free = True

    def __init__(self, name: str = "local", options: ClientOptions | None = None) -> None:
        super().__init__(name, options or ClientOptions())

    def resolve_model(self, name: str) -> Model:
        """A Hugging Face folder, or `<hub id>@<commit>`."""
        return weights.find_model(name)

    def pin(self, model: Model) -> Base:
        """Digest of the weights, of the folder's files, or the hub's commit; no network."""
        return weights.pin_model(model)

    def hyperparameters(self, training: Training) -> LoraRecipe:
        """The stated values, and this provider's defaults for the rest."""
        return resolve_recipe(training)

    def prepare(self, model: Model, monitor: Monitor) -> None:
        """Fetch and convert the model, once per machine."""
        _require_packages()
        weights.model_directory(model, monitor)

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        """Train adapters in `folder`: `adapter/` (PEFT's format) and `metrics.jsonl`.

        A line of `metrics.jsonl` is `{"step", "loss", "learning_rate", "tokens"}`, the loss in nats
        per answer token and `tokens` the answer tokens of the step.
        """
        network = self._network(job.model, monitor)
        from .train import train_adapter

        return train_adapter(network, job, self.pin(job.model).weights, directory, monitor)

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        """Draw the answers; `sampling.system` is the caller's to put into the chats."""
        worn = self._adapted_network(subject, monitor)
        from . import sample

        batches = sample.batch_prompts(worn.network, requests, sampling)
        crew = worn.network.pool
        together = max(1, len(crew.replicas) // sample.PARTS)
        for start in range(0, len(batches), together):
            monitor.raise_if_stopped()
            cut = [
                sample.split_evenly(batch, sample.PARTS)
                for batch in batches[start : start + together]
            ]
            with worn.activate():
                drawn = crew.map(
                    lambda network, part: sample.draw_answers(network, part, sampling),
                    [part for parts in cut for part in parts],
                )
                answers = [[one for _ in parts for one in next(drawn)] for parts in cut]
            yield from answers

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        """Sum the log-probabilities of each answer's content and end-of-turn tokens."""
        worn = self._adapted_network(subject, monitor)
        from . import score

        for start in range(0, len(requests), score.BATCH_SIZE):
            monitor.raise_if_stopped()
            with worn.activate():
                batch = score.score_batch(worn, requests[start : start + score.BATCH_SIZE])
            yield batch

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        """The extra's packages, and whether the models' weights are here."""
        missing = missing_packages()
        yield Check(
            subject="local: packages",
            ok=None if missing else True,
            detail=f"missing: {', '.join(missing)}" if missing else "all there",
            hint="pip install 'mi[local]'" if missing else "",
        )
        for model in models:
            there = weights.is_available(model)
            detail = "its weights are here" if there else "its weights are fetched when first used"
            yield Check(subject=f"local: {model.name}", ok=there or None, detail=detail)

    def _network(self, model: Model, monitor: Monitor) -> Network:
        _require_packages()
        folder = weights.model_directory(model, monitor)
        from .network import load_network

        return load_network(folder, self.pin(model).weights)

    def _adapted_network(self, subject: ModelUnderTest, monitor: Monitor) -> AdaptedNetwork:
        network = self._network(subject.model, monitor)
        from .adapted import adapt

        return adapt(network, subject)


def missing_packages() -> list[str]:
    """Packages of the extra that this environment does not have."""
    return [name for name in _PACKAGES if find_spec(name) is None]


def _require_packages() -> None:
    missing = missing_packages()
    if missing:
        raise ProviderError(
            f"local models need {', '.join(missing)}, which this environment does not have",
            hint="pip install 'mi[local]'",
        )
    # Threads that wait for each other by spinning slow a machine whose cores are shared to a
    # twentieth; this bounds the spin and costs nothing where they are free. Read when torch loads.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
