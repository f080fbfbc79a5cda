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

from .cache import Told

_PIECE = 1 << 16
_TIMEOUT = 30.0
_TRIES = 6


class Cut(Exception):
    """The line broke, or the server had a bad moment: it can be tried again."""


class Refused(Exception):
    """The server will not give the file; `status` is what it answered."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered {status}")
        self.status = status


def fetch(url: str, part: Path, size: int | None, told: Told, *, pause: float) -> None:
    """Fetch what `part` lacks of a file.

    Args:
        size: Bytes of the whole file, where that is known.
        pause: Seconds before the second try; they grow.

    Raises:
        Cut: It was tried often enough; what came is in `part`.
        Refused: Trying again would meet the same.
    """
    retrying = Retrying(
        stop=stop_after_attempt(_TRIES),
        wait=wait_exponential(multiplier=pause, max=10),
        retry=retry_if_exception_type(Cut),
        reraise=True,
    )
    retrying(_once, url, part, size, told)


def _once(url: str, part: Path, size: int | None, told: Told) -> None:
    there = part.stat().st_size if part.exists() else 0
    if size is not None and there == size:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "mi"})
    if there:
        request.add_header("Range", f"bytes={there}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            _keep(response, part, there, size, told)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # what is there is longer than the file: it is of another version
            part.unlink()
            raise Cut("the part that was here did not fit") from None
        if error.code == 429 or error.code >= 500:
            raise Cut(f"the server answered {error.code}") from None
        raise Refused(error.code) from None
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise Cut(str(getattr(error, "reason", error)) or type(error).__name__) from None


def _keep(response: Any, part: Path, there: int, size: int | None, told: Told) -> None:
    if response.status != 206:  # the server knows no ranges, and sends all of it
        there = 0
    length = response.headers.get("Content-Length")
    total = there + int(length) if length and length.isdigit() else size
    with part.open("ab" if there else "wb") as file:
        told(there, total)
        while piece := response.read1(_PIECE):
            file.write(piece)
            there += len(piece)
            told(there, total)
    if total is not None and there < total:
        raise Cut(f"the connection was cut after {there:,} of {total:,} bytes")
