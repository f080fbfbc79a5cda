"""Journals of a store that machines share are sealed as those of a folder are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.database import Database, sync_database
from mi.errors import CorruptError
from mi.files.journal import encode_line, read_records
from mi.planning.prepare import prepare_plan
from mi.planning.session import Session
from mi.runner.run import run_prepared
from mi.store import open_store
from mi.store.shared.store import SharedStore
from tests.support.fake_provider import SETTING, Books, experiment, session

NAME = "answers-1"
PREFERENCE = next(one for one in SETTING.ood_evals if one.id == "broad_preference")


def line(sample: int, **more: Any) -> dict[str, Any]:
    tokens = {"prompt_tokens": 3, "answer_tokens": 5}
    fields = {"question": "0" * 16, "sample": sample, "text": "fine", "finish": "stop", **tokens}
    return {**fields, **more}


class Place:
    """A shared folder, and machines that use it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self._folder, self._patch = folder / "place", folder, monkeypatch

    def machine(self, name: str) -> SharedStore:
        """The store as a machine sees it that has no other copy of it."""
        self._patch.setenv("MI_CACHE", str(self._folder / name / "cache"))
        store = open_store(f"file://{self.root}", 30.0)
        assert isinstance(store, SharedStore)
        return store

    def session(self, name: str, books: Books) -> Session:
        """A session on a machine."""
        self._patch.setenv("MI_CACHE", str(self._folder / name / "cache"))
        made = experiment(total_samples=(10,), settings=attrs.evolve(SETTING, ood_evals=PREFERENCE))
        url = f"file://{self.root}"
        return session(self._folder / name, made, books=books, store=url, lease_timeout=30.0)

    def write(self, *samples: int, machine: str = "a") -> SharedStore:
        """Append a line a segment, under the lock."""
        store = self.machine(machine)
        with store.lock(NAME):
            path = store.journal(NAME)
            for sample in samples:
                store.append(path, [line(sample)])
        return store

    def segment(self, number: int) -> Path:
        return self.root / "journals" / NAME / f"{number:08}.jsonl"

    def add(self, number: int, *lines: bytes) -> None:
        """Add a segment as a process does that dies before it can seal it."""
        self.segment(number).write_bytes(b"".join(lines))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


def test_a_seal_is_the_digest_of_the_segments_one_after_the_other(place: Place) -> None:
    place.write(0, 1, 2)
    place.write(*range(3, 20), machine="b")  # so many that they are compacted
    content = b"".join(
        path.read_bytes() for path in sorted((place.root / "journals").rglob("*")) if path.is_file()
    )
    seal = json.loads((place.root / f"seals/{NAME}.json").read_text())
    assert seal == {"lines": 20, "size": len(content), "digest": sha256(content).hexdigest()}
    for thorough in (False, True):
        assert place.machine("c").journal_problems(thorough=thorough) == {}


def _remove(place: Place) -> None:
    shutil.rmtree(place.root / "journals" / NAME)


DAMAGE: dict[str, tuple[Callable[[Place], object], str]] = {
    "changed": (
        lambda place: place.segment(1).write_bytes(encode_line(line(1, text="evil"))),
        "have changed",
    ),
    "emptied": (lambda place: place.segment(1).write_bytes(b""), "has 3 lines, and 4 were written"),
    "gap": (lambda place: place.segment(1).unlink(), "lacks its segment 00000001"),
    "cut": (lambda place: place.segment(3).unlink(), "has 3 lines, and 4 were written"),
    "gone": (_remove, "is missing; it had 4 lines"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_was_written_and_changed_is_found_by_machines_with_and_without_a_copy(
    place: Place, kind: str
) -> None:
    damage, reason = DAMAGE[kind]
    place.write(0, 1, 2, 3)
    assert place.machine("a").journal_problems() == {}
    damage(place)
    for name in ("a", "new"):
        for thorough in (False, True):
            problems = place.machine(name).journal_problems(thorough=thorough)
            assert reason in str(problems[NAME].damage)
    store = place.machine("b")
    [fault] = sync_database(Database(place.root.parent / "r.duckdb"), store).faults
    assert reason in fault
    if kind != "gone":  # what is gone is asked again
        with store.lock(NAME), pytest.raises(CorruptError, match=reason):
            store.settle(NAME)


def test_a_segment_that_is_missing_behind_the_seal_is_missed_too(place: Place) -> None:
    place.write(0)
    place.add(2, encode_line(line(2)))
    problem = place.machine("b").journal_problems()[NAME]
    assert problem.damage == "lacks its segment 00000001: it was deleted"


def test_lines_that_do_not_belong_are_set_aside_and_a_copy_was_paid_for_once(place: Place) -> None:
    place.write(0, 1)
    paid = line(2, unit="eval-1", billed_model="m", cost_usd=2.0)
    other = line(2, text="another", unit="eval-1", billed_model="m", cost_usd=0.5)
    place.add(2, encode_line(paid), encode_line(paid), encode_line(other))
    for name in ("a", "b"):
        assert "2 lines; the first" in str(place.machine(name).journal_problems()[NAME].unsettled)
    store = place.machine("b")
    with store.lock(NAME):
        assert store.settle(NAME) == 2
        assert store.settle(NAME) == 0
        store.append(store.journal(NAME), [line(3)])
    for name in ("a", "b", "new"):
        machine = place.machine(name)
        assert machine.journal_problems() == {}
        assert [each["sample"] for each in read_records(machine.journal(NAME))] == [0, 1, 2, 3]
    database = Database(place.root.parent / "results.duckdb")
    assert sync_database(database, store).faults == ()
    with database.read_connection() as connection:
        assert connection.execute("SELECT sum(cost_usd) FROM spend").fetchone() == (2.5,)


def test_a_journal_of_the_version_before_is_sealed_once_as_it_is_found(place: Place) -> None:
    place.write(0, 1, 2)
    seal = place.root / f"seals/{NAME}.json"
    content = seal.read_bytes()
    seal.unlink()
    assert place.machine("b").journal_problems() == {}
    assert seal.read_bytes() == content
    place.segment(2).unlink()
    assert "has 2 lines, and 3" in str(place.machine("b").journal_problems()[NAME].damage)


def reasons(opened: Session) -> set[str]:
    return {planned.reason for planned in opened.plan().units if planned.unit.kind == "eval"}


def run(opened: Session) -> Any:
    return run_prepared(prepare_plan(opened), argv=["x"], max_cost=1.0).result


def test_answers_that_are_gone_are_told_and_cost_nothing(place: Place) -> None:
    assert not run(place.session("a", Books())).failures
    shutil.rmtree(place.root / "journals")
    for name in ("a", "b"):
        for reason in reasons(place.session(name, Books())):
            assert "is missing; it had" in reason
            assert "its scores are kept: restore the journal from a copy" in reason
    books = Books()
    assert not run(place.session("b", books)).failures
    assert not books.sampled


def test_a_damaged_eval_whose_journals_are_whole_is_scored_again_at_no_cost(place: Place) -> None:
    books = Books()
    assert not run(place.session("a", books)).failures
    asked = (dict(books.sampled), dict(books.scored), dict(books.trained))
    damaged = sorted(place.root.glob("units/eval-*/*/scores.jsonl"))
    for path in damaged:
        path.write_text("damage\n")
    opened = place.session("b", books)
    assert all("damaged in the store" in reason for reason in reasons(opened))
    result = run(opened)
    assert len(result.mended_units) == len(damaged) > 0
    assert not result.failures
    assert (dict(books.sampled), dict(books.scored), dict(books.trained)) == asked
    assert reasons(place.session("c", books)) == {"done"}
