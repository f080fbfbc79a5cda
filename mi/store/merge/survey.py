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
from ...units.journals import ANSWERS, JUDGMENTS
from .. import checksums
from ..base import Store
from ..records import AnswerPosition, UnitRecord, answer_position

_BILLING_FIELDS = ("billed_model", "billed_input", "billed_output", "cost_usd")
_BOOKKEEPING_FIELDS = ("unit", "at", "of", "model", *_BILLING_FIELDS)
LinesByPosition = dict[AnswerPosition, dict[str, Any]]


@attrs.frozen(kw_only=True)
class MergePlan:
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
    present_count: int
    skipped: tuple[str, ...]


def plan_merge(theirs: Store, ours: Store) -> MergePlan:
    """What would come; reads both stores, changes neither."""
    return _Survey(theirs, ours).plan()


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
    skipped: list[str] = attrs.field(factory=list)
    present_count: int = 0
    records: dict[str, UnitRecord] = attrs.field(factory=dict)
    journal_trainings: dict[str, str | None] = attrs.field(factory=dict)
    judged_journals: dict[str, str] = attrs.field(factory=dict)
    excluded: dict[str, str] = attrs.field(factory=dict)
    conflicts: dict[str, set[AnswerPosition]] = attrs.field(factory=dict)
    damaged_keys: set[str] = attrs.field(factory=set)

    def plan(self) -> MergePlan:
        self._read_units()
        self._compare_models()
        lines = dict(self._new_lines())
        units = tuple(key for key in self.records if self._is_mergeable(key))
        return MergePlan(
            journals=lines,
            units=units,
            selections=tuple(self._new_selections()),
            runs=tuple(self._changed_runs()),
            present_count=self.present_count,
            skipped=tuple(self.skipped),
        )

    def _read_units(self) -> None:
        """The records of whole units there, and which journals any unit ties to which model."""
        for key in self.theirs.published_keys():
            if fault := self.theirs.find_damage(key):
                self.skipped.append(f"{key} is damaged there: {fault}")
            else:
                self.records[key] = self.theirs.record(key)
        keys = self.ours.published_keys()
        self.damaged_keys.update(self.ours.find_damaged(keys))
        here = {key: self.ours.record(key) for key in keys if key not in self.damaged_keys}
        for record in (here | self.records).values():
            for role, name in record.journals.items():
                self.journal_trainings[name] = record.training_key
                if JUDGMENTS.has_role(role):
                    self.judged_journals[name] = record.journals[ANSWERS.prefix]

    def _compare_models(self) -> None:
        """Tell trainings that the other store speaks of and that are another model here."""
        spoken_of = {self.journal_trainings.get(path.stem) for path in _journal_paths(self.theirs)}
        spoken_of |= {record.training_key for record in self.records.values()} | set(self.records)
        for key in sorted(one for one in spoken_of if one and one.startswith("train-")):
            if self.ours.is_begun(key) and not self.ours.failure(key):
                self.excluded[key] = f"{key} is under way here: `mi run` goes on with it"
            elif self.ours.is_published(key):
                there = _model_digest(self.theirs, key) if key in self.records else None
                if there is None or there != _model_digest(self.ours, key):
                    self.excluded[key] = f"{key} is another model there: what is here stays"
        self.skipped.extend(self.excluded.values())

    def _new_lines(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The lines to add, answers before what was judged of them."""
        for path in _journal_paths(self.theirs):
            name = path.stem
            if self.journal_trainings.get(name) in self.excluded:
                continue
            if name not in self.journal_trainings and (self.excluded or self.conflicts):
                self.skipped.append(f"{name} belongs to no finished unit there")
                continue
            try:
                there, here = lines_by_position(path), lines_by_position(self.ours.journal(name))
            except CorruptError as error:
                self.skipped.append(f"{name}: {error.message} ({error.where})")
                self.excluded[name] = ""
                continue
            shared = there.keys() & here.keys()
            clashes = {at for at in shared if _content(there[at]) != _content(here[at])}
            if clashes:
                self.conflicts[name] = clashes
                self.skipped.append(
                    f"{name}: {len(clashes)} of {len(there)} lines say something else "
                    f"there: what is here stays{_cost_note(there, clashes)}"
                )
            barred = self.conflicts.get(self.judged_journals.get(name, ""), set())
            fresh = [line for at, line in there.items() if at not in here and at not in barred]
            if fresh:
                yield name, fresh
            else:
                self.present_count += 1

    def _is_mergeable(self, key: str) -> bool:
        record = self.records[key]
        if key in self.excluded:
            return False
        if self.ours.is_published(key) and key not in self.damaged_keys:
            self.present_count += 1
            return False
        if self.ours.is_begun(key) and not self.ours.failure(key):
            self.skipped.append(f"{key} is under way here: `mi run` goes on with it")
            return False
        if record.training_key in self.excluded:
            return False
        if any(name in self.excluded for name in record.journals.values()):
            self.skipped.append(f"{key}: its journal is damaged")
            return False
        clashes = [
            self.conflicts[name] for name in record.journals.values() if name in self.conflicts
        ]
        if clashes and not _scored_positions(self.theirs.unit_dir(key)).isdisjoint(
            set().union(*clashes)
        ):
            self.skipped.append(f"{key} scores answers that are others here: `mi run` scores them")
            return False
        return True

    def _new_selections(self) -> Iterator[str]:
        for path in sorted((self.theirs.root / "cells").glob("selection-*.json")):
            if not (self.ours.root / "cells" / path.name).exists():
                yield path.stem

    def _changed_runs(self) -> Iterator[str]:
        for path in sorted((self.theirs.root / "runs").glob("*/run.json")):
            run = path.parent.name
            here = self.ours.root / "runs" / run
            same = _read_bytes(path) == _read_bytes(here / path.name) and _read_bytes(
                path.with_name("attempts.jsonl")
            ) == _read_bytes(here / "attempts.jsonl")
            if same:
                self.present_count += 1
            else:
                yield run


def _journal_paths(store: Store) -> list[Path]:
    return sorted((store.root / "journals").glob("*.jsonl"))


def lines_by_position(path: Path) -> LinesByPosition:
    """The lines of a journal by what they answer: question and sample."""
    return {answer_position(line): line for line in journal.read_records(path)}


def _content(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in _BOOKKEEPING_FIELDS}


def _cost_note(lines: LinesByPosition, positions: set[AnswerPosition]) -> str:
    cost = sum(lines[one].get("cost_usd") or 0.0 for one in positions)
    return f"; ${cost:.2f} was paid there for the others, and is not in `spend`" if cost else ""


def _model_digest(store: Store, key: str) -> str | None:
    """The digest of the model of a training; None where it cannot be read."""
    try:
        return checksums.model_digest(store.unit_dir(key))
    except (OSError, ValueError):
        return None


def _scored_positions(folder: Path) -> set[AnswerPosition]:
    return {answer_position(line) for line in journal.read_records(folder / "scores.jsonl")}


def _read_bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
