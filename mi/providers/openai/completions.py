"""Chat completions: many, at once, each asked for until it has come.

Workers take calls one at a time, and a call is made when it is taken: only those under way are
held. How many workers ask at once is the gate's business. What goes wrong with one call stays with
that call: a request that was throttled or failed at the server cost nothing and is made again; one
whose answer was lost on the way may have been paid for, is made again too, and is counted. What no
repetition can mend ends the whole, once those under way have come.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import attrs

from ...errors import ProviderError
from ..types import Usage
from .accounts import Account
from .errors import (
    error_body,
    http_status,
    is_lost,
    is_server_error,
    is_throttle,
    to_provider_error,
)
from .event_loop import StopSignal
from .rate_limiter import AdaptiveLimiter
from .transport import HttpTransport

_MAX_ATTEMPTS = 8
_MAX_BACKOFF = 20.0
_MAX_THROTTLED_SECONDS = 900.0
CONTENT_FILTER = "content_filter"


@attrs.frozen
class Choice:
    """One answer as it came."""

    text: str
    finish: str
    refusal: str | None
    top: tuple[tuple[str, float], ...]
    model: str | None
    prompt_tokens: int
    answer_tokens: int
    usage: Usage


@attrs.define
class CompletionRequest:
    """One request: its body, and who waits for each of its `n` choices.

    Args:
        made: Makes the body for those who wait, of the first of them; None: it is the same for all.
    """

    body: dict[str, Any]
    tags: Sequence[Any]
    build_body: Callable[[Any], dict[str, Any]] | None = None
    attempts: int = 0

    def subset(self, tags: Sequence[Any]) -> CompletionRequest:
        """A request for some of them alone: with their own seed it draws answers of their own."""
        body = self.body if self.build_body is None else self.build_body(tags[0])
        return CompletionRequest(body, tags, self.build_body)


@attrs.define
class ServerQuirks:
    """What a server turned out not to take."""

    accepts_n: bool = True
    accepts_max_completion_tokens: bool = True


@attrs.frozen
class Callbacks:
    """Who hears of the choices of a request, as far as they came, and of answers that were lost."""

    on_choices: Callable[[Sequence[Any], Sequence[Choice]], None]
    on_lost: Callable[[int], None]


@attrs.frozen
class Route:
    """A way to a server: an account, how it is asked, and the gate all its requests go through."""

    account: Account
    transport: HttpTransport
    limiter: AdaptiveLimiter


async def complete_all(
    requests: Iterable[CompletionRequest],
    routes: Sequence[Route],
    quirks: ServerQuirks,
    callbacks: Callbacks,
    stop: StopSignal,
) -> None:
    """Make all calls, over all accounts together, until all are made or `halt` is asked.

    Raises:
        ProviderError: A call cannot be answered; nothing was begun after that, and the answers that
            came have been told.
    """
    async with asyncio.TaskGroup() as group:
        waiting = _RequestQueue(iter(requests), group, stop)
        for line in routes:
            waiting.workers.append(_Worker(line, quirks, callbacks, waiting))
        waiting.start_workers()
    if waiting.error is not None:
        raise waiting.error


@attrs.define(eq=False)
class _RequestQueue:
    """Calls to be made, and who makes them."""

    requests: Iterator[CompletionRequest]
    group: asyncio.TaskGroup
    stop: StopSignal
    error: ProviderError | None = None
    workers: list[_Worker] = attrs.field(factory=list)
    retries: deque[CompletionRequest] = attrs.field(factory=deque)

    def pop(self) -> CompletionRequest | None:
        if self.stop.is_set:
            return None
        return self.retries.popleft() if self.retries else next(self.requests, None)

    def fail(self, error: ProviderError) -> None:
        """No repetition can mend it: the first such error is told at the end."""
        self.error = self.error or error
        self.stop.set()

    def requeue(self, calls: Iterable[CompletionRequest]) -> None:
        """Parts of a call: there may be work again for those that found none."""
        self.retries.extend(calls)
        self.start_workers()

    def start_workers(self) -> None:
        """Have as many at work as the gates ever let in."""
        for worker in self.workers:
            while worker.active < worker.route.limiter.max_concurrent and (call := self.pop()):
                worker.active += 1
                self.group.create_task(worker.run(call))


@attrs.define(eq=False)
class _Worker:
    """Makes one call after the other, `busy` at once; one that fails it makes again itself."""

    route: Route
    quirks: ServerQuirks
    callbacks: Callbacks
    queue: _RequestQueue
    active: int = 0

    async def run(self, call: CompletionRequest | None) -> None:
        halt = self.queue.stop
        while call and not halt.is_set:
            async with AsyncExitStack() as inside:
                with halt.cancellable():
                    await inside.enter_async_context(self.route.limiter)
                try:
                    rest, wait = await self._attempt(call)
                except ProviderError as error:
                    self.queue.fail(error)
                    break
            if wait:
                with halt.cancellable():
                    await asyncio.sleep(wait)
            if len(rest) > 1:
                self.queue.requeue(rest)
            call = rest[0] if len(rest) == 1 else self.queue.pop()
        self.active -= 1

    async def _attempt(self, call: CompletionRequest) -> tuple[list[CompletionRequest], float]:
        """Make a call once; the calls that are to be made for what did not come, and how soon."""
        if len(call.tags) > 1 and not self.quirks.accepts_n:
            return [call.subset([tag]) for tag in call.tags], 0.0
        try:
            answer, headers = await self.route.transport.complete(self._body(call))
            came = parse_choices(answer, call.body["model"])
        except Exception as error:
            return self._handle_error(call, error)
        self.route.limiter.on_success(headers)
        self.callbacks.on_choices(call.tags, came)
        rest = call.tags[len(came) :]  # some servers give one choice whatever they are asked for
        if rest and len(came) == 1:
            self.quirks.accepts_n = False
        return ([call.subset(rest)] if rest else []), 0.0

    def _body(self, call: CompletionRequest) -> dict[str, Any]:
        body = {**call.body}
        if len(call.tags) > 1:
            body["n"] = len(call.tags)
        if not self.quirks.accepts_max_completion_tokens:
            body["max_tokens"] = body.pop("max_completion_tokens")
        return body

    def _handle_error(
        self, call: CompletionRequest, error: Exception
    ) -> tuple[list[CompletionRequest], float]:
        status, body, gate = http_status(error), error_body(error), self.route.limiter
        if status == 400 and body.get("code") == CONTENT_FILTER:
            self.callbacks.on_choices(
                call.tags, [filtered_choice(call.body["model"])] * len(call.tags)
            )
            return [], 0.0
        if self._is_quirk(call, status, body):
            return [call], 0.0
        if is_throttle(error):  # the gate sees to it: a long queue is no failure of the call
            gate.on_throttle(getattr(getattr(error, "response", None), "headers", {}))
            if gate.throttled_seconds() < _MAX_THROTTLED_SECONDS:
                return [call], 0.0
        elif is_lost(error) or is_server_error(error):
            if is_lost(error):
                self.callbacks.on_lost(len(call.tags))
            call.attempts += 1
            if call.attempts < _MAX_ATTEMPTS:
                return [call], min(0.25 * 2**call.attempts, _MAX_BACKOFF) * random.uniform(0.5, 1.0)
        raise to_provider_error(
            error, (self.route.account,), f"asking {call.body['model']}"
        ) from None

    def _is_quirk(
        self, call: CompletionRequest, status: int | None, body: Mapping[str, Any]
    ) -> bool:
        """Whether the server does not know a word of ours; then it is not used again."""
        if status not in (400, 422):
            return False
        said = f"{body.get('param')} {body.get('message')}"
        if len(call.tags) > 1 and (body.get("param") == "n" or "'n'" in said):
            self.quirks.accepts_n = False
            return True
        if self.quirks.accepts_max_completion_tokens and "max_completion_tokens" in said:
            self.quirks.accepts_max_completion_tokens = False
            return True
        return False


def filtered_choice(model: str) -> Choice:
    """What stands for an answer where the server refuses to read the prompt."""
    bill = Usage(model=model, input=0, output=0)
    return Choice("", CONTENT_FILTER, None, (), None, 0, 0, bill)


def parse_choices(answer: Mapping[str, Any], model: str) -> list[Choice]:
    """The choices of a completion, in order; output tokens are shared out by length.

    Raises:
        json.JSONDecodeError: It is no completion: half an answer counts as none.
    """
    try:
        usage = answer.get("usage") or {}
        inputs, outputs = int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0))
        found = sorted(answer["choices"], key=lambda one: one.get("index", 0))
        texts = [one["message"].get("content") or "" for one in found]
        if not found:
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError):
        raise json.JSONDecodeError("not a chat completion", "", 0) from None
    shares = apportion(outputs, [len(text) + 1 for text in texts])
    return [
        Choice(
            text=text,
            finish=one.get("finish_reason") or "stop",
            refusal=one["message"].get("refusal") or None,
            top=_top_logprobs(one.get("logprobs")),
            model=answer.get("model"),
            prompt_tokens=inputs,
            answer_tokens=share,
            usage=Usage(model=model, input=0 if index else inputs, output=share),
        )
        for index, (one, text, share) in enumerate(zip(found, texts, shares, strict=True))
    ]


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole parts in proportion to `weights`; the parts sum up to it."""
    parts, before, so_far = [], 0, 0
    for weight in weights:
        so_far += weight
        upto = round(total * so_far / sum(weights))
        parts.append(upto - before)
        before = upto
    return parts


def _top_logprobs(logprobs: Any) -> tuple[tuple[str, float], ...]:
    """The first token's alternatives, likeliest first."""
    content = (logprobs or {}).get("content") or []
    if not content:
        return ()
    found = content[0].get("top_logprobs") or [content[0]]
    pairs = ((one["token"], float(one["logprob"])) for one in found)
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))
