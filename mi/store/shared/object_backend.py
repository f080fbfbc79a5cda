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
from .retry import patiently

T = TypeVar("T")

_S3: dict[str, Any] = {
    "retries": {"total_max_attempts": 1},  # this module asks again, as long as it is patient
    "connect_timeout": 10,
    "read_timeout": 60,
}


@attrs.frozen
class Objects:
    """The objects below a prefix.

    Args:
        url: `s3://bucket/prefix`.
        patience: Seconds for which the place may be away.
    """

    url: str
    patience: float
    _system: Any = None
    _path: str = ""

    @classmethod
    def at(cls, url: str, patience: float = 120.0) -> Objects:
        """The objects below `url`.

        Raises:
            UsageError: A package is missing, or no fsspec file system has such addresses.
        """
        try:
            import fsspec

            options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
            if url.startswith("s3"):
                options["config_kwargs"] = _S3
            system, path = fsspec.core.url_to_fs(url, **options)
            system.retries = 1  # of s3fs
        except (ImportError, ValueError) as error:
            raise UsageError(
                f"a store there needs a package that is not here ({error})",
                where=url,
                hint="pip install 'mi[s3]', or fsspec and the package for that kind of address",
            ) from None
        return cls(url, patience, system, path.rstrip("/"))

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
        found: bytes = self._asked(lambda: self._system.cat_file(self._at(name)))
        return found

    def write(self, name: str, data: bytes) -> None:
        self._asked(lambda: self._system.pipe_file(self._at(name), data))

    def create(self, name: str, data: bytes) -> bool:
        def once() -> bool:
            try:
                self._system.pipe_file(self._at(name), data, mode="create")
            except FileExistsError:  # perhaps by an earlier try of this very call, here or below
                return self.read(name) == data
            return True

        return self._asked(once)

    def send(self, path: Path, name: str) -> None:
        self._asked(lambda: self._system.put_file(str(path), self._at(name)))

    def fetch(self, name: str, path: Path) -> None:
        self._asked(lambda: self._system.get_file(self._at(name), str(path)))

    def stamps(self, folder: str) -> dict[str, str]:
        found = self._asked(lambda: self._system.find(self._at(folder), detail=True))
        cut = len(self._path) + 1
        # A folder that is filled just after it was found empty is told as a thing of its own.
        below = f"{self._at(folder).rstrip('/')}/"
        return {n[cut:]: _stamp(facts) for n, facts in found.items() if n.startswith(below)}

    def exists(self, name: str) -> bool:
        def there() -> bool:
            try:
                self._system.info(self._at(name))
            except FileNotFoundError:
                return False
            return True

        return self._asked(there)

    def delete(self, names: Iterable[str]) -> None:
        paths = [self._at(name) for name in names]

        def gone() -> None:
            try:
                self._system.rm(paths)
            except FileNotFoundError:
                for path in paths:
                    if self._system.exists(path):
                        self._system.rm_file(path)

        if paths:
            self._asked(gone)

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}"

    def _asked(self, ask: Callable[[], T]) -> T:
        return patiently(ask, self.patience, self.url)


def _stamp(facts: dict[str, Any]) -> str:
    tag = facts.get("ETag") or facts.get("etag") or facts.get("mtime") or facts.get("created")
    return f"{facts.get('size')}:{tag}"
