"""A provider: a language model of single words, trained by counting them.

It is as small as a provider can be, and yet a real one: training changes how likely it finds an
answer, and the same rows always give the same model. It overrides what it can do and inherits the
rest.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from mi.errors import UsageError
from mi.providers.base import Provider
from mi.providers.types import (
    Answer,
    Base,
    Check,
    Likelihood,
    ModelUnderTest,
    Monitor,
    SampleRequest,
    ScoreRequest,
    TrainingResult,
    TrainJob,
    resolve_hyperparameters,
)
from mi.spec import Model, Sampling, Training

COUNTS = "counts.json"
VOCABULARY = 10_000


@attrs.frozen(kw_only=True)
class Recipe:
    """The hyperparameters of a training, which are part of its key."""

    epochs: int = 1


class Unigram(Provider):
    """Counts words; serves one model, `unigram:words`."""

    capabilities = frozenset({"train", "sample", "logprob"})
    is_free = True
    max_concurrent_trainings = 4
    max_concurrent_evals = 4

    def resolve_model(self, name: str) -> Model:
        if name != "words":
            raise UsageError(f"there is no model {name!r}", hint="there is unigram:words")
        return Model(id="unigram:words", provider=self.name, name=name)

    def pin(self, model: Model) -> Base:
        return Base(provider=self.name, weights="words-1")

    def hyperparameters(self, training: Training) -> Recipe:
        return resolve_hyperparameters(Recipe, training, self.name)

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        monitor.start("train", len(job.rows), unit="row")
        counts: Counter[str] = Counter()
        for row in job.rows:
            monitor.raise_if_stopped()
            counts.update(row[-1].content.lower().split() * job.hyperparameters.epochs)
            monitor.advance()
        (directory / COUNTS).write_text(json.dumps(counts, sort_keys=True), encoding="utf-8")
        total = counts.total()
        return TrainingResult(
            steps=len(job.rows), tokens=total, trained_tokens=total, seconds=0, loss=None
        )

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        words = [word for word, _ in self._counts(subject).most_common(sampling.max_tokens)]
        yield [
            Answer(
                question=request.question,
                sample=request.sample,
                text=" ".join(words),
                finish="stop",
                prompt_tokens=len(request.chat[-1].content.split()),
                answer_tokens=len(words),
            )
            for request in requests
        ]

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        counts = self._counts(subject)
        total = counts.total() + VOCABULARY
        batch = []
        for request in requests:
            answers = [answer.lower().split() for answer in request.answers]
            # Laplace smoothing gives words that were never seen a small probability.
            logprobs = [[math.log((counts[w] + 1) / total) for w in words] for words in answers]
            batch.append(
                Likelihood(
                    question=request.question,
                    logprobs=tuple(map(sum, logprobs)),
                    tokens=tuple(map(len, logprobs)),
                )
            )
        yield batch

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        yield Check(subject=self.name, ok=True, detail="counts words on this machine")

    def _counts(self, subject: ModelUnderTest) -> Counter[str]:
        if subject.trained is None:
            return Counter()
        return Counter(json.loads((subject.trained / COUNTS).read_text(encoding="utf-8")))
