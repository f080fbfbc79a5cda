"""A store that several machines share: the truth is elsewhere, and a copy of it is at hand here.

Work is done in folders of this process, for providers want paths; what is finished, and now and
then what is under way, goes to the shared place. What other machines did is fetched when it is
needed, once for a machine, and compared with its digest. Names there:

    published/<key>        the files of a unit and their digests: a unit is there when this is
    units/<key>/<attempt>/ those files
    work/<key>/            what was under way, as it was last sent
    journals/<name>/       numbered parts of a journal
    runs/<run>/            run.json, attempts/ (numbered parts)
    cells/, damaged/, retired/  as in a folder
    claims/, owners/       who is at what

Nothing is done under a claim that somebody else may have by now: that is looked at before a line of
a journal is added or a unit published, and both fail by themselves for whoever is late.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from ...errors import CorruptError, MiError
from ...files.serialize import dump, load, read
from ..checksums import RECORD
from ..local import Store
from ..provenance import now
from ..records import BEGUN, FAILURE, Begun, Done, Failure, Known, State, UnitRecord
from ..verification import Memory, took
from .backend import Files
from .leases import Claims
from .mirror import AT_ONCE, Mirror
from .published import READ, Units, wrong
from .segmented_log import Logs, answered
from .workspace import Desk

_TOLD = "told.json"
_NOTES_EVERY = 1.0  # seconds between parts of a run's attempts


@attrs.frozen(kw_only=True)
class SharedStore(Store):
    """A `Store` whose `root` is this machine's copy of it."""

    url: str
    files: Files
    claims: Claims
    units: Units
    logs: Logs
    desk: Desk
    mirror: Mirror
    _notes: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)
    _noted: list[float] = attrs.field(factory=lambda: [float("-inf")])
    _lock: Any = attrs.field(factory=threading.RLock)

    @property
    def address(self) -> str:
        return self.url

    def unit(self, key: str) -> Path:
        self.units.known.pop(key, None)  # another machine may have put it aside, and made it again
        with suppress(FileNotFoundError):
            return self.units.fetch(key)
        return self.root / "units" / key

    def look(self, key: str) -> Path:
        with suppress(FileNotFoundError):
            return self.units.fetch(key, READ)
        return self.root / "units" / key

    def has(self, key: str) -> bool:
        return self.files.exists(f"published/{key}")

    def stamps(self) -> Iterator[tuple[str, str]]:
        yield from self.units.look().items()

    def published(self) -> list[str]:
        return sorted(self.units.look())

    def journal(self, name: str) -> Path:
        if self.claims.holds(name):
            return self.logs.begin(f"journals/{name}")
        return self.logs.read(f"journals/{name}", self.mirror.parts.get(f"journals/{name}"))

    def append(self, path: Path, records: Sequence[Any]) -> None:
        self.claims.check(path.stem)
        self.logs.append(f"journals/{path.stem}", list(records), answered)

    def states(self, keys: Sequence[str]) -> dict[str, Known]:
        published = self.units.look()
        begun = {name.split("/")[1]: name for name in self._begun_names(FAILURE)}
        memory, faults = Memory(self.root / _TOLD), {}
        done = [key for key in keys if key in published]
        missing = [key for key in done if memory.of(key, published[key]) is None]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for key, found in zip(missing, pool.map(self._done, missing), strict=True):
                if isinstance(found, Done):
                    memory.learn(key, published[key], found)
                else:
                    faults[key] = found
        memory.keep()
        states = {
            key: Known(State.CORRUPT, faults[key])
            if key in faults
            else Known(State.DONE, done=memory.of(key, published[key]))
            for key in done
        }
        for key in keys:
            if key not in published and key in begun and (failure := self.failure(key)):
                states[key] = Known(State.FAILED, failure.message, failure.permanent)
        return states

    def _done(self, key: str) -> Done | str:
        """What a unit took, or what is wrong with it."""
        try:
            record = read(self.units.fetch(key, (RECORD,)) / RECORD, UnitRecord)
        except (CorruptError, OSError) as error:
            return str(error)
        return took(record.seconds, record.outcome)

    def fault(self, key: str) -> str | None:
        return self._fault(key, None)

    def damaged(self, keys: Sequence[str]) -> dict[str, str]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            faults = pool.map(lambda key: self._fault(key, READ), keys)
        return {key: fault for key, fault in zip(keys, faults, strict=True) if fault}

    def _fault(self, key: str, only: Collection[str] | None) -> str | None:
        try:
            folder = self.units.fetch(key, only)
            for name in list(wrong(folder)):
                (folder / name).unlink(missing_ok=True)  # this copy is: another one is fetched
            self.units.fetch(key, only)
        except (CorruptError, OSError, ValueError) as error:
            return str(error)
        return None if (folder / RECORD).exists() else f"it lists no {RECORD}"

    def begin(self, unit: Any, journals: Mapping[str, str], of: str | None = None) -> None:
        super().begin(unit, journals, of)
        self.desk.send(unit.key)

    def unfinished(self) -> list[Begun]:
        names = {name.split("/")[1] for file in (BEGUN, RECORD) for name in self._begun_names(file)}
        found = (self.left(name) for name in sorted(names))
        return [one for one in found if one is not None]

    def left(self, key: str) -> Begun | None:
        kinds: dict[str, type[Begun]] = {BEGUN: Begun, RECORD: UnitRecord}
        for file, kind in kinds.items():
            name = f"work/{key}/{file}"
            for _, text in self._texts([name]):
                return load(text, kind, Path(name))
        return None

    def begun(self, key: str) -> bool:
        return bool(self.files.stamps(f"work/{key}/"))

    def failure(self, key: str) -> Failure | None:
        name = f"work/{key}/{FAILURE}"
        return next((load(text, Failure, Path(name)) for _, text in self._texts([name])), None)

    def fail(self, key: str, run: str, message: str, *, permanent: bool = False) -> None:
        failure = Failure(run=run, at=now(), message=message, permanent=permanent)
        self.files.write(f"work/{key}/{FAILURE}", dump(failure).encode())

    @contextmanager
    def locked(self, *names: str, waiting: Any = None) -> Iterator[None]:
        with self.claims.held(*names, waiting=waiting):
            try:
                yield
            finally:
                for name in names:
                    self.desk.leave(name, partial(self.claims.check, name))
                    self.logs.end(f"journals/{name}", tidy=True)

    def is_held(self, name: str) -> bool:
        return self.claims.is_live(name)

    def sure(self, *names: str) -> None:
        self.claims.check(*(name for name in names if self.claims.holds(name)))

    def working(self, key: str) -> Path:
        return self.desk.folder(key) if self.claims.holds(key) else self.desk.copy(key)

    def work(self, key: str) -> Path:
        return self.desk.take(key)

    def keep(self, key: str) -> None:
        self.claims.check(key)
        self.desk.send(key)

    def receive(self, key: str, folder: Path) -> bool:
        if self.claims.holds(key):
            self.claims.check(key)
        first = self.units.send(key, folder)
        if first:
            self.units.adopt(key, folder)
        self.desk.clear(key)
        return first

    def set_aside(self, key: str) -> Path:
        stamp = "".join(sign for sign in now() if sign.isdigit())
        target = f"damaged/{key}-{stamp}"
        self._move(key, target)
        return self.root / target

    def retire(self, where: str, kind: str, name: str) -> None:
        target = f"retired/{where}/{kind}/{name}"
        if self.files.stamps(target):  # once in this run already
            target = f"retired/{where}.{uuid.uuid4().hex[:6]}/{kind}/{name}"
        if kind == "units":
            self._move(name, target)
        elif kind == "journals":
            log = f"journals/{name.removesuffix('.jsonl')}"
            path = self.logs.read(log)
            if path.exists():
                self.files.send(path, target)
                self.logs.remove(log)
        else:
            for file in self.files.stamps(f"{kind}/{name}/"):
                self.files.write(f"{target}/{file.split('/', 2)[2]}", self.files.read(file))
                self.files.delete([file])

    def _move(self, key: str, target: str) -> None:
        """A published unit to where it is kept: its list goes first, and last what it lists."""
        with suppress(FileNotFoundError):
            text = self.files.read(f"published/{key}").decode()
            for line in text.splitlines():
                place = line.split("  ", 1)[1]
                with suppress(FileNotFoundError):
                    name = "/".join(place.split("/")[3:])
                    self.files.write(f"{target}/{name}", self.files.read(place))
            self.files.delete([f"published/{key}"])
            self.units.known.pop(key, None)
            self.files.delete(self.units.attempts(key))
            shutil.rmtree(self.root / "units" / key, ignore_errors=True)

    def retired_units(self, key: str) -> list[UnitRecord]:
        ends = f"/units/{key}/{RECORD}"
        names = sorted(name for name in self.files.stamps("retired/") if name.endswith(ends))
        return [load(text, UnitRecord, Path(name)) for name, text in self._texts(names)]

    def retirements(self, name: str) -> int:
        end = f"/journals/{name}.jsonl"
        return sum(place.endswith(end) for place in self.files.stamps("retired/"))

    def note_attempts(self, run: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Note it; notes go out together, at most a second late while more come."""
        with self._lock:
            self._notes.extend((run, dict(line)) for line in lines)
            if time.monotonic() - self._noted[0] >= _NOTES_EVERY:
                self.send_notes()

    def beat(self) -> None:
        """Send what has gathered, so that a machine that is lost takes little with it."""
        with suppress(MiError, OSError):  # told by whoever needs the place to answer
            self.desk.send_all()
            self.send_notes()

    def send_notes(self) -> None:
        """Write down what was noted of runs."""
        with self._lock:
            self._noted[0] = time.monotonic()
            while self._notes:
                run = self._notes[0][0]
                lines = [line for one, line in self._notes if one == run]
                self.logs.append(f"runs/{run}/attempts", lines)
                self._notes[:] = [note for note in self._notes if note[0] != run]

    def attempts(self, key: str) -> list[dict[str, Any]]:
        self.refresh()
        return super().attempts(key)

    def note_run(self, run: str, facts: Mapping[str, Any]) -> None:
        self.send_notes()
        text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
        self.files.write(f"runs/{run}/run.json", text.encode())

    def runs(self) -> list[dict[str, Any]]:
        self.refresh()
        return super().runs()

    def select(self, header: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> str:
        name = super().select(header, cells)
        for file in (f"cells/{name}.jsonl", f"cells/{name}.json"):
            if not self.files.exists(file):
                self.files.send(self.root / file, file)
        return name

    def selection(self, name: str) -> Iterator[dict[str, Any]]:
        if not (self.root / "cells" / f"{name}.jsonl").exists():
            self.mirror.copy({f"cells/{name}.jsonl": ""})
        yield from super().selection(name)

    def refresh(self) -> None:
        self.send_notes()
        self.units.look()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._have, self.units.news()))
        self.mirror.refresh()

    def _have(self, key: str) -> None:
        with suppress(CorruptError, OSError):  # told by whoever reads it
            self.units.fetch(key, READ)

    def _begun_names(self, file: str) -> Iterator[str]:
        return (name for name in self.files.stamps("work") if name.endswith(f"/{file}"))

    def _texts(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            with suppress(FileNotFoundError):  # it was just done
                yield name, self.files.read(name)
