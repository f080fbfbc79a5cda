"""Training and sampling through the Tinker API: the hosted service, or a self-hosted server.

The official SDK makes the requests and retries those that are lost. This package adds the training
loop, exactly-once training, the models' own chat templates, and errors with a next step.
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
from ...version import install_command
from ..base import Provider
from ..chat_template import ChatTemplate, encode_rows
from ..trained_model import read_trained_model
from ..types import (
    ALL_TURNS,
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
from . import tokenizer
from .client import Server, import_sdk, resolve_server
from .diagnostics import diagnose_server
from .errors import translate_error
from .futures import run_in_thread
from .probe import try_service
from .recipe import Adapted, resolve_adapted
from .sampler_slots import SamplerSlots
from .sampling import ModelUnloaded, Sampler, request_answers, request_likelihoods
from .template_pins import planned_pins
from .train import run_training

__all__ = ["Adapted", "Tinker"]

R = TypeVar("R", SampleRequest, ScoreRequest)
A = TypeVar("A", Answer, Likelihood)
_PACKAGES = ("tinker", "transformers")


class Tinker(Provider):
    """The provider `tinker`, and each endpoint with `provider = "tinker"` under its own name."""

    honours_weights = True
    honours_row_weights = True
    continues_trainings = True
    adapter_fields = ("lora_rank", "train_attn", "train_mlp", "train_unembed")
    max_concurrent_trainings = 4
    max_concurrent_evals = 2

    def __init__(self, name: str, options: ClientOptions) -> None:
        super().__init__(name, options)
        # A plan sends no request, so the endpoint states whether its server gives logprobs.
        has_logprobs = options.endpoints.get(name, {}).get("logprobs", True)
        self.capabilities = frozenset(
            {"train", "sample", "logprob"} if has_logprobs else {"train", "sample"}
        )
        self._samplers: dict[str, Sampler] = {}
        self._planned: dict[str, Base] = {}
        self._lock = Lock()

    @cached_property
    def _slots(self) -> SamplerSlots:
        return SamplerSlots(self.server)

    @cached_property
    def server(self) -> Server:
        """Created on first use, because a plan needs no key."""
        return resolve_server(self.name, self.options)

    def hyperparameters(self, training: Training) -> Adapted:
        """The values that `training` states, and defaults for the rest."""
        return resolve_adapted(training)

    def check_credentials(self) -> None:
        """Check that the key is set and the SDK is installed.

        Raises:
            UsageError: The key is not set.
            ProviderError: The SDK is not installed.
        """
        missing = _missing_packages()
        if missing:
            raise ProviderError(
                f"{self.name} needs {', '.join(missing)}, missing from this environment",
                hint=install_command("tinker"),
            )
        assert self.server
        import_sdk()

    @property
    def address(self) -> str:
        """The server's URL; empty for the hosted service."""
        return self.server.base_url or ""

    def check_service(self, model: Model, monitor: Monitor) -> None:
        """Check that the server gives a sample and a likelihood to this version of the SDK.

        Args:
            model: The base model.
            monitor: May stop the wait.
        """
        try_service(self, model, monitor)

    def close(self) -> None:
        """Unload models and end the session with the server."""
        if "server" in self.__dict__:
            self._samplers.clear()
            self._slots.close()
            self.server.close()

    def pin(self, model: Model) -> Base:
        """The model's name, and the date that its chat template prints; uses no network."""
        endpoint = self.options.endpoints.get(self.name, {})
        pins = planned_pins(endpoint, model.name)
        base = Base(provider=model.provider, weights=model.name, template_arguments=pins)
        return self._planned.setdefault(model.name, base)

    def prepare(self, model: Model, monitor: Monitor) -> None:
        """Load the tokenizer.

        Raises:
            ProviderError: Its chat template is not the one that the run was planned with.
        """
        template = self._template(model, monitor)
        source = self.server.tokenizer or self.server.served_name(model.name)
        planned = self._planned.get(model.name)
        if planned is not None:
            tokenizer.check_planned_pins(template, source, planned.template_arguments)

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        """Run the training to its end; `tinker.train` says what `directory` holds then.

        Args:
            job: Model, rows, recipe and seed.
            directory: The unit's working directory.
            monitor: Shows progress, and may stop the training.
        """
        template = self._template(job.model, monitor)
        recipe: Adapted = job.hyperparameters
        all_turns = recipe.learned_turns == ALL_TURNS
        rows = encode_rows(
            template,
            job.rows,
            recipe.max_length,
            all_turns=all_turns,
            weights=job.row_weights,
        )
        return run_training(job, rows, directory, self.server, monitor)

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        """Sample answers, several of one question in a request, in the order they arrive.

        Args:
            subject: The model under test.
            requests: One for each answer.
            sampling: Temperature, nucleus, maximum length and seed.
            directory: Not used.
            monitor: May stop the sampling.
        """

        def draw(sampler: Sampler, missing: Sequence[SampleRequest]) -> Iterator[list[Answer]]:
            return request_answers(sampler, missing, sampling, monitor)

        yield from self._with_loaded_model(subject, requests, draw, monitor)

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        """Sum the log-probabilities of each answer's content and end-of-turn tokens.

        Args:
            subject: The model under test.
            requests: Chats, each with the answers to score.
            monitor: May stop the scoring.
        """

        def score(sampler: Sampler, missing: Sequence[ScoreRequest]) -> Iterator[list[Likelihood]]:
            return request_likelihoods(sampler, missing, monitor)

        yield from self._with_loaded_model(subject, requests, score, monitor)

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        """Check packages, key and reachability, and whether the models are served."""
        if missing := _missing_packages():
            detail = f"missing: {', '.join(missing)}"
            hint = install_command("tinker")
            yield Check(subject=f"{self.name}: packages", ok=None, detail=detail, hint=hint)
            return
        try:
            server = self.server
        except MiError:
            yield Check(subject=f"{self.name}: key", ok=None, detail="none is set")
            return
        names = [model.name for model in models]
        yield from diagnose_server(self.name, server, names, monitor)

    def _template(self, model: Model, monitor: Monitor) -> ChatTemplate:
        return tokenizer.chat_template(self.server, model.name, monitor)

    def _with_loaded_model(
        self,
        subject: ModelUnderTest,
        requests: Sequence[R],
        call: Callable[[Sampler, Sequence[R]], Iterator[list[A]]],
        monitor: Monitor,
    ) -> Iterator[list[A]]:
        """Yield the results of `call`; if the server unloads the model, load it and continue."""
        completed: set[tuple[str, int]] = set()
        while requests:
            sampler = self._sampler(subject, monitor)
            try:
                for batch in call(sampler, requests):
                    completed.update(map(_request_id, batch))
                    yield batch
                return
            except ModelUnloaded:
                self._report_unloaded(subject, sampler.path or "")
                requests = [item for item in requests if _request_id(item) not in completed]

    def _report_unloaded(self, subject: ModelUnderTest, path: str) -> None:
        """Note that the server does not hold the model at `path`.

        Raises:
            ProviderError: The model cannot be loaded again, or has been lost too often.
        """
        assert subject.trained is not None
        model = read_trained_model(subject.trained)
        with self._lock:
            if not self._slots.report_lost(model, path):
                raise ProviderError(
                    f"{self.name} does not hold {model.model} and cannot load it",
                    hint="check whether the server was restarted without its saved checkpoints",
                )

    def _sampler(self, subject: ModelUnderTest, monitor: Monitor) -> Sampler:
        """The model under test; each model has one SDK client, which its evals share."""
        server, model = self.server, subject.model.name
        trained = read_trained_model(subject.trained) if subject.trained is not None else None
        name = trained.model if trained else ""
        with self._lock:
            path = self._slots.sampling_path(trained, monitor) if trained else None
            if name not in self._samplers or self._samplers[name].path != path:
                service = server.service(monitor)
                base = None if path else server.served_name(model)
                try:
                    client = run_in_thread(
                        lambda: service.create_sampling_client(model_path=path, base_model=base),
                        monitor,
                    )
                except Exception as error:
                    action = f"opening a client for {path or model}"
                    raise translate_error(error, server.key, action) from None
                self._samplers[name] = Sampler(
                    client=client,
                    path=path,
                    template=self._template(subject.model, monitor),
                    model=model,
                    endpoint=self.name,
                    key=server.key,
                    max_concurrent=self.options.in_flight,
                )
            return self._samplers[name]


def _request_id(item: Any) -> tuple[str, int]:
    """Identifies a request, and its result."""
    return item.question, getattr(item, "sample", 0)


def _missing_packages() -> list[str]:
    """The extra's packages that are not installed."""
    return [name for name in _PACKAGES if find_spec(name) is None]
