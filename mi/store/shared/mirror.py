"""This machine's copy of what the database is made of, except units.

A file is written beside its target and renamed, and only if its content has changed. So any number
of processes can read the copy, and the modification time of a file shows whether it has to be
loaded again.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import attrs

from ...files import atomic
from ..checksums import RECORD_FILE
from ..layout import CALIBRATIONS, CELLS, JOURNALS, REGISTRATIONS, RETIRED, RUN_FILE, RUNS, SEALS
from .backend import Backend
from .segmented_log import SegmentedLogs, cover_segments, find_gap

MAX_DOWNLOADS = 16
"""Small files downloaded at the same time."""


@attrs.define
class Mirror:
    """The copy.

    Args:
        backend: The files at the shared place.
        root: Where the copy is.
        logs: Journals and attempts, which are composed of segments.
        segments: Log → its segments and their versions, as of the last `refresh`.
    """

    backend: Backend
    root: Path
    logs: SegmentedLogs
    segments: dict[str, dict[str, str]] = attrs.field(factory=dict)

    def refresh(self) -> None:
        """Bring journals, runs, selections, registrations and archived records up to date."""
        files = self.backend.versions(SEALS)  # before the journals: see `journal_seals`
        self._download_changed(files)
        logs: dict[str, dict[str, str]] = {}
        for directory in (JOURNALS, RUNS, CELLS, REGISTRATIONS, CALIBRATIONS, RETIRED):
            for name, version in self.backend.versions(directory).items():
                log, _, file_name = name.rpartition("/")
                if directory == JOURNALS or (directory == RUNS and file_name != RUN_FILE):
                    logs.setdefault(log, {})[name] = version
                elif _is_mirrored(directory, name):
                    files[name] = version
        self.segments = logs
        self._download_changed(files)
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            list(pool.map(self.logs.update_copy, logs, logs.values()))
        names = {*files, *(f"{log}.jsonl" for log in logs)}
        self._remove_stale(names, (JOURNALS, SEALS, RUNS, REGISTRATIONS, CALIBRATIONS, RETIRED))

    def refresh_journals(
        self, names: Collection[str] | None = None, *, anew: bool = False
    ) -> dict[str, str]:
        """Bring journals and their seals up to date.

        Args:
            names: The journals; None: all.
            anew: Whether to download those too that have not changed.

        Returns:
            Journal → what is missing between its segments, as the end of a sentence.
        """
        seals = self.backend.versions(SEALS)
        self._download_changed(seals)
        self._remove_stale(set(seals), (SEALS,))
        logs: dict[str, dict[str, str]] = {}
        if names is not None:
            logs = {f"{JOURNALS}/{name}": {} for name in names}
        for segment, version in self.backend.versions(JOURNALS).items():
            log = segment.rpartition("/")[0]
            if names is None or log in logs:
                logs.setdefault(log, {})[segment] = version
        if anew:
            for log in logs:
                self.logs.forget_copy(log)
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            list(pool.map(self.logs.update_copy, logs, logs.values()))
        if names is None:
            self._remove_stale({f"{log}.jsonl" for log in logs}, (JOURNALS,))
        self.segments.update(logs)
        gaps = {log: find_gap(cover_segments(segments)) for log, segments in logs.items()}
        return {log.rpartition("/")[2]: gap for log, gap in gaps.items() if gap is not None}

    def refresh_registrations(self) -> None:
        """Bring the registrations alone up to date."""
        self._refresh_directory(REGISTRATIONS)

    def refresh_calibrations(self) -> None:
        """Bring the calibrations alone up to date."""
        self._refresh_directory(CALIBRATIONS)

    def _refresh_directory(self, directory: str) -> None:
        versions = self.backend.versions(directory)
        self._download_changed(versions)
        self._remove_stale(set(versions), (directory,))

    def _download_changed(self, versions: Mapping[str, str]) -> None:
        self.download(
            {name: version for name, version in versions.items() if self._differs(name, version)}
        )

    def download(self, versions: Mapping[str, str]) -> None:
        """Download files; maps each name to its version."""
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            list(pool.map(self._download, versions, versions.values()))

    def _differs(self, name: str, version: str) -> bool:
        """Whether the copy of a file is missing or of another version."""
        with suppress(OSError):
            copied = (self.root / "stamps" / name).read_text(encoding="utf-8")
            return copied != version or not (self.root / name).exists()
        return True

    def _download(self, name: str, version: str) -> None:
        path, version_path = self.root / name, self.root / "stamps" / name
        with atomic.translate_write_errors(path), suppress(FileNotFoundError):
            data = self.backend.read(name)
            for target, content in ((path, data), (version_path, version.encode())):
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary = atomic.temporary_path(target)
                temporary.write_bytes(content)
                os.replace(temporary, target)

    def _remove_stale(self, names: set[str], directories: Iterable[str]) -> None:
        """Delete copies of files that do not exist any more."""
        for directory in directories:
            for path in (self.root / directory).rglob("*.json*"):
                if path.relative_to(self.root).as_posix() not in names:
                    path.unlink(missing_ok=True)


def _is_mirrored(directory: str, name: str) -> bool:
    """Whether the database reads a file: of what is archived, only records and journals."""
    return directory != RETIRED or name.endswith(f"/{RECORD_FILE}") or f"/{JOURNALS}/" in name
