"""Published files: a file in the cache is exactly what was pinned, or it is absent.

A file is downloaded to a part file, and an interrupted download resumes from there. Size and digest
are compared before the file gets its name; a file that differs is deleted and never read. If no
digest is published, that of the first download is stored beside the file, and a later one that
differs is reported.
"""

from __future__ import annotations

import logging
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

_logger = logging.getLogger(__name__)

RAW = "https://raw.githubusercontent.com"


@attrs.frozen(kw_only=True)
class CachedFile:
    """A published file in the cache.

    Args:
        path: Its path in the cache.
        sha256: Digest of its content, 64 hex digits.
        fresh: Whether it was added to the cache just now.
        note: A warning that its content has changed since an earlier download; None: no warning.
    """

    path: Path
    sha256: str
    fresh: bool
    note: str | None = None


def cache_path(source: Upstream) -> Path:
    """The path of a published file in the cache, whether it exists or not."""
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", source.origin).strip("-")
    return cache_root() / "data" / slug / source.file


def cached_path(source: Upstream) -> Path | None:
    """The path of a published file in the cache; None if it is not downloaded."""
    path = cache_path(source)
    return path if path.is_file() else None


def pull(source: Upstream, progress: ByteProgress = lambda received, total: None) -> CachedFile:
    """Download a published file unless the cache holds it, and verify it.

    Args:
        source: The file and its pin.
        progress: Called as the bytes arrive.

    Raises:
        DataError: The file cannot be downloaded, or differs from its pin.
    """
    from ..files import download

    path = cache_path(source)
    with _lock(path):
        if path.is_file():
            return verify_cached(source)
        if source.url is None:
            raise DataError(
                f"{source.file} cannot be downloaded automatically",
                where=source.origin,
                hint=_access_hint(source),
            )
        part = path.with_name(f"{path.name}.part")
        url = _mirrored_url(source.url)
        _logger.info("downloading %s to %s", url, path)
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
    """Let only one process at a time write a file of the cache."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        yield


def adopt(source: Upstream, user_path: Path) -> CachedFile:
    """Copy a published file that the user has obtained into the cache.

    Args:
        source: The file and its pin.
        user_path: The user's copy, or a directory that contains it.

    Raises:
        DataError: The copy does not exist, or differs from its pin.
    """
    copy = user_path / source.file if user_path.is_dir() else user_path
    if not copy.is_file():
        raise DataError("there is no such file", where=str(copy))
    path = cache_path(source)
    with _lock(path):
        part = path.with_name(f"{path.name}.given")
        shutil.copyfile(copy, part)
        return _install(source, part, path, str(copy))


def verify_cached(source: Upstream) -> CachedFile:
    """Compare the cached file with its pin again.

    Raises:
        DataError: The file is not in the cache, or differs from its pin.
    """
    path = cache_path(source)
    if not path.is_file():
        raise DataError("is not downloaded", where=source.origin, hint="run `mi data pull`")
    digest = file_digest(path)
    mismatch = _mismatch(source, path, digest)
    if mismatch is not None:
        raise DataError(mismatch, where=str(path), hint="delete it and pull it again")
    return CachedFile(path=path, sha256=digest, fresh=False)


def _install(source: Upstream, part: Path, path: Path, where: str) -> CachedFile:
    """Verify a part file and give it its name in the cache; `where` is its origin, for messages."""
    digest = file_digest(part)
    mismatch = _mismatch(source, part, digest)
    if mismatch is not None:
        part.unlink()
        raise DataError(
            f"{mismatch}; the file was deleted",
            where=where,
            hint="it is another version than the pinned one, or was changed in transit; `--data "
            "NAME=PATH` accepts any version",
        )
    note = _record_digest(source, path, digest)
    part.replace(path)
    return CachedFile(path=path, sha256=digest, fresh=True, note=note)


def _mismatch(source: Upstream, path: Path, digest: str) -> str | None:
    """How a file differs from its pin; None if it does not."""
    size = path.stat().st_size
    if source.bytes is not None and size != source.bytes:
        return f"has {size:,} bytes, but {source.bytes:,} were expected"
    if source.sha256 is not None and digest != source.sha256:
        return f"has sha256 {digest}, but {source.sha256} was expected"
    if source.rows is not None:
        with path.open("rb") as lines:
            rows = sum(1 for line in lines if line.strip())
        if rows != source.rows:
            return f"has {rows:,} rows, but {source.rows:,} were expected"
    return None


def _record_digest(source: Upstream, path: Path, digest: str) -> str | None:
    """Store the digest of a file that has no published one; a warning if it has changed."""
    if source.sha256 is not None:
        return None
    record = path.with_name(f"{path.name}.sha256")
    previous = record.read_text(encoding="ascii") if record.exists() else digest
    record.write_text(digest, encoding="ascii")
    if previous == digest:
        return None
    return f"its content changed: sha256 {previous[:12]}… before, {digest[:12]}… now"


def _access_hint(source: Upstream) -> str:
    default = f"get {source.file} from {source.origin}, then run `mi data pull … --from FILE`"
    return source.access or default


def _mirrored_url(url: str) -> str:
    """The address at the mirror that `MI_MIRROR` names, or the address itself."""
    mirror = os.environ.get("MI_MIRROR")
    return url.replace(RAW, mirror.rstrip("/"), 1) if mirror else url


def _retry_backoff() -> float:
    return float(os.environ.get("MI_RETRY_PAUSE", "0.5"))


def _http_error(status: int, url: str, source: Upstream) -> DataError:
    if status in (401, 403):
        return DataError(f"requires a log-in ({status})", where=url, hint=_access_hint(source))
    problem = "no longer exists" if status in (404, 410) else "the server refused the request"
    return DataError(
        f"{problem} ({status})",
        where=url,
        hint=f"if you have a copy: `mi data pull … --from FILE` ({source.origin})",
    )
