"""Stores of several machines become one, and nothing is lost, mixed up or brought twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mi.cli import main
from mi.database import Database, sync_database
from mi.files import journal
from mi.providers.types import Answer
from mi.store import LocalStore
from mi.store.merge import MergePlan, apply_merge, plan_merge
from tests.support.crash import Crash, crash_after, crash_before
from tests.support.engine import run_experiment
from tests.support.fake_provider import Books
from tests.support.slow import mostly_slow


class Other(Books):
    """A provider that trains another model each time and gives other answers."""

    def train(self, job: Any, folder: Path, watch: Any) -> Any:
        done = super().train(job, folder, watch)
        (folder / "model.json").write_text('{"bad": 0, "rows": -1}')
        return done

    def sample(self, *args: Any) -> Iterator[Sequence[Answer]]:
        for batch in super().sample(*args):
            yield [
                Answer(
                    question=one.question,
                    sample=one.sample,
                    text="print('other')\n",
                    finish="stop",
                    prompt_tokens=3,
                    answer_tokens=4,
                )
                for one in batch
            ]


def merged(theirs: Path, ours: Path) -> MergePlan:
    there, here = LocalStore(theirs / ".mi"), LocalStore(ours / ".mi")
    found = plan_merge(there, here)
    apply_merge(found, there, here)
    return found


def rows(folder: Path) -> list[Any]:
    database = Database(folder / "results.duckdb")
    sync_database(database, LocalStore(folder / ".mi"))
    with database.read_connection() as connection:
        return connection.execute("SELECT * FROM results").fetchall()


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "locks" not in path.parts
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders whose runs share the cell of ten rows and the baseline."""
    folder = tmp_path_factory.mktemp("made")
    run_experiment(folder / "a", Books(), run_name="a", total_samples=(10, 20))
    run_experiment(folder / "b", Books(), run_name="b", total_samples=(10, 30))
    return folder


