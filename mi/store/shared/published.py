"""Published units on a place where nothing can be renamed.

The files of a unit go to a folder of their own, `units/<key>/<attempt>/`, and the unit is published
by the file that lists them with their digests, `published/<key>`, made only where there is none:
the first one wins, whole, and whatever a late one has sent is never looked at. The list is what
`sha256sum -c` reads in the store's root.

On this machine a unit is fetched at most once, file by file, and each file is compared with its
digest before it gets its name.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import attrs
from filelock import FileLock

from ...errors import CorruptError
from ...files import atomic
from ...files.cache import file_digest
from ..checksums import CHECKSUMS_FILE, RECORD_FILE, read_checksums
from .backend import Backend

METADATA_FILES = (
    RECORD_FILE,
    "questions.jsonl",
    "scores.jsonl",
    "metrics.jsonl",
    "log.txt",
    "model.json",
)
"""What is read of a unit that is not worked with."""


@attrs.frozen
class FileManifest:
    """The files of a unit: name → where it lies and its digest."""

    files: dict[str, tuple[str, str]]

    @classmethod
    def parse(cls, text: str) -> FileManifest:
        files = {}
        for line in text.splitlines():
            found, place = line.split("  ", 1)
            files["/".join(place.split("/")[3:])] = (place, found)
        return cls(files)

    @property
    def checksums_text(self) -> str:
        """As a folder of this machine has them."""
        return "".join(f"{found}  {name}\n" for name, (_, found) in self.files.items())


@attrs.define
class PublishedUnits:
    """Published units, fetched to `mirror/units` as they are needed."""

    backend: Backend
    root: Path
    versions: dict[str, str] = attrs.field(factory=dict)
    _reported_versions: dict[str, str] = attrs.field(factory=dict)

    def refresh(self) -> dict[str, str]:
        """The published keys as they are now, each with what changes when it is another unit."""
        self.versions = {
            name.partition("/")[2]: stamp
            for name, stamp in self.backend.versions("published").items()
        }
        return self.versions

    def publish(self, key: str, folder: Path) -> bool:
        """Publish what stands in a folder of this machine; whether this one is the one."""
        place = f"units/{key}/{uuid.uuid4().hex[:12]}"
        lines = []
        for name, found in read_checksums(folder).items():
            self.backend.upload(folder / name, f"{place}/{name}")
            lines.append(f"{found}  {place}/{name}\n")
        return self.backend.create(f"published/{key}", "".join(lines).encode())

    def adopt(self, key: str, folder: Path) -> None:
        """Take a folder that was published for this machine's copy, to fetch nothing.

        Where another process of this machine has begun to fetch the same, that stays.
        """
        here = self.root / "units" / key
        with self._copy_lock(key):
            if not _has_checksums(here, (folder / CHECKSUMS_FILE).read_text(encoding="utf-8")):
                shutil.rmtree(here, ignore_errors=True)
                here.parent.mkdir(parents=True, exist_ok=True)
                os.replace(folder, here)

    def download(self, key: str, names: Collection[str] | None = None) -> Path:
        """The folder of a published unit on this machine.

        Args:
            only: The names of files that are wanted; None: all.

        Raises:
            FileNotFoundError: It is not published.
            CorruptError: Bytes are not those that were written.
        """
        folder = self.root / "units" / key
        listed = self._manifest(key, folder)
        missing = [
            name
            for name in listed.files
            if (names is None or name in names) and not (folder / name).exists()
        ]
        if missing:
            with self._copy_lock(key):
                for name in missing:
                    if not (folder / name).exists():
                        self._download_file(folder / name, *listed.files[name])
        return folder

    def pop_new_keys(self) -> list[str]:
        """Published units that were not here when this was last asked."""
        news = [
            key for key, stamp in self.versions.items() if self._reported_versions.get(key) != stamp
        ]
        self._reported_versions = dict(self.versions)
        return news

    def copy_dir(self, key: str) -> Path:
        """Where this machine keeps its copy of a unit, whether there is one or not."""
        return self.root / "units" / key

    def attempt_files(self, key: str) -> list[str]:
        """Everything that lies below the key, published or not."""
        return list(self.backend.versions(f"units/{key}/"))

    def _manifest(self, key: str, folder: Path) -> FileManifest:
        """The unit's files; a copy of another unit of this key is thrown away."""
        note = self.root / "published" / key
        stamp = self.versions.get(key)
        if stamp is not None and (text := _cached_manifest(note, stamp)) is not None:
            return FileManifest.parse(text)
        text = self.backend.read(f"published/{key}").decode()
        listed = FileManifest.parse(text)
        if not _has_checksums(folder, listed.checksums_text):
            with self._copy_lock(key), atomic.translate_write_errors(folder):
                if not _has_checksums(
                    folder, listed.checksums_text
                ):  # another process may have been faster
                    shutil.rmtree(folder, ignore_errors=True)
                    _write_text(folder / CHECKSUMS_FILE, listed.checksums_text)
        if stamp is not None:
            with atomic.translate_write_errors(note):
                _write_text(note, f"{stamp}\n{text}")
        return listed

    def _copy_lock(self, key: str) -> FileLock:
        """Held while this machine's copy changes; one process does that at a time."""
        (self.root / "locks").mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / "locks" / f"{key}.fetch")

    def _download_file(self, path: Path, place: str, expected: str) -> None:
        with atomic.translate_write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = atomic.temporary_path(path)
            try:
                for last in (False, True):  # once more: the line may have been what was bad
                    self.backend.download(place, aside)
                    if file_digest(aside) == expected:
                        os.replace(aside, path)
                        return
                    if last:
                        raise CorruptError(
                            "is not what was written",
                            where=place,
                            hint="restore it from a copy, or `mi run --force` makes the unit again",
                        )
            except FileNotFoundError:
                raise CorruptError("is gone from the store", where=place) from None
            finally:
                aside.unlink(missing_ok=True)


def _has_checksums(folder: Path, text: str) -> bool:
    """Whether a copy is one of the unit with these sums."""
    try:
        return (folder / CHECKSUMS_FILE).read_text(encoding="utf-8") == text
    except OSError:
        return False


def _cached_manifest(note: Path, stamp: str) -> str | None:
    try:
        first, _, text = note.read_text(encoding="utf-8").partition("\n")
    except OSError:
        return None
    return text if first == stamp else None


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = atomic.temporary_path(path)
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)


def damaged_files(folder: Path) -> Iterator[str]:
    """Files of a unit's copy on this machine that are there and are not what was written."""
    for name, expected in read_checksums(folder).items():
        with suppress(FileNotFoundError):
            if file_digest(folder / name) != expected:
                yield name
