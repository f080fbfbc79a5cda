"""The door every request goes through on its way to an endpoint, and every answer on its way back.

An endpoint is a plain function from a `Call` to a `Reply`. What befalls a request before any work
(a wrong key, a limit, a fault) and an answer after it (latency, a lost connection) happens here,
and each request is booked once, whatever became of it.
"""

from __future__ import annotations

import asyncio
import json
import traceback
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from aiohttp import hdrs, web

from tests.support.fake_openai.books import Books
from tests.support.fake_openai.faults import CHAT, CREATES, CreateFault
from tests.support.fake_openai.limit import Limit
from tests.support.fake_openai.options import Options
from tests.support.fake_openai.spec import Description
from tests.support.fake_openai.wire import Call, Refusal, Reply, broken, limited

Endpoint = Callable[[Call], Reply]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MOST_VIOLATIONS = 100


def nowhere(call: Call) -> Reply:
    raise Refusal(404, "Invalid URL")


@attrs.define
class Door:
    """Lets calls in and answers out; `violations` collects what breaks the description."""

    options: Options
    books: Books
    description: Description | None
    violations: list[str]
    limit: Limit = attrs.field(factory=Limit)
    closing: asyncio.Event = attrs.field(factory=asyncio.Event)
    asked: int = 0
    mishaps: Counter[tuple[str, str]] = attrs.field(factory=Counter)

    def through(self, template: str, endpoint: Endpoint = nowhere) -> Handler:
        """The handler of a path."""

        async def handler(request: web.Request) -> web.StreamResponse:
            self.books.enter()
            try:
                reply = await self._reply(request, template, endpoint)
                return await self._send(request, template, reply)
            finally:
                self.books.leave()

        return handler

    async def _reply(self, request: web.Request, template: str, endpoint: Endpoint) -> Reply:
        call = None
        try:
            call = await self._read(request)
            self._turn_away(request.method, template, call)
            is_create = request.method == "POST" and template in CREATES
            fault = self.options.faults.create(template) if is_create else None
            fault = fault or self._mishap(request.method, template)
            if fault is not None and not fault.done:
                return _mistold(fault, Reply({}))
            reply = endpoint(call)
            if fault is not None and fault.answer == "slow":
                reply.delay = self.options.faults.delay(self.mishaps.total())
            elif fault is not None:
                reply = _mistold(fault, reply)
        except Refusal as refusal:
            reply = refusal.reply()
        except ConnectionResetError:  # the client died in the middle of asking
            reply = broken().reply()
        except Exception:
            self.failed()
            reply = broken().reply()
        if template == CHAT and call is not None:
            reply.headers |= self.limit.headers(call.account, self.options.request_limit)
        if call is not None and template != "?":
            self._inspect(request.method, template, call, reply)
        return reply if reply.said is None else attrs.evolve(reply, body=reply.said)

    async def _read(self, request: web.Request) -> Call:
        keys = self.options.keys
        key = request.headers.get(hdrs.AUTHORIZATION, "").removeprefix("Bearer ")
        body, file, name = await _body(request)
        if key not in keys:
            message = f"Incorrect API key provided: {key[:5]}***."
            raise Refusal(401, message, code="invalid_api_key")
        return Call(
            account=f"org-{keys.index(key) + 1}",
            names=request.match_info,
            query=request.query,
            body=body,
            file=file,
            filename=name,
        )

    def _turn_away(self, method: str, template: str, call: Call) -> None:
        """Limits and faults that come before any work; a chat completion draws its own faults."""
        if template == CHAT:
            most = self.options.request_limit
            if most and (wait := self.limit.wait(call.account, most)):
                raise limited(wait)
            return
        self.asked += 1
        draw = (method, template, self.asked)
        fault = self.options.faults.transport(*draw, chat=False)
        if fault == "limited":
            raise limited(self.options.faults.wait(*draw))
        if fault == "broken":
            raise broken()

    def _mishap(self, method: str, template: str) -> CreateFault | None:
        if not self.options.faults.any:
            return None
        self.mishaps[method, template] += 1
        return self.options.faults.mishap(method, template, self.mishaps[method, template])

    def _inspect(self, method: str, template: str, call: Call, reply: Reply) -> None:
        """Note what the description forbids; a 400 has told the client of its mistake."""
        if self.description is None or reply.status == 400:
            return
        body = call.body if call.file is None else {**call.body, "file": call.filename}
        good = reply.status < 300 and isinstance(reply.body, dict)
        found = self.description.check(
            method,
            template,
            query=call.query,
            body=body or None,
            reply=reply.body if good else None,
        )
        self._violated(*found)

    def inspect_line(self, body: Any, reply: Any) -> None:
        """The same for a line of a batch."""
        if self.description is not None:
            self._violated(*self.description.check("POST", CHAT, body=body, reply=reply))

    def failed(self) -> None:
        """Note an exception of the server's own: a test that met it proves nothing."""
        self._violated(f"the server itself failed:\n{traceback.format_exc()}")

    def _violated(self, *found: str) -> None:
        self.violations += found[: MOST_VIOLATIONS - len(self.violations)]

    async def _send(self, request: web.Request, template: str, reply: Reply) -> web.Response:
        response, entry = _response(reply), Entry(self.books, request.method, template, reply)
        try:
            if self.options.latency or reply.delay:
                await asyncio.sleep(self.options.latency + reply.delay)
            if reply.fault == "hang":
                entry.book(0)
                await self.closing.wait()
            if reply.fault in ("hang", "reset"):
                entry.book(0)
                _close(request)
                return response
            with self.books.on_the_wire():
                await response.prepare(request)
                await response.write_eof()
                entry.book(reply.status)
        except ConnectionError:
            pass  # the client has left
        finally:
            entry.book(0)
        return response


