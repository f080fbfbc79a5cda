"""Limits of the time and the size of every response.

A client's own timeout is that of a single read, which a server can satisfy for ever with a byte a
second, and no client limits the size of a body. Here a response may take a fixed time, plus a
second for each `MIN_RATE` bytes that have arrived, and it may have so many bytes, counted as they
come and again after they are decompressed. One that exceeds a limit is a lost response.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import attrs

MIN_RATE = 1 << 10
"""Bytes per second that a server must send, once the fixed time is over."""
MAX_BODY = 64 << 20
"""Bytes of a response."""
MAX_FILE = 512 << 20
"""Bytes of a file that is fetched from a server."""
_CHUNK = 1 << 16


class ResponseTooLarge(OSError):
    """A response has more bytes than it may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the response has more than {limit >> 20} MiB")


def response_seconds(timeout: float) -> float:
    """The fixed time of a response: to its first byte, and to its last.

    Args:
        timeout: Seconds after which a read times out.
    """
    return 2 * timeout


def limit_client(client: Any, seconds: float, max_bytes: Callable[[Any], int]) -> None:
    """Limit the responses of a client of `httpx`, or of a package with the same interface.

    Args:
        client: The client, before its first request.
        seconds: The fixed time of a response.
        max_bytes: The size that the response to a request may have.
    """
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _LimitedBackend(pool._network_backend, seconds)
    send = client.send

    def send_limited(request: Any, *, stream: bool = False, **options: Any) -> Any:
        response = send(request, stream=True, **options)
        return response if stream else _read(response, max_bytes(request))

    client.send = send_limited


def _read(response: Any, limit: int) -> Any:
    """The response with its content, which is decompressed as far as the limit allows."""
    pieces, size = [], 0
    try:
        for piece in response.iter_bytes(_CHUNK):
            size += len(piece)
            if size > limit:
                raise _package(response).ReadError("too large") from ResponseTooLarge(limit)
            pieces.append(piece)
    finally:
        response.close()
    decoded = ("content-encoding", "content-length", "transfer-encoding")
    whole = type(response)(
        response.status_code,
        headers=[item for item in response.headers.multi_items() if item[0].lower() not in decoded],
        content=b"".join(pieces),
        request=response.request,
        extensions=response.extensions,
        history=response.history,
    )
    whole.elapsed = response.elapsed
    return whole


def _package(value: Any) -> Any:
    """The package that a value is of, which names its errors as its namesakes do."""
    return sys.modules[type(value).__module__.partition(".")[0]]


@attrs.frozen
class _LimitedBackend:
    """A network backend of `httpcore` whose connections are limited; else the one it wraps."""

    backend: Any
    seconds: float

    def connect_tcp(self, *args: Any, **options: Any) -> Any:
        return _LimitedStream(self.backend.connect_tcp(*args, **options), self.seconds)

    def connect_unix_socket(self, *args: Any, **options: Any) -> Any:
        return _LimitedStream(self.backend.connect_unix_socket(*args, **options), self.seconds)

    def sleep(self, seconds: float) -> None:
        self.backend.sleep(seconds)


@attrs.define
class _LimitedStream:
    """A connection. What is read between two writes is a response, headers included."""

    stream: Any
    seconds: float
    started: float = attrs.field(factory=time.monotonic)
    size: int = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self.started + self.seconds + self.size / MIN_RATE - time.monotonic()
        if left <= 0:
            raise _package(self.stream).ReadTimeout("the response is too slow")
        data: bytes = self.stream.read(max_bytes, left if timeout is None else min(left, timeout))
        self.size += len(data)
        if self.size > MAX_FILE:
            raise _package(self.stream).ReadError("too large") from ResponseTooLarge(MAX_FILE)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, timeout)
        self.started, self.size = time.monotonic(), 0

    def start_tls(self, *args: Any, **options: Any) -> Any:
        return _LimitedStream(self.stream.start_tls(*args, **options), self.seconds)

    def close(self) -> None:
        self.stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
