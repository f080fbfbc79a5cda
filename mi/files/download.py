"""Resumable downloads over HTTP.

A file arrives in a part file. What has arrived stays there when a connection breaks or the process
is killed, and the next attempt, or the next call, asks the server for the rest only. The caller
compares size and digest before it gives the file its name: nothing here vouches for the content.

Import this module where a download starts: loading urllib takes longer than making a plan.
"""

from __future__ import annotations

import logging
import queue
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from .addresses import with_query
from .cache import ByteProgress
from .secrets import take_credentials

logger = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 16
MAX_DOWNLOAD = 4 << 30
"""Bytes of a file whose size is not known."""
MIN_RATE = 1 << 10
"""Bytes per second that a server must send on average, after some grace."""
_TIMEOUT_SECONDS = 30.0
"""Seconds to connect, and to wait for more bytes."""
_HEADER_SECONDS = 90.0
_GRACE_SECONDS = 60.0
_SPARE_BYTES = 64 << 20
_MAX_ATTEMPTS = 6
_MAX_BACKOFF_SECONDS = 10.0


class DownloadError(Exception):
    """The file could not be downloaded; what has arrived is in the part file."""


class TransientDownloadError(DownloadError):
    """The connection broke or the server had a passing problem, so another attempt may succeed."""


class DownloadRejected(DownloadError):
    """The server refuses to send the file, with HTTP status `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered {status}")
        self.status = status


def download_file(
    url: str,
    part: Path,
    progress: ByteProgress,
    *,
    size: int | None = None,
    initial_backoff: float = 0.5,
    opener: urllib.request.OpenerDirector | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Download what `part` lacks of the file at `url`.

    Args:
        url: An address that urllib can open.
        part: The part file; created if it does not exist, continued if it does.
        progress: Called with the bytes in `part` and the bytes of the whole file (None if
            unknown), when a response starts and after each chunk. It may raise to stop.
        size: Bytes of the whole file, if known; much more are refused.
        initial_backoff: Seconds before the second attempt; the wait doubles each time.
        opener: Opens the address; by default urllib's own, with the environment's proxies.
        sleep: Waits between attempts.

    Raises:
        TransientDownloadError: The last attempt failed too.
        DownloadRejected: The server refuses to send the file.
        DownloadError: The download failed in a way that another attempt would not change.
    """

    def log_retry(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        logger.info("%s: attempt %d failed: %s", part.name, state.attempt_number, error)

    retrying = Retrying(
        stop=stop_after_attempt(_MAX_ATTEMPTS),
        wait=wait_exponential(multiplier=initial_backoff, max=_MAX_BACKOFF_SECONDS),
        retry=retry_if_exception_type(TransientDownloadError),
        before_sleep=log_retry,
        sleep=sleep,
        reraise=True,
    )
    retrying(_attempt, url, part, progress, size, opener or urllib.request.build_opener())


def _attempt(
    url: str,
    part: Path,
    progress: ByteProgress,
    size: int | None,
    opener: urllib.request.OpenerDirector,
) -> None:
    offset = part.stat().st_size if part.exists() else 0
    if size is not None and offset == size:
        return
    headers = {"User-Agent": "mi", "Accept-Encoding": "identity"}
    try:
        place, credentials = take_credentials(url)
    except ValueError as error:
        raise DownloadError(str(error)) from None
    request = urllib.request.Request(
        with_query(place, credentials.query), headers=headers | credentials.headers
    )
    if offset:
        request.add_header("Range", f"bytes={offset}-")
    try:
        with _open(opener, request) as response:
            _write_body(response, part, offset, size, progress)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and offset:
            if error.headers.get("Content-Range") == f"bytes */{offset}":
                return  # the part file already holds the whole file
            part.unlink()  # it is longer than the file, so it belongs to another version
            raise TransientDownloadError("the part file belonged to another version") from None
        if error.code == 429 or error.code >= 500:
            raise TransientDownloadError(f"the server answered {error.code}") from None
        raise DownloadRejected(error.code) from None
    except (urllib.error.URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        message = str(reason) or type(error).__name__
        if isinstance(reason, ssl.SSLCertVerificationError | FileNotFoundError):
            raise DownloadError(message) from None
        raise TransientDownloadError(message) from None


def _open(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Any:
    """Open an address. The headers must arrive in time, though each byte of them may.

    Raises:
        TransientDownloadError: They did not.
        Exception: What the opener raised.
    """
    outcome: queue.Queue[Any] = queue.Queue()

    def open_request() -> None:
        try:
            outcome.put(opener.open(request, timeout=_TIMEOUT_SECONDS))
        except BaseException as error:  # raised again in the thread that waits
            outcome.put(error)

    threading.Thread(target=open_request, daemon=True).start()
    try:
        result = outcome.get(timeout=_HEADER_SECONDS)
    except queue.Empty:
        raise TransientDownloadError("the server's headers did not arrive in time") from None
    if isinstance(result, BaseException):
        raise result
    return result


def _write_body(
    response: Any, part: Path, offset: int, size: int | None, progress: ByteProgress
) -> None:
    # A server without support for ranges sends the whole file; a file: URL has no status at all.
    if getattr(response, "status", None) != 206:
        offset = 0
    length = response.headers.get("Content-Length")
    total = offset + int(length) if length and length.isdigit() else size
    # A file of another size than expected is fetched too, so that the caller can say what it is.
    limit = MAX_DOWNLOAD if size is None else size + _SPARE_BYTES
    if total is not None and total > limit:
        raise DownloadError(f"the server sends {total:,} bytes, but {limit:,} are the most")
    started, arrived = time.monotonic(), 0
    with part.open("ab" if offset else "wb") as file:
        progress(offset, total)
        while chunk := response.read1(CHUNK_BYTES):
            file.write(chunk)
            offset += len(chunk)
            arrived += len(chunk)
            if offset > limit:
                raise DownloadError(f"the server sends more than {limit:,} bytes")
            if time.monotonic() - started > _GRACE_SECONDS + arrived / MIN_RATE:
                raise TransientDownloadError(f"less than {MIN_RATE} bytes a second arrive")
            progress(offset, total)
    if total is not None and offset < total:
        raise TransientDownloadError(f"the connection was cut after {offset:,} of {total:,} bytes")
