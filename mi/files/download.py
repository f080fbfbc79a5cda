"""A file over HTTP: kept as far as the line holds, and gone on with from there.

Imported by what fetches, for the client's modules take longer to load than a plan takes to make.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from .cache import ByteProgress

_CHUNK_BYTES = 1 << 16
_TIMEOUT_SECONDS = 30.0
_MAX_ATTEMPTS = 6


class TransientDownloadError(Exception):
    """The line broke, or the server had a bad moment: it can be tried again."""


class DownloadRejected(Exception):
    """The server will not give the file; `status` is what it answered."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered {status}")
        self.status = status


def download_file(
    url: str, part: Path, size: int | None, progress: ByteProgress, *, initial_backoff: float
) -> None:
    """Fetch what `part` lacks of a file.

    Args:
        size: Bytes of the whole file, where that is known.
        pause: Seconds before the second try; they grow.

    Raises:
        Cut: It was tried often enough; what came is in `part`.
        Refused: Trying again would meet the same.
    """
    retrying = Retrying(
        stop=stop_after_attempt(_MAX_ATTEMPTS),
        wait=wait_exponential(multiplier=initial_backoff, max=10),
        retry=retry_if_exception_type(TransientDownloadError),
        reraise=True,
    )
    retrying(_attempt, url, part, size, progress)


def _attempt(url: str, part: Path, size: int | None, progress: ByteProgress) -> None:
    offset = part.stat().st_size if part.exists() else 0
    if size is not None and offset == size:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "mi"})
    if offset:
        request.add_header("Range", f"bytes={offset}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            _write_body(response, part, offset, size, progress)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # what is there is longer than the file: it is of another version
            part.unlink()
            raise TransientDownloadError("the part that was here did not fit") from None
        if error.code == 429 or error.code >= 500:
            raise TransientDownloadError(f"the server answered {error.code}") from None
        raise DownloadRejected(error.code) from None
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise TransientDownloadError(
            str(getattr(error, "reason", error)) or type(error).__name__
        ) from None


def _write_body(
    response: Any, part: Path, offset: int, size: int | None, progress: ByteProgress
) -> None:
    if response.status != 206:  # the server knows no ranges, and sends all of it
        offset = 0
    length = response.headers.get("Content-Length")
    total = offset + int(length) if length and length.isdigit() else size
    with part.open("ab" if offset else "wb") as file:
        progress(offset, total)
        while piece := response.read1(_CHUNK_BYTES):
            file.write(piece)
            offset += len(piece)
            progress(offset, total)
    if total is not None and offset < total:
        raise TransientDownloadError(f"the connection was cut after {offset:,} of {total:,} bytes")
