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
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import attrs

from ...errors import MiError
from ..spending import OpenGate, Reservation, SpendingGate
from ..types import Usage
from ..usage import worst_usage
from .accounts import Account, redact
from .choices import CONTENT_FILTER, Choice, filtered_choice, parse_choices
from .errors import (
    error_body,
    http_status,
    is_lost,
    is_server_error,
    is_throttle,
    may_be_billed,
    to_provider_error,
)
from .event_loop import StopFlag
from .rate_limiter import AdaptiveLimiter
from .transport import HttpTransport

_log = logging.getLogger(__name__)

_MAX_ATTEMPTS = 8
_MAX_BACKOFF = 20.0  # seconds
_MAX_THROTTLED_SECONDS = 900.0
_ROOM_INTERVAL = 0.05  # seconds between two looks whether the budget has room


@attrs.define
class CompletionRequest:
    """One request, for as many choices as it has sources.

    Args:
        body: The request's JSON, without `n`.
        sources: The engine's requests it answers, one for each choice.
        build_body: Builds the body from the first source; None: it is the same for all.
        attempts: Attempts that failed.
    """

    body: dict[str, Any]
    sources: Sequence[Any]
    build_body: Callable[[Any], dict[str, Any]] | None = None
    attempts: int = 0

    def subset(self, sources: Sequence[Any]) -> CompletionRequest:
        """A request for some of the sources, with a seed of its own: it samples other answers."""
        body = self.body if self.build_body is None else self.build_body(sources[0])
        return CompletionRequest(body, sources, self.build_body)


@attrs.define
class ServerQuirks:
    """Parameters that a server turned out not to accept."""

    accepts_n: bool = True
    accepts_max_completion_tokens: bool = True


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
    quirks: ServerQuirks,
    callbacks: Callbacks,
    stop: StopFlag,
    gate: SpendingGate | None = None,
) -> None:
    """Make all requests, over all routes together.

    Args:
        requests: Taken one at a time, when there is room for another in flight.
        routes: One for each account.
        quirks: What the server does not accept; learned as requests fail.
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
            queue.workers.append(_Worker(route, quirks, callbacks, queue, gate or OpenGate()))
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
    quirks: ServerQuirks
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
        worst, stop = worst_usage(request.body, len(request.sources)), self.queue.stop
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
        sources = request.sources
        if len(sources) > 1 and not self.quirks.accepts_n:
            reservation.cancel()
            return [request.subset([source]) for source in sources], 0.0
        try:
            completion, headers = await self.route.transport.complete(self._body(request))
            choices = parse_choices(completion, request.body["model"], request.body)
        except Exception as error:
            if may_be_billed(error):
                reservation.lose()
            else:
                reservation.cancel()
            return self._handle_error(request, error)
        except BaseException:  # the run ends, and does not wait for the response
            reservation.lose()
            raise
        reservation.settle([choice.usage for choice in choices[: len(sources)]])
        self.route.limiter.on_success(headers)
        self.callbacks.on_choices(sources, choices)
        rest = sources[len(choices) :]  # some servers ignore `n` and return a single choice
        if rest and len(choices) == 1:
            self.quirks.accepts_n = False
        return ([request.subset(rest)] if rest else []), 0.0

    def _body(self, request: CompletionRequest) -> dict[str, Any]:
        body = {**request.body}
        if len(request.sources) > 1:
            body["n"] = len(request.sources)
        if not self.quirks.accepts_max_completion_tokens:
            body["max_tokens"] = body.pop("max_completion_tokens")
        return body

    def _handle_error(
        self, request: CompletionRequest, error: Exception
    ) -> tuple[list[CompletionRequest], float]:
        status, body = http_status(error), error_body(error)
        model, count = request.body["model"], len(request.sources)
        if status == 400 and body.get("code") == CONTENT_FILTER:
            self.callbacks.on_choices(request.sources, [filtered_choice(model)] * count)
            return [], 0.0
        if self._is_quirk(request, status, body):
            return [request], 0.0
        if is_throttle(error):  # the limiter paces the retries, which do not count as attempts
            limiter = self.route.limiter
            limiter.on_throttle(getattr(getattr(error, "response", None), "headers", {}))
            if limiter.throttled_seconds() < _MAX_THROTTLED_SECONDS:
                return [request], 0.0
        elif is_lost(error) or is_server_error(error):
            if is_lost(error):
                self.callbacks.on_lost(count)
            request.attempts += 1
            if request.attempts < _MAX_ATTEMPTS:
                text = redact(str(error), (self.route.account,))
                _log.info("asking %s: attempt %d failed (%s)", model, request.attempts, text)
                delay = min(0.25 * 2**request.attempts, _MAX_BACKOFF)
                return [request], delay * random.uniform(0.5, 1.0)
        raise to_provider_error(error, (self.route.account,), f"asking {model}") from None

    def _is_quirk(
        self, request: CompletionRequest, status: int | None, body: Mapping[str, Any]
    ) -> bool:
        """Whether the server rejects a parameter; if so, it is not used again."""
        if status not in (400, 422):
            return False
        parameter, text = body.get("param"), f"{body.get('param')} {body.get('message')}"
        if len(request.sources) > 1 and (parameter == "n" or "'n'" in text):
            self.quirks.accepts_n = False
            return True
        if self.quirks.accepts_max_completion_tokens and "max_completion_tokens" in text:
            self.quirks.accepts_max_completion_tokens = False
            return True
        return False


def _cancel_reservation(reserving: asyncio.Future[Reservation | None]) -> None:
    if not reserving.cancelled() and reserving.exception() is None:
        reservation = reserving.result()
        if reservation is not None:
            reservation.cancel()
