"""Logs that grow on a place where nothing can be appended to: numbered parts, each written whole.

A part is made only where there is none of its number, so that of two writers one is told, and
whoever has been away reads what came before it goes on. Parts that have become many are put
together as one that covers their numbers, before they are taken away.

On this machine a log is one file again, composed of its parts and never changed in place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from ...files import atomic, journal
from .backend import Backend

_COMPACTION_SIZE = 16


@attrs.frozen(order=True)
class Segment:
    """Numbers `first` to `last` of a log."""

    first: int
    last: int

    @property
    def file_name(self) -> str:
        whole = f"{self.first:08}" if self.first == self.last else f"{self.first:08}-{self.last:08}"
        return f"{whole}.jsonl"

    @classmethod
    def parse(cls, name: str) -> Segment:
        first, _, last = name.rpartition("/")[2].removesuffix(".jsonl").partition("-")
        return cls(int(first), int(last or first))


def cover_segments(names: Iterable[str]) -> list[Segment]:
    """The parts that make up a log, in order: each number once, the widest part that has it."""
    found, reached = [], 0
    for part in sorted(map(Segment.parse, names), key=lambda one: (one.first, -one.last)):
        if part.first >= reached:
            found.append(part)
            reached = part.last + 1
    return found


@attrs.define
class SegmentedLogs:
    """Logs as files of this machine.

    Args:
        mirror: Where composed logs stand for all processes of this machine.
        own: Where this process has those it is writing.
    """

    backend: Backend
    root: Path
    process_root: Path
    _next_numbers: dict[str, int] = attrs.field(factory=dict)

    def path(self, name: str, segments: Mapping[str, str] | None = None) -> Path:
        """The log, as far as it is there now; a path without a file where there is none of it.

        Args:
            there: Names of its parts, where they are known.
        """
        if name in self._next_numbers:
            return self.process_root / f"{name}.jsonl"
        return self.update_copy(name, segments)

    def update_copy(self, name: str, segments: Mapping[str, str] | None) -> Path:
        """The log for all processes of this machine, whoever is writing it."""
        path = self.root / f"{name}.jsonl"
        self._compose(name, path, segments)
        return path

    def open(self, name: str) -> Path:
        """This process writes the log from now on."""
        path = self.process_root / f"{name}.jsonl"
        if name not in self._next_numbers:
            made = self._compose(name, path, None)
            self._next_numbers[name] = made[-1].last + 1 if made else 0
        return path

    def close(self, name: str, *, compact: bool = False) -> None:
        """This process is not writing the log any more.

        Args:
            tidy: Put its parts together where they are many.
        """
        number = self._next_numbers.pop(name, None)
        path = self.process_root / f"{name}.jsonl"
        if compact and number is not None and number >= _COMPACTION_SIZE:
            with suppress(FileNotFoundError):  # somebody else is at it
                self._compact(name, Segment(0, number - 1))
        path.unlink(missing_ok=True)
        path.with_suffix(".parts").unlink(missing_ok=True)

    def append(
        self,
        name: str,
        records: Sequence[Any],
        identify: Callable[[Any], Any] = lambda record: None,
    ) -> None:
        """Add records as one part.

        Args:
            known: What a record answers; those whose answer somebody else has added are left out.
        """
        path = self.open(name)
        while records:
            text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            number = self._next_numbers[name]
            if self.backend.create(f"{name}/{Segment(number, number).file_name}", text.encode()):
                self._next_numbers[name] = number + 1
                with atomic.translate_write_errors(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with path.open("ab") as file:
                        file.write(text.encode())
                return
            made = self._compose(name, path, None)
            self._next_numbers[name] = made[-1].last + 1
            there = {
                at for line in journal.read_records(path) if (at := identify(line)) is not None
            }
            records = [record for record in records if identify(record) not in there]

    def remove(self, name: str) -> None:
        """Take the log away."""
        self.close(name)
        self.backend.delete(list(self.backend.versions(f"{name}/")))
        (self.root / f"{name}.jsonl").unlink(missing_ok=True)

    def _compact(self, name: str, total: Segment) -> None:
        """Put parts together where they are many, and are that whole.

        Of what stands there, not of this process's copy, which a full disk may have cut off. The
        whole may be there already, of a process that did not come to taking its parts away.
        """
        names = list(self.backend.versions(f"{name}/"))
        made, target = cover_segments(names), f"{name}/{total.file_name}"
        has_all = sum(part.last - part.first + 1 for part in made) == total.last + 1
        if len(names) < _COMPACTION_SIZE or not has_all or made[-1].last != total.last:
            return
        if target not in names:
            pieces = [self.backend.read(f"{name}/{part.file_name}") for part in made]
            self.backend.create(target, b"".join(pieces))
        self.backend.delete([part for part in names if part != target])

    def _compose(self, name: str, path: Path, names: Mapping[str, str] | None) -> list[Segment]:
        """Make `path` hold the parts that are there; what it holds already is not fetched again."""
        note = path.with_suffix(".parts")
        made = cover_segments(self.backend.versions(f"{name}/") if names is None else names)
        wanted = [part.file_name for part in made]
        had, size = _read_index(note)
        if path.exists() and had == wanted and path.stat().st_size == size:
            return made
        if not made:
            path.unlink(missing_ok=True)
            return made
        keeps = had == wanted[: len(had)] and path.exists() and path.stat().st_size == size
        pieces = [path.read_bytes()] if keeps else []
        try:
            for file in wanted[len(had) :] if keeps else wanted:
                pieces.append(self.backend.read(f"{name}/{file}"))
        except FileNotFoundError:  # put together with others just now
            return self._compose(name, path, None)
        with atomic.translate_write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = b"".join(pieces)
            aside = atomic.temporary_path(path)
            aside.write_bytes(whole)
            os.replace(aside, path)
            aside.write_text(json.dumps([wanted, len(whole)]), encoding="ascii")
            os.replace(aside, note)
        return made


def _read_index(note: Path) -> tuple[list[str], int]:
    """Which parts a composed log holds, and its size then."""
    try:
        names, size = json.loads(note.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return [], -1
    return names, size
