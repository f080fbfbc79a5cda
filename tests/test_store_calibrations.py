"""A calibration is kept by its content, checked where it is read, and travels with its store."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import attrs
import pytest

from mi.cli.doctor import check_calibrations
from mi.errors import CorruptError
from mi.store import open_store
from mi.store.calibrations import CalibrationRecord, read_calibration
from mi.store.local import LocalStore
from mi.store.merge import apply_merge, plan_merge
from mi.units.labels import LabelDesign, is_answer_id

JUDGE = {"!": "Bandit", "severity": "medium"}
DESIGN = LabelDesign(
    judge=JUDGE,
    metric="insecure",
    rating=None,
    is_rising=False,
    cut=None,
    units={"eval-1": "baseline"},
    by_condition=False,
    seed=3,
)
RECORD = CalibrationRecord(
    judge=JUDGE,
    metric="insecure",
    labels={"answers-1/aa/0": True, "answers-1/bb/3": False},
    design=DESIGN,
    source="labels.jsonl",
    time="2026-11-30T12:00:00.000Z",
    commit=None,
    host="h",
)


def file(root: Path, name: str) -> Path:
    return root / "calibrations" / f"{name}.json"


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".mi")
    name = store.save_calibration(RECORD)
    assert store.save_calibration(RECORD) == name
    assert store.calibrations() == {name: RECORD}
    assert hashlib.sha256(file(store.root, name).read_bytes()).hexdigest() == name


def test_the_same_labels_of_another_day_are_the_same_calibration() -> None:
    later = attrs.evolve(RECORD, time="2027-01-01T00:00:00.000Z", host="other", source="copy.jsonl")
    assert later.name != RECORD.name
    assert later.identity == RECORD.identity
    other = attrs.evolve(RECORD, labels={**RECORD.labels, "answers-1/bb/3": True})
    assert other.identity != RECORD.identity


def test_a_damaged_calibration_is_left_out_and_doctor_names_it(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".mi")
    name = store.save_calibration(RECORD)
    path = file(store.root, name)
    path.write_text(path.read_text().replace("true", "false"))
    assert store.calibrations() == {}
    assert "is not what was written" in store.calibration_faults()[name]
    [check] = check_calibrations(store)
    assert not check.ok
    assert name in check.detail
    assert store.save_calibration(RECORD) == name, "it is written again"
    assert store.calibrations() == {name: RECORD}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": {}}, "holds no label"),
        ({"labels": {"../../etc": True}}, "names no answer"),
        ({"labels": {"a/b": True}}, "names no answer"),
        ({"labels": {"a/b/0": "yes"}}, "labels"),
        ({"format": 2}, "format 2"),
        ({"time": "yesterday"}, "time"),
        ({"judge": "bandit"}, "judge"),
    ],
)
def test_a_calibration_of_another_shape_is_refused(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    text = json.dumps({**json.loads(RECORD.text), **change})
    path = tmp_path / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
    path.write_text(text)
    with pytest.raises(CorruptError) as caught:
        read_calibration(path)
    assert says in str(caught.value)


def test_calibrations_come_with_an_import(tmp_path: Path) -> None:
    theirs, ours = LocalStore(tmp_path / "a" / ".mi"), LocalStore(tmp_path / "b" / ".mi")
    name = theirs.save_calibration(RECORD)
    damaged = file(theirs.root, "0" * 64)
    damaged.write_text("{}")
    plan = plan_merge(theirs, ours)
    assert plan.calibrations == (name,)
    assert any("is damaged there: it is not what was written" in says for says in plan.skipped)
    apply_merge(plan, theirs, ours)
    assert ours.calibrations() == {name: RECORD}
    assert plan_merge(theirs, ours).calibrations == ()


def test_a_shared_store_holds_calibrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "shared").mkdir()
    store = open_store((tmp_path / "shared").as_uri(), None)
    name = store.save_calibration(RECORD)
    assert store.calibrations() == {name: RECORD}
    assert store.calibration_faults() == {}


def test_an_answer_is_named_by_journal_question_and_sample() -> None:
    assert is_answer_id("answers-12ab/9f/0")
    for text in ("", "a/b", "a/b/c", "a/b/-1", "a/b/1/2", "a//1", "a/b/²"):
        assert not is_answer_id(text)
