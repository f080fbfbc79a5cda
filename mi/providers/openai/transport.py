"""Chat completions straight over HTTP, sent as the API's client would send them.

For each request the client builds, checks and unpacks what is always the same, which takes it more
time than all else. So it is asked once how it sends a chat completion (address, key, organisation,
whatever the environment adds), and that goes out with each body. What comes back as anything but a
success goes through the client after all: it raises what it always raises, so that there is one
account of what can go wrong, whichever way a request went.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs

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
"""Headers that belong to a connection or a body: who sends it knows them."""
_KEEPALIVE_SECONDS = 4.0
"""Seconds a connection waits for another request: less than servers leave it open (uvicorn: 5)."""


@attrs.frozen(eq=False)
class HttpTransport:
    """A way to one server with one key, for the event loop it was opened on."""

    client: OpenAI
    session: aiohttp.ClientSession
    url: str
    proxy: str | None

    @classmethod
    def open(cls, client: OpenAI, timeout: float) -> HttpTransport:
        """A way that sends what `client` would send.

        Args:
            timeout: Seconds for each of connecting and waiting for more of an answer.
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
        via = find_proxy(url)
        # Certificates take a while to read, and are read where they are needed.
        secure = any(one.startswith("https:") for one in (url, via or ""))
        ssl = httpx2.create_ssl_context() if secure else True
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=ssl, keepalive_timeout=_KEEPALIVE_SECONDS),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout),
        )
        return cls(client, session, url, via)

    async def complete(self, body: Mapping[str, Any]) -> tuple[Any, Mapping[str, str]]:
        """What a chat completion is answered: JSON, and the headers.

        Raises:
            openai.APIStatusError: The server says no.
            openai.APIConnectionError: No whole answer came; `APITimeoutError` is one kind of it.
            ValueError: The answer is no JSON.
        """
        import aiohttp

        try:
            async with self.session.post(
                self.url, data=json.dumps(body).encode(), proxy=self.proxy
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise _client_error(self.client, _transport_error(error)) from error
        if response.status // 100 != 2:
            raise _client_error(self.client, _to_httpx_response(response, content))
        return json.loads(content), response.headers

    async def close(self) -> None:
        """Let go of the connections."""
        await self.session.close()


def find_proxy(url: str) -> str | None:
    """The proxy that the environment names for an address, as the client would find it."""
    at, known = urlsplit(url), getproxies()
    found = known.get(at.scheme) or known.get("all")
    names = (at.hostname, at.netloc.rpartition("@")[2])  # NO_PROXY may name a port, or IPv6 bare
    if not found or any(proxy_bypass(name) for name in names if name):
        return None
    return found if "://" in found else f"http://{found}"


def _capture_request(client: OpenAI) -> httpx2.Request:
    """A chat completion as `client` sends it; nothing is sent."""
    import httpx2

    sent: list[httpx2.Request] = []

    def keep(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={})

    _send_mocked(client, keep)
    return sent[0]


def _client_error(client: OpenAI, outcome: httpx2.Response | httpx2.TransportError) -> Exception:
    """What `client` raises where this comes back."""
    import openai

    def answer(request: httpx2.Request) -> httpx2.Response:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    try:
        _send_mocked(client, answer)
    except openai.OpenAIError as error:
        return error
    raise AssertionError(f"the client takes {outcome} for a success")


def _send_mocked(client: OpenAI, answer: Any) -> None:
    """Make a request that `answer` answers here, without a network."""
    import httpx2

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client.with_options(http_client=http).post(_PATH, cast_to=httpx2.Response, body={})


def _transport_error(error: Exception) -> httpx2.TransportError:
    import httpx2

    kind = httpx2.ReadTimeout if isinstance(error, TimeoutError) else httpx2.NetworkError
    return kind(str(error))


def _to_httpx_response(response: aiohttp.ClientResponse, content: bytes) -> httpx2.Response:
    """The same response, unpacked already."""
    import httpx2

    headers = [
        (name, value)
        for name, value in response.headers.items()
        if name.lower() not in ("content-encoding", *_CONNECTION_HEADERS)
    ]
    return httpx2.Response(response.status, headers=headers, content=content)
