"""Training, sampling and judging through OpenAI's API, or any server that speaks it.

The API's own client makes the calls. This package adds what the client leaves open: nothing is
created or requested twice, concurrent requests share the server's rate limits, several keys serve
as several accounts, and errors become sentences with a next step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import attrs

from ...errors import ProviderError
from ...spec import Model, ModelJudge, Sampling, Training
from ..base import Provider
from ..extra_body import merge_steering, steering_text
from ..grouping import group_requests
from ..probe import SERVER, ProbeResult, forget_probe, recall_probe, remember_probe
from ..spending import find_gate
from ..trained_model import TrainedModel, read_trained_model
from ..types import (
    Answer,
    Check,
    CheckpointOffer,
    ClientOptions,
    Grade,
    GradeRequest,
    ModelUnderTest,
    Monitor,
    RemoteJob,
    SampleRequest,
    TrainingResult,
    TrainJob,
    Usage,
)
from . import checkpoints, completions, diagnostics, jobs
from .accounts import Account, load_accounts, server_address
from .batches import run_batches
from .bodies import grade_body, sample_body
from .choices import Choice, to_answer, to_grade
from .dialect import Dialect
from .errors import retry_api_call
from .event_loop import EventLoopThread, StopFlag, stream, wait_for
from .events import list_checkpoints
from .job_poller import JobPoller
from .probe import EXPECTED_OWN_TOKENS, EXPECTED_TOKENS, ServerProbe, is_openai_address
from .rate_limiter import AdaptiveLimiter
from .recipe import Supervised, resolve_supervised
from .train import train
from .voting import count_votes

__all__ = ["OpenAI", "Supervised"]

_OPENAI_URL = "https://api.openai.com/v1"
R = TypeVar("R", SampleRequest, GradeRequest)
A = TypeVar("A", Answer, Grade)


class OpenAI(Provider):
    """The provider `openai`, and every configured endpoint under its own name."""

    capabilities = frozenset({"train", "sample", "judge"})
    honours_weights = True
    continues_trainings = True
    can_replay = True
    max_concurrent_trainings = 64
    max_concurrent_evals = 4
    has_probe = True

    def __init__(self, name: str, options: ClientOptions) -> None:
        super().__init__(name, options)
        self._dialects: dict[str, Dialect] = {}
        self._probes: dict[str, ProbeResult] = {}
        self._poller = JobPoller(options.poll)
        self._loop = EventLoopThread()
        self._routes: dict[str, completions.Route] = {}

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """The configured accounts, read on first use: a plan needs no key."""
        return load_accounts(self.name, self.options)

    @property
    def address(self) -> str:
        """The base URL of the API."""
        return server_address(self.name, self.options)

    def hyperparameters(self, training: Training) -> Supervised:
        """The declared values; the provider chooses the rest, and reports them afterwards."""
        return resolve_supervised(training)

    def resolve_sampling(self, sampling: Sampling) -> Sampling:
        """With what of the endpoint's `extra_body` steers sampling, and its `thinking_tokens`."""
        endpoint = self.options.endpoints.get(self.name, {})
        return attrs.evolve(
            sampling,
            extra_body=merge_steering(sampling.extra_body, self._extra_body()),
            thinking_tokens=sampling.thinking_tokens or endpoint.get("thinking_tokens", 0),
        )

    def resolve_judge(self, judge: ModelJudge) -> ModelJudge:
        """With what of the endpoint's `extra_body` steers sampling."""
        extra_body = merge_steering(judge.extra_body, self._extra_body())
        return attrs.evolve(judge, extra_body=extra_body)

    def check_credentials(self) -> None:
        """Check that an API key is configured.

        Raises:
            UsageError: No key is set.
        """
        assert self.accounts

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        for model, dialect in self._dialects.items():
            if dialect.is_stale:
                forget_probe(SERVER, self._address(), model)

        async def close_transports() -> None:
            for route in self._routes.values():
                await route.transport.close()

        if self._routes:
            self._loop.submit(close_transports()).result(timeout=10)
            self._routes.clear()
        for account in self.__dict__.get("accounts", ()):
            account.close()

    def needs_probe(self) -> bool:
        """Whether another server than OpenAI's own API answers."""
        return not is_openai_address(self._address())

    def expected_probe(self, model: Model) -> Usage | None:
        """Less for OpenAI's own API, whose tail is not measured."""
        if self.recall_probe(model) is not None:
            return None
        sent, received = EXPECTED_TOKENS if self.needs_probe() else EXPECTED_OWN_TOKENS
        return Usage(model=model.name, input=sent, output=received)

    def recall_probe(self, model: Model) -> ProbeResult | None:
        """What this run, or an earlier one, found out about the server of a model."""
        if model.name in self._probes:
            return self._probes[model.name]
        known = self.options.probes.get(model.id)
        known = known or recall_probe(SERVER, self._address(), model.name)
        if known is None or not Dialect.can_adopt(known):
            return None
        self._adopt(model, known)
        return known

    def probe(
        self, model: Model, samplings: Sequence[Sampling], usages: list[Usage], monitor: Monitor
    ) -> ProbeResult:
        """Probe the server for a base model, unless it is known; for arguments see `Provider`."""
        known = self.recall_probe(model)
        if known is not None:
            return known

        async def work() -> ProbeResult:
            probe = ServerProbe(
                name=self.name,
                address=self._address(),
                model=model.name,
                route=self._route(self.accounts[0]),
                dialect=Dialect(thinking_tokens=self.dialect(model.name).thinking_tokens),
                extra=self._extra_body(),
                samplings=samplings,
                gate=find_gate(monitor),
                usages=usages,
            )
            result = await probe.run()
            self.dialect(model.name).notes.update(probe.dialect.notes)
            return result

        result = wait_for(self._loop, work(), monitor)
        remember_probe(result)
        self._adopt(model, result)
        return result

    def _adopt(self, model: Model, result: ProbeResult) -> None:
        self._probes[model.name] = result
        self.dialect(model.name).adopt(result)

    def _address(self) -> str:
        """The server's address, and what every request to it says besides."""
        endpoint = self.options.endpoints.get(self.name, {})
        address = endpoint.get("base_url") or os.environ.get("OPENAI_BASE_URL") or _OPENAI_URL
        address = address.rstrip("/")
        extra = steering_text(self._extra_body())
        return f"{address} {extra}" if extra else address

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        """Launch the job, or find it, and follow it to its end; see `train.train`.

        Args:
            job: The training.
            directory: The unit's working directory.
            monitor: Receives progress; raises when the run must stop.
        """
        return train(job, directory, self.accounts, self._poller, monitor)

    def offer_checkpoints(self, hyperparameters: Supervised, rows: int) -> CheckpointOffer:
        """The ends of the last epochs; see `checkpoints`."""
        return checkpoints.offer_checkpoints(hyperparameters, rows, self.name)

    def replay(
        self, job: TrainJob, trained: Path, directory: Path, monitor: Monitor
    ) -> TrainingResult:
        """Look up the models that the job kept; nothing is trained.

        Args:
            job: The training, with the steps whose models are needed.
            trained: The finished training.
            directory: The replay's directory.
            monitor: Raises when the run must stop.
        """
        model = read_trained_model(trained)
        owners = [account for account in self.accounts if account.fingerprint == model.account]
        (account, *_) = owners or self._find_accounts(model, monitor)
        listed = list_checkpoints(account, model.job, monitor)
        names = checkpoints.checkpoint_names(listed, model.model)
        kept = checkpoints.require_steps(names, job.model_steps, model.job)
        checkpoints.write_checkpoints(kept, model, directory)
        return TrainingResult(steps=0, tokens=0, trained_tokens=0, seconds=0.0, loss=None)

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        """Sample answers in order of arrival, several samples of a question per request.

        Args:
            subject: The model that answers.
            requests: One for each answer.
            sampling: Temperature and the like.
            directory: Holds the log of batches.
            monitor: Raises when the run must stop.
        """
        model, owners = self._resolve_subject(subject, monitor)
        self.recall_probe(subject.model)
        dialect, body = (
            self.dialect(subject.model.name),
            sample_body(model, sampling, self._extra_body()),
        )
        dialect.thinking_tokens = max(dialect.thinking_tokens, sampling.thinking_tokens)

        def convert(request: SampleRequest, choice: Choice) -> Answer:
            return to_answer(request, choice, dialect.probe)

        groups = group_requests(requests)
        return self._stream(groups, body, dialect, convert, owners, directory, monitor)

    def grade(
        self, judge: ModelJudge, requests: Sequence[GradeRequest], directory: Path, monitor: Monitor
    ) -> Iterator[Sequence[Grade]]:
        """Let a judge model grade answers, by the logprobs of its first tokens or by votes.

        Args:
            judge: The judge model and how it is asked.
            requests: One for each answer.
            directory: Holds the log of batches.
            monitor: Raises when the run must stop.
        """
        groups = ([request] * judge.votes for request in requests)
        dialect = self.dialect(judge.model.partition(":")[2])
        body = grade_body(judge, self._extra_body())
        grades = self._stream(groups, body, dialect, to_grade, self.accounts, directory, monitor)
        return grades if judge.votes == 1 else count_votes(grades, judge.votes)

    def remote_job(self, directory: Path, monitor: Monitor) -> RemoteJob | None:
        """The job in the unit's launch log, or else its last batch, as the server has it now."""
        return jobs.remote_job(directory, self.accounts, self._poller, monitor)

    def cancel(self, directory: Path, monitor: Monitor) -> RemoteJob | None:
        """Cancel that job and the unit's batches."""
        return jobs.cancel_job(directory, self.accounts, monitor)

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        """Check keys, reachability, and access to the models and to fine-tuning."""
        names = [model.name for model in models]
        return diagnostics.diagnose_accounts(self.name, self.options, names, monitor)

    def dialect(self, model: str) -> Dialect:
        """How the server wants to be asked for a model, as far as that is known."""
        if model not in self._dialects:
            thinking = self.options.endpoints.get(self.name, {}).get("thinking_tokens", 0)
            self._dialects[model] = Dialect(thinking_tokens=thinking)
        return self._dialects[model]

    def notes(self) -> Iterator[str]:
        """What was learned of the server on the way, and what it ignored."""
        for model, dialect in self._dialects.items():
            for note in dialect.notes:
                yield f"{self.name} {model}: {note}"
            count, longest = dialect.over_limit
            if count:
                yield (
                    f"{self.name} {model} ignores the limit of tokens: {count} answers are longer, "
                    f"the longest has {longest} tokens"
                )

    def _extra_body(self) -> dict[str, Any]:
        """What the configuration of this endpoint adds to every request."""
        return dict(self.options.endpoints.get(self.name, {}).get("extra_body", {}))

    def _route(self, account: Account) -> completions.Route:
        """The account's route; call this on the event loop, which will use it."""
        if account.fingerprint not in self._routes:
            limiter = AdaptiveLimiter(self.options.in_flight)
            route = completions.Route(account, account.open_transport(), limiter)
            self._routes[account.fingerprint] = route
        return self._routes[account.fingerprint]

    def _stream(
        self,
        groups: Iterable[Sequence[R]],
        body: Callable[[R], dict[str, Any]],
        dialect: Dialect,
        convert: Callable[[R, Choice], A],
        accounts: Sequence[Account],
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[list[A]]:
        """Request a completion for each group, and convert its choices, in order of arrival."""
        if self.options.batch:

            def encode(request: R) -> dict[str, Any]:
                return dialect.encode(body(request))

            lines = (
                completions.CompletionRequest(encode(group[0]), group, encode) for group in groups
            )
            yield from self._run_batches(lines, convert, accounts[0], directory, monitor)
            return
        requests = (completions.CompletionRequest(body(group[0]), group, body) for group in groups)

        async def work(put: Callable[[list[A]], None], stop: StopFlag) -> None:
            def on_choices(sources: Sequence[R], choices: Sequence[Choice]) -> None:
                put([convert(*pair) for pair in zip(sources, choices, strict=False)])

            routes = [self._route(account) for account in accounts]
            callbacks = completions.Callbacks(on_choices, self._count_lost)
            gate = find_gate(monitor)
            await completions.complete_all(requests, routes, dialect, callbacks, stop, gate)

        yield from stream(self._loop, work, monitor)

    def _run_batches(
        self,
        requests: Iterable[completions.CompletionRequest],
        convert: Callable[[R, Choice], A],
        account: Account,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[list[A]]:
        """The same through the batch service, whose files list all requests at once."""
        lines = list(requests)
        if lines:
            for pairs in run_batches(account, lines, directory, self.options.poll, monitor):
                yield [convert(*pair) for pair in pairs]

    def _count_lost(self, answers: int) -> None:
        self.lost_answers += answers

    def _resolve_subject(
        self, subject: ModelUnderTest, monitor: Monitor
    ) -> tuple[str, Sequence[Account]]:
        """The name of the model under test, and the accounts that can use it."""
        if subject.trained is None:
            return subject.model.name, self.accounts
        trained = read_trained_model(subject.trained)
        owners = [account for account in self.accounts if account.fingerprint == trained.account]
        return trained.model, owners or self._find_accounts(trained, monitor)

    def _find_accounts(self, trained: TrainedModel, monitor: Monitor) -> list[Account]:
        """An account that can use a model. Keys change, and an organisation may have many."""
        model, errors = trained.model, []
        for account in self.accounts:
            try:
                retry_api_call(
                    lambda account=account: account.client.models.retrieve(model),  # type: ignore[misc]
                    monitor,
                    (account,),
                    f"looking for {model}",
                )
                return [account]
            except ProviderError as error:
                errors.append(error)
        raise ProviderError(
            f"{model} was trained with the key {trained.account}…, and no key that is set can see "
            f"it ({errors[-1].message})",
            hint="set that key again, then run the same command",
        )
