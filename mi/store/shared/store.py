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
from ...files.serialize import from_json, read_json, to_json
from ..checksums import RECORD_FILE
from ..local import Store
from ..provenance import utc_timestamp
from ..records import (
    BEGUN_FILE,
    FAILURE_FILE,
    BegunRecord,
    FailureRecord,
    State,
    UnitRecord,
    UnitStatus,
    UnitSummary,
)
from ..verification import VerificationCache, summarise_unit
from .backend import Backend
from .leases import Leases
from .mirror import MAX_DOWNLOADS, Mirror
from .published import METADATA_FILES, PublishedUnits, damaged_files
from .segmented_log import SegmentedLogs, answer_position
from .workspace import Workspace

_CACHE_FILE = "told.json"
_FLUSH_SECONDS = 1.0  # seconds between parts of a run's attempts


@attrs.frozen(kw_only=True)
class SharedStore(Store):
    """A `Store` whose `root` is this machine's copy of it."""

    url: str
    backend: Backend
    leases: Leases
    published_units: PublishedUnits
    logs: SegmentedLogs
    workspace: Workspace
    mirror: Mirror
    _pending_attempts: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)
    _last_flush: list[float] = attrs.field(factory=lambda: [float("-inf")])
    _lock: Any = attrs.field(factory=threading.RLock)

    @property
    def address(self) -> str:
        return self.url

    def unit_dir(self, key: str) -> Path:
        self.published_units.versions.pop(
            key, None
        )  # another machine may have put it aside, and made it again
        with suppress(FileNotFoundError):
            return self.published_units.download(key)
        return self.root / "units" / key

    def record_dir(self, key: str) -> Path:
        with suppress(FileNotFoundError):
            return self.published_units.download(key, METADATA_FILES)
        return self.root / "units" / key

    def is_published(self, key: str) -> bool:
        return self.backend.exists(f"published/{key}")

    def published_versions(self) -> Iterator[tuple[str, str]]:
        yield from self.published_units.refresh().items()

    def published_keys(self) -> list[str]:
        return sorted(self.published_units.refresh())

    def journal(self, name: str) -> Path:
        if self.leases.holds(name):
            return self.logs.open(f"journals/{name}")
        return self.logs.path(f"journals/{name}", self.mirror.segments.get(f"journals/{name}"))

    def append(self, path: Path, records: Sequence[Any]) -> None:
        self.leases.assert_held(path.stem)
        self.logs.append(f"journals/{path.stem}", list(records), answer_position)

    def states(self, keys: Sequence[str]) -> dict[str, UnitStatus]:
        published = self.published_units.refresh()
        begun = {name.split("/")[1]: name for name in self._work_files(FAILURE_FILE)}
        memory, faults = VerificationCache(self.root / _CACHE_FILE), {}
        done = [key for key in keys if key in published]
        missing = [key for key in done if memory.get(key, published[key]) is None]
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            for key, found in zip(missing, pool.map(self._summary, missing), strict=True):
                if isinstance(found, UnitSummary):
                    memory.put(key, published[key], found)
                else:
                    faults[key] = found
        memory.save()
        states = {
            key: UnitStatus(State.CORRUPT, faults[key])
            if key in faults
            else UnitStatus(State.DONE, summary=memory.get(key, published[key]))
            for key in done
        }
        for key in keys:
            if key not in published and key in begun and (failure := self.failure(key)):
                states[key] = UnitStatus(State.FAILED, failure.message, failure.permanent)
        return states

    def _summary(self, key: str) -> UnitSummary | str:
        """What a unit took, or what is wrong with it."""
        try:
            record = read_json(
                self.published_units.download(key, (RECORD_FILE,)) / RECORD_FILE, UnitRecord
            )
        except (CorruptError, OSError) as error:
            return str(error)
        return summarise_unit(record.seconds, record.outcome)

    def find_damage(self, key: str) -> str | None:
        return self._find_damage(key, None)

    def find_damaged(self, keys: Sequence[str]) -> dict[str, str]:
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            faults = pool.map(lambda key: self._find_damage(key, METADATA_FILES), keys)
        return {key: fault for key, fault in zip(keys, faults, strict=True) if fault}

    def _find_damage(self, key: str, names: Collection[str] | None) -> str | None:
        try:
            folder = self.published_units.download(key, names)
            for name in list(damaged_files(folder)):
                (folder / name).unlink(missing_ok=True)  # this copy is: another one is fetched
            self.published_units.download(key, names)
        except (CorruptError, OSError, ValueError) as error:
            return str(error)
        return None if (folder / RECORD_FILE).exists() else f"it lists no {RECORD_FILE}"

    def begin(
        self, unit: Any, journals: Mapping[str, str], model_digest: str | None = None
    ) -> None:
        super().begin(unit, journals, model_digest)
        self.workspace.upload(unit.key)

    def unfinished_units(self) -> list[BegunRecord]:
        names = {
            name.split("/")[1]
            for file in (BEGUN_FILE, RECORD_FILE)
            for name in self._work_files(file)
        }
        found = (self.begun_record(name) for name in sorted(names))
        return [one for one in found if one is not None]

    def begun_record(self, key: str) -> BegunRecord | None:
        kinds: dict[str, type[BegunRecord]] = {BEGUN_FILE: BegunRecord, RECORD_FILE: UnitRecord}
        for file, kind in kinds.items():
            name = f"work/{key}/{file}"
            for _, text in self._read_existing([name]):
                return from_json(text, kind, Path(name))
        return None

    def is_begun(self, key: str) -> bool:
        return bool(self.backend.versions(f"work/{key}/"))

    def failure(self, key: str) -> FailureRecord | None:
        name = f"work/{key}/{FAILURE_FILE}"
        return next(
            (from_json(text, FailureRecord, Path(name)) for _, text in self._read_existing([name])),
            None,
        )

    def record_failure(self, key: str, run: str, message: str, *, permanent: bool = False) -> None:
        failure = FailureRecord(run=run, at=utc_timestamp(), message=message, permanent=permanent)
        self.backend.write(f"work/{key}/{FAILURE_FILE}", to_json(failure).encode())

    @contextmanager
    def lock(self, *names: str, on_wait: Any = None) -> Iterator[None]:
        with self.leases.acquire(*names, on_wait=on_wait):
            try:
                yield
            finally:
                for name in names:
                    self.workspace.release(name, partial(self.leases.assert_held, name))
                    self.logs.close(f"journals/{name}", compact=True)

    def is_locked(self, name: str) -> bool:
        return self.leases.is_active(name)

    def assert_locked(self, *names: str) -> None:
        self.leases.assert_held(*(name for name in names if self.leases.holds(name)))

    def work_dir(self, key: str) -> Path:
        return self.workspace.path(key) if self.leases.holds(key) else self.workspace.snapshot(key)

    def prepare_work_dir(self, key: str) -> Path:
        return self.workspace.restore(key)

    def checkpoint(self, key: str) -> None:
        self.leases.assert_held(key)
        self.workspace.upload(key)

    def install(self, key: str, folder: Path) -> bool:
        if self.leases.holds(key):
            self.leases.assert_held(key)
        first = self.published_units.publish(key, folder)
        if first:
            self.published_units.adopt(key, folder)
        self.workspace.clear(key)
        return first

    def quarantine(self, key: str) -> Path:
        stamp = "".join(sign for sign in utc_timestamp() if sign.isdigit())
        target = f"damaged/{key}-{stamp}"
        self._move_unit(key, target)
        return self.root / target

    def archive(self, label: str, kind: str, name: str) -> None:
        target = f"retired/{label}/{kind}/{name}"
        if self.backend.versions(target):  # once in this run already
            target = f"retired/{label}.{uuid.uuid4().hex[:6]}/{kind}/{name}"
        if kind == "units":
            self._move_unit(name, target)
        elif kind == "journals":
            log = f"journals/{name.removesuffix('.jsonl')}"
            path = self.logs.path(log)
            if path.exists():
                self.backend.upload(path, target)
                self.logs.remove(log)
        else:
            for file in self.backend.versions(f"{kind}/{name}/"):
                self.backend.write(f"{target}/{file.split('/', 2)[2]}", self.backend.read(file))
                self.backend.delete([file])

    def _move_unit(self, key: str, target: str) -> None:
        """A published unit to where it is kept: its list goes first, and last what it lists."""
        with suppress(FileNotFoundError):
            text = self.backend.read(f"published/{key}").decode()
            for line in text.splitlines():
                place = line.split("  ", 1)[1]
                with suppress(FileNotFoundError):
                    name = "/".join(place.split("/")[3:])
                    self.backend.write(f"{target}/{name}", self.backend.read(place))
            self.backend.delete([f"published/{key}"])
            self.published_units.versions.pop(key, None)
            self.backend.delete(self.published_units.attempt_files(key))
            shutil.rmtree(self.root / "units" / key, ignore_errors=True)

    def archived_records(self, key: str) -> list[UnitRecord]:
        ends = f"/units/{key}/{RECORD_FILE}"
        names = sorted(name for name in self.backend.versions("retired/") if name.endswith(ends))
        return [
            from_json(text, UnitRecord, Path(name)) for name, text in self._read_existing(names)
        ]

    def archive_count(self, name: str) -> int:
        end = f"/journals/{name}.jsonl"
        return sum(place.endswith(end) for place in self.backend.versions("retired/"))

    def log_attempts(self, run: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Note it; notes go out together, at most a second late while more come."""
        with self._lock:
            self._pending_attempts.extend((run, dict(line)) for line in lines)
            if time.monotonic() - self._last_flush[0] >= _FLUSH_SECONDS:
                self.flush_attempts()

    def upload_pending(self) -> None:
        """Send what has gathered, so that a machine that is lost takes little with it."""
        with suppress(MiError, OSError):  # told by whoever needs the place to answer
            self.workspace.upload_all()
            self.flush_attempts()

    def flush_attempts(self) -> None:
        """Write down what was noted of runs."""
        with self._lock:
            self._last_flush[0] = time.monotonic()
            while self._pending_attempts:
                run = self._pending_attempts[0][0]
                lines = [line for one, line in self._pending_attempts if one == run]
                self.logs.append(f"runs/{run}/attempts", lines)
                self._pending_attempts[:] = [
                    note for note in self._pending_attempts if note[0] != run
                ]

    def attempts(self, key: str) -> list[dict[str, Any]]:
        self.refresh()
        return super().attempts(key)

    def save_run(self, run: str, facts: Mapping[str, Any]) -> None:
        self.flush_attempts()
        text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
        self.backend.write(f"runs/{run}/run.json", text.encode())

    def runs(self) -> list[dict[str, Any]]:
        self.refresh()
        return super().runs()

    def save_selection(self, header: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> str:
        name = super().save_selection(header, cells)
        for file in (f"cells/{name}.jsonl", f"cells/{name}.json"):
            if not self.backend.exists(file):
                self.backend.upload(self.root / file, file)
        return name

    def load_selection(self, name: str) -> Iterator[dict[str, Any]]:
        if not (self.root / "cells" / f"{name}.jsonl").exists():
            self.mirror.download({f"cells/{name}.jsonl": ""})
        yield from super().load_selection(name)

    def refresh(self) -> None:
        self.flush_attempts()
        self.published_units.refresh()
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            list(pool.map(self._download_metadata, self.published_units.pop_new_keys()))
        self.mirror.refresh()

    def _download_metadata(self, key: str) -> None:
        with suppress(CorruptError, OSError):  # told by whoever reads it
            self.published_units.download(key, METADATA_FILES)

    def _work_files(self, file: str) -> Iterator[str]:
        return (name for name in self.backend.versions("work") if name.endswith(f"/{file}"))

    def _read_existing(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            with suppress(FileNotFoundError):  # it was just done
                yield name, self.backend.read(name)
