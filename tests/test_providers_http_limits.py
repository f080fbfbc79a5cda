"""No response takes for ever or grows without end, whichever client waits for it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import openai
import pytest

from mi.errors import ProviderError
from mi.files import download
from mi.providers import http_limits
from mi.providers.openai import accounts, transport
from mi.providers.openai.accounts import Account
from mi.providers.openai.errors import is_lost, to_provider_error
from mi.providers.tinker.client import Server
from mi.providers.watch import NullMonitor

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
LIMIT = 1 << 20
PACKED = gzip.compress(b" " * (8 * LIMIT))


def trickle_headers(connection: socket.socket) -> None:
    connection.sendall(OK)
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def trickle_body(connection: socket.socket) -> None:
    connection.sendall(OK + b"content-length: 1000000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def trickle_chunks(connection: socket.socket) -> None:
    connection.sendall(OK + b"transfer-encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.05)


def endless_body(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(b" " * (1 << 16))


def endless_when_unpacked(connection: socket.socket) -> None:
    head = f"content-encoding: gzip\r\ncontent-length: {len(PACKED)}\r\n\r\n"
    connection.sendall(OK + head.encode() + PACKED)


SLOW = [trickle_headers, trickle_body, trickle_chunks]
LARGE = [endless_body, endless_when_unpacked]


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answers every connection in this way, once its request has begun."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(1 << 16)
            answer(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def by_the_client(url: str) -> Any:
    asking = Account("sk-loopback-one", f"{url}/v1", 0.2)
    try:
        return asking.client.models.list()
    finally:
        asking.close()


def directly(url: str) -> Any:
    async def ask() -> Any:
        route = Account("sk-loopback-one", f"{url}/v1", 0.2).open_transport()
        try:
            return await route.complete({"model": "m", "messages": []})
        finally:
            await route.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("answer", SLOW)
@pytest.mark.parametrize("ask", [by_the_client, directly])
def test_a_response_that_trickles_is_lost(
    ask: Callable[[str], Any], answer: Callable[[socket.socket], None]
) -> None:
    started = time.monotonic()
    with serving(answer) as url, pytest.raises(openai.APITimeoutError) as caught:
        ask(url)
    assert is_lost(caught.value), caught.value
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("answer", LARGE)
@pytest.mark.parametrize("ask", [by_the_client, directly])
def test_a_response_without_end_is_lost_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[str], Any],
    answer: Callable[[socket.socket], None],
) -> None:
    for module in (accounts, transport):
        monkeypatch.setattr(module, "MAX_BODY", LIMIT)
    monkeypatch.setattr(http_limits, "MAX_FILE", 8 * LIMIT)
    with serving(answer) as url, pytest.raises(openai.APIConnectionError) as caught:
        ask(url)
    assert is_lost(caught.value), caught.value
    assert "more than 1 MiB" in str(to_provider_error(caught.value, (), "asking"))


def test_a_slow_but_steady_response_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends more than the least rate, for longer than the fixed time."""

    def steady(connection: socket.socket) -> None:
        body = b'{"object": "list", "data": []}'.ljust(30_000)
        connection.sendall(OK + f"content-length: {len(body)}\r\n\r\n".encode())
        for start in range(0, len(body), 1000):
            connection.sendall(body[start : start + 1000])
            time.sleep(0.03)

    with serving(steady) as url:
        assert list(by_the_client(url)) == []
        assert directly(url)[0] == {"object": "list", "data": []}


@pytest.mark.parametrize("answer", [*SLOW, endless_body])
def test_a_tinker_server_that_trickles_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr("mi.providers.tinker.client.response_seconds", lambda timeout: 0.5)
    monkeypatch.setattr("mi.providers.tinker.client.MAX_BODY", LIMIT)
    with serving(answer) as url:
        server = Server("lab", "tml-none", url, None, None, 1.0)
        with pytest.raises(ProviderError, match="no server answers"):
            server.check_reachable(NullMonitor(), attempts=1)


@pytest.mark.parametrize("answer", [*SLOW, endless_body])
@pytest.mark.parametrize("size", [None, 1000])
def test_a_download_ends(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    answer: Callable[[socket.socket], None],
    size: int | None,
) -> None:
    for name, value in (
        ("_HEADER_SECONDS", 0.1),
        ("_GRACE_SECONDS", 0.1),
        ("MAX_DOWNLOAD", LIMIT),
        ("_SPARE_BYTES", LIMIT),
    ):
        monkeypatch.setitem(vars(download), name, value)
    part = tmp_path / "part"
    with serving(answer) as url, pytest.raises(download.DownloadError):
        download.download_file(url, part, lambda *_: None, size=size, sleep=lambda _: None)
    assert not part.exists() or part.stat().st_size < 2 * LIMIT
