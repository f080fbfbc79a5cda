"""Files of an object store, through fsspec: S3 and what speaks it, and others that can create.

A create whose answer was lost on the way is settled by looking at what is there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import attrs

from ...errors import StoreError, UsageError
from .retry import retry_io

T = TypeVar("T")

_S3_CONFIG: dict[str, Any] = {
    "retries": {"total_max_attempts": 1},  # this module asks again, as long as it is patient
    "connect_timeout": 10,
    "read_timeout": 60,
}


@attrs.frozen
class ObjectBackend:
    """The objects below a prefix.

    Args:
        url: `s3://bucket/prefix`.
        patience: Seconds for which the place may be away.
    """

    url: str
    retry_seconds: float
    _filesystem: Any = None
    _prefix: str = ""

    @classmethod
    def from_url(cls, url: str, retry_seconds: float = 120.0) -> ObjectBackend:
        """The objects below `url`.

        Raises:
            UsageError: A package is missing, or no fsspec file system has such addresses.
        """
        try:
            import fsspec

            options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
            if url.startswith("s3"):
                options["config_kwargs"] = _S3_CONFIG
            system, path = fsspec.core.url_to_fs(url, **options)
            system.retries = 1  # of s3fs
        except (ImportError, ValueError) as error:
            raise UsageError(
                f"a store there needs a package that is not here ({error})",
                where=url,
                hint="pip install 'mi[s3]', or fsspec and the package for that kind of address",
            ) from None
        return cls(url, retry_seconds, system, path.rstrip("/"))

    def probe(self) -> None:
        """See that a file can be made only where there is none, for all claims rest on it.

        Raises:
            StoreError: The place overwrites what it should leave alone.
        """
        name = f"probes/{uuid.uuid4().hex}"
        if not self.create(name, b"1") or self.create(name, b"2"):
            raise StoreError(
                "does not keep two runs from making the same file (If-None-Match)",
                where=self.url,
                hint="use a server that does, such as S3 itself, or a store on a folder",
            )
        self.delete([name])

    def read(self, name: str) -> bytes:
        found: bytes = self._retry(lambda: self._filesystem.cat_file(self._object_path(name)))
        return found

    def write(self, name: str, data: bytes) -> None:
        self._retry(lambda: self._filesystem.pipe_file(self._object_path(name), data))

    def create(self, name: str, data: bytes) -> bool:
        def once() -> bool:
            try:
                self._filesystem.pipe_file(self._object_path(name), data, mode="create")
            except FileExistsError:  # perhaps by an earlier try of this very call, here or below
                return self.read(name) == data
            return True

        return self._retry(once)

    def upload(self, path: Path, name: str) -> None:
        self._retry(lambda: self._filesystem.put_file(str(path), self._object_path(name)))

    def download(self, name: str, path: Path) -> None:
        self._retry(lambda: self._filesystem.get_file(self._object_path(name), str(path)))

    def versions(self, directory: str) -> dict[str, str]:
        found = self._retry(
            lambda: self._filesystem.find(self._object_path(directory), detail=True)
        )
        cut = len(self._prefix) + 1
        # A folder that is filled just after it was found empty is told as a thing of its own.
        below = f"{self._object_path(directory).rstrip('/')}/"
        return {n[cut:]: _version(facts) for n, facts in found.items() if n.startswith(below)}

    def exists(self, name: str) -> bool:
        def there() -> bool:
            try:
                self._filesystem.info(self._object_path(name))
            except FileNotFoundError:
                return False
            return True

        return self._retry(there)

    def delete(self, names: Iterable[str]) -> None:
        paths = [self._object_path(name) for name in names]

        def gone() -> None:
            try:
                self._filesystem.rm(paths)
            except FileNotFoundError:
                for path in paths:
                    if self._filesystem.exists(path):
                        self._filesystem.rm_file(path)

        if paths:
            self._retry(gone)

    def _object_path(self, name: str) -> str:
        return f"{self._prefix}/{name}"

    def _retry(self, call: Callable[[], T]) -> T:
        return retry_io(call, self.retry_seconds, self.url)


def _version(facts: dict[str, Any]) -> str:
    tag = facts.get("ETag") or facts.get("etag") or facts.get("mtime") or facts.get("created")
    return f"{facts.get('size')}:{tag}"
