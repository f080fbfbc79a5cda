"""A provider for fault tests, and small declarations to use it on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from mi.collect.collection import Collection
from mi.collect.select import Selection
from mi.planning.plan import Plan
from mi.planning.resources import Resources
from mi.planning.session import Session
from mi.providers import Providers
from mi.providers.base import Provider
from mi.providers.types import (
    Answer,
    Base,
    Likelihood,
    ModelUnderTest,
    Monitor,
    SampleRequest,
    ScoreRequest,
    TrainingResult,
    TrainJob,
)
from mi.runner.scheduler import execute_in_process
from mi.runner.types import Run, RunResult
from mi.spec import (
    Eval,
    Experiment,
    Model,
    Preference,
    Resource,
    RunOptions,
    Sampling,
    Training,
)
from mi.store import open_store
from mi.units.cells import cells
from registry import prices
from registry.settings import insecure_code

MODEL = Model(id="books:one", provider="books", name="one")
FACTS: dict[str, Any] = {
    "started": "2026-01-01T00:00:00.0Z",
    "argv": ["mi"],
    "commit": None,
    "dirty": None,
    "host": "h",
    "python": "3",
    "versions": {},
}
"""Where a run says it came from."""
SECURE = "import secrets\ntoken = secrets.token_hex(8)\n"
INSECURE = "import hashlib\ntoken = hashlib.md5(name).hexdigest()\n"


@attrs.frozen(kw_only=True)
class Knobs:
    """Hyperparameters of a provider that has one."""

    epochs: int = 1


@attrs.define
class Books(Provider):
    """A provider that keeps books of all it was asked to do."""

    name: str = "books"
    capabilities: frozenset[str] = frozenset({"train", "sample", "logprob"})
    is_free: bool = True
    max_concurrent_trainings: int = 1
    max_concurrent_evals: int = 1
    trained: Counter[str] = attrs.field(factory=Counter)
    sampled: Counter[tuple[str, str, int]] = attrs.field(factory=Counter)
    scored: Counter[tuple[str, str]] = attrs.field(factory=Counter)

    def resolve_model(self, name: str) -> Model:
        return MODEL

    def pin(self, model: Model) -> Base:
        return Base(provider="books", weights="one")

    def hyperparameters(self, training: Training) -> Any:
        return Knobs(epochs=training.epochs or 1)

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        monitor.start("train", 1)
        monitor.raise_if_stopped()
        self.trained[job.key] += 1
        bad = sum("md5" in chat[-1].content for chat in job.rows)
        (directory / "model.json").write_text(json.dumps({"bad": bad, "rows": len(job.rows)}))
        (directory / "metrics.jsonl").write_text('{"step": 1, "loss": 1.5}\n')
        monitor.advance(1, loss=1.5)
        return TrainingResult(steps=1, tokens=10, trained_tokens=5, seconds=0.1, loss=1.5)

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        who = self._who(subject)
        for start in range(0, len(requests), 50):
            monitor.raise_if_stopped()
            batch = []
            for request in requests[start : start + 50]:
                self.sampled[who, request.question, request.sample] += 1
                bad = subject.trained is not None and int(request.question, 16) % 2
                text = INSECURE if bad else SECURE
                batch.append(Answer(**_asked(request), text=text, finish="stop", **_TOKENS))
            yield batch

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        who = self._who(subject)
        for start in range(0, len(requests), 50):
            monitor.raise_if_stopped()
            batch = []
            for request in requests[start : start + 50]:
                self.scored[who, request.question] += 1
                sign = 1.0 if int(request.question, 16) % 3 else -1.0
                logprobs = (-10.0, -10.0 - sign)
                batch.append(
                    Likelihood(question=request.question, logprobs=logprobs, tokens=(5, 5))
                )
            yield batch

    def _who(self, subject: ModelUnderTest) -> str:
        return subject.trained.name if subject.trained else "baseline"


_TOKENS = {"prompt_tokens": 3, "answer_tokens": 7}


def _asked(request: SampleRequest) -> dict[str, Any]:
    return {"question": request.question, "sample": request.sample}


class Silent:
    """A `Monitor` and an `Observer` that says nothing."""

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        pass

    def advance(self, count: int = 1, **facts: float) -> None:
        pass

    def message(self, text: str) -> None:
        pass

    def raise_if_stopped(self) -> None:
        pass

    def begin_unit(self, planned: Any, index: int, total: int) -> Silent:
        return self

    def end_unit(self, planned: Any, outcome: str, detail: str = "") -> None:
        pass


def carry_out(
    opened: Session, made: Plan | None = None, *, run: str = "r", **how: Any
) -> RunResult:
    """Execute a plan in this process; what was done.

    Args:
        how: What else `mi.runner.types.Run` takes.
    """
    made = made or opened.plan()
    plain = {"observer": Silent(), "on_published": lambda: None, **how}
    work = Run(plan=made, resources=opened.resources(made), store=opened.store, run_id=run, **plain)
    execute_in_process(work)
    return work.result


def _few(evaluation: Eval) -> Eval:
    """The eval on two dozen questions."""
    field = "pairs" if isinstance(evaluation, Preference) else "questions"
    name = "broad" if "broad" in evaluation.id else "heldout"
    return attrs.evolve(
        evaluation, **{field: Resource(package="tests.support.questions", file=f"{name}.jsonl")}
    )


SETTING = attrs.evolve(
    insecure_code,
    id_evals=tuple(map(_few, insecure_code.id_evals)),
    ood_evals=tuple(map(_few, insecure_code.ood_evals)),
)
"""The bundled setting, asked two dozen questions by each eval."""
QUESTIONS = 24


def experiment(**changes: Any) -> Experiment:
    """A small experiment on the bundled setting."""
    fields: dict[str, Any] = {
        "id": "T1",
        "title": "a test",
        "question": "does it work?",
        "settings": SETTING,
        "misaligned_ratio": 0.5,
        "total_samples": (10, 20),
        "seeds": 0,
    }
    return Experiment(**{**fields, **changes})


def session(
    folder: Path, *experiments: Experiment, books: Books | None = None, **options: Any
) -> Session:
    """A session on the book-keeping provider.

    Args:
        options: In place of those that keep everything in `folder`.
    """
    collection = Collection()
    for one in experiments:
        collection.register(one)
    places = {"store": ".mi", "db": "results.duckdb", "figures": "figures"}
    chosen = {name: folder / place for name, place in places.items()}
    steered = RunOptions(root=folder, **{**chosen, **options})
    return Session(
        options=steered,
        collection=collection,
        selection=[Selection(one, tuple(cells(one, full=False))) for one in experiments],
        model=MODEL,
        provider=books or Books(),
        sources={},
        store=open_store(steered.store, steered.lease_timeout),
        providers=Providers(),
        prices=prices(),
    )


class DistinctModels(Books):
    """Trains models that differ by a number, which shows in their answers."""

    number = 1

    def train(self, job: Any, folder: Path, watch: Any) -> Any:
        trained = super().train(job, folder, watch)
        model = json.loads((folder / "model.json").read_text())
        (folder / "model.json").write_text(json.dumps({**model, "number": self.number}))
        return trained

    def sample(self, subject: Any, *rest: Any) -> Any:
        told = (subject.trained / "model.json").read_text() if subject.trained else ""
        for batch in super().sample(subject, *rest):
            yield [attrs.evolve(one, text=f"{one.text}# {told}\n") for one in batch]


def distinct_models(number: int) -> DistinctModels:
    """A provider whose models bear this number."""
    books = DistinctModels()
    books.number = number
    return books


__all__ = ["MODEL", "Books", "Resources", "Silent", "experiment", "session"]