@attrs.define
class Entry:
    """What is booked of a request, once: the first status counts, and 0 is no answer at all."""

    books: Books
    method: str
    template: str
    reply: Reply
    booked: bool = False

    def book(self, status: int) -> None:
        if self.booked:
            return
        self.booked = True
        self.books.count("calls", (self.method, self.template, status))
        whole = status and not self.reply.fault
        if then := self.reply.delivered if whole else self.reply.lost:
            then()


def _mistold(fault: CreateFault, reply: Reply) -> Reply:
    """What a create is answered instead of what it did."""
    if isinstance(fault.answer, int):
        refusal = Refusal(fault.answer, "No, says the proxy.", code=fault.code).reply()
        return attrs.evolve(refusal, fault="mistold", lost=reply.lost)
    bodies = {"null": b"null", "empty": b"{}", "list": b"[]", "text": b"<html>Well.</html>"}
    if fault.answer in bodies:
        headers = {"content-type": "application/json"}
        return Reply(bodies[fault.answer], headers=headers, fault="mistold", lost=reply.lost)
    return Reply(reply.body, fault=fault.answer, lost=reply.lost)


def _response(reply: Reply) -> web.Response:
    headers = {"x-request-id": uuid.uuid4().hex, **reply.headers}
    if isinstance(reply.body, bytes) and "content-type" in reply.headers:
        return web.Response(body=reply.body, headers=headers)
    if isinstance(reply.body, bytes):
        return web.Response(
            body=reply.body, headers=headers, content_type="application/octet-stream"
        )
    payload = json.dumps(reply.body).encode()
    if reply.fault == "truncated":
        payload = payload[: len(payload) // 2]
    return web.Response(
        body=payload, status=reply.status, headers=headers, content_type="application/json"
    )


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


async def _body(request: web.Request) -> tuple[dict[str, Any], bytes | None, str]:
    """JSON or the fields of a form, and the form's file with its name."""
    if request.content_type != "multipart/form-data":
        raw = await request.read()
        try:
            read = json.loads(raw) if raw else {}
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise Refusal(400, "We could not parse the JSON body of your request.")
        return read, None, ""
    fields: dict[str, Any] = {}
    file, name = None, ""
    for field, value in (await request.post()).items():
        outer, bracket, key = field.partition("[")
        if isinstance(value, web.FileField):
            with value.file:
                file, name = value.file.read(), value.filename
        elif bracket:  # expires_after[seconds]
            typed = int(value) if value.isdigit() else value
            fields.setdefault(outer, {})[key.rstrip("]")] = typed
        else:
            fields[field] = value
    return fields, file, name
