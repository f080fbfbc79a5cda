"""Records keep the names that they have on disk, whatever the code calls their fields."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mi.errors import CorruptError
from mi.files.serialize import from_json, to_json
from mi.store import LocalStore
from mi.store.records import BegunRecord, FailureRecord, UnitRecord

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
    [(BegunRecord, BEGUN), (UnitRecord, {**BEGUN, **UNIT}), (FailureRecord, FAILURE)],
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


def test_a_failure_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.record_failure("train-0", "r", "m", permanent=True)
    failure = store.failure("train-0")
    assert failure is not None
    assert (failure.run, failure.message, failure.permanent) == ("r", "m", True)
