"""Files in an object store, through fsspec: S3 and compatible servers, and others that can create.

All of them must support creating an object only where none exists. If the reply to such a create is
lost, reading the object settles whether it was this call that created it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import attrs

from ...errors import StoreError, UsageError
from ...version import install_command
from ..checksums import is_file_name
from .retry import retry_io

T = TypeVar("T")

_S3_CONFIG: dict[str, Any] = {
    "retries": {"total_max_attempts": 1},  # retries are this module's, with its own time limit
    "connect_timeout": 10,
    "read_timeout": 60,
}


@attrs.frozen
class ObjectBackend:
    """The objects below a prefix.

    Args:
        url: `s3://bucket/prefix`.
        retry_seconds: How long the place may fail to answer before an operation gives up.
        filesystem: The fsspec file system.
        _prefix: The path of `url` in it.
    """

    url: str
    retry_seconds: float
    filesystem: Any = None
    _prefix: str = ""

    @classmethod
    def from_url(
        cls, url: str, retry_seconds: float = 120.0, *, address: str = ""
    ) -> ObjectBackend:
        """The objects below `url`.

        Args:
            url: The address without credentials.
            retry_seconds: How long the place may fail to answer before an operation gives up.
            address: The address with credentials, if there are any.

        Raises:
            UsageError: A package is missing, or no fsspec file system has such addresses.
        """
        try:
            import fsspec

            options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
            if url.startswith("s3"):
                options["config_kwargs"] = _S3_CONFIG
            filesystem, path = fsspec.core.url_to_fs(address or url, **options)
            filesystem.retries = 1  # an option of s3fs
        except (ImportError, ValueError) as error:
            raise UsageError(
                f"this kind of store needs a package that is not installed ({error})",
                where=url,
                hint=f"{install_command('s3')}, or fsspec and the package for that kind of address",
            ) from None
        return cls(url, retry_seconds, filesystem, path.rstrip("/"))

    def probe(self) -> None:
        """Check that an object can be created only where none exists: all leases rest on it.

        Raises:
            StoreError: The place overwrites an object that exists.
        """
        name = f"probes/{uuid.uuid4().hex}"
        if not self.create(name, b"1") or self.create(name, b"2"):
            raise StoreError(
                "does not keep two runs from creating the same file (If-None-Match)",
                where=self.url,
                hint="use a server that does, such as S3 itself, or a store in a folder",
            )
        self.delete([name])

    def read(self, name: str) -> bytes:
        data: bytes = self._retry(lambda: self.filesystem.cat_file(self._object_path(name)))
        return data

    def write(self, name: str, data: bytes) -> None:
        self._retry(lambda: self.filesystem.pipe_file(self._object_path(name), data))

    def create(self, name: str, data: bytes) -> bool:
        def create_once() -> bool:
            try:
                self.filesystem.pipe_file(self._object_path(name), data, mode="create")
            except FileExistsError:
                # An earlier try, here or in the client, may have created it: compare the content.
                return self.read(name) == data
            return True

        return self._retry(create_once)

    def upload(self, path: Path, name: str) -> None:
        self._retry(lambda: self.filesystem.put_file(str(path), self._object_path(name)))

    def download(self, name: str, path: Path) -> None:
        self._retry(lambda: self.filesystem.get_file(self._object_path(name), str(path)))

    def versions(self, directory: str) -> dict[str, str]:
        root = self._object_path(directory)
        objects = self._retry(lambda: self.filesystem.find(root, detail=True))
        start = len(self._prefix) + 1
        # A directory that gets its first object just after it was found empty is listed itself.
        parent = f"{root.rstrip('/')}/"
        return {
            path[start:]: _version(facts)
            for path, facts in objects.items()
            if path.startswith(parent) and is_file_name(path[start:])
        }

    def exists(self, name: str) -> bool:
        def has_info() -> bool:
            try:
                self.filesystem.info(self._object_path(name))
            except FileNotFoundError:
                return False
            return True

        return self._retry(has_info)

    def delete(self, names: Iterable[str]) -> None:
        paths = [self._object_path(name) for name in names]

        def remove() -> None:
            try:
                self.filesystem.rm(paths)
            except FileNotFoundError:
                for path in paths:
                    if self.filesystem.exists(path):
                        self.filesystem.rm_file(path)

        if paths:
            self._retry(remove)

    def _object_path(self, name: str) -> str:
        return f"{self._prefix}/{name}"

    def _retry(self, call: Callable[[], T]) -> T:
        return retry_io(call, self.retry_seconds, self.url)


def _version(facts: dict[str, Any]) -> str:
    tag = facts.get("ETag") or facts.get("etag") or facts.get("mtime") or facts.get("created")
    return f"{facts.get('size')}:{tag}"
