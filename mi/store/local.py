"""The store: one folder a unit, and what every run did.

A unit is worked on in `work/<key>/` and published by renaming that folder to `units/<key>/`: what
stands in `units/` is whole, always. A published folder carries `SHA256SUMS` over all its files
(`sha256sum -c SHA256SUMS` checks it too); one that no longer matches is damaged, is said so, and is
moved aside, never overwritten.

    units/<key>/     unit.json, SHA256SUMS and the unit's own files
    work/<key>/      what is under way, checkpoints included; begun.json says of what unit, and
                     failure.json why it failed
    journals/        answers, judgments and likelihoods as they arrived, append-only
    runs/<run>/      run.json (provenance, outcome) and attempts.jsonl
    progress/        how far units under way are, for `mi status`
    cells/           the cells and evals a run selected, by content
    checked.json     which published units were found whole, and when; may be lost
    damaged/         unit folders that failed their check
    retired/         units and journals that were put aside to be done again
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from ..files import atomic, journal
from ..files.serialize import dump, read
from ..units.identity import SCHEME, digest, plain
from ..units.unit import Unit
from . import checksums
from .checksums import RECORD
from .provenance import now
from .records import BEGUN, FAILURE, Begun, Failure, Known, State, UnitRecord
from .verification import remembering

_NOTING = threading.Lock()


@attrs.frozen
class Store:
    """A folder of units. Made when first written to."""

    root: Path

    @property
    def address(self) -> str:
        """What a user calls it, and what opens it again."""
        return str(self.root)

    def unit(self, key: str) -> Path:
        """The folder of a published unit, whether it is there or not."""
        return self.root / "units" / key

    def look(self, key: str) -> Path:
        """`unit`, for those who read no more of it than a database does."""
        return self.unit(key)

    def has(self, key: str) -> bool:
        """Whether a unit is published."""
        return self.unit(key).exists()

    def stamps(self) -> Iterator[tuple[str, str]]:
        """The published units, each with what changes when another one is published."""
        with suppress(FileNotFoundError), os.scandir(self.root / "units") as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # put aside just now
                    facts = entry.stat()
                    yield entry.name, f"{facts.st_size}:{facts.st_mtime_ns}"

    def refresh(self) -> None:
        """Have what other machines did at hand below `root`."""

    def journal(self, name: str) -> Path:
        """The file of a journal."""
        return self.root / "journals" / f"{name}.jsonl"

    def append(self, path: Path, records: Sequence[Any]) -> None:
        """Add records to the journal at `path`, which this process holds."""
        journal.append(path, records)

    def published(self) -> list[str]:
        """The keys of all published units, sorted."""
        return sorted(_names(self.root / "units"))

    def states(self, keys: Sequence[str]) -> dict[str, Known]:
        """What the store holds of these units; a key it leaves out is to do.

        Every published folder is checked against its sums, unless it was found whole before and
        has not changed since.
        """
        done, begun = _names(self.root / "units"), _names(self.root / "work")
        states = {}
        with remembering(self.root) as checked:
            for key in keys:
                if key in done:
                    states[key] = checked.look(self.unit(key))
                elif key in begun and (failure := self.failure(key)):
                    states[key] = Known(State.FAILED, failure.message, failure.permanent)
        return states

    def fault(self, key: str) -> str | None:
        """What is wrong with a published folder, all of it hashed; None for nothing."""
        return checksums.fault(self.unit(key))

    def damaged(self, keys: Sequence[str]) -> dict[str, str]:
        """Which of these units are not what was written, of what a database reads, and how."""
        return {
            key: known.detail
            for key, known in self.states(keys).items()
            if known.state is State.CORRUPT
        }

    def record(self, key: str) -> UnitRecord:
        """The record of a published unit.

        Raises:
            CorruptError: It cannot be read.
        """
        return read(self.look(key) / RECORD, UnitRecord)

    def begin(self, unit: Unit, journals: Mapping[str, str], of: str | None = None) -> None:
        """Keep what a unit is, and of which model, for those who find it before it is done."""
        begun = Begun(
            key=unit.key,
            kind=unit.kind,
            title=unit.title,
            setting=unit.setting,
            payload=plain(unit.payload),
            journals=dict(journals),
            of=of,
        )
        atomic.write_whole(self.work(unit.key) / BEGUN, dump(begun) + "\n")

    def unfinished(self) -> list[Begun]:
        """What is known of units that were begun and are not published."""
        found = (self.left(name) for name in sorted(_names(self.root / "work")))
        return [one for one in found if one is not None]

    def left(self, key: str) -> Begun | None:
        """What is known of a unit that was begun and is not published; None where nothing is."""
        folder = self.root / "work" / key
        if (folder / BEGUN).exists():
            return read(folder / BEGUN, Begun)
        cut_off = (folder / RECORD).exists()  # while it was published
        return read(folder / RECORD, UnitRecord) if cut_off else None

    def retire(self, where: str, kind: str, name: str) -> None:
        """Put a unit, journal or work folder aside, to `retired/<where>/<kind>/`, where it is kept.

        Args:
            kind: `units`, `journals` or `work`.
            name: Of the file or folder.
        """
        source = self.root / kind / name
        if source.exists():
            times = 1
            while (self.root / "retired" / where / kind / name).exists():
                times += 1
                where = f"{where.removesuffix(f'.{times - 1}')}.{times}"
            target = self._made("retired", where, kind)
            with atomic.written(target):
                os.rename(source, target / name)

    def retired_units(self, key: str) -> list[UnitRecord]:
        """The records of a unit's earlier attempts that were put aside, the oldest first."""
        paths = sorted((self.root / "retired").glob(f"*/units/{key}/{RECORD}"))
        return [read(path, UnitRecord) for path in paths]

    def retirements(self, name: str) -> int:
        """How often a journal was put aside."""
        return sum(1 for _ in (self.root / "retired").glob(f"*/journals/{name}.jsonl"))

    def attempts(self, key: str) -> list[dict[str, Any]]:
        """What runs did with a unit, the oldest first.

        A run that is killed between publishing a unit and noting that it is done leaves that to
        the unit, which says who finished it and when.
        """
        told = [
            {"run": path.parent.name, **line}
            for path in sorted((self.root / "runs").glob("*/attempts.jsonl"))
            for line in journal.read(path)
            if line["unit"] == key
        ]
        if self.has(key):
            one = self.record(key)
            done = {"run": one.run, "unit": key, "event": "done"}
            if not any(done.items() <= line.items() for line in told):
                told.append({**done, "at": one.finished, "seconds": one.seconds})
        return sorted(told, key=lambda line: line["run"])

    def failure(self, key: str) -> Failure | None:
        """Why a unit failed last; None where it did not."""
        path = self.root / "work" / key / FAILURE
        return read(path, Failure) if path.exists() else None

    @contextmanager
    def locked(self, *names: str, waiting: Any = None) -> Iterator[None]:
        """Hold units or journals against other processes.

        Args:
            waiting: Called with a name each second while another process holds it; may raise.
        """
        from filelock import FileLock, Timeout

        folder = self._made("locks")
        with ExitStack() as stack:
            for name in sorted(names):
                lock = FileLock(folder / f"{name}.lock")
                while True:
                    try:
                        stack.enter_context(lock.acquire(timeout=1))
                        break
                    except Timeout:
                        if waiting is not None:
                            waiting(name)
            yield

    def is_held(self, name: str) -> bool:
        """Whether a run is at a unit just now: it holds the unit's lock for as long as it lives."""
        from filelock import FileLock, Timeout

        path = self.root / "locks" / f"{name}.lock"
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True

    def sure(self, *names: str) -> None:
        """Raises `Lost` where what this process holds is somebody else's by now."""

    def working(self, key: str) -> Path:
        """The folder a unit is worked on in, whether it is there or not."""
        return self.root / "work" / key

    def work(self, key: str) -> Path:
        """The folder a unit is worked on in, with whatever an earlier attempt left there."""
        return self._made("work", key)

    def keep(self, key: str) -> None:
        """Have what stands in the folder of a unit that is worked on outlive this machine, where
        others could go on with it.

        Raises:
            Lost: The unit is somebody else's by now.
            StoreError: The place does not answer.
        """

    def publish(self, unit: Unit, run: str, outcome: Any, seconds: float, **more: Any) -> bool:
        """Make a worked-on unit a published one, in one step; whether this one is it.

        Raises:
            StoreError: The disk is full or cannot be written; the work stays where it is.
        """
        folder = self.work(unit.key)
        record = UnitRecord(
            key=unit.key,
            kind=unit.kind,
            scheme=SCHEME,
            title=unit.title,
            setting=unit.setting,
            payload=plain(unit.payload),
            outcome=outcome,
            journals=more.get("journals", {}),
            of=more.get("of"),
            run=run,
            finished=now(),
            seconds=round(seconds, 3),
        )
        with atomic.written(folder):
            (folder / RECORD).write_text(dump(record) + "\n", encoding="utf-8")
            for name in (FAILURE, BEGUN):
                (folder / name).unlink(missing_ok=True)
            checksums.seal(folder)
            if self.has(unit.key):
                if not self.fault(unit.key):
                    return False
                self.set_aside(unit.key)
            return self.receive(unit.key, folder)

    def receive(self, key: str, folder: Path) -> bool:
        """Put a whole unit, made aside in this store, in its place; whether it is there now."""
        atomic.sync_folder(folder)
        os.rename(folder, self._made("units") / key)
        atomic.sync_folder(self.root / "units")
        return True

    def set_aside(self, key: str) -> Path:
        """Move a damaged unit to `damaged/`, where it is kept."""
        stamp = "".join(sign for sign in now() if sign.isdigit())
        target = self._made("damaged") / f"{key}-{stamp}"
        os.rename(self.unit(key), target)
        return target

    def fail(self, key: str, run: str, message: str, *, permanent: bool = False) -> None:
        """Keep why a unit failed; its work stays for the next attempt."""
        failure = Failure(run=run, at=now(), message=message, permanent=permanent)
        atomic.write_whole(self.work(key) / FAILURE, dump(failure) + "\n")

    def attempt(self, run: str, unit: str, event: str, **facts: Any) -> None:
        """Note that a run started, finished, failed or left a unit."""
        self.note_attempts(run, [{"unit": unit, "event": event, "at": now(), **facts}])

    def note_attempts(self, run: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Add to what a run did with units; its threads do so one after the other."""
        with _NOTING:
            journal.append(self.root / "runs" / run / "attempts.jsonl", lines)

    def select(self, header: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> str:
        """Keep what a run selected; the same selection is kept once. Returns its name."""
        text = "".join(json.dumps(cell, ensure_ascii=False) + "\n" for cell in cells)
        head = json.dumps(header, ensure_ascii=False)
        name = f"selection-{digest(head + text)[:16]}"
        folder = self._made("cells")
        if not (folder / f"{name}.json").exists():
            atomic.write_whole(folder / f"{name}.jsonl", text)
            atomic.write_whole(folder / f"{name}.json", head + "\n")
        return name

    def begun(self, key: str) -> bool:
        """Whether a unit was worked on and is not published."""
        return (self.root / "work" / key).is_dir()

    def note_progress(self, key: str, facts: Mapping[str, Any]) -> None:
        """Keep how far a unit is, for those who look from outside; lost without harm."""
        path = self._made("progress") / f"{key}.json"
        aside = atomic.aside(path)
        with suppress(OSError):
            aside.write_text(json.dumps(facts), encoding="utf-8")
            os.replace(aside, path)

    def progress(self, key: str) -> dict[str, Any] | None:
        """How far a unit said it was, last; None where nobody is at it."""
        try:
            text = (self.root / "progress" / f"{key}.json").read_text(encoding="utf-8")
            found: dict[str, Any] = json.loads(text)
        except (OSError, ValueError):
            return None
        return found

    def end_progress(self, key: str) -> None:
        """Nobody is at the unit any more."""
        (self.root / "progress" / f"{key}.json").unlink(missing_ok=True)

    def note_run(self, run: str, facts: Mapping[str, Any]) -> None:
        """Keep a run's provenance, and later its outcome."""
        path = self._made("runs", run) / "run.json"
        atomic.write_whole(path, json.dumps(facts, ensure_ascii=False, indent=1) + "\n")

    def runs(self) -> list[dict[str, Any]]:
        """What runs said of themselves, the newest first."""
        folder = self.root / "runs"
        paths = [folder / name / "run.json" for name in sorted(_names(folder), reverse=True)]
        return [json.loads(path.read_text("utf-8")) for path in paths if path.exists()]

    def selection(self, name: str) -> Iterator[dict[str, Any]]:
        """The cells of a selection."""
        yield from journal.read(self.root / "cells" / f"{name}.jsonl")

    def _made(self, *parts: str) -> Path:
        folder = self.root.joinpath(*parts)
        if not folder.is_dir():
            with atomic.written(folder):
                folder.mkdir(parents=True, exist_ok=True)
                ignore = self.root / ".gitignore"
                if not ignore.exists():
                    ignore.write_text("*\n", encoding="utf-8")
        return folder


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except FileNotFoundError:
        return set()
