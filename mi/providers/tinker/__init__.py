"""Training and sampling through the Tinker API: the hosted service, or a server of one's own.

The official SDK does the talking, and makes calls again that were lost on the way. What is added
here is the loop of a training, that nothing is trained twice, the models' own chat templates, and
that what goes wrong is told as what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from ...errors import MiError, ProviderError
from ...spec import Model, ModelJudge, Sampling, Training
from ..chat_template import Template, encoded
from ..trained_model import tuned
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
from . import sampling as ask
from . import tokenizer
from .client import Server, server, whole
from .errors import told
from .futures import waited
from .recipe import Adapted, resolve
from .sampler_slots import Seats
from .train import train

__all__ = ["Adapted", "Tinker"]

R = TypeVar("R", SampleRequest, ScoreRequest)
A = TypeVar("A", Answer, Likelihood)
_EXTRAS = ("tinker", "transformers")


class Tinker:
    """The provider `tinker`, and every endpoint with `provider = "tinker"` under its own name."""

    free = False
    trainings_at_once = 4
    evals_at_once = 2

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self.terms = terms
        self._clients: dict[str, ask.Subject] = {}
        self._lock = Lock()

    @property
    def offers(self) -> frozenset[str]:
        """Whether a server tells log-probabilities is its endpoint's to say: a plan asks nobody."""
        told = self.terms.endpoints.get(self.name, {}).get("logprobs", True)
        return frozenset({"train", "sample", "logprob"} if told else {"train", "sample"})

    @cached_property
    def _seats(self) -> Seats:
        return Seats(self.server)

    @cached_property
    def server(self) -> Server:
        """Made when first needed: a plan needs no key."""
        return server(self.name, self.terms)

    def find(self, name: str) -> Model:
        """Whatever the server calls `name`; whether it has it is seen when it is asked."""
        return Model(id=f"{self.name}:{name}", provider=self.name, name=name)

    def base(self, model: Model) -> Base:
        """The model's name; the server that serves it is not part of what it is."""
        return Base(provider=model.provider, weights=model.name)

    def hyperparameters(self, training: Training) -> Adapted:
        """The stated values, and this provider's defaults for the rest."""
        return resolve(training)

    def ready(self) -> None:
        """That there is a key, and the SDK."""
        missing = _missing()
        if missing:
            raise ProviderError(
                f"{self.name} needs {', '.join(missing)}, which this environment does not have",
                hint="pip install 'mi[tinker]'",
            )
        assert self.server
        whole()

    def close(self) -> None:
        """End the session at the server."""
        if "server" in self.__dict__:
            self._clients.clear()
            self._seats.close()
            self.server.close()

    def prepare(self, model: Model, watch: Watch) -> None:
        """Load the tokenizer."""
        self._template(model, watch)

    def train(self, job: TrainJob, folder: Path, watch: Watch) -> Trained:
        """Drive the training to its end; see `train` for what `folder` holds."""
        template = self._template(job.model, watch)
        rows = encoded(template, job.rows, job.hyperparameters.max_length)
        return train(job, rows, folder, self.server, watch)

    def sample(
        self,
        subject: Subject,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        folder: Path,
        watch: Watch,
    ) -> Iterator[Sequence[Answer]]:
        """Draw answers, several of a question in one request, in the order they come."""

        def draw(who: ask.Subject, left: Sequence[SampleRequest]) -> Iterator[list[Answer]]:
            return ask.sample(who, left, sampling, watch)

        yield from self._answered(subject, requests, draw, watch)

    def grade(
        self, judge: ModelJudge, requests: Sequence[GradeRequest], folder: Path, watch: Watch
    ) -> Iterator[Sequence[Grade]]:
        """Models served here do not judge: the API has no chat and tells no first tokens."""
        raise ProviderError(f"{judge.model} is served by {self.name}, which does not judge")

    def score(
        self, subject: Subject, requests: Sequence[ScoreRequest], watch: Watch
    ) -> Iterator[Sequence[Likelihood]]:
        """Sum the log-probabilities of each answer's content and end-of-turn tokens."""

        def compare(who: ask.Subject, left: Sequence[ScoreRequest]) -> Iterator[list[Likelihood]]:
            return ask.score(who, left, watch)

        yield from self._answered(subject, requests, compare, watch)

    def remote(self, folder: Path, watch: Watch) -> Remote | None:
        """Nothing goes on by itself: a training stands still when nobody drives it."""
        return None

    def cancel(self, folder: Path, watch: Watch) -> Remote | None:
        """Nothing goes on by itself."""
        return None

    def checks(self, models: Sequence[Model], watch: Watch) -> Iterator[Check]:
        """Packages, key, reachability, and whether the models are served."""
        if missing := _missing():
            detail = f"missing: {', '.join(missing)}"
            hint = "pip install 'mi[tinker]'"
            yield Check(what=f"{self.name}: packages", ok=None, detail=detail, hint=hint)
            return
        try:
            there = self.server
        except MiError:
            yield Check(what=f"{self.name}: key", ok=None, detail="none is set")
            return
        label = f"{self.name} {there.fingerprint}"
        try:
            there.reach(watch, tries=2)
            served = there.models(watch)
        except Exception as error:
            failed = error if isinstance(error, MiError) else told(error, there.key, "asking it")
            yield Check(what=label, ok=False, detail=failed.message, hint=failed.hint or "")
            return
        yield Check(what=label, ok=True, detail=f"answers, {len(served)} models")
        for model in models:
            called = there.calls(model.name)
            is_served = called in served
            detail = "is served" if is_served else f"not among its models: {', '.join(served)}"
            yield Check(what=f"{label}: {model.name}", ok=is_served, detail=detail)

    def _template(self, model: Model, watch: Watch) -> Template:
        return tokenizer.template(self.server, model.name, watch)

    def _answered(
        self,
        subject: Subject,
        requests: Sequence[R],
        ask_of: Callable[[ask.Subject, Sequence[R]], Iterator[list[A]]],
        watch: Watch,
    ) -> Iterator[list[A]]:
        """Ask for everything; where the server does not hold the model, have it loaded first."""
        came: set[tuple[str, int]] = set()
        while requests:
            who = self._asked(subject, watch)
            try:
                for batch in ask_of(who, requests):
                    came.update(map(_at, batch))
                    yield batch
                return
            except ask.Gone:
                self._forget(subject, who.path or "")
                requests = [request for request in requests if _at(request) not in came]

    def _forget(self, subject: Subject, path: str) -> None:
        """The server does not hold the model that was asked at `path`.

        Raises:
            ProviderError: Loading it again does not help.
        """
        assert subject.trained is not None
        model = tuned(subject.trained)
        with self._lock:
            if not self._seats.lost(model, path):
                raise ProviderError(
                    f"{self.name} does not hold {model.model} and does not load it",
                    hint="was the server started anew, without what it had saved?",
                )

    def _asked(self, subject: Subject, watch: Watch) -> ask.Subject:
        """The model under test; there is one of the SDK's clients for each."""
        there, model = self.server, subject.model.name
        trained = tuned(subject.trained) if subject.trained is not None else None
        name = trained.model if trained else ""
        with self._lock:
            path = self._seats.path(trained, watch) if trained else None
            if name not in self._clients or self._clients[name].path != path:
                service = there.service(watch)
                base = None if path else there.calls(model)
                try:
                    client = waited(
                        lambda: service.create_sampling_client(model_path=path, base_model=base),
                        watch,
                    )
                except Exception as error:
                    raise told(error, there.key, f"asking for {path or model}") from None
                self._clients[name] = ask.Subject(
                    client=client,
                    path=path,
                    template=self._template(subject.model, watch),
                    model=model,
                    endpoint=self.name,
                    key=there.key,
                    width=self.terms.in_flight,
                )
            return self._clients[name]


def _at(one: Any) -> tuple[str, int]:
    """What tells a request, or its answer, from others."""
    return one.question, getattr(one, "sample", 0)


def _missing() -> list[str]:
    """Packages of the extra that this environment does not have."""
    return [name for name in _EXTRAS if find_spec(name) is None]
