"""What a merge would bring from another store, and what it must leave there.

Two machines that did the same unit need not have done the same thing. A model trained twice at a
provider is two models, and an answer sampled twice is two answers. Ours stay. Whatever refers to
another model or answer of theirs is left out, so that every score in our store is about a model and
an answer that are in our store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from ...errors import CorruptError
from ...files import journal
from ...units.journals import ANSWERS, JUDGMENTS, is_probe_journal
from ...units.lines import line_shape
from ...units.unit import Train, is_unit_key
from .. import checksums
from ..base import Store
from ..layout import ATTEMPTS_FILE, CELLS, JOURNALS, RUN_FILE, RUNS, is_stray
from ..records import AnswerPosition, UnitRecord, answer_position

_BILLING_FIELDS = (
    "billed_model",
    "billed_input",
    "billed_output",
    "billed_estimate",
    "cost_usd",
)
_BOOKKEEPING_FIELDS = ("unit", "at", "of", "model", *_BILLING_FIELDS)
"""Fields of a journal line that say how an answer came about, not what it is."""

LinesByPosition = dict[AnswerPosition, dict[str, Any]]


@attrs.frozen(kw_only=True)
class MergePlan:
    """What a merge brings.

    Args:
        journals: Journal → the lines to append.
        units: Keys of the units to copy.
        selections: Names of the selections to copy.
        runs: Names of the runs whose records differ.
        registrations: Names of the registrations to copy, as they are.
        present_count: How many units, journals, runs and registrations are in both stores.
        skipped: Why things are left out, a sentence each.
    """

    journals: Mapping[str, list[dict[str, Any]]]
    units: tuple[str, ...]
    selections: tuple[str, ...]
    runs: tuple[str, ...]
    registrations: tuple[str, ...]
    present_count: int
    skipped: tuple[str, ...]


def plan_merge(theirs: Store, ours: Store) -> MergePlan:
    """Plan to add what another store has to ours. Reads both, changes neither."""
    return _Survey(theirs, ours).plan()


@attrs.define
class _Survey:
    """A comparison of two stores.

    Args:
        theirs: The store that is read.
        ours: The store that is added to.
        skipped: Why things are left out, a sentence each.
        present_count: How many units, journals, runs and registrations are in both stores.
        records: Key → record of their intact units.
        journal_trainings: Journal → the training whose model it is about; None if untrained.
        judged_journals: Journal of judgments → the journal of the judged answers.
        excluded: Training or journal → why nothing that refers to it may come.
        conflicts: Journal → the positions at which theirs says something else than ours.
        damaged_keys: Our units that are damaged, and may be replaced by an intact one of theirs.
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
            registrations=tuple(self._new_registrations()),
            present_count=self.present_count,
            skipped=tuple(self.skipped),
        )

    def _read_units(self) -> None:
        """Read the records of both stores, and which model each journal is about."""
        for key in self.theirs.published_keys():
            damage = self.theirs.find_damage(key)
            record = None if damage else self.theirs.record(key)
            if record is not None:
                damage = self.theirs.journal_damage(record)
            if record is None or damage:
                self.skipped.append(f"{key} is damaged there: {damage}")
            else:
                self.records[key] = record
        keys = self.ours.published_keys()
        self.damaged_keys.update(self.ours.find_damaged(keys))
        our_records = {key: self.ours.record(key) for key in keys if key not in self.damaged_keys}
        for record in (our_records | self.records).values():
            for role, name in record.journals.items():
                self.journal_trainings[name] = record.training_key
                if JUDGMENTS.has_role(role):
                    self.judged_journals[name] = record.journals[ANSWERS.prefix]

    def _compare_models(self) -> None:
        """Exclude trainings of theirs that are under way here, or produced another model here."""
        names = {self.journal_trainings.get(path.stem) for path in _journal_paths(self.theirs)}
        names |= {record.training_key for record in self.records.values()} | set(self.records)
        for key in sorted(name for name in names if name and is_unit_key(name, Train)):
            if self._is_under_way(key):
                self.excluded[key] = f"{key} is under way here: `mi run` continues it"
            elif self.ours.is_published(key):
                digest = _model_digest(self.theirs, key) if key in self.records else None
                if digest is None or digest != _model_digest(self.ours, key):
                    self.excluded[key] = f"{key} is another model there: the one here stays"
        self.skipped.extend(self.excluded.values())

    def _is_under_way(self, key: str) -> bool:
        return self.ours.is_begun(key) and not self.ours.failure(key)

    def _new_lines(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The lines to append to each journal, answers before the judgments of them."""
        for path in _journal_paths(self.theirs):
            name = path.stem
            if self.journal_trainings.get(name) in self.excluded:
                continue
            is_known = name in self.journal_trainings or is_probe_journal(name)
            if not is_known and (self.excluded or self.conflicts):
                self.skipped.append(f"{name} belongs to no finished unit there")
                continue
            try:
                their_lines = lines_by_position(path)
                our_lines = lines_by_position(self.ours.journal(name))
            except CorruptError as error:
                self.skipped.append(f"{name}: {error.message} ({error.where})")
                self.excluded[name] = ""
                continue
            self._find_conflicts(name, their_lines, our_lines)
            barred = our_lines.keys() | self.conflicts.get(
                self.judged_journals.get(name, ""), set()
            )
            new_lines = [line for key, line in their_lines.items() if key not in barred]
            if new_lines:
                yield name, new_lines
            else:
                self.present_count += 1

    def _find_conflicts(
        self, name: str, their_lines: LinesByPosition, our_lines: LinesByPosition
    ) -> None:
        """Note the positions at which a journal of theirs says something else than ours."""
        conflicts = {
            position
            for position in their_lines.keys() & our_lines.keys()
            if _content(their_lines[position]) != _content(our_lines[position])
        }
        if conflicts:
            self.conflicts[name] = conflicts
            self.skipped.append(
                f"{name}: {len(conflicts)} of {len(their_lines)} lines say something else there: "
                f"those here stay{_cost_note(their_lines, conflicts)}"
            )

    def _is_mergeable(self, key: str) -> bool:
        """Whether a unit of theirs may come; if not, records why."""
        record = self.records[key]
        if key in self.excluded:
            return False
        if self.ours.is_published(key) and key not in self.damaged_keys:
            self.present_count += 1
            return False
        if self._is_under_way(key):
            self.skipped.append(f"{key} is under way here: `mi run` continues it")
            return False
        if record.training_key in self.excluded:
            return False
        if any(name in self.excluded for name in record.journals.values()):
            self.skipped.append(f"{key}: its journal is damaged")
            return False
        if self._scores_conflicts(record):
            self.skipped.append(
                f"{key} scores answers that differ from those here: `mi run` scores those here"
            )
            return False
        return True

    def _scores_conflicts(self, record: UnitRecord) -> bool:
        """Whether a unit of theirs has scores of answers that differ from ours."""
        names = [name for name in record.journals.values() if name in self.conflicts]
        if not names:
            return False
        conflicts = set().union(*(self.conflicts[name] for name in names))
        return not conflicts.isdisjoint(_scored_positions(self.theirs.unit_dir(record.key)))

    def _new_selections(self) -> Iterator[str]:
        for path in sorted((self.theirs.root / CELLS).glob("selection-*.json")):
            if not (self.ours.root / CELLS / path.name).exists():
                yield path.stem

    def _new_registrations(self) -> Iterator[str]:
        """Registrations of theirs; a name is a digest, so what has the same name is the same."""
        for name, fault in self.theirs.registration_faults().items():
            self.skipped.append(f"the registration {name} is damaged there: it {fault}")
        present = self.ours.registrations()
        for name in self.theirs.registrations():
            if name in present:
                self.present_count += 1
            else:
                yield name

    def _changed_runs(self) -> Iterator[str]:
        for path in sorted((self.theirs.root / RUNS).glob(f"*/{RUN_FILE}")):
            run = path.parent.name
            our_dir = self.ours.root / RUNS / run
            if all(
                _read_bytes(path.with_name(name)) == _read_bytes(our_dir / name)
                for name in (RUN_FILE, ATTEMPTS_FILE)
            ):
                self.present_count += 1
            else:
                yield run


def lines_by_position(path: Path) -> LinesByPosition:
    """The lines of a journal, by the question and sample that each answers.

    Raises:
        CorruptError: A line is not valid JSON.
    """
    lines: LinesByPosition = {}
    for line in journal.read_records(path, line_shape(path.stem)):
        if "question" in line:
            lines.setdefault(answer_position(line), line)
    return lines


def _journal_paths(store: Store) -> list[Path]:
    paths = (store.root / JOURNALS).glob("*.jsonl")
    return sorted(path for path in paths if not is_stray(path.name))


def _content(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in _BOOKKEEPING_FIELDS}


def _cost_note(lines: LinesByPosition, positions: set[AnswerPosition]) -> str:
    cost = sum(lines[position].get("cost_usd") or 0.0 for position in positions)
    return f"; ${cost:.2f} was paid there for the others, and is not in `spend`" if cost else ""


def _model_digest(store: Store, key: str) -> str | None:
    """The digest of a training's model, or None if it cannot be read."""
    try:
        return checksums.model_digest(store.unit_dir(key))
    except (OSError, ValueError):
        return None


def _scored_positions(directory: Path) -> set[AnswerPosition]:
    return {answer_position(line) for line in journal.read_records(directory / "scores.jsonl")}


def _read_bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
