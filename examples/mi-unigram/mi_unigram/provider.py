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
from typing import Any

import attrs

from mi.errors import UsageError
from mi.providers.types import (
    Answer,
    Base,
    Check,
    Likelihood,
    SampleRequest,
    ScoreRequest,
    Subject,
    Terms,
    Trained,
    TrainJob,
    Watch,
    recipe,
)
from mi.spec import Model, Sampling, Training

COUNTS = "counts.json"
VOCABULARY = 10_000


@attrs.frozen(kw_only=True)
class Recipe:
    """All that steers a training; it becomes part of the training's key."""

    epochs: int = 1


class Unigram:
    """Counts words; serves one model, `unigram:words`."""

    offers = frozenset({"train", "sample", "logprob"})
    free = True
    trainings_at_once = 4
    evals_at_once = 4

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name

    def find(self, name: str) -> Model:
        if name != "words":
            raise UsageError(f"there is no model {name!r}", hint="there is unigram:words")
        return Model(id="unigram:words", provider=self.name, name=name)

    def base(self, model: Model) -> Base:
        return Base(provider=self.name, weights="words-1")

    def hyperparameters(self, training: Training) -> Recipe:
        return recipe(Recipe, training, self.name)

    def ready(self) -> None: ...

    def close(self) -> None: ...

    def prepare(self, model: Model, watch: Watch) -> None: ...

    def train(self, job: TrainJob, folder: Path, watch: Watch) -> Trained:
        watch.start("train", len(job.rows), unit="row")
        counts: Counter[str] = Counter()
        for row in job.rows:
            watch.check()
            counts.update(row[-1].content.lower().split() * job.hyperparameters.epochs)
            watch.advance()
        (folder / COUNTS).write_text(json.dumps(counts, sort_keys=True), encoding="utf-8")
        total = counts.total()
        return Trained(
            steps=len(job.rows), tokens=total, trained_tokens=total, seconds=0, loss=None
        )

    def sample(
        self,
        subject: Subject,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        folder: Path,
        watch: Watch,
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
        self, subject: Subject, requests: Sequence[ScoreRequest], watch: Watch
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

    def grade(self, *_: Any) -> Iterator[Any]:
        raise UsageError(f"{self.name} offers no judge")

    def remote(self, folder: Path, watch: Watch) -> None:
        return None

    def cancel(self, folder: Path, watch: Watch) -> None:
        return None

    def checks(self, models: Sequence[Model], watch: Watch) -> Iterator[Check]:
        yield Check(what=self.name, ok=True, detail="counts words on this machine")

    def _counts(self, subject: Subject) -> Counter[str]:
        if subject.trained is None:
            return Counter()
        return Counter(json.loads((subject.trained / COUNTS).read_text(encoding="utf-8")))
