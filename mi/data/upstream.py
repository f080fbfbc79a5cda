"""Published files: in the cache a file is what was pinned, or it is not there.

A file is fetched aside, as far as the line holds, and goes on from there the next time. Size and
digest are compared before it gets its name; one that differs is thrown away and never read. Where
nobody published a digest, the first one seen is kept beside the file, and another is told.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from ..errors import DataError
from ..files.cache import ByteProgress, cache_root, file_digest
from ..spec import Upstream

RAW = "https://raw.githubusercontent.com"


@attrs.frozen(kw_only=True)
class CachedFile:
    """A published file in the cache.

    Args:
        fresh: Whether it was fetched just now.
        note: What is worth saying: that its content is not what it was before.
    """

    path: Path
    sha256: str
    fresh: bool
    note: str | None = None


def cache_path(source: Upstream) -> Path:
    """Where a file stands once it is here."""
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", source.origin).strip("-")
    return cache_root() / "data" / slug / source.file


def cached_path(source: Upstream) -> Path | None:
    """The file, where it is here; None where it is not."""
    path = cache_path(source)
    return path if path.is_file() else None


def pull(source: Upstream, progress: ByteProgress = lambda done, total: None) -> CachedFile:
    """The file, fetched where it is not here yet.

    Raises:
        DataError: It cannot be had, or is not what was pinned; says what to do.
    """
    from ..files import download

    path = cache_path(source)
    with _lock(path):
        if path.is_file():
            return verify_cached(source)
        if source.url is None:
            what = f"{source.file} cannot be fetched without you"
            raise DataError(what, where=source.origin, hint=_access_hint(source))
        part = path.with_name(f"{path.name}.part")
        url = _mirrored_url(source.url)
        try:
            download.download_file(
                url, part, progress, size=source.bytes, initial_backoff=_retry_backoff()
            )
        except download.DownloadRejected as error:
            raise _http_error(error.status, url, source) from None
        except download.DownloadError as error:
            raise DataError(
                f"cannot be downloaded: {error}",
                where=url,
                hint="what has arrived is kept; run the same command again to continue",
            ) from None
        return _install(source, part, path, url)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time makes a file of the cache."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        yield


def adopt(source: Upstream, user_path: Path) -> CachedFile:
    """The file from a copy the user has: the file itself, or a folder that holds it.

    Raises:
        DataError: There is none, or it is not what was pinned.
    """
    found = user_path / source.file if user_path.is_dir() else user_path
    if not found.is_file():
        raise DataError("there is no such file", where=str(found))
    path = cache_path(source)
    with _lock(path):
        part = path.with_name(f"{path.name}.given")
        shutil.copyfile(found, part)
        return _install(source, part, path, str(found))


def verify_cached(source: Upstream) -> CachedFile:
    """The file that is here, looked through again.

    Raises:
        DataError: It is not here, or not what was pinned.
    """
    path = cache_path(source)
    if not path.is_file():
        raise DataError("is not here", where=source.origin, hint="`mi data pull` fetches it")
    digest = file_digest(path)
    fault = _mismatch(source, path, digest)
    if fault is not None:
        raise DataError(fault, where=str(path), hint="delete it and pull it again")
    return CachedFile(path=path, sha256=digest, fresh=False)


def _install(source: Upstream, part: Path, path: Path, where: str) -> CachedFile:
    digest = file_digest(part)
    fault = _mismatch(source, part, digest)
    if fault is not None:
        part.unlink()
        raise DataError(
            f"{fault}; nothing of it is kept",
            where=where,
            hint="the pin is of another version, or the file was changed on the way; `--data "
            "NAME=PATH` takes a file of any version",
        )
    note = _record_digest(source, path, digest)
    part.replace(path)
    return CachedFile(path=path, sha256=digest, fresh=True, note=note)


def _mismatch(source: Upstream, path: Path, digest: str) -> str | None:
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


def _record_digest(source: Upstream, path: Path, digest: str) -> str | None:
    """Keep the digest of a file nobody published one for; a note where it was another before."""
    if source.sha256 is not None:
        return None
    kept = path.with_name(f"{path.name}.sha256")
    before = kept.read_text(encoding="ascii") if kept.exists() else digest
    kept.write_text(digest, encoding="ascii")
    if before == digest:
        return None
    return f"its content changed: sha256 {before[:12]}… before, {digest[:12]}… now"


def _access_hint(source: Upstream) -> str:
    get = f"get {source.file} from {source.origin}, then `mi data pull … --from FILE`"
    return source.access or get


def _mirrored_url(url: str) -> str:
    """The address, at the mirror `MI_MIRROR` where one is named."""
    mirror = os.environ.get("MI_MIRROR")
    return url.replace(RAW, mirror.rstrip("/"), 1) if mirror else url


def _retry_backoff() -> float:
    return float(os.environ.get("MI_RETRY_PAUSE", "0.5"))


def _http_error(status: int, url: str, source: Upstream) -> DataError:
    if status in (401, 403):
        return DataError(f"asks for a log-in ({status})", where=url, hint=_access_hint(source))
    what = "is not there any more" if status in (404, 410) else "was refused"
    return DataError(
        f"{what} ({status})",
        where=url,
        hint=f"if you have it from elsewhere: `mi data pull … --from FILE` ({source.origin})",
    )
