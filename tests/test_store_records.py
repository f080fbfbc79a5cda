"""Records keep the names that they have on disk, whatever the code calls their fields."""

from __future__ import annotations

import json
import sys
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import attrs
import pytest

from mi.errors import CorruptError
from mi.files.serialize import from_json, to_json
from mi.spec import Bandit, Resource, Sampled
from mi.store import LocalStore, Store, sealing
from mi.store.records import BegunRecord, FailureRecord, State, UnitRecord
from mi.units.unit import Base, Evaluate, Unit
from tests.support.crash import Crash

EVAL = Sampled(id="s", title="S", questions=Resource(package="p", file="f"), judge=Bandit())

BEGUN = {
    "key": "eval-0",
    "kind": "eval",
    "title": "an eval",
    "setting": "s",
    "payload": {"subject": "train-0"},
    "journals": {"answers": "answers-0"},
    "of": "0123",
}
UNIT = {"scheme": 1, "outcome": {}, "run": "r", "finished": "2026-01-01T00:00:00Z", "seconds": 1.5}
FAILURE = {"run": "r", "at": "2026-01-01T00:00:00Z", "message": "m", "permanent": True}


@pytest.mark.parametrize(
    ("record_type", "stored"),
    [
        (BegunRecord, BEGUN),
        (UnitRecord, {**BEGUN, **UNIT}),
        (UnitRecord, {**BEGUN, **UNIT, "scoring": 2, "scored": "2026-01-02T00:00:00Z"}),
        (FailureRecord, FAILURE),
    ],
)
def test_a_record_is_written_as_it_was_read(record_type: type, stored: dict[str, object]) -> None:
    record = from_json(json.dumps(stored), record_type, "here")
    assert json.loads(to_json(record)) == stored


def test_the_name_in_the_code_is_no_name_on_disk() -> None:
    stored = {**BEGUN, "model_digest": "0123"}
    with pytest.raises(CorruptError, match="model_digest"):
        from_json(json.dumps(stored), BegunRecord, "here")


def test_a_record_of_before_evals_named_their_model_has_none() -> None:
    stored = {name: value for name, value in BEGUN.items() if name != "of"}
    record = from_json(json.dumps(stored), BegunRecord, "here")
    assert record.model_digest is None
    assert record.training_key == "train-0"


def test_a_record_of_before_scoring_had_versions_is_of_the_first() -> None:
    record = from_json(json.dumps({**BEGUN, **UNIT}), UnitRecord, "here")
    assert (record.scoring, record.scored) == (1, None)


class Killer:
    """Traces the lines that replace a unit, and crashes before one of them.

    Args:
        number: Which line; from 1.
    """

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: FrameType, event: str, _: Any) -> Killer | None:
        if frame.f_code not in REPLACING:
            return None if event == "call" else self
        self.left -= event == "line"
        if self.left == 0 and event == "line":
            raise Crash
        return self


REPLACING = {
    function.__code__
    for function in (
        Store.replace,
        sealing.seal,
        LocalStore.install_replacement,
        LocalStore.archive,
        LocalStore.install,
    )
}


def test_a_unit_that_is_replaced_is_there_wherever_the_process_dies(tmp_path: Path) -> None:
    payload = Evaluate(subject=Base(provider="p", weights="w"), eval=EVAL, questions="q")
    unit = Unit(payload=payload, title="t", setting="s")
    for number in count(1):
        store = LocalStore(tmp_path / str(number))
        (store.prepare_work_dir(unit.key) / "scores.jsonl").write_text("old", encoding="utf-8")
        store.publish(unit, "r", {}, 1.0)
        old = store.record(unit.key)
        version = dict(store.published_versions())
        new = attrs.evolve(old, scoring=2, scored="2026-01-02T00:00:00Z")
        sys.settrace(Killer(number))
        try:
            store.replace(new, {"scores.jsonl": "new"}, "label")
            is_killed = False
        except Crash:
            is_killed = True
        finally:
            sys.settrace(None)
        later = LocalStore(store.root)
        assert later.states([unit.key])[unit.key].state is State.DONE
        assert later.published_keys() == [unit.key]
        record = later.record(unit.key)
        assert record in (old, new)
        scores = (later.unit_dir(unit.key) / "scores.jsonl").read_text(encoding="utf-8")
        assert scores == ("old" if record == old else "new")
        assert not list((later.root / "replacing").glob("*")), "nothing is left half done"
        assert later.archived_records(unit.key) == ([] if record == old else [old])
        assert (dict(later.published_versions()) == version) == (record == old)
        if not is_killed:
            break
    assert record == new
    assert number > 20


def test_a_failure_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.record_failure("train-0", "r", "m", permanent=True)
    failure = store.failure("train-0")
    assert failure is not None
    assert (failure.run, failure.message, failure.permanent) == ("r", "m", True)
