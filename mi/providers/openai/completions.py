"""Chat completions: many concurrent requests, each retried until it is answered.

Workers take requests one at a time, and a request is built when it is taken: only those in flight
are in memory. The account's limiter decides how many are in flight. An error concerns its request
alone: a request that was throttled or failed at the server cost nothing and is repeated; one whose
response was lost may have been paid for, is repeated too, and is counted. A permanent error ends
everything, after the requests in flight have been answered.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import attrs

from ...errors import MiError, ProviderError
from ..spending import OpenGate, Reservation, SpendingGate
from ..types import Usage
from ..usage import worst_usage
from .accounts import Account, redact
from .choices import Choice, filtered_choice, has_failed, parse_choices
from .dialect import LIMIT, Dialect
from .errors import (
    http_status,
    is_filtered,
    is_lost,
    is_server_error,
    is_throttle,
    is_timeout,
    may_be_billed,
    server_sentence,
    to_provider_error,
)
from .event_loop import StopFlag
from .rate_limiter import AdaptiveLimiter
from .replies import ReplyError
from .transport import HttpTransport

_log = logging.getLogger(__name__)

_MAX_ATTEMPTS = 8
_MAX_ODD_ATTEMPTS = 4
"""Attempts at a request whose replies come and hold no answer."""
_MAX_ODD_IN_A_ROW = 12
"""Such replies, to any requests, after which nothing more is requested."""
MAX_BACKOFF = 20.0  # seconds
_MAX_THROTTLED_SECONDS = 900.0
_UNFINISHED = re.compile(r"could not finish the message because max_tokens", re.IGNORECASE)
IN_FLIGHT_HINT = "set a lower `in_flight` or a higher `timeout` in [tool.mi]"
THINKING_HINT = (
    "switch thinking off with `extra_body` in [tool.mi.endpoints] "
    "(`extra_body = {chat_template_kwargs = {enable_thinking = false}}`), or declare "
    "`thinking_tokens` there"
)
"""What helps where a model thinks and never answers."""
_ROOM_INTERVAL = 0.05  # seconds between two looks whether the budget has room


@attrs.define
class CompletionRequest:
    """One request, for as many choices as it has sources.

    Args:
        body: The request's JSON, without `n`.
        sources: The engine's requests it answers, one for each choice.
        build_body: Builds the body from the first source; None: it is the same for all.
        attempts: Attempts that failed.
        spent: What attempts that failed cost; booked with the first answer.
    """

    body: dict[str, Any]
    sources: Sequence[Any]
    build_body: Callable[[Any], dict[str, Any]] | None = None
    attempts: int = 0
    spent: Usage | None = None

    def subset(self, sources: Sequence[Any]) -> CompletionRequest:
        """A request for some of the sources, with a seed of its own: it samples other answers."""
        body = self.body if self.build_body is None else self.build_body(sources[0])
        return CompletionRequest(body, sources, self.build_body)


@attrs.frozen
class Callbacks:
    """Callbacks for completed choices and for answers lost in transit.

    Args:
        on_choices: Receives a request's sources and their choices, as far as they arrived.
        on_lost: Receives the number of answers lost.
    """

    on_choices: Callable[[Sequence[Any], Sequence[Choice]], None]
    on_lost: Callable[[int], None]


@attrs.frozen
class Route:
    """A route to a server: an account, its transport, and the limiter of all its requests."""

    account: Account
    transport: HttpTransport
    limiter: AdaptiveLimiter


async def complete_all(
    requests: Iterable[CompletionRequest],
    routes: Sequence[Route],
    dialect: Dialect,
    callbacks: Callbacks,
    stop: StopFlag,
    gate: SpendingGate | None = None,
) -> None:
    """Make all requests, over all routes together.

    Args:
        requests: Taken one at a time, when there is room for another in flight.
        routes: One for each account.
        dialect: How the server wants to be asked; learned as requests are refused.
        callbacks: Receive the choices.
        stop: Ends the work early, once set.
        gate: Admits each request within the budget; None: all are admitted.

    Raises:
        ProviderError: A request failed permanently. Nothing was started after that, and all choices
            that arrived were reported.
        BudgetExceeded: Nothing may be spent at all.
        StoreError: The store's ledger cannot be reached.
    """
    async with asyncio.TaskGroup() as group:
        queue = _RequestQueue(iter(requests), group, stop)
        for route in routes:
            queue.workers.append(_Worker(route, dialect, callbacks, queue, gate or OpenGate()))
        queue.start_workers()
    if queue.error is not None:
        raise queue.error


@attrs.define(eq=False)
class _RequestQueue:
    """The requests still to be made, and the workers that make them."""

    requests: Iterator[CompletionRequest]
    group: asyncio.TaskGroup
    stop: StopFlag
    error: MiError | None = None
    odd_in_a_row: int = 0
    workers: list[_Worker] = attrs.field(factory=list)
    retries: deque[CompletionRequest] = attrs.field(factory=deque)

    def pop(self) -> CompletionRequest | None:
        if self.stop.is_set:
            return None
        return self.retries.popleft() if self.retries else next(self.requests, None)

    def fail(self, error: MiError) -> None:
        """Stop because of a permanent error; the first one is raised at the end."""
        self.error = self.error or error
        self.stop.set()

    def requeue(self, requests: Iterable[CompletionRequest]) -> None:
        """Add parts of a request, and start workers that had run out of work."""
        self.retries.extend(requests)
        self.start_workers()

    def start_workers(self) -> None:
        """Start as many tasks as the limiters allow at most."""
        for worker in self.workers:
            while worker.active < worker.route.limiter.max_concurrent and (request := self.pop()):
                worker.active += 1
                self.group.create_task(worker.run(request))


@attrs.define(eq=False)
class _Worker:
    """Makes one request after the other, `active` at once, and retries those that fail."""

    route: Route
    dialect: Dialect
    callbacks: Callbacks
    queue: _RequestQueue
    gate: SpendingGate
    active: int = 0

    async def run(self, request: CompletionRequest | None) -> None:
        stop = self.queue.stop
        while request and not stop.is_set:
            async with AsyncExitStack() as limited:
                with stop.cancellable():
                    await limited.enter_async_context(self.route.limiter)
                try:
                    reservation = await self._reserve(request)
                    if reservation is None:
                        break
                    remaining, delay = await self._attempt(request, reservation)
                except MiError as error:
                    self.queue.fail(error)
                    break
            if delay:
                with stop.cancellable():
                    await asyncio.sleep(delay)
            if len(remaining) > 1:
                self.queue.requeue(remaining)
            request = remaining[0] if len(remaining) == 1 else self.queue.pop()
        self.active -= 1

    async def _reserve(self, request: CompletionRequest) -> Reservation | None:
        """Reserve what a request can cost, once there is room; None if the work ends before."""
        count, stop = len(request.sources), self.queue.stop
        worst = worst_usage(self.dialect.encode(request.body, count), count)
        with stop.cancellable():
            while not stop.is_set:
                if not self.gate.may_block:
                    reservation = self.gate.reserve(worst)
                else:
                    reservation = await self._reserve_in_thread(worst)
                if reservation is not None:
                    return reservation
                await asyncio.sleep(_ROOM_INTERVAL)
        return None

    async def _reserve_in_thread(self, worst: Usage) -> Reservation | None:
        """Reserve without blocking the loop. If the task is cancelled, nothing stays reserved."""
        reserving = asyncio.ensure_future(asyncio.to_thread(self.gate.reserve, worst))
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            reserving.add_done_callback(_cancel_reservation)
            raise

    async def _attempt(
        self, request: CompletionRequest, reservation: Reservation
    ) -> tuple[list[CompletionRequest], float]:
        """Make a request once. Returns what to request for the rest, and the delay in seconds.

        Args:
            request: The request.
            reservation: What is reserved for it; released here, whatever happens.
        """
        sources, started = request.sources, time.monotonic()
        if len(sources) > 1 and not self.dialect.accepts_n:
            reservation.cancel()
            return [request.subset([source]) for source in sources], 0.0
        sent = self.dialect.encode(request.body, len(sources))
        try:
            completion, headers = await self.route.transport.complete(sent)
            choices = parse_choices(completion, request.body["model"], sent)
        except Exception as error:
            if may_be_billed(error):
                reservation.lose()
            else:
                reservation.cancel()
            return self._handle_error(request, error, sent)
        except BaseException:  # the run ends, and does not wait for the response
            reservation.lose()
            raise
        choices = choices[: len(sources)]
        reservation.settle([choice.usage for choice in choices])
        self.route.limiter.on_success(headers, time.monotonic() - started)
        self.dialect.check_fingerprint(completion)
        return self._deliver(request, choices, sent)

    def _deliver(
        self, request: CompletionRequest, choices: Sequence[Choice], sent: Mapping[str, Any]
    ) -> tuple[list[CompletionRequest], float]:
        """Hand on the answers among the choices; what is no answer is requested again."""
        pairs = list(zip(request.sources, choices, strict=False))
        answers = [(source, choice) for source, choice in pairs if not has_failed(choice)]
        failures = [(source, choice) for source, choice in pairs if has_failed(choice)]
        again = self._request_again(request, failures, sent) if failures else []
        if answers:
            self.queue.odd_in_a_row = 0
            usage = answers[0][1].usage
            first = attrs.evolve(answers[0][1], usage=_sum_usage([usage, request.spent]))
            for _, choice in answers:
                self.dialect.check_length(choice.answer_tokens, request.body.get(LIMIT, 10**9))
            self.callbacks.on_choices(
                [source for source, _ in answers], [first, *(choice for _, choice in answers[1:])]
            )
        rest = request.sources[len(choices) :]  # some servers ignore `n`, and return one choice
        if rest and len(choices) == 1:
            self.dialect.accepts_n = False
        delay = _backoff(again[0].attempts) if again else 0.0
        return [*again, *([request.subset(rest)] if rest else [])], delay

    def _request_again(
        self,
        request: CompletionRequest,
        failures: Sequence[tuple[Any, Choice]],
        sent: Mapping[str, Any],
    ) -> list[CompletionRequest]:
        """The request for choices that are no answers: errors, and thoughts without an answer.

        Raises:
            ProviderError: It has failed too often.
        """
        model, choice = request.body["model"], failures[0][1]
        again = request.subset([source for source, _ in failures])
        again.attempts = request.attempts
        is_booked = len(failures) < len(request.sources)  # with an answer to the same request
        again.spent = _sum_usage(
            [*(failed.usage for _, failed in failures), None if is_booked else request.spent]
        )
        errors = [failed for _, failed in failures if failed.error]
        if errors:
            error = ReplyError(errors[0].error, errors[0].status)
            if not (error.status_code is None or is_server_error(error) or is_throttle(error)):
                raise to_provider_error(error, (self.route.account,), f"asking {model}")
            self._count_odd(again, error)
        elif not self._allow_thinking(request, sent):
            again.attempts += 1
            if again.attempts >= _MAX_ODD_ATTEMPTS:
                raise _eaten(model, sent[self.dialect.limit], choice)
        return [again]

    def _allow_thinking(self, request: CompletionRequest, sent: Mapping[str, Any]) -> bool:
        """Let the model think longer than the request did; False if it thought as long as it may.

        Requests in flight are eaten together: only the first of them raises the budget.
        """
        dialect = self.dialect
        budget = sent.get(dialect.limit, 0) - request.body.get(LIMIT, 0)
        return budget < dialect.thinking_tokens or dialect.allow_thinking()

    def _count_odd(self, request: CompletionRequest, error: ReplyError) -> None:
        """Count a reply that holds no answer.

        Raises:
            ProviderError: There were too many of them.
        """
        request.attempts += 1
        self.queue.odd_in_a_row += 1
        is_over = request.attempts >= _MAX_ODD_ATTEMPTS
        if is_over or self.queue.odd_in_a_row >= _MAX_ODD_IN_A_ROW:
            action = f"asking {request.body['model']}"
            raise to_provider_error(error, (self.route.account,), action) from None
        text = redact(str(error), (self.route.account,))
        _log.info("asking %s: a reply without an answer (%s)", request.body["model"], text)

    def _handle_error(
        self, request: CompletionRequest, error: Exception, sent: Mapping[str, Any]
    ) -> tuple[list[CompletionRequest], float]:
        status, limiter = http_status(error), self.route.limiter
        model, count = request.body["model"], len(request.sources)
        if is_filtered(error):
            self.callbacks.on_choices(request.sources, [filtered_choice(model)] * count)
            return [], 0.0
        if status in (400, 422) and self._learns(request, error, sent):
            return [request], 0.0
        if is_throttle(error):  # the limiter paces the retries, which do not count as attempts
            limiter.on_throttle(getattr(getattr(error, "response", None), "headers", {}))
            if limiter.throttled_seconds() < _MAX_THROTTLED_SECONDS:
                return [request], 0.0
        elif isinstance(error, ReplyError) and (status is None or is_server_error(error)):
            self._count_odd(request, error)
            return [request], _backoff(request.attempts)
        elif is_lost(error) or is_server_error(error):
            if is_lost(error):
                self.callbacks.on_lost(count)
            self._note_timeout(error)
            request.attempts += 1
            if request.attempts < _MAX_ATTEMPTS:
                text = redact(str(error), (self.route.account,))
                _log.info("asking %s: attempt %d failed (%s)", model, request.attempts, text)
                return [request], _backoff(request.attempts)
        failure = to_provider_error(error, (self.route.account,), f"asking {model}")
        if is_timeout(error):
            failure.hint = IN_FLIGHT_HINT
        raise failure from None

    def _learns(
        self, request: CompletionRequest, error: Exception, sent: Mapping[str, Any]
    ) -> bool:
        """Whether the request can be made in another way, by what a refusal says.

        Raises:
            RequestRejected: The server refuses a parameter that decides the outcome.
        """
        body = getattr(error, "body", None) or server_sentence(error)
        if _UNFINISHED.search(server_sentence(error)):
            return self._allow_thinking(request, sent)
        return self.dialect.learn(sent, body)

    def _note_timeout(self, error: Exception) -> None:
        """Request fewer answers at once where the server is too slow for as many, and say so."""
        limiter, timeout = self.route.limiter, self.route.account.timeout
        before = limiter.in_flight
        if is_timeout(error) and limiter.on_timeout(timeout) and before > 1:
            self.dialect.notes[
                f"replies did not come within {timeout:g} s while several were requested at once, "
                f"so fewer are now; {IN_FLIGHT_HINT}"
            ] = None


def _backoff(attempts: int) -> float:
    """Seconds to wait after so many failed attempts."""
    seconds: float = min(0.25 * 2**attempts, MAX_BACKOFF)
    return seconds * random.uniform(0.5, 1.0)


def _sum_usage(usages: Sequence[Usage | None]) -> Usage:
    """What several attempts at one answer cost."""
    known = [usage for usage in usages if usage is not None]
    return attrs.evolve(
        known[0],
        input=sum(usage.input for usage in known),
        output=sum(usage.output for usage in known),
    )


def _eaten(model: str, limit: int, choice: Choice) -> ProviderError:
    return ProviderError(
        f"{model} used its limit of {limit} tokens for thinking, and no answer began"
        + (f" (it thought: {choice.thought[:80]!r})" if choice.thought else ""),
        hint=THINKING_HINT,
    )


def _cancel_reservation(reserving: asyncio.Future[Reservation | None]) -> None:
    if not reserving.cancelled() and reserving.exception() is None:
        reservation = reserving.result()
        if reservation is not None:
            reservation.cancel()
