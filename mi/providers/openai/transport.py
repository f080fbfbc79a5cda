"""Chat completions over plain HTTP, sent exactly as the API's client would send them.

For each request the client builds and validates what is always the same, which costs more time than
everything else. So the client's request (address, key, organisation, whatever the environment adds)
is captured once, and its headers are sent with every body. A response that is not a success goes
through the client after all, so errors are the same whichever way a request went.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs

from ..http_limits import MAX_BODY, MIN_RATE, ResponseTooLarge, response_seconds
from .choices import parse_json
from .replies import ReplyError, find_sentence

if TYPE_CHECKING:
    import aiohttp
    import httpx2
    from openai import OpenAI

_PATH = "/chat/completions"
_CONNECTION_HEADERS = (
    "host",
    "connection",
    "accept-encoding",
    "content-length",
    "transfer-encoding",
)
"""Headers that belong to a connection or a body; the HTTP session sets its own."""
_KEEPALIVE_SECONDS = 4.0
"""Seconds an idle connection is kept: less than servers keep it open (uvicorn: 5)."""


@attrs.frozen(eq=False)
class HttpTransport:
    """Sends requests to one server with one key. Use it on the event loop that opened it.

    Args:
        client: The API client whose requests it imitates; raises its errors.
        session: Holds the connections.
        url: Address of chat completions.
        proxy: The proxy, if the environment names one.
        seconds: The fixed time of a response; see `mi.providers.http_limits`.
    """

    client: OpenAI
    session: aiohttp.ClientSession
    url: str
    proxy: str | None
    seconds: float

    @classmethod
    def open(cls, client: OpenAI, timeout: float) -> HttpTransport:
        """A transport that sends what `client` would send.

        Args:
            client: The API client.
            timeout: Seconds to connect, and seconds to wait for more of a response.
        """
        import aiohttp
        import httpx2

        request = _capture_request(client)
        headers = {
            name: value
            for name, value in request.headers.items()
            if name not in _CONNECTION_HEADERS
        }
        url = str(request.url)
        proxy = find_proxy(url)
        # Reading certificates takes a while, so it is done only for HTTPS.
        is_secure = any(address.startswith("https:") for address in (url, proxy or ""))
        ssl = httpx2.create_ssl_context() if is_secure else True
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=ssl, keepalive_timeout=_KEEPALIVE_SECONDS),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout),
        )
        return cls(client, session, url, proxy, response_seconds(timeout))

    async def complete(self, body: Mapping[str, Any]) -> tuple[Any, Mapping[str, str]]:
        """Request a chat completion. Returns the parsed JSON and the response headers.

        Raises:
            openai.APIStatusError: The server responded with an error.
            openai.APIConnectionError: No complete response arrived; `APITimeoutError` is one kind.
            ReplyError: The response is a text, such as a page of a proxy.
            ValueError: The response is not complete JSON.
        """
        import aiohttp

        try:
            async with (
                asyncio.timeout(self.seconds) as limit,
                self.session.post(
                    self.url, data=json.dumps(body).encode(), proxy=self.proxy
                ) as response,
            ):
                content = await _read(response, limit)
        except (aiohttp.ClientError, OSError) as error:
            raise _client_error(self.client, _transport_error(error)) from error
        if response.status // 100 != 2:
            raise _client_error(self.client, _to_httpx_response(response, content))
        return _parse_reply(content), response.headers

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()


async def _read(response: aiohttp.ClientResponse, limit: asyncio.Timeout) -> bytes:
    """The body of a response, while it is neither too slow nor too large."""
    pieces, size, fixed = [], 0, limit.when() or 0.0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > MAX_BODY:
            raise ResponseTooLarge(MAX_BODY)
        pieces.append(piece)
        limit.reschedule(fixed + size / MIN_RATE)
    return b"".join(pieces)


def _parse_reply(content: bytes) -> Any:
    """The JSON of a reply. One that does not even begin as JSON was not cut off: it is a text."""
    try:
        return parse_json(content)
    except ValueError:
        text = content.strip()
        if not text or text[:1] in b'{["':
            raise
        if text.startswith((b"data:", b"event:")):
            raise ReplyError("the reply is a stream of events, which was not asked for") from None
        sentence = find_sentence(text.decode(errors="replace"))
        raise ReplyError(sentence or "the reply is not JSON") from None


def find_proxy(url: str) -> str | None:
    """The proxy the environment names for an address, by the client's rules; None for none."""
    address, proxies = urlsplit(url), getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    # NO_PROXY may name a port, or an IPv6 address without brackets.
    hosts = (address.hostname, address.netloc.rpartition("@")[2])
    if not proxy or any(proxy_bypass(host) for host in hosts if host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _capture_request(client: OpenAI) -> httpx2.Request:
    """The request `client` would send for a chat completion; nothing goes over the network."""
    import httpx2

    sent: list[httpx2.Request] = []

    def keep(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={})

    _send_mocked(client, keep)
    return sent[0]


def _client_error(client: OpenAI, outcome: httpx2.Response | httpx2.TransportError) -> Exception:
    """The error `client` raises for this outcome."""
    import openai

    def answer(request: httpx2.Request) -> httpx2.Response:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    try:
        _send_mocked(client, answer)
    except openai.OpenAIError as error:
        return error
    raise AssertionError(f"the client reads {outcome} as a success")


def _send_mocked(client: OpenAI, answer: Any) -> None:
    """Let `client` make a request that `answer` answers, without a network."""
    import httpx2

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client.with_options(http_client=http).post(_PATH, cast_to=httpx2.Response, body={})


def _transport_error(error: Exception) -> httpx2.TransportError:
    import httpx2

    kind = httpx2.ReadTimeout if isinstance(error, TimeoutError) else httpx2.NetworkError
    return kind(str(error))


def _to_httpx_response(response: aiohttp.ClientResponse, content: bytes) -> httpx2.Response:
    """The response in the client's type. Its content is already decoded."""
    import httpx2

    headers = [
        (name, value)
        for name, value in response.headers.items()
        if name.lower() not in ("content-encoding", *_CONNECTION_HEADERS)
    ]
    return httpx2.Response(response.status, headers=headers, content=content)
