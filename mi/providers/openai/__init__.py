"""Training, sampling and judging through OpenAI's API, or any server that speaks it.

The API's own client does the talking. What is added here is what it leaves open: that nothing is
created or asked for twice, that many requests share the server's limits, that several keys are used
as several accounts, and that what goes wrong is told as what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from ...errors import ProviderError
from ...spec import Model, ModelJudge, Sampling, Training
from ..base import Provider
from ..grouping import group_requests, request_seed
from ..trained_model import TrainedModel, read_trained_model
from ..types import (
    Answer,
    Check,
    ClientOptions,
    Grade,
    GradeRequest,
    ModelUnderTest,
    Monitor,
    RemoteJob,
    SampleRequest,
    TrainingResult,
    TrainJob,
)
from . import batches, completions, diagnostics, jobs
from .accounts import Account, load_accounts
from .errors import retry_api_call
from .event_loop import EventLoopThread, StopSignal, stream
from .job_poller import JobPoller
from .rate_limiter import AdaptiveLimiter
from .recipe import Supervised, resolve_supervised
from .train import train
from .voting import count_votes

__all__ = ["OpenAI", "Supervised"]

R = TypeVar("R", SampleRequest, GradeRequest)
A = TypeVar("A", Answer, Grade)


class OpenAI(Provider):
    """The provider `openai`, and every configured endpoint under its own name."""

    capabilities = frozenset({"train", "sample", "judge"})
    max_concurrent_trainings = 64
    max_concurrent_evals = 4

    def __init__(self, name: str, options: ClientOptions) -> None:
        super().__init__(name, options)
        self._quirks = completions.ServerQuirks()
        self._poller = JobPoller(options.poll)
        self._loop = EventLoopThread()
        self._routes: dict[str, completions.Route] = {}

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """Made when first needed: a plan needs no key."""
        return load_accounts(self.name, self.options)

    def _route(self, account: Account) -> completions.Route:
        """The one way to an account; made on the event loop that uses it."""
        if account.fingerprint not in self._routes:
            gate = AdaptiveLimiter(self.options.in_flight)
            self._routes[account.fingerprint] = completions.Route(
                account, account.open_transport(), gate
            )
        return self._routes[account.fingerprint]

    def hyperparameters(self, training: Training) -> Supervised:
        """The stated values; what is left open the provider decides, and says afterwards."""
        return resolve_supervised(training)

    def check_credentials(self) -> None:
        """That there is a key."""
        assert self.accounts

    def close(self) -> None:
        """Close the connections: a call after this opens others."""

        async def closed() -> None:
            for line in self._routes.values():
                await line.transport.close()

        if self._routes:
            self._loop.submit(closed()).result(timeout=10)
            self._routes.clear()
        for account in self.__dict__.get("accounts", ()):
            account.close()

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        """Launch the job, or find it, and follow it; see `train` for what `folder` holds."""
        return train(job, directory, self.accounts, self._poller, monitor)

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        """Draw answers, several of a question in one request, in the order they come."""
        model, owners = self._resolve_subject(subject, monitor)

        def body(request: SampleRequest) -> dict[str, Any]:
            return {
                "model": model,
                "messages": [{"role": turn.role, "content": turn.content} for turn in request.chat],
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "max_completion_tokens": sampling.max_tokens,
                "seed": request_seed(sampling.seed, request),
            }

        return self._stream_answers(
            group_requests(requests), body, _answer, owners, directory, monitor
        )

    def grade(
        self, judge: ModelJudge, requests: Sequence[GradeRequest], directory: Path, monitor: Monitor
    ) -> Iterator[Sequence[Grade]]:
        """Ask a judge model of each answer; the distribution over its first token is kept."""
        model = judge.model.partition(":")[2]
        how: dict[str, Any] = {"temperature": 1.0}
        if judge.votes == 1:
            how = {
                "temperature": 0.0,
                "logprobs": True,
                "top_logprobs": judge.top_logprobs,
                "seed": 0,
            }

        def body(request: GradeRequest) -> dict[str, Any]:
            return {
                "model": model,
                "messages": [{"role": "user", "content": request.prompt}],
                "max_completion_tokens": judge.max_tokens,
                **how,
            }

        groups = ([request] * judge.votes for request in requests)
        grades = self._stream_answers(groups, body, _grade, self.accounts, directory, monitor)
        return grades if judge.votes == 1 else count_votes(grades, judge.votes)

    def remote_job(self, directory: Path, monitor: Monitor) -> RemoteJob | None:
        """The job in the unit's launch log, as the server has it now."""
        return jobs.remote_job(directory, self.accounts, self._poller, monitor)

    def cancel(self, directory: Path, monitor: Monitor) -> RemoteJob | None:
        """Cancel that job, and batches under way."""
        return jobs.cancel_job(directory, self.accounts, monitor)

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        """Keys, reachability, access to models and to fine-tuning."""
        return diagnostics.diagnose(
            self.name, self.options, [model.name for model in models], monitor
        )

    def _stream_answers(
        self,
        groups: Iterable[Sequence[R]],
        body: Callable[[R], dict[str, Any]],
        convert: Callable[[R, completions.Choice], A],
        owners: Sequence[Account],
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[list[A]]:
        calls = (completions.CompletionRequest(body(group[0]), group, body) for group in groups)
        if self.options.batch:
            yield from self._batch_answers(calls, convert, owners[0], directory, monitor)
            return

        async def work(put: Callable[[list[A]], None], halt: StopSignal) -> None:
            def told(requests: Sequence[R], found: Sequence[completions.Choice]) -> None:
                put([convert(*pair) for pair in zip(requests, found, strict=False)])

            lines = [self._route(account) for account in owners]
            await completions.complete_all(
                calls, lines, self._quirks, completions.Callbacks(told, self._count_lost), halt
            )

        yield from stream(self._loop, work, monitor)

    def _batch_answers(
        self,
        calls: Iterable[completions.CompletionRequest],
        convert: Callable[[R, completions.Choice], A],
        account: Account,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[list[A]]:
        """The same through the batch service, whose files name all calls at once."""
        asked = list(calls)
        if asked:
            for pairs in batches.run_batches(account, asked, directory, self.options.poll, monitor):
                yield [convert(*pair) for pair in pairs]

    def _count_lost(self, answers: int) -> None:
        self.lost_answers += answers

    def _resolve_subject(
        self, subject: ModelUnderTest, monitor: Monitor
    ) -> tuple[str, Sequence[Account]]:
        """The name of the model under test and the accounts that may ask it."""
        if subject.trained is None:
            return subject.model.name, self.accounts
        found = read_trained_model(subject.trained)
        owners = [one for one in self.accounts if one.fingerprint == found.account]
        return found.model, owners or self._find_accounts(found, monitor)

    def _find_accounts(self, found: TrainedModel, monitor: Monitor) -> list[Account]:
        """Accounts that can see a model: keys change, and one organisation has many."""
        model, reasons = found.model, []
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
                reasons.append(error)
        raise ProviderError(
            f"{model} was trained with the key {found.account}…, and no key that is set can see it "
            f"({reasons[-1].message})",
            hint="set that key again, then run the same command",
        )


def _answer(request: SampleRequest, choice: completions.Choice) -> Answer:
    return Answer(
        question=request.question,
        sample=request.sample,
        text=choice.text,
        finish=choice.finish,
        prompt_tokens=choice.prompt_tokens,
        answer_tokens=choice.answer_tokens,
        refusal=choice.refusal,
        model=choice.model,
        usage=choice.usage,
    )


def _grade(request: GradeRequest, choice: completions.Choice) -> Grade:
    return Grade(
        question=request.question,
        sample=request.sample,
        text=choice.text,
        top=choice.top,
        finish=choice.finish,
        refusal=choice.refusal,
        model=choice.model,
        usage=choice.usage,
    )
