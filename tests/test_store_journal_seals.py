"""Journals are sealed: what was written stays as it was, or what changed is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.cli.doctor import check_units
from mi.cli.summary import journal_damage_lines
from mi.database import Database, sync_database
from mi.errors import CorruptError, StoreError
from mi.files.journal import append_records, encode_line, read_records
from mi.files.seal import hash_prefixes, read_seal, seal_path
from mi.planning.prepare import prepare_plan
from mi.providers.pricing import Price, PriceTable
from mi.runner.run import run_prepared
from mi.runner.unit_kinds import EvaluateKind
from mi.store import LocalStore
from mi.store.base import Store
from tests.support.engine import run_experiment
from tests.support.fake_provider import SETTING, Books, experiment, session
from tests.support.slow import mostly_slow

NAME = "answers-1"


def line(sample: int, text: str = "fine", **more: Any) -> dict[str, Any]:
    tokens = {"prompt_tokens": 3, "answer_tokens": 5}
    return {
        "question": "0" * 16,
        "sample": sample,
        "text": text,
        "finish": "stop",
        **tokens,
        **more,
    }


def sealed(folder: Path, count: int = 6) -> LocalStore:
    """A store with one journal, written in two steps by two processes."""
    for start in (0, count // 2):
        store = LocalStore(folder / ".mi")
        store.append(store.journal(NAME), [line(at) for at in range(start, start + count // 2)])
    return store


def edit(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_a_seal_is_what_sha256sum_says_of_the_file(tmp_path: Path) -> None:
    path = sealed(tmp_path).journal(NAME)
    seal = read_seal(path)
    assert seal is not None
    assert (seal.lines, seal.size) == (6, path.stat().st_size)
    assert seal == hash_prefixes(path, ())[0].seal()
    assert LocalStore(tmp_path / ".mi").journal_problems() == {}


CHANGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "changed": (lambda lines: [lines[0].replace(b"fine", b"evil"), *lines[1:]], "have changed"),
    "struck": (lambda lines: lines[:2] + lines[3:], "has 5 lines, and 6 were written"),
    "cut": (lambda lines: lines[:4], "has 4 lines, and 6 were written"),
    "emptied": (lambda lines: [], "has 0 lines, and 6 were written"),
    "swapped": (lambda lines: lines[::-1], "have changed"),
    "inserted": (lambda lines: [lines[0], *lines], "have changed"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_written_and_changed_is_found_by_every_look(tmp_path: Path, name: str) -> None:
    change, reason = CHANGES[name]
    store = sealed(tmp_path)
    edit(store.journal(NAME), change)
    for thorough in (False, True):
        assert reason in str(store.journal_problems(thorough=thorough)[NAME].damage)
    with pytest.raises(CorruptError, match=reason):
        store.settle(NAME)
    with pytest.raises(CorruptError, match=reason):
        LocalStore(tmp_path / ".mi").append(store.journal(NAME), [line(9)])
    faults = sync_database(Database(tmp_path / "results.duckdb"), store).faults
    assert len(faults) == 1
    assert reason in faults[0]
    assert "restore it from a copy" in faults[0]


def test_a_journal_that_was_deleted_is_missed(tmp_path: Path) -> None:
    store = sealed(tmp_path)
    store.journal(NAME).unlink()
    assert store.journal_problems()[NAME].damage == "is missing; it had 6 lines"
    assert "is missing" in sync_database(Database(tmp_path / "r.duckdb"), store).faults[0]


def test_lines_that_do_not_belong_are_told_and_set_aside_with_their_bill(tmp_path: Path) -> None:
    store = sealed(tmp_path)
    paid = {"unit": "eval-1", "at": "2026-01-01", "billed_model": "m", "cost_usd": 2.0}
    extra = [line(0, "a copy", **paid), line(7, **paid), {**line(8), "text": ["a part"]}]
    append_records(store.journal(NAME), extra)
    database = Database(tmp_path / "results.duckdb")
    problem = store.journal_problems()[NAME]
    assert problem.damage is None
    assert "2 lines; the first answers what is answered before (line 7)" in str(problem.unsettled)
    assert "`mi run` sets these lines aside" in sync_database(database, store).faults[0]
    assert store.settle(NAME) == 2
    assert store.settle(NAME) == 0
    assert store.journal_problems() == {}
    assert [each["sample"] for each in read_records(store.journal(NAME))] == [*range(6), 7]
    kept = list(read_records(tmp_path / ".mi/retired/refused/journals/answers-1.refused.jsonl"))
    assert [each.get("cost_usd") for each in kept] == [2.0, None]
    assert sync_database(database, store).faults == ()
    with database.read_connection() as connection:
        assert connection.execute("SELECT count(*) FROM answer").fetchone() == (7,)
        assert connection.execute("SELECT sum(cost_usd) FROM spend").fetchone() == (4.0,)


def test_a_line_that_no_reader_could_use_is_set_aside_when_it_is_written(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.append(store.journal(NAME), [line(0), {**line(1), "text": None}, "odd", line(2)])
    assert [each["sample"] for each in read_records(store.journal(NAME))] == [0, 2]
    kept = list(read_records(tmp_path / "retired/refused/journals/answers-1.refused.jsonl"))
    assert [each["refused"] for each in kept] == [
        "is not an answer: text is not a text",
        "is not an object",
    ]


def test_a_process_that_dies_between_line_and_seal_loses_nothing(tmp_path: Path) -> None:
    store = sealed(tmp_path)
    append_records(store.journal(NAME), [line(6)])
    with store.journal(NAME).open("ab") as file:
        file.write(encode_line(line(7))[:20])
    assert store.journal_problems() == {}
    other = LocalStore(tmp_path / ".mi")
    other.append(other.journal(NAME), [line(8)])
    assert [each["sample"] for each in read_records(other.journal(NAME))] == [*range(7), 8]
    seal = read_seal(other.journal(NAME))
    assert seal is not None
    assert seal.lines == 8


def test_a_journal_of_the_version_before_is_sealed_once_as_it_is_found(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    append_records(store.journal(NAME), [line(at) for at in range(3)])
    assert store.journal_problems() == {}
    seal = read_seal(store.journal(NAME))
    assert seal is not None
    assert seal.lines == 3
    edit(store.journal(NAME), lambda lines: lines[:2])
    assert store.journal_problems()[NAME].damage == "has 2 lines, and 3 were written"


def reasons(opened: Any) -> set[str]:
    """What the plan says of the evals."""
    return {planned.reason for planned in opened.plan().units if planned.unit.kind == "eval"}


def test_an_eval_records_which_lines_it_was_scored_from(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10)
    store = opened.store
    record = next(store.record(key) for key in store.published_keys() if key.startswith("eval-"))
    assert record.seals.keys() == record.journals.keys()
    assert record.files == ["log.txt", "questions.jsonl", "scores.jsonl"]
    for role, seal in record.seals.items():
        digests = hash_prefixes(store.journal(record.journals[role]), [seal.size])[1]
        assert digests[seal.size] == seal.digest


def test_answers_that_are_gone_are_told_and_cost_nothing(tmp_path: Path) -> None:
    """The scores are intact: nothing is asked again, in silence or not."""
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10)
    assert {reason.partition(";")[0].partition(",")[0] for reason in reasons(opened)} == {"done"}
    assert not any("missing" in reason for reason in reasons(opened))
    shutil.rmtree(opened.store.root / "journals")
    for reason in reasons(opened):
        assert reason.startswith("done, but its journal ")
        assert "is missing; its scores are kept: restore the journal from a copy" in reason
    units = next(check for check in check_units(opened.store) if check.subject == "units")
    assert units.ok is False
    assert units.detail.count("is missing") == sum(
        key.startswith("eval-") for key in opened.store.published_keys()
    )
    assert all("what was scored is kept" in text for text in journal_damage_lines(opened.plan()))
    books = Books()
    opened, tally = run_experiment(tmp_path, books, total_samples=10)
    assert not tally.failures
    assert not books.sampled


@pytest.mark.parametrize("is_resealed", [False, True])
def test_a_changed_verdict_is_told_and_changes_no_score(tmp_path: Path, is_resealed: bool) -> None:
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10)
    path = next((opened.store.root / "journals").glob("judgments-*.jsonl"))
    edit(
        path,
        lambda lines: [lines[0].replace(b"LOW", b"HIGH").replace(b"code", b"evil"), *lines[1:]],
    )
    if is_resealed:
        seal_path(path).unlink()
    told = [reason for reason in reasons(opened) if reason.startswith("done, but")]
    assert len(told) == 1
    record = next(
        record
        for key in opened.store.published_keys()
        if path.stem in (record := opened.store.record(key)).journals.values()
    )
    assert opened.store.journal_damage(record, absent=False)


def test_a_repeated_line_is_said_by_the_plan_and_by_doctor_and_set_aside_by_the_run(
    tmp_path: Path,
) -> None:
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10)
    path = next((opened.store.root / "journals").glob("answers-*.jsonl"))
    whole = path.read_bytes()
    edit(path, lambda lines: [*lines, lines[0]])
    told = [reason for reason in reasons(opened) if "answers what is answered before" in reason]
    assert told
    assert all(reason.startswith("done; its journal ") for reason in told)
    [journals] = [check for check in check_units(opened.store) if check.subject == "journals"]
    assert "answers what is answered before" in journals.detail
    opened = session(tmp_path, experiment(total_samples=(10,)), books=Books())
    result = run_prepared(prepare_plan(opened), argv=["x"], max_cost=1.0).result
    assert result.refused_lines == {path.stem: 1}
    assert path.read_bytes() == whole
    assert reasons(opened) == {"done"}


@pytest.mark.parametrize("when", mostly_slow(["begin", "publish"], every=2))
def test_an_exception_around_a_unit_is_its_failure_too(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = getattr(Store, when)

    def odd(self: Any, unit: Any, *args: Any, **more: Any) -> Any:
        if unit.kind == "train":
            raise KeyError("odd")
        return there(self, unit, *args, **more)

    monkeypatch.setattr(Store, when, odd)
    opened, tally = run_experiment(tmp_path, Books(), total_samples=10)
    [(key, message)] = tally.failures.items()
    assert "failed unexpectedly (KeyError" in message
    assert tally.count_done("eval") > 0, "the run goes on"
    assert "Traceback" in (opened.store.work_dir(key) / "log.txt").read_text()


def test_a_damaged_journal_fails_its_eval_and_not_the_plan(tmp_path: Path) -> None:
    """A hosted eval is priced by what its journal lacks, so the plan reads it."""
    evals = {one.id: one for one in (*SETTING.id_evals, *SETTING.ood_evals)}
    setting = attrs.evolve(
        SETTING, id_evals=evals["insecure_static"], ood_evals=evals["broad_preference"]
    )
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10, settings=setting)
    store = opened.store
    path = next((store.root / "journals").glob("answers-*.jsonl"))
    for key in store.published_keys():
        if path.stem in store.record(key).journals.values():
            shutil.rmtree(store.unit_dir(key))
    edit(path, lambda lines: [b"nonsense\n", *lines[1:]])

    books = Books(is_free=False)
    opened = session(tmp_path, experiment(total_samples=10, settings=setting), books=books)
    opened.prices = PriceTable(
        checked="", source="", models={"one": Price(input=1.0, output=1.0, training=1.0)}
    )
    prepared = prepare_plan(opened)
    assert prepared.costs.total() == 0.0
    result = run_prepared(prepared, argv=["x"], max_cost=1.0).result
    assert result.failures
    assert all("the journal" in message for message in result.failures.values())
    assert not books.sampled


@pytest.mark.parametrize("name", ["scores.jsonl", "unit.json", "SHA256SUMS"])
def test_a_damaged_eval_whose_journals_are_whole_is_scored_again_at_no_cost(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = Books()
    opened = session(tmp_path, experiment(total_samples=(10,)), books=books)
    assert not run_prepared(prepare_plan(opened), argv=["x"], max_cost=1.0).result.failures
    asked = (dict(books.sampled), dict(books.scored), dict(books.trained))
    store = opened.store
    keys = [key for key in store.published_keys() if key.startswith("eval-")]
    before = {key: (store.unit_dir(key) / "scores.jsonl").read_bytes() for key in keys}
    for key in keys:
        (store.unit_dir(key) / name).write_text("damage\n")
    monkeypatch.setattr(EvaluateKind, "is_paid", lambda self, provider: True)
    result = run_prepared(prepare_plan(opened), argv=["x"], max_cost=1.0).result
    assert sorted(result.mended_units) == sorted(keys)
    assert not result.failures
    assert (dict(books.sampled), dict(books.scored), dict(books.trained)) == asked
    for key in result.mended_units:
        assert store.find_damage(key) is None
        assert (store.unit_dir(key) / "scores.jsonl").read_bytes() == before[key]


def test_a_unit_with_a_line_struck_from_its_checksums_is_damaged(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10)
    store = opened.store
    for key in store.published_keys():
        sums = store.unit_dir(key) / "SHA256SUMS"
        whole = sums.read_text().splitlines(keepends=True)
        for number in range(len(whole)):
            sums.write_text("".join(whole[:number] + whole[number + 1 :]))
            assert store.find_damage(key), (key, whole[number])
        sums.write_text("".join(whole))
        assert store.find_damage(key) is None


def test_any_exception_fails_its_unit_alone_and_its_traceback_is_in_the_log(tmp_path: Path) -> None:
    class Odd(Books):
        def train(self, job: Any, directory: Path, monitor: Any) -> Any:
            if len(job.rows) == 10:
                return json.loads("{}")["half \ud83d"]
            return super().train(job, directory, monitor)

    opened, tally = run_experiment(tmp_path, Odd())
    assert len(tally.failures) == 1
    ((key, message),) = tally.failures.items()
    assert "failed unexpectedly (KeyError" in message
    assert tally.count_done("train") == 1
    log = (opened.store.work_dir(key) / "log.txt").read_text()
    assert "Traceback" in log
    failure = opened.store.failure(key)
    assert failure is not None
    assert not failure.permanent


@pytest.mark.parametrize("kind", ["empty", "text", "half", "flipped"])
def test_a_damaged_database_is_put_aside_and_filled_anew(tmp_path: Path, kind: str) -> None:
    store, database = sealed(tmp_path), Database(tmp_path / "results.duckdb")
    sync_database(database, store)
    whole = database.path.read_bytes()
    damage = {
        "empty": b"",
        "text": b"not a database\n",
        "half": whole[: len(whole) // 2],
        "flipped": bytes(255 - byte for byte in whole[:16384]) + whole[16384:],
    }
    database.path.write_bytes(damage[kind])
    [fault] = sync_database(database, store).faults
    [kept] = tmp_path.glob("results.duckdb.damaged-*")
    assert kept.name in fault
    assert kept.read_bytes() == damage[kind]
    with database.read_connection() as connection:
        assert connection.execute("SELECT count(*) FROM answer").fetchone() == (6,)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    with pytest.raises(StoreError, match="not a results database"):
        sync_database(Database(notes), sealed(tmp_path))
    assert notes.read_text() == "mine"
