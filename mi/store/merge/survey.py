"""What another store has that this one has not, and what of it must not come.

Two machines that did the same unit need not have done the same thing: a model trained twice at a
provider is two models, an answer sampled twice is two answers. What is here stays, and whatever
speaks of the other machine's model or answer stays there, so that a score here is always one of a
model and an answer that are here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from ...errors import CorruptError
from ...files import journal
from .. import checksums
from ..local import Store
from ..records import UnitRecord

_BILLED = ("billed_model", "billed_input", "billed_output", "cost_usd")
_BOOKKEEPING = ("unit", "at", "of", "model", *_BILLED)
At = tuple[str, int]
Lines = dict[At, dict[str, Any]]


@attrs.frozen(kw_only=True)
class Incoming:
    """What would come from another store.

    Args:
        journals: Lines by journal.
        units: Keys.
        selections: Names.
        runs: Names.
        already: How many units, journals and runs there are here just as they are there.
        left: Why things stay where they are, a sentence each.
    """

    journals: Mapping[str, list[dict[str, Any]]]
    units: tuple[str, ...]
    selections: tuple[str, ...]
    runs: tuple[str, ...]
    already: int
    left: tuple[str, ...]


def survey(theirs: Store, ours: Store) -> Incoming:
    """What would come; reads both stores, changes neither."""
    return _Survey(theirs, ours).incoming()


@attrs.define
class _Survey:
    """The two stores, read once.

    Args:
        subjects: Journal → the training unit it speaks of; None for the untrained model.
        answers: Journal of judgments → the journal of the answers judged.
        apart: Training units that are another model there, and why nothing of it may come.
        clashes: Journal → the places at which it says something else there.
        damaged: Units that are not what was written here: a whole one from there takes its place.
    """

    theirs: Store
    ours: Store
    left: list[str] = attrs.field(factory=list)
    already: int = 0
    records: dict[str, UnitRecord] = attrs.field(factory=dict)
    subjects: dict[str, str | None] = attrs.field(factory=dict)
    answers: dict[str, str] = attrs.field(factory=dict)
    apart: dict[str, str] = attrs.field(factory=dict)
    clashes: dict[str, set[At]] = attrs.field(factory=dict)
    damaged: set[str] = attrs.field(factory=set)

    def incoming(self) -> Incoming:
        self._read_units()
        self._compare_models()
        lines = dict(self._journals())
        units = tuple(key for key in self.records if self._comes(key))
        return Incoming(
            journals=lines,
            units=units,
            selections=tuple(self._selections()),
            runs=tuple(self._runs()),
            already=self.already,
            left=tuple(self.left),
        )

    def _read_units(self) -> None:
        """The records of whole units there, and which journals any unit ties to which model."""
        for key in self.theirs.published():
            if fault := self.theirs.fault(key):
                self.left.append(f"{key} is damaged there: {fault}")
            else:
                self.records[key] = self.theirs.record(key)
        keys = self.ours.published()
        self.damaged.update(self.ours.damaged(keys))
        here = {key: self.ours.record(key) for key in keys if key not in self.damaged}
        for record in (here | self.records).values():
            for role, name in record.journals.items():
                self.subjects[name] = record.subject
                if role.startswith("judgments:"):
                    self.answers[name] = record.journals["answers"]

    def _compare_models(self) -> None:
        """Tell trainings that the other store speaks of and that are another model here."""
        spoken_of = {self.subjects.get(path.stem) for path in _journals_of(self.theirs)}
        spoken_of |= {record.subject for record in self.records.values()} | set(self.records)
        for key in sorted(one for one in spoken_of if one and one.startswith("train-")):
            if self.ours.begun(key) and not self.ours.failure(key):
                self.apart[key] = f"{key} is under way here: `mi run` goes on with it"
            elif self.ours.has(key):
                there = _model(self.theirs, key) if key in self.records else None
                if there is None or there != _model(self.ours, key):
                    self.apart[key] = f"{key} is another model there: what is here stays"
        self.left.extend(self.apart.values())

    def _journals(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The lines to add, answers before what was judged of them."""
        for path in _journals_of(self.theirs):
            name = path.stem
            if self.subjects.get(name) in self.apart:
                continue
            if name not in self.subjects and (self.apart or self.clashes):
                self.left.append(f"{name} belongs to no finished unit there")
                continue
            try:
                there, here = read_lines(path), read_lines(self.ours.journal(name))
            except CorruptError as error:
                self.left.append(f"{name}: {error.message} ({error.where})")
                self.apart[name] = ""
                continue
            shared = there.keys() & here.keys()
            clashes = {at for at in shared if _said(there[at]) != _said(here[at])}
            if clashes:
                self.clashes[name] = clashes
                self.left.append(
                    f"{name}: {len(clashes)} of {len(there)} lines say something else "
                    f"there: what is here stays{_paid(there, clashes)}"
                )
            barred = self.clashes.get(self.answers.get(name, ""), set())
            fresh = [line for at, line in there.items() if at not in here and at not in barred]
            if fresh:
                yield name, fresh
            else:
                self.already += 1

    def _comes(self, key: str) -> bool:
        record = self.records[key]
        if key in self.apart:
            return False
        if self.ours.has(key) and key not in self.damaged:
            self.already += 1
            return False
        if self.ours.begun(key) and not self.ours.failure(key):
            self.left.append(f"{key} is under way here: `mi run` goes on with it")
            return False
        if record.subject in self.apart:
            return False
        if any(name in self.apart for name in record.journals.values()):
            self.left.append(f"{key}: its journal is damaged")
            return False
        clashes = [self.clashes[name] for name in record.journals.values() if name in self.clashes]
        if clashes and not _scored(self.theirs.unit(key)).isdisjoint(set().union(*clashes)):
            self.left.append(f"{key} scores answers that are others here: `mi run` scores them")
            return False
        return True

    def _selections(self) -> Iterator[str]:
        for path in sorted((self.theirs.root / "cells").glob("selection-*.json")):
            if not (self.ours.root / "cells" / path.name).exists():
                yield path.stem

    def _runs(self) -> Iterator[str]:
        for path in sorted((self.theirs.root / "runs").glob("*/run.json")):
            run = path.parent.name
            here = self.ours.root / "runs" / run
            same = _bytes(path) == _bytes(here / path.name) and _bytes(
                path.with_name("attempts.jsonl")
            ) == _bytes(here / "attempts.jsonl")
            if same:
                self.already += 1
            else:
                yield run


def _journals_of(store: Store) -> list[Path]:
    return sorted((store.root / "journals").glob("*.jsonl"))


def read_lines(path: Path) -> Lines:
    """The lines of a journal by what they answer: question and sample."""
    return {at(line): line for line in journal.read(path)}


def at(line: Mapping[str, Any]) -> At:
    """What a line answers."""
    return line["question"], line.get("sample", 0)


def _said(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in _BOOKKEEPING}


def _paid(lines: Lines, which: set[At]) -> str:
    cost = sum(lines[one].get("cost_usd") or 0.0 for one in which)
    return f"; ${cost:.2f} was paid there for the others, and is not in `spend`" if cost else ""


def _model(store: Store, key: str) -> str | None:
    """The digest of the model of a training; None where it cannot be read."""
    try:
        return checksums.model(store.unit(key))
    except (OSError, ValueError):
        return None


def _scored(folder: Path) -> set[At]:
    return {at(line) for line in journal.read(folder / "scores.jsonl")}


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
