"""What a merge would bring from another store, and what it must leave there.

Two machines that did the same unit need not have done the same thing. A model trained twice at a
provider is two models, and an answer sampled twice is two answers. Ours stay. Whatever refers to
another model or answer of theirs is left out, so that every score in our store is about a model and
an answer that are in our store.

The other store may be anybody's (`source`). What of it may not come is listed with its reason, and
the rest comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from ...errors import CorruptError, MiError
from ...files import gate, journal
from ...units.journals import ANSWERS, JUDGMENTS, LIKELIHOODS, is_probe_journal
from ...units.unit import Train, is_unit_key
from ..base import Store
from ..layout import ATTEMPTS_FILE, CELLS, RUN_FILE, RUNS
from ..records import AnswerPosition, UnitRecord, answer_position
from .lines import LinesByPosition, cost_note, find_conflicts, read_journal_lines, translate_lines
from .models import MergedModel, OtherModel, compare_models
from .source import Source


@attrs.frozen(kw_only=True)
class MergePlan:
    """What a merge brings.

    Args:
        journals: Journal → the lines to append.
        units: The units to copy by key, each with the digest by which our store calls the model
            that it evaluates, if any.
        selections: Names of the selections to copy.
        runs: Names of the runs whose records differ.
        registrations: Names of the registrations to copy, as they are.
        calibrations: Names of the calibrations to copy, as they are.
        present_count: How many units, journals, runs and other records are in both stores.
        skipped: Why things are left out, a sentence each.
        size: Bytes of the units to copy, as far as they are known.
    """

    journals: Mapping[str, list[dict[str, Any]]]
    units: Mapping[str, str | None]
    selections: tuple[str, ...]
    runs: tuple[str, ...]
    registrations: tuple[str, ...]
    calibrations: tuple[str, ...]
    present_count: int
    skipped: tuple[str, ...]
    size: int = 0


def plan_merge(theirs: Store, ours: Store) -> MergePlan:
    """Plan to add what another store has to ours. Reads both, changes neither."""
    return _Survey(Source.open(theirs), ours).plan()


@attrs.define
class _Survey:
    """A comparison of two stores.

    Args:
        theirs: The store that is read.
        ours: The store that is added to.
        skipped: Why things are left out, a sentence each.
        present_count: How many units, journals, runs and other records are in both stores.
        records: Key → record of their intact units.
        journal_trainings: Journal → the training whose model it is about; None if untrained.
        judged_journals: Journal of judgments → the journal of the judged answers.
        models: Training → the model that their records may be about.
        excluded: Training or journal → why nothing that refers to it may come.
        conflicts: Journal → the positions at which theirs says something else than ours.
        positions: Journal → the positions that it will have here.
        damaged_keys: Our units that are damaged, and may be replaced by an intact one of theirs.
    """

    theirs: Source
    ours: Store
    skipped: list[str] = attrs.field(factory=list)
    present_count: int = 0
    records: dict[str, UnitRecord] = attrs.field(factory=dict)
    journal_trainings: dict[str, str | None] = attrs.field(factory=dict)
    judged_journals: dict[str, str] = attrs.field(factory=dict)
    models: dict[str, MergedModel] = attrs.field(factory=dict)
    excluded: dict[str, str] = attrs.field(factory=dict)
    conflicts: dict[str, set[AnswerPosition]] = attrs.field(factory=dict)
    positions: dict[str, set[AnswerPosition]] = attrs.field(factory=dict)
    damaged_keys: set[str] = attrs.field(factory=set)

    def plan(self) -> MergePlan:
        self.skipped += self.theirs.screening.refused
        self._read_units()
        self._compare_models()
        lines = dict(self._new_lines())
        units = {key: self._model_digest(key) for key in self.records if self._is_mergeable(key)}
        return MergePlan(
            journals=lines,
            units=units,
            selections=tuple(self._new_selections()),
            runs=tuple(self._changed_runs()),
            registrations=tuple(self._new_registrations()),
            calibrations=tuple(self._new_calibrations()),
            present_count=self.present_count,
            skipped=tuple(self.skipped),
            size=sum(map(self.theirs.unit_size, units)),
        )

    # Units and models

    def _read_units(self) -> None:
        """Read the records of both stores, and which model each journal is about."""
        keys = self.ours.published_keys()
        self.damaged_keys.update(self.ours.find_damaged(keys))
        for key in keys:
            if key not in self.damaged_keys:
                self._assign_journals(self.ours.record(key))
        records = dict(self._their_records())
        for record in records.values():
            self.theirs.expect_journals(record.journal_needs)
        for key, record in records.items():
            if damage := self.theirs.journal_damage(record):
                self.skipped.append(f"{key} is damaged there: {damage}")
            elif problem := self._assign_journals(record):
                self.skipped.append(f"{key} {problem}")
            else:
                self.records[key] = record

    def _their_records(self) -> Iterator[tuple[str, UnitRecord]]:
        for key in self.theirs.unit_names():
            try:
                yield key, self.theirs.read_unit(key)
            except CorruptError as error:
                self.skipped.append(f"{key} {error.message}")

    def _assign_journals(self, record: UnitRecord) -> str | None:
        """Note which models the journals of a unit are about. Returns why that cannot be."""
        trainings = dict.fromkeys(record.journals.values(), record.training_key)
        for role, name in record.journals.items():
            if not name.startswith(f"{role.partition(':')[0]}-"):
                return f"names {name} as its journal of {role}"
            if self.journal_trainings.get(name, trainings[name]) != trainings[name]:
                return f"names {name}, which is about another model, as its journal"
            if JUDGMENTS.has_role(role) and ANSWERS.prefix not in record.journals:
                return "has verdicts on no answers"
        self.journal_trainings.update(trainings)
        for role, name in record.journals.items():
            if JUDGMENTS.has_role(role):
                self.judged_journals[name] = record.journals[ANSWERS.prefix]
        return None

    def _compare_models(self) -> None:
        """Exclude trainings of theirs that are under way here, or produced another model here."""
        names = {self.journal_trainings.get(name) for name in self.theirs.journals}
        names |= {record.training_key for record in self.records.values()} | set(self.records)
        for key in sorted(name for name in names if name and is_unit_key(name, Train)):
            if self._is_under_way(key):
                self.excluded[key] = f"{key} is under way here: `mi run` continues it"
                continue
            there = self.theirs.unit_dir(key) if key in self.records else None
            here = self.ours.unit_dir(key) if self.ours.is_published(key) else None
            try:
                if (model := compare_models(there, here)) is not None:
                    self.models[key] = model
            except OtherModel:
                self.excluded[key] = f"{key} is another model there: the one here stays"
        self.skipped.extend(self.excluded.values())

    def _is_under_way(self, key: str) -> bool:
        return self.ours.is_begun(key) and not self.ours.failure(key)

    def _model(self, training: str | None) -> MergedModel | None:
        return None if training is None else self.models.get(training)

    def _model_digest(self, key: str) -> str | None:
        """The digest by which our store calls the model that a unit of theirs evaluates."""
        record = self.records[key]
        model = self._model(record.training_key)
        return record.model_digest if model is None else model.translate(record.model_digest)

    # Journals

    def _new_lines(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The lines to append to each journal, answers before the judgments of them."""
        for name, path in self.theirs.journals.items():
            if self.journal_trainings.get(name) in self.excluded:
                continue
            is_known = name in self.journal_trainings or is_probe_journal(name)
            if not is_known and (self.excluded or self.conflicts):
                self.skipped.append(f"{name} belongs to no finished unit there")
                continue
            try:
                new_lines = self._compare_journal(name, path)
            except CorruptError as error:
                self.skipped.append(f"{name}: {error.message} ({error.where})")
                self.excluded[name] = ""
                continue
            if new_lines:
                yield name, new_lines
            else:
                self.present_count += 1

    def _compare_journal(self, name: str, path: Path) -> list[dict[str, Any]]:
        """The lines of a journal of theirs that are to be appended to ours.

        Raises:
            CorruptError: One of the two cannot be read, or theirs is not what was written.
        """
        if damage := self.theirs.seal_damage(name):
            raise CorruptError(damage, where=str(path))
        found = read_journal_lines(path)
        if found.refused:
            self.skipped.append(f"{name}: {found.refused} of its lines stay there; {found.reason}")
        our_lines = read_journal_lines(self.ours.journal(name)).lines
        model = self._model(self.journal_trainings.get(name))
        their_lines, others = translate_lines(found.lines, model)
        conflicts = find_conflicts(their_lines, our_lines) | others
        if conflicts:
            self.conflicts[name] = conflicts
            self.skipped.append(
                f"{name}: {len(conflicts)} of {len(found.lines)} lines say something else there: "
                f"those here stay{cost_note(found.lines, conflicts)}"
            )
        barred = our_lines.keys() | self.conflicts.get(self.judged_journals.get(name, ""), set())
        new_lines: LinesByPosition = {
            position: line for position, line in their_lines.items() if position not in barred
        }
        self.positions[name] = our_lines.keys() | new_lines.keys()
        return list(new_lines.values())

    def _is_mergeable(self, key: str) -> bool:
        """Whether a unit of theirs may come; if not, records why."""
        record = self.records[key]
        if key in self.excluded or record.training_key in self.excluded:
            return False
        if self.ours.is_published(key) and key not in self.damaged_keys:
            self.present_count += 1
            return False
        problem = self._unit_problem(record)
        if problem:
            self.skipped.append(f"{key}{problem}")
        return problem is None

    def _unit_problem(self, record: UnitRecord) -> str | None:
        """Why a unit of theirs may not come, as the end of a sentence; None if it may."""
        if self._is_under_way(record.key):
            return " is under way here: `mi run` continues it"
        if any(name in self.excluded for name in record.journals.values()):
            return ": its journal is damaged"
        try:
            self._model_digest(record.key)
        except OtherModel:
            return f" is about another model than {record.training_key}"
        scored = scored_positions(self.theirs.unit_dir(record.key)) if record.journals else set()
        conflicts = (self.conflicts.get(name, set()) for name in record.journals.values())
        if not scored.isdisjoint(set().union(*conflicts)):
            return " scores answers that differ from those here: `mi run` scores those here"
        read = [record.journals.get(kind.prefix) for kind in (ANSWERS, LIKELIHOODS)]
        lacking = (scored - self.positions.get(name, set()) for name in read if name)
        if missing := next(filter(None, lacking), None):
            return f": its journal lacks {len(missing)} of the answers that it scores"
        return None

    # Everything else

    def _new_selections(self) -> Iterator[str]:
        for name in self.theirs.selections():
            if (self.ours.root / CELLS / f"{name}.json").exists():
                continue
            try:
                self.theirs.read_selection(name)
            except MiError as error:
                self.skipped.append(f"the selection {name} {error.message}")
            else:
                yield name

    def _new_registrations(self) -> Iterator[str]:
        """Registrations of theirs; a name is a digest, so what has the same name is the same."""
        present = self.ours.registrations()
        for name, record in self.theirs.registrations():
            if isinstance(record, str):
                self.skipped.append(f"the registration {name} is damaged there: it {record}")
            elif name in present:
                self.present_count += 1
            else:
                yield name

    def _new_calibrations(self) -> Iterator[str]:
        """Calibrations of theirs; a name is a digest, so what has the same name is the same."""
        present = self.ours.calibrations()
        for name, record in self.theirs.calibrations():
            if isinstance(record, str):
                self.skipped.append(f"the calibration {name} is damaged there: it {record}")
            elif name in present:
                self.present_count += 1
            else:
                yield name

    def _changed_runs(self) -> Iterator[str]:
        for run in self.theirs.runs():
            their_dir = self.theirs.store.root / RUNS / run
            our_dir = self.ours.root / RUNS / run
            try:
                self.theirs.check_run(run)
                is_present = all(
                    _read_bytes(their_dir / name) == _read_bytes(our_dir / name)
                    for name in (RUN_FILE, ATTEMPTS_FILE)
                )
            except (CorruptError, gate.Refused) as error:
                message = error.message if isinstance(error, CorruptError) else str(error)
                self.skipped.append(f"the run {run} {message}")
                continue
            if is_present:
                self.present_count += 1
            else:
                yield run


def scored_positions(directory: Path) -> set[AnswerPosition]:
    """The questions and samples of which an eval has scores."""
    scores: Iterable[dict[str, Any]] = journal.read_records(directory / "scores.jsonl")
    return {answer_position(line) for line in scores}


def _read_bytes(path: Path) -> bytes:
    try:
        return gate.read_file(path, _MAX_RUN)
    except FileNotFoundError:
        return b""


_MAX_RUN = 1 << 30
"""Bytes of the log of a run's attempts."""
