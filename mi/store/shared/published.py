"""Published units at a place where nothing can be renamed.

The files of a unit are uploaded to a directory of their own, `units/<key>/<attempt>/`. The unit is
published by its manifest, `published/<key>`, which lists the files with their checksums and can be
created only once: the first complete attempt wins, and nothing ever reads what a later one has
uploaded. Only scoring stored answers again overwrites a manifest, under the unit's lock.
`sha256sum -c` accepts the manifest in the root of a shared folder.

On this machine a unit is downloaded at most once, file by file, and each file is compared with its
checksum before it gets its name.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

import attrs
from filelock import FileLock

from ...errors import CorruptError
from ...files import atomic, gate
from ...files.cache import file_digest
from ..checksums import CHECKSUMS_FILE, RECORD_FILE, is_file_name, read_checksums
from ..layout import LOCKS, UNITS
from .backend import Backend

METADATA_FILES = (
    RECORD_FILE,
    "questions.jsonl",
    "scores.jsonl",
    "metrics.jsonl",
    "log.txt",
    "model.json",
)
"""The files of a unit that the database and reports read; adapters and data are left out."""


@attrs.frozen
class FileManifest:
    """The files of a published unit.

    Args:
        files: Name in the unit → name at the shared place, and its SHA-256.
    """

    files: dict[str, tuple[str, str]]

    @classmethod
    def parse(cls, text: str) -> FileManifest:
        """The files that a manifest lists, one line each: checksum, two spaces, name.

        Raises:
            CorruptError: A name could lead out of the unit.
        """
        files = {}
        for line in text.splitlines():
            checksum, _, source = line.partition("  ")
            name = "/".join(source.split("/")[3:])
            if not is_file_name(source) or not name:
                raise CorruptError(
                    f"names {source[:80]!r}, which is no file of a unit",
                    where="the manifest of a unit",
                )
            files[name] = (source, checksum)
        return cls(files)

    @property
    def checksums_text(self) -> str:
        """The content of SHA256SUMS in a copy on this machine."""
        return "".join(f"{checksum}  {name}\n" for name, (_, checksum) in self.files.items())


@attrs.define
class PublishedUnits:
    """Published units, downloaded to this machine as they are needed.

    Args:
        backend: The files at the shared place.
        root: The store's copy on this machine, which its processes share.
        versions: Published key → version, as of the last `refresh`.
        _reported_versions: The versions that `pop_new_keys` has reported.
    """

    backend: Backend
    root: Path
    versions: dict[str, str] = attrs.field(factory=dict)
    _reported_versions: dict[str, str] = attrs.field(factory=dict)

    def refresh(self) -> dict[str, str]:
        """The published keys, each with a text that changes when the unit is published again."""
        self.versions = {
            key: version
            for name, version in self.backend.versions("published").items()
            if gate.is_name(key := name.partition("/")[2])
        }
        return self.versions

    def publish(self, key: str, directory: Path) -> bool:
        """Upload a sealed directory and publish it. Returns False if another one came first."""
        return self.backend.create(f"published/{key}", self._upload(key, directory))

    def replace(self, key: str, directory: Path, assert_held: Callable[[], None]) -> None:
        """Upload a sealed directory and publish it in place of the unit.

        The files of the earlier publication stay: another machine may be reading them.

        Args:
            key: The unit.
            directory: The sealed directory.
            assert_held: Raises `LeaseLost` if another process has taken over the unit.
        """
        manifest = self._upload(key, directory)
        assert_held()
        self.backend.write(f"published/{key}", manifest)
        self.versions.pop(key, None)

    def _upload(self, key: str, directory: Path) -> bytes:
        """Upload the files of a sealed directory; returns the manifest that lists them."""
        target = f"{UNITS}/{key}/{uuid.uuid4().hex[:12]}"
        lines = []
        for name, checksum in read_checksums(directory).items():
            self.backend.upload(directory / name, f"{target}/{name}")
            lines.append(f"{checksum}  {target}/{name}\n")
        return "".join(lines).encode()

    def adopt(self, key: str, directory: Path) -> None:
        """Move a directory that was published to this machine's copy, so it needs no download.

        A copy of the same content, which another process may be downloading, stays.
        """
        copy = self.copy_dir(key)
        with self._copy_lock(key):
            if not _has_checksums(copy, (directory / CHECKSUMS_FILE).read_text(encoding="utf-8")):
                shutil.rmtree(copy, ignore_errors=True)
                copy.parent.mkdir(parents=True, exist_ok=True)
                os.replace(directory, copy)

    def download(self, key: str, names: Collection[str] | None = None) -> Path:
        """The directory of a published unit on this machine, with its files.

        Args:
            key: The unit.
            names: The files that are needed; all if None.

        Raises:
            FileNotFoundError: The unit is not published.
            CorruptError: A file is missing or does not match its checksum.
        """
        directory = self.copy_dir(key)
        manifest = self._manifest(key, directory)
        missing = [
            name
            for name in manifest.files
            if (names is None or name in names) and not (directory / name).exists()
        ]
        if missing:
            with self._copy_lock(key):
                for name in missing:
                    if not (directory / name).exists():
                        self._download_file(directory / name, *manifest.files[name])
        return directory

    def pop_new_keys(self) -> list[str]:
        """Units that were published, or published again, since the last call."""
        new_keys = [
            key
            for key, version in self.versions.items()
            if self._reported_versions.get(key) != version
        ]
        self._reported_versions = dict(self.versions)
        return new_keys

    def copy_dir(self, key: str) -> Path:
        """Where this machine keeps its copy of a unit; it may not exist."""
        return self.root / UNITS / key

    def attempt_files(self, key: str) -> list[str]:
        """All files that any attempt at a unit has uploaded, published or not."""
        return list(self.backend.versions(f"{UNITS}/{key}/"))

    def _manifest(self, key: str, directory: Path) -> FileManifest:
        """The unit's files. Deletes a copy on this machine of an earlier unit of that key."""
        cache = self.root / "published" / key
        version = self.versions.get(key)
        if version is not None and (text := _cached_manifest(cache, version)) is not None:
            return FileManifest.parse(text)
        text = self.backend.read(f"published/{key}").decode()
        manifest = FileManifest.parse(text)
        if not _has_checksums(directory, manifest.checksums_text):
            with self._copy_lock(key), atomic.translate_write_errors(directory):
                # Look again under the lock: another process may have been faster.
                if not _has_checksums(directory, manifest.checksums_text):
                    shutil.rmtree(directory, ignore_errors=True)
                    _write_text(directory / CHECKSUMS_FILE, manifest.checksums_text)
        if version is not None:
            with atomic.translate_write_errors(cache):
                _write_text(cache, f"{version}\n{text}")
        return manifest

    def _copy_lock(self, key: str) -> FileLock:
        """The lock under which processes of this machine change its copy of a unit."""
        (self.root / LOCKS).mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / LOCKS / f"{key}.fetch")

    def _download_file(self, path: Path, source: str, checksum: str) -> None:
        """Download a file and check it; a second time if the first copy is damaged.

        Raises:
            CorruptError: The file is missing, or does not match its checksum.
        """
        with atomic.translate_write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = atomic.temporary_path(path)
            try:
                for _ in range(2):  # the first copy may have been damaged in transit
                    self.backend.download(source, temporary)
                    if file_digest(temporary) == checksum:
                        os.replace(temporary, path)
                        return
            except FileNotFoundError:
                raise CorruptError("is missing from the store", where=source) from None
            finally:
                temporary.unlink(missing_ok=True)
        raise CorruptError(
            "is not what was written",
            where=source,
            hint="restore it from a copy, or run `mi run --force` to do the unit again",
        )


def damaged_files(directory: Path) -> Iterator[str]:
    """Files in this machine's copy of a unit that exist and do not match their checksums."""
    for name, checksum in read_checksums(directory).items():
        with suppress(FileNotFoundError):
            if file_digest(directory / name) != checksum:
                yield name


def _has_checksums(directory: Path, text: str) -> bool:
    """Whether a copy is of the unit with these checksums."""
    try:
        return (directory / CHECKSUMS_FILE).read_text(encoding="utf-8") == text
    except OSError:
        return False


def _cached_manifest(cache: Path, version: str) -> str | None:
    """The manifest that this machine has cached of a version of a unit."""
    try:
        cached_version, _, text = cache.read_text(encoding="utf-8").partition("\n")
    except OSError:
        return None
    return text if cached_version == version else None


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = atomic.temporary_path(path)
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
