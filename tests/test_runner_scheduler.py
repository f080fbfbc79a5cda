"""Units are done once, whatever happens in between.

The provider here keeps books, so that "twice" can be seen. A crash is an exception that nothing
handles, raised at a named point, after which everything starts anew from what is on the disk.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mi.errors import Interrupted, ProviderError, StoreError
from mi.files import journal
from mi.runner.types import RunResult
from mi.steps import mix
from mi.store import LocalStore
from tests.support.crash import Crash, crash_after, crash_before
from tests.support.engine import result_rows, run_experiment
from tests.support.fake_provider import Books, Silent
from tests.support.slow import mostly_slow


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    books = Books()
    opened, tally = run_experiment(tmp_path, books)
    assert (tally.count_done("mix"), tally.count_done("train"), tally.count_done("eval")) == (
        2,
        2,
        9,
    )
    before = result_rows(opened)
    opened, tally = run_experiment(tmp_path, books)
    assert tally == RunResult()
    assert result_rows(opened) == before
    assert set(books.trained.values()) == {1}


POINTS = [
    (LocalStore, "publish"),
    (LocalStore, "log_attempt"),
    (LocalStore, "prepare_work_dir"),
    (LocalStore, "save_selection"),
    (Books, "train"),
    (Books, "sample"),
    (Books, "score"),
    (journal, "append_records"),
    (journal, "read_records"),
    (mix, "write_mix"),
]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The results of a run that nothing interrupts."""
    return result_rows(
        run_experiment(tmp_path_factory.mktemp("straight"), Books(), total_samples=10)[0]
    )


@pytest.mark.parametrize("number", mostly_slow([1, 2, 4], every=3))
@pytest.mark.parametrize("when", [crash_before, crash_after], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name"), POINTS, ids=[name for _, name in POINTS])
def test_a_crash_at_any_step_loses_nothing_that_was_delivered(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    when: Callable[..., Any],
    number: int,
    straight: list[Any],
) -> None:
    books = Books()
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, when(number, getattr(owner, name)))
        with suppress(Crash):
            run_experiment(tmp_path, books, total_samples=10)
    opened, _ = run_experiment(tmp_path, books, total_samples=10)
    assert result_rows(opened) == straight
    for key in opened.store.published_keys():
        events = [line["event"] for line in opened.store.attempts(key)]
        assert events.count("done") == 1
    # What was being delivered while the machine went away may be asked for again; nothing else is.
    assert sum(books.trained.values()) <= len(books.trained) + 1
    again = [at for at, times in books.sampled.items() if times > 1]
    assert len(again) <= 50
    assert sum(books.scored.values()) <= len(books.scored) + 50


def test_a_failed_unit_blocks_only_what_needs_it_and_is_tried_again(tmp_path: Path) -> None:
    class Failing(Books):
        broken = True

        def train(self, job: Any, folder: Path, watch: Any) -> Any:
            if self.broken and len(job.rows) == 10:
                raise ProviderError("the file was refused", hint="look at it")
            return super().train(job, folder, watch)

    books = Failing()
    opened, tally = run_experiment(tmp_path, books)
    assert len(tally.failures) == 1
    assert len(tally.blocked_units) == 3
    assert tally.count_done("train") == 1
    reasons = [one.reason for one in opened.plan().todo]
    assert reasons[0] == "failed before: the file was refused; will be tried again"
    assert reasons[1].startswith("blocked until train-")
    books.broken = False
    opened, tally = run_experiment(tmp_path, books)
    assert not tally.failures
    assert not opened.plan().todo


def test_asking_to_stop_keeps_what_is_done_and_goes_on_later(tmp_path: Path) -> None:
    class Impatient(Silent):
        checks = 0

        def raise_if_stopped(self) -> None:
            self.checks += 1
            if self.checks == 4:
                raise Interrupted("interrupted")

    books = Books()
    with pytest.raises(Interrupted):
        run_experiment(tmp_path, books, Impatient())
    events = [
        line["event"] for line in journal.read_records(tmp_path / ".mi/runs/r/attempts.jsonl")
    ]
    assert events[-1] == "interrupted"
    opened, _ = run_experiment(tmp_path, books)
    assert not opened.plan().todo
    assert max(books.sampled.values()) == 1


def test_two_runs_on_one_store_share_the_work(tmp_path: Path) -> None:
    books = Books()
    tallies: list[RunResult] = []
    threads = [
        threading.Thread(target=lambda: tallies.append(run_experiment(tmp_path, books)[1]))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(tally.done_units) for tally in tallies) == 13
    assert set(books.trained.values()) == {1}
    assert set(books.sampled.values()) == {1}


def test_a_damaged_unit_is_made_again_and_the_damage_kept_aside(tmp_path: Path) -> None:
    books = Books()
    opened, _ = run_experiment(tmp_path, books)
    before = result_rows(opened)
    for planned in opened.plan().units:
        if planned.unit.kind == "train":
            (opened.store.unit_dir(planned.unit.key) / "model.json").write_text("{}")
    opened, tally = run_experiment(tmp_path, books)
    assert tally.count_done("train") == 2
    assert len(list((tmp_path / ".mi" / "damaged").iterdir())) == 2
    assert result_rows(opened) == before


def test_what_costs_money_is_not_made_again_by_itself(tmp_path: Path) -> None:
    books = Books()
    opened, _ = run_experiment(tmp_path, books)
    books.is_free = False
    key = next(one.unit.key for one in opened.plan().units if one.unit.kind == "train")
    (opened.store.unit_dir(key) / "model.json").write_text("{}")
    opened, tally = run_experiment(tmp_path, books)
    assert "costs money" in tally.failures[key]
    assert set(books.trained.values()) == {1}


def test_a_full_disk_ends_the_run_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = journal.append_records

    def full(path: Path, records: Any) -> None:
        if "answers" in path.name:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to("/dev/full")
        real(path, records)

    monkeypatch.setattr(journal, "append_records", full)
    with pytest.raises(StoreError, match="No space left"):
        run_experiment(tmp_path, Books())


def test_the_store_can_be_checked_with_coreutils(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    for key in opened.store.published_keys():
        folder = opened.store.unit_dir(key)
        named = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
        assert named == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
        assert json.loads((folder / "unit.json").read_text())["key"] == key