@pytest.fixture
def two(made: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Fresh copies of the two."""
    for name in "ab":
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path / "a", tmp_path / "b"


def test_merged_either_way_the_results_are_the_same(two: tuple[Path, Path], tmp_path: Path) -> None:
    a, b = two
    before = rows(a)
    for first, second, target in ((a, b, tmp_path / "ab"), (b, a, tmp_path / "ba")):
        merged(first, target)
        found = merged(second, target)
        assert found.skipped == ()
        assert {unit.partition("-")[0] for unit in found.units} == {"mix", "train", "eval"}
    assert rows(tmp_path / "ab") == rows(tmp_path / "ba")
    assert set(before) < set(rows(tmp_path / "ab"))


def test_importing_twice_changes_nothing(two: tuple[Path, Path]) -> None:
    a, b = two
    merged(b, a)
    stands = bytes_of(a / ".mi")
    again = merged(b, a)
    assert (again.units, again.journals, again.runs, again.selections) == ({}, {}, (), ())
    assert bytes_of(a / ".mi") == stands


def test_a_run_finds_all_that_came(two: tuple[Path, Path]) -> None:
    a, b = two
    merged(b, a)
    books = Books()
    _, tally = run_experiment(a, books, run_name="c", total_samples=(10, 20, 30))
    assert tally.done_units == []
    assert not books.trained


STEPS = [
    (journal, "append_records"),
    (LocalStore, "install"),
    (LocalStore, "find_damage"),
    (LocalStore, "save_selection"),
    (os, "rename"),
    (os, "replace"),
]


@pytest.mark.parametrize("number", mostly_slow([1, 3], every=2))
@pytest.mark.parametrize("when", [crash_before, crash_after], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_merge_that_dies_is_gone_on_with(
    two: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    when: Callable[..., Any],
    number: int,
) -> None:
    a, b = two
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, when(number, getattr(owner, name)))
        with suppress(Crash):
            merged(b, a)
    store = LocalStore(a / ".mi")
    assert not any(store.find_damage(key) for key in store.published_keys())
    merged(b, a)
    merged(a, b)
    assert rows(a) == rows(b)
    assert set(store.published_keys()) == set(LocalStore(b / ".mi").published_keys())


def test_a_torn_line_is_passed_over_and_a_damaged_unit_left_out(two: tuple[Path, Path]) -> None:
    a, b = two
    answers = min((b / ".mi" / "journals").glob("answers-*"))
    answers.write_bytes(answers.read_bytes()[:-9])
    keys = set(LocalStore(b / ".mi").published_keys()) - set(LocalStore(a / ".mi").published_keys())
    bad = min(key for key in keys if key.startswith("train-"))
    (b / ".mi" / "units" / bad / "model.json").write_text("{}")
    found = merged(b, a)
    assert bad not in found.units
    assert any(one.startswith(f"{bad} is damaged there") for one in found.skipped)
    assert rows(a)


@pytest.mark.parametrize("file", ["unit.json", "model.json"])
def test_a_whole_unit_takes_the_place_of_a_damaged_one(tmp_path: Path, file: str) -> None:
    run_experiment(tmp_path / "a", Books(), total_samples=10)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    ours = LocalStore(tmp_path / "b" / ".mi")
    key = next(key for key in ours.published_keys() if key.startswith("train-"))
    (ours.unit_dir(key) / file).write_bytes(b"\xff\xfe")
    found = merged(tmp_path / "a", tmp_path / "b")
    assert (list(found.units), found.skipped) == ([key], ())
    assert ours.find_damage(key) is None


def test_a_run_that_ended_since_it_was_brought_is_brought_again(tmp_path: Path) -> None:
    run_experiment(tmp_path / "a", Books(), total_samples=10)
    theirs, ours = LocalStore(tmp_path / "a" / ".mi"), LocalStore(tmp_path / "b" / ".mi")
    [facts] = theirs.runs()
    theirs.save_run("r", {**facts, "outcome": "started", "ended": None})
    merged(tmp_path / "a", tmp_path / "b")
    theirs.save_run("r", {**facts, "outcome": "done", "ended": "2026-01-02T00:00:00Z"})
    merged(tmp_path / "a", tmp_path / "b")
    assert ours.runs()[0]["outcome"] == "done"
    assert merged(tmp_path / "a", tmp_path / "b").runs == ()


def test_another_model_of_the_same_training_brings_nothing_of_its_own(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    run_experiment(a, Books(), run_name="a", total_samples=(10, 20))
    run_experiment(b, Other(), run_name="b", total_samples=(10, 30))
    before, here = set(rows(a)), bytes_of(a / ".mi" / "units")
    found = merged(b, a)
    said = " ".join(found.skipped)
    assert "is another model there: the one here stays" in said
    assert "lines say something else there" in said  # the baseline answered otherwise
    assert here.items() <= bytes_of(a / ".mi" / "units").items()
    assert before <= set(rows(a))
    conditions = {unit.title for key in found.units if (unit := LocalStore(b / ".mi").record(key))}
    assert any("n=30" in title for title in conditions)
    assert not any("n=10," in title and "eval" in title for title in conditions)
    _answers_are_of_their_scores(a)


def _answers_are_of_their_scores(folder: Path) -> None:
    """Every score of bandit is the one of the answer that is here."""
    with Database(folder / "results.duckdb").read_connection() as connection:
        wrong = connection.execute(
            "SELECT count(*) FROM answers WHERE eval LIKE '%static%' "
            "AND (outcome = 'insecure') <> contains(text, 'md5')"
        ).fetchone()
    assert wrong == (0,)


def test_what_is_under_way_here_is_left_to_the_run(two: tuple[Path, Path]) -> None:
    a, b = two
    keys = set(LocalStore(b / ".mi").published_keys()) - set(LocalStore(a / ".mi").published_keys())
    begun = min(key for key in keys if key.startswith("train-"))
    (LocalStore(a / ".mi").prepare_work_dir(begun) / "launch.jsonl").write_text('{"job": 1}\n')
    found = merged(b, a)
    assert begun not in found.units
    assert not any(
        LocalStore(b / ".mi").record(key).payload.get("subject") == begun for key in found.units
    )
    assert (a / ".mi" / "work" / begun / "launch.jsonl").exists()


def test_the_command_says_what_came(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = two
    (a / "pyproject.toml").touch()
    monkeypatch.chdir(a)
    stands = bytes_of(a / ".mi")
    assert main(["import", str(b), "--dry-run"]) == 0
    assert "would be imported" in capsys.readouterr().out
    assert bytes_of(a / ".mi") == stands
    assert main(["import", str(b)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("5 units, 3 journals, 1 run imported; ")
    assert main(["import", str(b)]) == 0
    assert capsys.readouterr().out.startswith("0 units, 0 journals, 0 runs imported; ")
    assert main(["import", str(a)]) == 4
    assert main(["import", str(a / "figures")]) == 4
    assert len(list((a / ".mi" / "runs").iterdir())) == 2
