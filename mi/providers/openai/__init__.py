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
from ..grouping import grouped, seed
from ..trained_model import Tuned, tuned
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
from . import batches, completions, diagnostics, jobs
from .accounts import Account, accounts
from .errors import patiently
from .event_loop import Halt, Loop, stream
from .job_poller import Follower
from .rate_limiter import Gate
from .recipe import Supervised, resolve
from .train import train
from .voting import counted

__all__ = ["OpenAI", "Supervised"]

R = TypeVar("R", SampleRequest, GradeRequest)
A = TypeVar("A", Answer, Grade)


class OpenAI:
    """The provider `openai`, and every configured endpoint under its own name."""

    offers = frozenset({"train", "sample", "judge"})
    free = False
    trainings_at_once = 64
    evals_at_once = 4

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self.terms = terms
        self.lost = 0
        self._quirks = completions.Quirks()
        self._follower = Follower(terms.poll)
        self._loop = Loop()
        self._lines: dict[str, completions.Line] = {}

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """Made when first needed: a plan needs no key."""
        return accounts(self.name, self.terms)

    def _line(self, account: Account) -> completions.Line:
        """The one way to an account; made on the event loop that uses it."""
        if account.fingerprint not in self._lines:
            gate = Gate(self.terms.in_flight)
            self._lines[account.fingerprint] = completions.Line(account, account.direct(), gate)
        return self._lines[account.fingerprint]

    def find(self, name: str) -> Model:
        """Whatever the server calls `name`; whether it has it is seen when it is asked."""
        return Model(id=f"{self.name}:{name}", provider=self.name, name=name)

    def base(self, model: Model) -> Base:
        """The model's dated name; the server that serves it is not part of what it is."""
        return Base(provider=model.provider, weights=model.name)

    def hyperparameters(self, training: Training) -> Supervised:
        """The stated values; what is left open the provider decides, and says afterwards."""
        return resolve(training)

    def ready(self) -> None:
        """That there is a key."""
        assert self.accounts

    def close(self) -> None:
        """Close the connections: a call after this opens others."""

        async def closed() -> None:
            for line in self._lines.values():
                await line.direct.close()

        if self._lines:
            self._loop.submit(closed()).result(timeout=10)
            self._lines.clear()
        for account in self.__dict__.get("accounts", ()):
            account.close()

    def prepare(self, model: Model, watch: Watch) -> None:
        """Nothing is fetched."""

    def train(self, job: TrainJob, folder: Path, watch: Watch) -> Trained:
        """Launch the job, or find it, and follow it; see `train` for what `folder` holds."""
        return train(job, folder, self.accounts, self._follower, watch)

    def sample(
        self,
        subject: Subject,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        folder: Path,
        watch: Watch,
    ) -> Iterator[Sequence[Answer]]:
        """Draw answers, several of a question in one request, in the order they come."""
        model, owners = self._who(subject, watch)

        def body(request: SampleRequest) -> dict[str, Any]:
            return {
                "model": model,
                "messages": [{"role": turn.role, "content": turn.content} for turn in request.chat],
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "max_completion_tokens": sampling.max_tokens,
                "seed": seed(sampling.seed, request),
            }

        return self._answered(grouped(requests), body, _answer, owners, folder, watch)

    def grade(
        self, judge: ModelJudge, requests: Sequence[GradeRequest], folder: Path, watch: Watch
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
        grades = self._answered(groups, body, _grade, self.accounts, folder, watch)
        return grades if judge.votes == 1 else counted(grades, judge.votes)

    def score(
        self, subject: Subject, requests: Sequence[ScoreRequest], watch: Watch
    ) -> Iterator[Sequence[Likelihood]]:
        """Chat APIs do not tell how likely a given answer is."""
        raise ProviderError(f"{self.name} does not score given answers")

    def remote(self, folder: Path, watch: Watch) -> Remote | None:
        """The job in the unit's launch log, as the server has it now."""
        return jobs.remote(folder, self.accounts, self._follower, watch)

    def cancel(self, folder: Path, watch: Watch) -> Remote | None:
        """Cancel that job, and batches under way."""
        return jobs.cancel(folder, self.accounts, watch)

    def checks(self, models: Sequence[Model], watch: Watch) -> Iterator[Check]:
        """Keys, reachability, access to models and to fine-tuning."""
        return diagnostics.checks(self.name, self.terms, [model.name for model in models], watch)

    def _answered(
        self,
        groups: Iterable[Sequence[R]],
        body: Callable[[R], dict[str, Any]],
        made: Callable[[R, completions.Choice], A],
        owners: Sequence[Account],
        folder: Path,
        watch: Watch,
    ) -> Iterator[list[A]]:
        calls = (completions.Call(body(group[0]), group, body) for group in groups)
        if self.terms.batch:
            yield from self._batched(calls, made, owners[0], folder, watch)
            return

        async def work(put: Callable[[list[A]], None], halt: Halt) -> None:
            def told(requests: Sequence[R], found: Sequence[completions.Choice]) -> None:
                put([made(*pair) for pair in zip(requests, found, strict=False)])

            lines = [self._line(account) for account in owners]
            await completions.complete(
                calls, lines, self._quirks, completions.Tellers(told, self._lose), halt
            )

        yield from stream(self._loop, work, watch)

    def _batched(
        self,
        calls: Iterable[completions.Call],
        made: Callable[[R, completions.Choice], A],
        account: Account,
        folder: Path,
        watch: Watch,
    ) -> Iterator[list[A]]:
        """The same through the batch service, whose files name all calls at once."""
        asked = list(calls)
        if asked:
            for pairs in batches.answered(account, asked, folder, self.terms.poll, watch):
                yield [made(*pair) for pair in pairs]

    def _lose(self, answers: int) -> None:
        self.lost += answers

    def _who(self, subject: Subject, watch: Watch) -> tuple[str, Sequence[Account]]:
        """The name of the model under test and the accounts that may ask it."""
        if subject.trained is None:
            return subject.model.name, self.accounts
        found = tuned(subject.trained)
        owners = [one for one in self.accounts if one.fingerprint == found.account]
        return found.model, owners or self._owners(found, watch)

    def _owners(self, found: Tuned, watch: Watch) -> list[Account]:
        """Accounts that can see a model: keys change, and one organisation has many."""
        model, reasons = found.model, []
        for account in self.accounts:
            try:
                patiently(
                    lambda account=account: account.client.models.retrieve(model),  # type: ignore[misc]
                    watch,
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
        bill=choice.bill,
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
        bill=choice.bill,
    )
