"""The requests of a server's probe: short, booked, and made until they are answered.

A parameter that a server refuses is asked for otherwise from then on (`dialect`). What failed at
the server is repeated a few times. There are at most `MAX_REQUESTS` of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ...errors import MiError
from ...spec import Sampling
from ..probe import MAX_REQUESTS
from ..spending import SpendingGate
from ..types import Usage
from ..usage import worst_usage
from .choices import Choice, parse_choices
from .completions import Route
from .dialect import LIMIT, Dialect
from .errors import (
    http_status,
    is_filtered,
    is_lost,
    is_server_error,
    is_throttle,
    server_sentence,
    to_provider_error,
)
from .replies import CONTENT_FILTER, ReplyError

SHORT_LIMIT = 24
"""Tokens that a probe's request asks for."""
_PAUSES = (0.5, 2.0, 5.0)
"""Seconds before a request that failed at the server is repeated."""
_TIMEOUT = 45.0
"""Seconds in which a short request should be answered."""
OTHER_TOP_K = 0
"""The value that leaves all tokens to servers that refuse -1."""


class ProbeExhausted(Exception):
    """A probe has made as many requests as it may."""


@attrs.define(kw_only=True)
class ProbeRequests:
    """Asks a server about one model. Run it on the event loop of its route.

    Args:
        name: The provider's name, for messages.
        address: Address of the server.
        model: The model's name at the server.
        route: How it is reached.
        dialect: Filled with what is found.
        extra: What every request says besides.
        samplings: How answers will be sampled.
        gate: Admits each request within the budget.
        usages: What the requests cost so far; they are still to be booked.
    """

    name: str
    address: str
    model: str
    route: Route
    dialect: Dialect
    extra: Mapping[str, Any]
    samplings: Sequence[Sampling]
    gate: SpendingGate
    usages: list[Usage] = attrs.field(factory=list)
    requests: int = 0
    seconds: float = 0.0
    thinks: bool = False
    served: dict[str, None] = attrs.field(factory=dict)
    fingerprint: str = ""

    def body(self, question: str, seed: int = 1) -> dict[str, Any]:
        """A request as an eval makes it, with a low limit."""
        return {
            "model": self.model,
            "messages": [{"role": "user", "content": question}],
            "temperature": 1.0,
            "top_p": 1.0,
            LIMIT: SHORT_LIMIT,
            "seed": seed,
            **self.extra,
        }

    async def choices(self, body: Mapping[str, Any], count: int = 1) -> list[Choice]:
        """Some choices; one where the server gives no more at once."""
        completion = await self.send(body, count)
        return parse_choices(completion, self.model, body)

    async def send(self, body: Mapping[str, Any], count: int = 1) -> Any:
        """Make a request until it is answered; a parameter that is refused is asked otherwise.

        Raises:
            RequestRejected: The server refuses the request.
            ProviderError: It does not answer.
        """
        pauses = iter(_PAUSES)
        while True:
            sent = self.dialect.encode(body, count)
            try:
                return await self._attempt(sent, count if "n" in sent else 1)
            except (MiError, ProbeExhausted):
                raise
            except Exception as error:
                if is_filtered(error):
                    withheld = {"index": 0, "finish_reason": CONTENT_FILTER}
                    return {"model": self.model, "choices": [withheld] * count, "usage": {}}
                if isinstance(error, TimeoutError) and self.dialect.accepts_n and count > 1:
                    self.dialect.accepts_n = False  # some servers hang where they lack slots
                    continue
                is_refused = http_status(error) in (400, 422)
                said = getattr(error, "body", None) or server_sentence(error)
                if is_refused and self._learns(sent, said):
                    continue
                is_odd = isinstance(error, TimeoutError) or (
                    isinstance(error, ReplyError) and error.status_code is None
                )
                may_pass = is_odd or any(
                    test(error) for test in (is_throttle, is_lost, is_server_error)
                )
                pause = next(pauses, None) if may_pass else None
                if pause is None:
                    account = self.route.account
                    if isinstance(error, TimeoutError):
                        error = TimeoutError(f"no reply to a short request in {_TIMEOUT:g} s")
                    raise to_provider_error(error, (account,), f"probing {self.model}") from None
                await asyncio.sleep(pause)

    def _learns(self, sent: Mapping[str, Any], said: Any) -> bool:
        """Whether the refusal tells how to ask otherwise."""
        neutral = dict(self.dialect.neutral)
        if not self.dialect.learn(sent, said):
            return False
        is_refused = "top_k" in neutral and "top_k" not in self.dialect.neutral
        if is_refused and neutral["top_k"] != OTHER_TOP_K:  # it may take the other neutral value
            self.dialect.refused.pop("top_k", None)
            self.dialect.neutral["top_k"] = OTHER_TOP_K
        return True

    async def _attempt(self, sent: Mapping[str, Any], count: int) -> Any:
        if self.requests >= MAX_REQUESTS:
            raise ProbeExhausted
        while (reservation := self.gate.reserve(worst_usage(sent, count))) is None:
            await asyncio.sleep(0.1)  # other runs on the store use what is left
        self.requests += 1
        try:
            async with asyncio.timeout(min(_TIMEOUT, self.route.account.timeout)):
                completion, _ = await self.route.transport.complete(sent)
            choices = parse_choices(completion, self.model, sent)
        except BaseException as error:
            if isinstance(error, Exception) and not (
                is_lost(error) or isinstance(error, TimeoutError)
            ):
                reservation.cancel()
            else:
                reservation.lose()
            raise
        usages = [choice.usage for choice in choices]
        reservation.settle(usages)
        self.usages += usages
        self._note_server(completion)
        return completion

    def _note_server(self, completion: Mapping[str, Any]) -> None:
        if isinstance(completion.get("model"), str):
            self.served[completion["model"]] = None
        fingerprint = completion.get("system_fingerprint")
        self.fingerprint = fingerprint if isinstance(fingerprint, str) else self.fingerprint
