"""A proxy in front of a server, which loses, refuses or breaks chosen exchanges."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Literal

import aiohttp
import attrs
from aiohttp import web

from tests.support.fake_tinker.hosting import Hosted

Kind = Literal["drop", "limited", "broken", "hang", "denied"]


@attrs.frozen
class Fault:
    """What befalls the `number`-th request (from 1) to a path.

    `drop`: it is done, and the connection closes without an answer. `hang`: it is done, and never
    answered. `limited`: 429, `broken`: 500, and nothing is done. `denied`: 429, and it is done.
    """

    path: str
    kind: Kind
    number: int = 1

    def __str__(self) -> str:
        return f"{self.kind} {self.path} #{self.number}"


class Proxy(Hosted):
    """Passes on everything but what the faults say.

    Args:
        heard: Called with each exchange that was passed on: method, path, body, status, answer.
    """

    def __init__(
        self,
        upstream: str,
        *faults: Fault,
        heard: Callable[[str, str, bytes, int, str, bytes], None] | None = None,
    ) -> None:
        self.upstream = upstream
        self.faults = {(fault.path, fault.number): fault.kind for fault in faults}
        self.counts: Counter[str] = Counter()
        self.struck: list[Kind] = []
        self.heard = heard

    def application(self) -> web.Application:
        made = web.Application(client_max_size=1 << 28)
        made.router.add_route("*", "/{path:.*}", self._pass)
        return made

    async def begin(self) -> None:
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))

    async def end(self) -> None:
        await self._client.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v1/")
        self.counts[path] += 1
        kind = self.faults.get((path, self.counts[path]))
        if kind is not None:
            self.struck.append(kind)
        if kind == "limited":
            return web.json_response({"detail": "too many requests"}, status=429)
        if kind == "broken":
            return web.json_response({"detail": "broken, for the moment"}, status=500)
        status, headers, body = await self._ask(request)
        if kind == "drop":
            assert request.transport is not None
            request.transport.close()
        if kind == "denied":
            return web.json_response({"detail": "too many requests"}, status=429)
        if kind == "hang":
            await asyncio.sleep(30)
        return web.Response(status=status, headers=headers, body=body)

    async def _ask(self, request: web.Request) -> tuple[int, dict[str, str], bytes]:
        sent = await request.read()
        kept = ("content-type", "accept", "content-encoding", "x-api-key")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        async with self._client.request(
            request.method, self.upstream + request.path_qs, data=sent, headers=headers
        ) as answer:
            body = await answer.read()
            kind = answer.headers.get("content-type", "application/json")
            if self.heard is not None:
                self.heard(request.method, request.path_qs, sent, answer.status, kind, body)
            return answer.status, {"content-type": kind}, body
