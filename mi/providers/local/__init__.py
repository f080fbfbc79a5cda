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
from ...spec import Model, ModelJudge, Sampling, Training
from ..types import (
    Answer,
    Base,
    Check,
    Grade,
    GradeRequest,
    Likelihood,
    Remote,
    SampleRequest,
    ScoreRequest,
    Subject,
    Terms,
    Trained,
    TrainJob,
    Watch,
)
from . import models as weights
from .recipe import LoraRecipe, resolve

if TYPE_CHECKING:
    from .adapted import Worn
    from .network import Network

__all__ = ["Local", "LoraRecipe"]

_EXTRAS = ("torch", "transformers", "safetensors", "gguf")


class Local:
    """The provider `local`."""

    name = "local"
    offers = frozenset({"train", "sample", "logprob"})
    free = True
    trainings_at_once = 1
    evals_at_once = 1

    def __init__(self, name: str = "local", terms: Terms | None = None) -> None:
        pass

    def find(self, name: str) -> Model:
        """A Hugging Face folder, or `<hub id>@<commit>`."""
        return weights.find(name)

    def base(self, model: Model) -> Base:
        """Digest of the weights, of the folder's files, or the hub's commit; no network."""
        return weights.base(model)

    def hyperparameters(self, training: Training) -> LoraRecipe:
        """The stated values, and this provider's defaults for the rest."""
        return resolve(training)

    def ready(self) -> None:
        """Nothing is needed that cannot be fetched."""

    def close(self) -> None:
        """Nothing is held open."""

    def prepare(self, model: Model, watch: Watch) -> None:
        """Fetch and convert the model, once per machine."""
        _require()
        weights.folder(model, watch)

    def train(self, job: TrainJob, folder: Path, watch: Watch) -> Trained:
        """Train adapters in `folder`: `adapter/` (PEFT's format) and `metrics.jsonl`.

        A line of `metrics.jsonl` is `{"step", "loss", "learning_rate", "tokens"}`, the loss in nats
        per answer token and `tokens` the answer tokens of the step.
        """
        network = self._network(job.model, watch)
        from .train import train

        return train(network, job, self.base(job.model).weights, folder, watch)

    def sample(
        self,
        subject: Subject,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        folder: Path,
        watch: Watch,
    ) -> Iterator[Sequence[Answer]]:
        """Draw the answers; `sampling.system` is the caller's to put into the chats."""
        worn = self._worn(subject, watch)
        from . import sample

        batches = sample.plan(worn.network, requests, sampling)
        crew = worn.network.crew
        together = max(1, len(crew.members) // sample.PARTS)
        for start in range(0, len(batches), together):
            watch.check()
            cut = [sample.even(batch, sample.PARTS) for batch in batches[start : start + together]]
            with worn.on():
                drawn = crew.each(
                    lambda network, part: sample.sample(network, part, sampling),
                    [part for parts in cut for part in parts],
                )
                answers = [[one for _ in parts for one in next(drawn)] for parts in cut]
            yield from answers

    def grade(
        self, judge: ModelJudge, requests: Sequence[GradeRequest], folder: Path, watch: Watch
    ) -> Iterator[Sequence[Grade]]:
        """Local models do not judge."""
        raise ProviderError(f"{judge.model} is a local model, and those do not judge")

    def score(
        self, subject: Subject, requests: Sequence[ScoreRequest], watch: Watch
    ) -> Iterator[Sequence[Likelihood]]:
        """Sum the log-probabilities of each answer's content and end-of-turn tokens."""
        worn = self._worn(subject, watch)
        from . import score

        for start in range(0, len(requests), score.BATCH):
            watch.check()
            with worn.on():
                batch = score.batch(worn, requests[start : start + score.BATCH])
            yield batch

    def remote(self, folder: Path, watch: Watch) -> Remote | None:
        """Nothing runs elsewhere."""
        return None

    def cancel(self, folder: Path, watch: Watch) -> Remote | None:
        """Nothing runs elsewhere."""
        return None

    def checks(self, models: Sequence[Model], watch: Watch) -> Iterator[Check]:
        """The extra's packages, and whether the models' weights are here."""
        missing = missing_packages()
        yield Check(
            what="local: packages",
            ok=None if missing else True,
            detail=f"missing: {', '.join(missing)}" if missing else "all there",
            hint="pip install 'mi[local]'" if missing else "",
        )
        for model in models:
            there = weights.is_here(model)
            detail = "its weights are here" if there else "its weights are fetched when first used"
            yield Check(what=f"local: {model.name}", ok=there or None, detail=detail)

    def _network(self, model: Model, watch: Watch) -> Network:
        _require()
        folder = weights.folder(model, watch)
        from .network import load

        return load(folder, self.base(model).weights)

    def _worn(self, subject: Subject, watch: Watch) -> Worn:
        network = self._network(subject.model, watch)
        from .adapted import wear

        return wear(network, subject)


def missing_packages() -> list[str]:
    """Packages of the extra that this environment does not have."""
    return [name for name in _EXTRAS if find_spec(name) is None]


def _require() -> None:
    missing = missing_packages()
    if missing:
        raise ProviderError(
            f"local models need {', '.join(missing)}, which this environment does not have",
            hint="pip install 'mi[local]'",
        )
    # Threads that wait for each other by spinning slow a machine whose cores are shared to a
    # twentieth; this bounds the spin and costs nothing where they are free. Read when torch loads.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
