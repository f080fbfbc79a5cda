"""Published files: in the cache a file is what was pinned, or it is not there.

A file is fetched aside, as far as the line holds, and goes on from there the next time. Size and
digest are compared before it gets its name; one that differs is thrown away and never read. Where
nobody published a digest, the first one seen is kept beside the file, and another is told.
"""

from __future__ import annotations

import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

import attrs
from filelock import FileLock
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from .cache import file_digest, root
from .errors import DataError
from .spec import Upstream

RAW = "https://raw.githubusercontent.com"
_PIECE = 1 << 16
_TIMEOUT = 30.0
_TRIES = 6

Told = Callable[[int, int | None], None]
"""Hears how many bytes are there, and of how many."""


@attrs.frozen(kw_only=True)
class Pulled:
    """A published file in the cache.

    Args:
        fresh: Whether it was fetched just now.
        note: What is worth saying: that its content is not what it was before.
    """

    path: Path
    sha256: str
    fresh: bool
    note: str | None = None


class _Cut(Exception):
    """The line broke, or the server had a bad moment: it can be tried again."""


def place(source: Upstream) -> Path:
    """Where a file stands once it is here."""
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", source.origin).strip("-")
    return root() / "data" / slug / source.file


def cached(source: Upstream) -> Path | None:
    """The file, where it is here; None where it is not."""
    path = place(source)
    return path if path.is_file() else None


def pull(source: Upstream, told: Told = lambda done, total: None) -> Pulled:
    """The file, fetched where it is not here yet.

    Raises:
        DataError: It cannot be had, or is not what was pinned; says what to do.
    """
    path = place(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        if path.is_file():
            return verify(source)
        if source.url is None:
            what = f"{source.file} cannot be fetched without you"
            raise DataError(what, where=source.origin, hint=_access(source))
        part = path.with_name(f"{path.name}.part")
        retrying = Retrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_exponential(multiplier=_pause(), max=10),
            retry=retry_if_exception_type(_Cut),
            reraise=True,
        )
        try:
            retrying(_fetch, _address(source.url), part, source, told)
        except _Cut as error:
            raise DataError(
                f"cannot be fetched: {error}",
                where=_address(source.url),
                hint="what has come is kept: the same command goes on from there",
            ) from None
        return _adopted(source, part, path, _address(source.url))


def adopt(source: Upstream, given: Path) -> Pulled:
    """The file from a copy the user has: the file itself, or a folder that holds it.

    Raises:
        DataError: There is none, or it is not what was pinned.
    """
    found = given / source.file if given.is_dir() else given
    if not found.is_file():
        raise DataError("there is no such file", where=str(found))
    path = place(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        part = path.with_name(f"{path.name}.given")
        shutil.copyfile(found, part)
        return _adopted(source, part, path, str(found))


def verify(source: Upstream) -> Pulled:
    """The file that is here, looked through again.

    Raises:
        DataError: It is not here, or not what was pinned.
    """
    path = place(source)
    if not path.is_file():
        raise DataError("is not here", where=source.origin, hint="`mi data pull` fetches it")
    digest = file_digest(path)
    fault = _fault(source, path, digest)
    if fault is not None:
        raise DataError(fault, where=str(path), hint="delete it and pull it again")
    return Pulled(path=path, sha256=digest, fresh=False)


def _adopted(source: Upstream, part: Path, path: Path, where: str) -> Pulled:
    digest = file_digest(part)
    fault = _fault(source, part, digest)
    if fault is not None:
        part.unlink()
        raise DataError(
            f"{fault}; nothing of it is kept",
            where=where,
            hint="the pin is of another version, or the file was changed on the way; `--data "
            "NAME=PATH` takes a file of any version",
        )
    note = _first_seen(source, path, digest)
    part.replace(path)
    return Pulled(path=path, sha256=digest, fresh=True, note=note)


def _fault(source: Upstream, path: Path, digest: str) -> str | None:
    """How a file differs from its pin; None for one that does not."""
    size = path.stat().st_size
    if source.bytes is not None and size != source.bytes:
        return f"{size:,} bytes where {source.bytes:,} were expected"
    if source.sha256 is not None and digest != source.sha256:
        return f"sha256 {digest} where {source.sha256} was expected"
    if source.rows is not None:
        with path.open("rb") as lines:
            rows = sum(1 for line in lines if line.strip())
        if rows != source.rows:
            return f"{rows:,} rows where {source.rows:,} were expected"
    return None


def _first_seen(source: Upstream, path: Path, digest: str) -> str | None:
    """Keep the digest of a file nobody published one for; a note where it was another before."""
    if source.sha256 is not None:
        return None
    kept = path.with_name(f"{path.name}.sha256")
    before = kept.read_text(encoding="ascii") if kept.exists() else digest
    kept.write_text(digest, encoding="ascii")
    if before == digest:
        return None
    return f"its content changed: sha256 {before[:12]}… before, {digest[:12]}… now"


def _access(source: Upstream) -> str:
    get = f"get {source.file} from {source.origin}, then `mi data pull … --from FILE`"
    return source.access or get


def _address(url: str) -> str:
    """The address, at the mirror `MI_MIRROR` where one is named."""
    mirror = os.environ.get("MI_MIRROR")
    return url.replace(RAW, mirror.rstrip("/"), 1) if mirror else url


def _pause() -> float:
    return float(os.environ.get("MI_RETRY_PAUSE", "0.5"))


def _fetch(url: str, part: Path, source: Upstream, told: Told) -> None:
    """Fetch the rest of a file behind what is there already."""
    there = part.stat().st_size if part.exists() else 0
    if source.bytes is not None and there == source.bytes:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "mi"})
    if there:
        request.add_header("Range", f"bytes={there}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            _keep(response, part, there, source, told)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # what is there is longer than the file: it is of another version
            part.unlink()
            raise _Cut("the part that was here did not fit") from None
        raise _refused(error.code, url, source) from None
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise _Cut(str(getattr(error, "reason", error)) or type(error).__name__) from None


def _keep(response: Any, part: Path, there: int, source: Upstream, told: Told) -> None:
    if response.status != 206:  # the server knows no ranges, and sends all of it
        there = 0
    length = response.headers.get("Content-Length")
    total = there + int(length) if length and length.isdigit() else source.bytes
    with part.open("ab" if there else "wb") as file:
        told(there, total)
        while piece := response.read1(_PIECE):
            file.write(piece)
            there += len(piece)
            told(there, total)
    if total is not None and there < total:
        raise _Cut(f"the connection was cut after {there:,} of {total:,} bytes")


def _refused(status: int, url: str, source: Upstream) -> Exception:
    if status == 429 or status >= 500:
        return _Cut(f"the server answered {status}")
    if status in (401, 403):
        return DataError(f"asks for a log-in ({status})", where=url, hint=_access(source))
    what = "is not there any more" if status in (404, 410) else "was refused"
    return DataError(
        f"{what} ({status})",
        where=url,
        hint=f"if you have it from elsewhere: `mi data pull … --from FILE` ({source.origin})",
    )
