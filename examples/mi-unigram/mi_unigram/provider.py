"""A provider: a language model of single words, trained by counting them.

It is as small as a provider can be, and a real one: what it has counted moves how likely it finds
an answer, and the same rows give the same model.
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
    """All that steers a training; it becomes part of the training's key."""

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
                question=one.question,
                sample=one.sample,
                text=" ".join(words),
                finish="stop",
                prompt_tokens=len(one.chat[-1].content.split()),
                answer_tokens=len(words),
            )
            for one in requests
        ]

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        counts = self._counts(subject)
        total = counts.total() + VOCABULARY
        batch = []
        for one in requests:
            answers = [answer.lower().split() for answer in one.answers]
            found = [[math.log((counts[word] + 1) / total) for word in words] for words in answers]
            batch.append(
                Likelihood(
                    question=one.question,
                    logprobs=tuple(map(sum, found)),
                    tokens=tuple(map(len, found)),
                )
            )
        yield batch

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        yield Check(subject=self.name, ok=True, detail="counts words on this machine")

    def _counts(self, subject: ModelUnderTest) -> Counter[str]:
        if subject.trained is None:
            return Counter()
        return Counter(json.loads((subject.trained / COUNTS).read_text(encoding="utf-8")))
