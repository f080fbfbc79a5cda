"""Logs that grow at a place where nothing can be appended to: numbered segments.

Each segment is written completely, and created only where none has its number. So of two writers
the later one fails, and reads what came before it goes on. Segments that have become many are
compacted into one that covers their numbers, before they are deleted.

On this machine a log is one file again, composed of its segments. The file is replaced, never
changed in place, so any number of processes can read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from ...errors import LeaseLost
from ...files import atomic, journal
from ...files.seal import Seal, Sealer
from .backend import Backend

_COMPACTION_SIZE = 16
"""The number of segments from which a log is compacted when its writer closes it."""


@attrs.frozen(order=True)
class Segment:
    """A piece of a log that covers the numbers `first` to `last`, both included."""

    first: int
    last: int

    @property
    def file_name(self) -> str:
        span = f"{self.first:08}" if self.first == self.last else f"{self.first:08}-{self.last:08}"
        return f"{span}.jsonl"

    @classmethod
    def parse(cls, name: str) -> Segment:
        """The segment with that file name."""
        first, _, last = name.rpartition("/")[2].removesuffix(".jsonl").partition("-")
        return cls(int(first), int(last or first))


def cover_segments(names: Iterable[str]) -> list[Segment]:
    """The segments that make up a log, in order.

    While a log is compacted, a number may be in several segments: the widest one counts.
    """
    segments = []
    next_number = 0
    by_number = sorted(map(Segment.parse, names), key=lambda each: (each.first, -each.last))
    for segment in by_number:
        if segment.first >= next_number:
            segments.append(segment)
            next_number = segment.last + 1
    return segments


def find_gap(segments: Sequence[Segment]) -> str | None:
    """What is missing between the segments of a log, as the end of a sentence; None: nothing."""
    next_number = 0
    for segment in segments:
        if segment.first != next_number:
            return f"lacks its segment {next_number:08}: it was deleted"
        next_number = segment.last + 1
    return None


@attrs.define
class _OpenLog:
    """A log that this process writes.

    Args:
        next_number: The number of its next segment.
        sealer: The running seal of all its segments.
        gap: What is missing between them, as the end of a sentence.
        opened: What it held when it was opened.
    """

    next_number: int
    sealer: Sealer
    gap: str | None
    opened: Seal


@attrs.define
class SegmentedLogs:
    """All segmented logs of a store, as files of this machine.

    Args:
        backend: The files at the shared place.
        root: Where composed logs are, for all processes of this machine.
        process_root: Where this process has the logs that it writes.
        _open_logs: The logs that this process writes, by name.
    """

    backend: Backend
    root: Path
    process_root: Path
    _open_logs: dict[str, _OpenLog] = attrs.field(factory=dict)

    def path(self, name: str, segments: Mapping[str, str] | None = None) -> Path:
        """The file of a log, up to date; it does not exist if the log is empty.

        Args:
            name: The log.
            segments: The names of its segments, if they are known, so that they are not listed.
        """
        if name in self._open_logs:
            return self.process_root / f"{name}.jsonl"
        return self.update_copy(name, segments)

    def update_copy(self, name: str, segments: Mapping[str, str] | None) -> Path:
        """The file of a log for all processes of this machine, up to date.

        Args:
            name: The log.
            segments: The names of its segments, if they are known.
        """
        path = self.root / f"{name}.jsonl"
        self._compose(name, path, segments)
        return path

    def forget_copy(self, name: str) -> None:
        """Let the next update of this machine's copy read every segment."""
        (self.root / f"{name}.parts").unlink(missing_ok=True)

    def open(self, name: str) -> Path:
        """Start writing a log. Returns its file in this process."""
        path = self.process_root / f"{name}.jsonl"
        if name not in self._open_logs:
            self._reopen(name, path)
        return path

    def _reopen(self, name: str, path: Path) -> None:
        """Read all segments of a log that this process writes."""
        segments, sealer = self._compose(name, path, None), Sealer()
        with suppress(FileNotFoundError):
            sealer.update(path.read_bytes())
        number = segments[-1].last + 1 if segments else 0
        known = self._open_logs.get(name)
        opened = known.opened if known is not None else sealer.seal()
        self._open_logs[name] = _OpenLog(number, sealer, find_gap(segments), opened)

    def gap(self, name: str) -> str | None:
        """What is missing in a log that this process writes, as the end of a sentence."""
        return self._open_logs[name].gap

    def seal(self, name: str) -> Seal:
        """What a log holds that this process writes."""
        return self._open_logs[name].sealer.seal()

    def has_grown(self, name: str) -> bool:
        """Whether a log has changed since this process opened it; False if it did not."""
        log = self._open_logs.get(name)
        return log is not None and log.sealer.size != log.opened.size

    def close(self, name: str, *, compact: bool = False) -> None:
        """Stop writing a log.

        Args:
            name: The log.
            compact: Whether to compact it if it has many segments.
        """
        log = self._open_logs.pop(name, None)
        path = self.process_root / f"{name}.jsonl"
        if compact and log is not None and log.next_number >= _COMPACTION_SIZE:
            with suppress(FileNotFoundError):  # another process is compacting it
                self._compact(name, Segment(0, log.next_number - 1))
        path.unlink(missing_ok=True)
        path.with_suffix(".parts").unlink(missing_ok=True)

    def append(
        self,
        name: str,
        records: Sequence[Any],
        identify: Callable[[Any], Any] = lambda record: None,
    ) -> None:
        """Append records to a log, as one segment.

        If another process has appended meanwhile, records that it has written too are left out.

        Args:
            name: The log.
            records: JSON values.
            identify: What makes two records the same; None for records that are all different.
        """
        path = self.open(name)
        while records:
            content = b"".join(map(journal.encode_line, records))
            log = self._open_logs[name]
            number = log.next_number
            if self.backend.create(f"{name}/{Segment(number, number).file_name}", content):
                log.next_number += 1
                log.sealer.update(content)
                with atomic.translate_write_errors(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with path.open("ab") as file:
                        file.write(content)
                return
            self._reopen(name, path)
            written = {identify(record) for record in journal.read_records(path)} - {None}
            records = [record for record in records if identify(record) not in written]

    def rewrite(self, name: str, content: bytes) -> None:
        """Replace all segments of a log that this process writes by one with other content.

        The next number is taken first, so that a process that has lost its lease cannot add a
        segment that the new one covers.

        Args:
            name: The log.
            content: Its lines.

        Raises:
            LeaseLost: Another process has added to it.
        """
        path, log = self.open(name), self._open_logs[name]
        last = Segment(log.next_number, log.next_number)
        if not self.backend.create(f"{name}/{last.file_name}", b""):
            raise LeaseLost("another process has added to it", where=name)
        names = list(self.backend.versions(f"{name}/"))
        total = f"{name}/{Segment(0, last.last).file_name}"
        self.backend.create(total, content)
        self.backend.delete([segment for segment in names if segment != total])
        self._reopen(name, path)

    def remove(self, name: str) -> None:
        """Delete a log."""
        self.close(name)
        self.backend.delete(list(self.backend.versions(f"{name}/")))
        (self.root / f"{name}.jsonl").unlink(missing_ok=True)

    def _compact(self, name: str, total: Segment) -> None:
        """Replace the segments of a log by one, if they are many and cover exactly its numbers.

        This reads the segments, not this process's file, which a full disk may have cut off. The
        total may exist already, if a process died before it had deleted the segments.
        """
        names = list(self.backend.versions(f"{name}/"))
        segments, target = cover_segments(names), f"{name}/{total.file_name}"
        count = sum(segment.last - segment.first + 1 for segment in segments)
        is_complete = count == total.last + 1 and segments[-1].last == total.last
        if len(names) < _COMPACTION_SIZE or not is_complete:
            return
        if target not in names:
            pieces = [self.backend.read(f"{name}/{segment.file_name}") for segment in segments]
            self.backend.create(target, b"".join(pieces))
        self.backend.delete([segment for segment in names if segment != target])

    def _compose(self, name: str, path: Path, names: Mapping[str, str] | None) -> list[Segment]:
        """Make a file hold all segments of a log, reading only those that it does not hold yet.

        Args:
            name: The log.
            path: The file.
            names: The names of the segments, if they are known.
        """
        index = path.with_suffix(".parts")
        versions = self.backend.versions(f"{name}/") if names is None else names
        segments = cover_segments(versions)
        expected = [
            [segment.file_name, versions[f"{name}/{segment.file_name}"]] for segment in segments
        ]
        present, size = _read_index(index)
        is_intact = path.exists() and path.stat().st_size == size
        if is_intact and present == expected:
            return segments
        if not segments:
            path.unlink(missing_ok=True)
            return segments
        is_prefix = is_intact and present == expected[: len(present)]
        pieces = [path.read_bytes()] if is_prefix else []
        try:
            for file_name, _ in expected[len(present) :] if is_prefix else expected:
                pieces.append(self.backend.read(f"{name}/{file_name}"))
        except FileNotFoundError:  # compacted since the segments were listed
            return self._compose(name, path, None)
        _write_composed(path, b"".join(pieces), expected)
        return segments


def _write_composed(path: Path, content: bytes, names: list[list[str]]) -> None:
    """Replace a composed log, and then its index: its segments, their versions, and its size."""
    with atomic.translate_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = atomic.temporary_path(path)
        temporary.write_bytes(content)
        os.replace(temporary, path)
        temporary.write_text(json.dumps([names, len(content)]), encoding="ascii")
        os.replace(temporary, path.with_suffix(".parts"))


def _read_index(index: Path) -> tuple[list[list[str]], int]:
    """The segments in a composed log and its size then; the size is -1 without an index."""
    try:
        names, size = json.loads(index.read_text(encoding="ascii"))
        if type(names) is not list or type(size) is not int:
            raise ValueError("not an index")
    except (OSError, ValueError, TypeError):
        return [], -1
    return names, size
