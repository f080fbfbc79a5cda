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
from ..types import Bill
from .accounts import Account
from .errors import body_of, is_broken, is_lost, is_throttle, status_of, told
from .event_loop import Halt
from .rate_limiter import Gate
from .transport import Direct

_TRIES = 8
_SLOWEST = 20.0
_PATIENCE = 900.0
FILTERED = "content_filter"


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
    bill: Bill


@attrs.define
class Call:
    """One request: its body, and who waits for each of its `n` choices.

    Args:
        made: Makes the body for those who wait, of the first of them; None: it is the same for all.
    """

    body: dict[str, Any]
    tags: Sequence[Any]
    made: Callable[[Any], dict[str, Any]] | None = None
    tries: int = 0

    def part(self, tags: Sequence[Any]) -> Call:
        """A request for some of them alone: with their own seed it draws answers of their own."""
        body = self.body if self.made is None else self.made(tags[0])
        return Call(body, tags, self.made)


@attrs.define
class Quirks:
    """What a server turned out not to take."""

    choices: bool = True
    completion_limit: bool = True


@attrs.frozen
class Tellers:
    """Who hears of the choices of a request, as far as they came, and of answers that were lost."""

    choices: Callable[[Sequence[Any], Sequence[Choice]], None]
    lost: Callable[[int], None]


@attrs.frozen
class Line:
    """A way to a server: an account, how it is asked, and the gate all its requests go through."""

    account: Account
    direct: Direct
    gate: Gate


async def complete(
    calls: Iterable[Call],
    lines: Sequence[Line],
    quirks: Quirks,
    tell: Tellers,
    halt: Halt,
) -> None:
    """Make all calls, over all accounts together, until all are made or `halt` is asked.

    Raises:
        ProviderError: A call cannot be answered; nothing was begun after that, and the answers that
            came have been told.
    """
    async with asyncio.TaskGroup() as group:
        waiting = _Waiting(iter(calls), group, halt)
        for line in lines:
            waiting.workers.append(_Worker(line, quirks, tell, waiting))
        waiting.employ()
    if waiting.error is not None:
        raise waiting.error


@attrs.define(eq=False)
class _Waiting:
    """Calls to be made, and who makes them."""

    calls: Iterator[Call]
    group: asyncio.TaskGroup
    halt: Halt
    error: ProviderError | None = None
    workers: list[_Worker] = attrs.field(factory=list)
    again: deque[Call] = attrs.field(factory=deque)

    def take(self) -> Call | None:
        if self.halt.asked:
            return None
        return self.again.popleft() if self.again else next(self.calls, None)

    def fail(self, error: ProviderError) -> None:
        """No repetition can mend it: the first such error is told at the end."""
        self.error = self.error or error
        self.halt.ask()

    def add(self, calls: Iterable[Call]) -> None:
        """Parts of a call: there may be work again for those that found none."""
        self.again.extend(calls)
        self.employ()

    def employ(self) -> None:
        """Have as many at work as the gates ever let in."""
        for worker in self.workers:
            while worker.busy < worker.line.gate.most and (call := self.take()):
                worker.busy += 1
                self.group.create_task(worker.work(call))


