"""Logs that grow on a place where nothing can be appended to: numbered parts, each written whole.

A part is made only where there is none of its number, so that of two writers one is told, and
whoever has been away reads what came before it goes on. Parts that have become many are put
together as one that covers their numbers, before they are taken away.

On this machine a log is one file again, composed of its parts and never changed in place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from ...files import atomic, journal
from .backend import Files

_MANY = 16


@attrs.frozen(order=True)
class Part:
    """Numbers `first` to `last` of a log."""

    first: int
    last: int

    @property
    def file(self) -> str:
        whole = f"{self.first:08}" if self.first == self.last else f"{self.first:08}-{self.last:08}"
        return f"{whole}.jsonl"

    @classmethod
    def of(cls, name: str) -> Part:
        first, _, last = name.rpartition("/")[2].removesuffix(".jsonl").partition("-")
        return cls(int(first), int(last or first))


def parts(names: Iterable[str]) -> list[Part]:
    """The parts that make up a log, in order: each number once, the widest part that has it."""
    found, reached = [], 0
    for part in sorted(map(Part.of, names), key=lambda one: (one.first, -one.last)):
        if part.first >= reached:
            found.append(part)
            reached = part.last + 1
    return found


def answered(line: Any) -> Any:
    """What a line of a journal answers: question and sample."""
    return line["question"], line.get("sample", 0)


@attrs.define
class Logs:
    """Logs as files of this machine.

    Args:
        mirror: Where composed logs stand for all processes of this machine.
        own: Where this process has those it is writing.
    """

    files: Files
    mirror: Path
    own: Path
    _writing: dict[str, int] = attrs.field(factory=dict)

    def read(self, name: str, there: Mapping[str, str] | None = None) -> Path:
        """The log, as far as it is there now; a path without a file where there is none of it.

        Args:
            there: Names of its parts, where they are known.
        """
        if name in self._writing:
            return self.own / f"{name}.jsonl"
        return self.mirrored(name, there)

    def mirrored(self, name: str, there: Mapping[str, str] | None) -> Path:
        """The log for all processes of this machine, whoever is writing it."""
        path = self.mirror / f"{name}.jsonl"
        self._compose(name, path, there)
        return path

    def begin(self, name: str) -> Path:
        """This process writes the log from now on."""
        path = self.own / f"{name}.jsonl"
        if name not in self._writing:
            made = self._compose(name, path, None)
            self._writing[name] = made[-1].last + 1 if made else 0
        return path

    def end(self, name: str, *, tidy: bool = False) -> None:
        """This process is not writing the log any more.

        Args:
            tidy: Put its parts together where they are many.
        """
        number = self._writing.pop(name, None)
        path = self.own / f"{name}.jsonl"
        if tidy and number is not None and number >= _MANY:
            with suppress(FileNotFoundError):  # somebody else is at it
                self._join(name, Part(0, number - 1))
        path.unlink(missing_ok=True)
        path.with_suffix(".parts").unlink(missing_ok=True)

    def append(
        self,
        name: str,
        records: list[Any],
        known: Callable[[Any], Any] = lambda record: None,
    ) -> None:
        """Add records as one part.

        Args:
            known: What a record answers; those whose answer somebody else has added are left out.
        """
        path = self.begin(name)
        while records:
            text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            number = self._writing[name]
            if self.files.create(f"{name}/{Part(number, number).file}", text.encode()):
                self._writing[name] = number + 1
                with atomic.written(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with path.open("ab") as file:
                        file.write(text.encode())
                return
            made = self._compose(name, path, None)
            self._writing[name] = made[-1].last + 1
            there = {at for line in journal.read(path) if (at := known(line)) is not None}
            records = [record for record in records if known(record) not in there]

    def remove(self, name: str) -> None:
        """Take the log away."""
        self.end(name)
        self.files.delete(list(self.files.stamps(f"{name}/")))
        (self.mirror / f"{name}.jsonl").unlink(missing_ok=True)

    def _join(self, name: str, whole: Part) -> None:
        """Put parts together where they are many, and are that whole.

        Of what stands there, not of this process's copy, which a full disk may have cut off. The
        whole may be there already, of a process that did not come to taking its parts away.
        """
        names = list(self.files.stamps(f"{name}/"))
        made, target = parts(names), f"{name}/{whole.file}"
        has_all = sum(part.last - part.first + 1 for part in made) == whole.last + 1
        if len(names) < _MANY or not has_all or made[-1].last != whole.last:
            return
        if target not in names:
            pieces = [self.files.read(f"{name}/{part.file}") for part in made]
            self.files.create(target, b"".join(pieces))
        self.files.delete([part for part in names if part != target])

    def _compose(self, name: str, path: Path, there: Mapping[str, str] | None) -> list[Part]:
        """Make `path` hold the parts that are there; what it holds already is not fetched again."""
        note = path.with_suffix(".parts")
        made = parts(self.files.stamps(f"{name}/") if there is None else there)
        wanted = [part.file for part in made]
        had, size = _noted(note)
        if path.exists() and had == wanted and path.stat().st_size == size:
            return made
        if not made:
            path.unlink(missing_ok=True)
            return made
        keeps = had == wanted[: len(had)] and path.exists() and path.stat().st_size == size
        pieces = [path.read_bytes()] if keeps else []
        try:
            for file in wanted[len(had) :] if keeps else wanted:
                pieces.append(self.files.read(f"{name}/{file}"))
        except FileNotFoundError:  # put together with others just now
            return self._compose(name, path, None)
        with atomic.written(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = b"".join(pieces)
            aside = atomic.aside(path)
            aside.write_bytes(whole)
            os.replace(aside, path)
            aside.write_text(json.dumps([wanted, len(whole)]), encoding="ascii")
            os.replace(aside, note)
        return made


def _noted(note: Path) -> tuple[list[str], int]:
    """Which parts a composed log holds, and its size then."""
    try:
        names, size = json.loads(note.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return [], -1
    return names, size
