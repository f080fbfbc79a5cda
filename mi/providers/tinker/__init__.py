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
from ...spec import Model, Sampling, Training
from ..base import Provider
from ..chat_template import ChatTemplate, encode_rows
from ..trained_model import read_trained_model
from ..types import (
    Answer,
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
from . import sampling as ask
from . import tokenizer
from .client import Server, import_sdk, resolve_server
from .errors import translate_error
from .futures import run_in_thread
from .recipe import Adapted, resolve_recipe
from .sampler_slots import SamplerSlots
from .train import run_training

__all__ = ["Adapted", "Tinker"]

R = TypeVar("R", SampleRequest, ScoreRequest)
A = TypeVar("A", Answer, Likelihood)
_PACKAGES = ("tinker", "transformers")


class Tinker(Provider):
    """The provider `tinker`, and every endpoint with `provider = "tinker"` under its own name."""

    max_concurrent_trainings = 4
    max_concurrent_evals = 2

    def __init__(self, name: str, options: ClientOptions) -> None:
        super().__init__(name, options)
        # A plan makes no request: whether the server gives logprobs is for its endpoint to state.
        has_logprobs = options.endpoints.get(name, {}).get("logprobs", True)
        self.capabilities = frozenset(
            {"train", "sample", "logprob"} if has_logprobs else {"train", "sample"}
        )
        self._clients: dict[str, ask.Sampler] = {}
        self._lock = Lock()

    @cached_property
    def _slots(self) -> SamplerSlots:
        return SamplerSlots(self.server)

    @cached_property
    def server(self) -> Server:
        """Made when first needed: a plan needs no key."""
        return resolve_server(self.name, self.options)

    def hyperparameters(self, training: Training) -> Adapted:
        """The stated values, and this provider's defaults for the rest."""
        return resolve_recipe(training)

    def check_credentials(self) -> None:
        """That there is a key, and the SDK."""
        missing = _missing_packages()
        if missing:
            raise ProviderError(
                f"{self.name} needs {', '.join(missing)}, which this environment does not have",
                hint="pip install 'mi[tinker]'",
            )
        assert self.server
        import_sdk()

    def close(self) -> None:
        """End the session at the server."""
        if "server" in self.__dict__:
            self._clients.clear()
            self._slots.close()
            self.server.close()

    def prepare(self, model: Model, monitor: Monitor) -> None:
        """Load the tokenizer."""
        self._template(model, monitor)

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        """Drive the training to its end; see `train` for what `folder` holds."""
        template = self._template(job.model, monitor)
        rows = encode_rows(template, job.rows, job.hyperparameters.max_length)
        return run_training(job, rows, directory, self.server, monitor)

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        """Draw answers, several of a question in one request, in the order they come."""

        def draw(who: ask.Sampler, left: Sequence[SampleRequest]) -> Iterator[list[Answer]]:
            return ask.draw_answers(who, left, sampling, monitor)

        yield from self._with_loaded_model(subject, requests, draw, monitor)

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        """Sum the log-probabilities of each answer's content and end-of-turn tokens."""

        def compare(who: ask.Sampler, left: Sequence[ScoreRequest]) -> Iterator[list[Likelihood]]:
            return ask.score_requests(who, left, monitor)

        yield from self._with_loaded_model(subject, requests, compare, monitor)

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        """Packages, key, reachability, and whether the models are served."""
        if missing := _missing_packages():
            detail = f"missing: {', '.join(missing)}"
            hint = "pip install 'mi[tinker]'"
            yield Check(subject=f"{self.name}: packages", ok=None, detail=detail, hint=hint)
            return
        try:
            there = self.server
        except MiError:
            yield Check(subject=f"{self.name}: key", ok=None, detail="none is set")
            return
        label = f"{self.name} {there.fingerprint}"
        try:
            there.check_reachable(monitor, attempts=2)
            served = there.served_models(monitor)
        except Exception as error:
            failed = (
                error
                if isinstance(error, MiError)
                else translate_error(error, there.key, "asking it")
            )
            yield Check(subject=label, ok=False, detail=failed.message, hint=failed.hint or "")
            return
        yield Check(subject=label, ok=True, detail=f"answers, {len(served)} models")
        for model in models:
            called = there.served_name(model.name)
            is_served = called in served
            detail = "is served" if is_served else f"not among its models: {', '.join(served)}"
            yield Check(subject=f"{label}: {model.name}", ok=is_served, detail=detail)

    def _template(self, model: Model, monitor: Monitor) -> ChatTemplate:
        return tokenizer.chat_template(self.server, model.name, monitor)

    def _with_loaded_model(
        self,
        subject: ModelUnderTest,
        requests: Sequence[R],
        call: Callable[[ask.Sampler, Sequence[R]], Iterator[list[A]]],
        monitor: Monitor,
    ) -> Iterator[list[A]]:
        """Ask for everything; where the server does not hold the model, have it loaded first."""
        came: set[tuple[str, int]] = set()
        while requests:
            who = self._sampler(subject, monitor)
            try:
                for batch in call(who, requests):
                    came.update(map(_request_id, batch))
                    yield batch
                return
            except ask.ModelUnloaded:
                self._report_unloaded(subject, who.path or "")
                requests = [request for request in requests if _request_id(request) not in came]

    def _report_unloaded(self, subject: ModelUnderTest, path: str) -> None:
        """The server does not hold the model that was asked at `path`.

        Raises:
            ProviderError: Loading it again does not help.
        """
        assert subject.trained is not None
        model = read_trained_model(subject.trained)
        with self._lock:
            if not self._slots.report_lost(model, path):
                raise ProviderError(
                    f"{self.name} does not hold {model.model} and does not load it",
                    hint="was the server started anew, without what it had saved?",
                )

    def _sampler(self, subject: ModelUnderTest, monitor: Monitor) -> ask.Sampler:
        """The model under test; there is one of the SDK's clients for each."""
        there, model = self.server, subject.model.name
        trained = read_trained_model(subject.trained) if subject.trained is not None else None
        name = trained.model if trained else ""
        with self._lock:
            path = self._slots.sampling_path(trained, monitor) if trained else None
            if name not in self._clients or self._clients[name].path != path:
                service = there.service(monitor)
                base = None if path else there.served_name(model)
                try:
                    client = run_in_thread(
                        lambda: service.create_sampling_client(model_path=path, base_model=base),
                        monitor,
                    )
                except Exception as error:
                    raise translate_error(error, there.key, f"asking for {path or model}") from None
                self._clients[name] = ask.Sampler(
                    client=client,
                    path=path,
                    template=self._template(subject.model, monitor),
                    model=model,
                    endpoint=self.name,
                    key=there.key,
                    max_concurrent=self.options.in_flight,
                )
            return self._clients[name]


def _request_id(item: Any) -> tuple[str, int]:
    """What tells a request, or its answer, from others."""
    return item.question, getattr(item, "sample", 0)


def _missing_packages() -> list[str]:
    """Packages of the extra that this environment does not have."""
    return [name for name in _PACKAGES if find_spec(name) is None]