@attrs.define(eq=False)
class _Worker:
    """Makes one call after the other, `busy` at once; one that fails it makes again itself."""

    line: Line
    quirks: Quirks
    tell: Tellers
    waiting: _Waiting
    busy: int = 0

    async def work(self, call: Call | None) -> None:
        halt = self.waiting.halt
        while call and not halt.asked:
            async with AsyncExitStack() as inside:
                with halt.idle():
                    await inside.enter_async_context(self.line.gate)
                try:
                    rest, wait = await self._once(call)
                except ProviderError as error:
                    self.waiting.fail(error)
                    break
            if wait:
                with halt.idle():
                    await asyncio.sleep(wait)
            if len(rest) > 1:
                self.waiting.add(rest)
            call = rest[0] if len(rest) == 1 else self.waiting.take()
        self.busy -= 1

    async def _once(self, call: Call) -> tuple[list[Call], float]:
        """Make a call once; the calls that are to be made for what did not come, and how soon."""
        if len(call.tags) > 1 and not self.quirks.choices:
            return [call.part([tag]) for tag in call.tags], 0.0
        try:
            answer, headers = await self.line.direct.complete(self._body(call))
            came = choices(answer, call.body["model"])
        except Exception as error:
            return self._failed(call, error)
        self.line.gate.answered(headers)
        self.tell.choices(call.tags, came)
        rest = call.tags[len(came) :]  # some servers give one choice whatever they are asked for
        if rest and len(came) == 1:
            self.quirks.choices = False
        return ([call.part(rest)] if rest else []), 0.0

    def _body(self, call: Call) -> dict[str, Any]:
        body = {**call.body}
        if len(call.tags) > 1:
            body["n"] = len(call.tags)
        if not self.quirks.completion_limit:
            body["max_tokens"] = body.pop("max_completion_tokens")
        return body

    def _failed(self, call: Call, error: Exception) -> tuple[list[Call], float]:
        status, body, gate = status_of(error), body_of(error), self.line.gate
        if status == 400 and body.get("code") == FILTERED:
            self.tell.choices(call.tags, [filtered(call.body["model"])] * len(call.tags))
            return [], 0.0
        if self._is_quirk(call, status, body):
            return [call], 0.0
        if is_throttle(error):  # the gate sees to it: a long queue is no failure of the call
            gate.refused(getattr(getattr(error, "response", None), "headers", {}))
            if gate.starving() < _PATIENCE:
                return [call], 0.0
        elif is_lost(error) or is_broken(error):
            if is_lost(error):
                self.tell.lost(len(call.tags))
            call.tries += 1
            if call.tries < _TRIES:
                return [call], min(0.25 * 2**call.tries, _SLOWEST) * random.uniform(0.5, 1.0)
        raise told(error, (self.line.account,), f"asking {call.body['model']}") from None

    def _is_quirk(self, call: Call, status: int | None, body: Mapping[str, Any]) -> bool:
        """Whether the server does not know a word of ours; then it is not used again."""
        if status not in (400, 422):
            return False
        said = f"{body.get('param')} {body.get('message')}"
        if len(call.tags) > 1 and (body.get("param") == "n" or "'n'" in said):
            self.quirks.choices = False
            return True
        if self.quirks.completion_limit and "max_completion_tokens" in said:
            self.quirks.completion_limit = False
            return True
        return False


def filtered(model: str) -> Choice:
    """What stands for an answer where the server refuses to read the prompt."""
    bill = Bill(model=model, input=0, output=0)
    return Choice("", FILTERED, None, (), None, 0, 0, bill)


def choices(answer: Mapping[str, Any], model: str) -> list[Choice]:
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
    shares = shared(outputs, [len(text) + 1 for text in texts])
    return [
        Choice(
            text=text,
            finish=one.get("finish_reason") or "stop",
            refusal=one["message"].get("refusal") or None,
            top=_top(one.get("logprobs")),
            model=answer.get("model"),
            prompt_tokens=inputs,
            answer_tokens=share,
            bill=Bill(model=model, input=0 if index else inputs, output=share),
        )
        for index, (one, text, share) in enumerate(zip(found, texts, shares, strict=True))
    ]


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole parts in proportion to `weights`; the parts sum up to it."""
    parts, before, so_far = [], 0, 0
    for weight in weights:
        so_far += weight
        upto = round(total * so_far / sum(weights))
        parts.append(upto - before)
        before = upto
    return parts


def _top(logprobs: Any) -> tuple[tuple[str, float], ...]:
    """The first token's alternatives, likeliest first."""
    content = (logprobs or {}).get("content") or []
    if not content:
        return ()
    found = content[0].get("top_logprobs") or [content[0]]
    pairs = ((one["token"], float(one["logprob"])) for one in found)
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))
