"""Done again on purpose: the old attempt is kept, and nothing speaks of two models."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.database import Database, sync_database
from mi.errors import UsageError
from mi.files import journal
from mi.planning.force import archive_redo, mark_redo, plan_redo
from mi.planning.session import Session
from mi.providers.pricing import Price
from mi.providers.types import Usage
from mi.runner.types import RunResult
from mi.store import LocalStore
from mi.store import checksums as whole
from mi.store.gc import find_unneeded, remove_unneeded
from mi.store.model_identity import read_identity
from tests.support import hosted
from tests.support.fake_provider import (
    QUESTIONS,
    Books,
    DistinctModels,
    carry_out,
    distinct_models,
    experiment,
    session,
)
from tests.support.project import Project


def opened(folder: Path, books: Books) -> Session:
    return session(folder, experiment(total_samples=(10,)), books=books)


def run(folder: Path, books: Books, *force: str, name: str = "r") -> RunResult:
    one = opened(folder, books)
    made = one.plan()
    what = plan_redo(force, made, one.store)
    made = mark_redo(made, what)
    archive_redo(what, made, one.store, name)
    return carry_out(one, made, run=name)


def keys(folder: Path, kind: str) -> list[str]:
    return [key for key in LocalStore(folder / ".mi").published_keys() if key.startswith(kind)]


def test_a_training_takes_all_that_speaks_of_its_model(tmp_path: Path) -> None:
    books = Books()
    run(tmp_path, books)
    [training] = keys(tmp_path, "train-")
    asked = dict(books.sampled)
    tally = run(tmp_path, books, training[:12], name="s")
    assert training in tally.done_units
    assert tally.count_done("mix") == 0
    assert books.trained[training] == 2
    twice = {at for at, number in books.sampled.items() if number == 2}
    assert twice == {at for at in asked if at[0] == training}, "the baseline is asked once"
    store = LocalStore(tmp_path / ".mi")
    assert [one.run for one in store.archived_records(training)] == ["r"]
    events = [line["event"] for line in store.attempts(training)]
    assert events == ["started", "done", "put aside", "started", "done"]


def test_evals_that_share_answers_go_together(tmp_path: Path) -> None:
    books = Books()
    run(tmp_path, books)
    one = opened(tmp_path, books)
    made = one.plan()
    sampled = next(
        planned.unit.key
        for planned in made.units
        if planned.unit.kind == "eval" and planned.unit.needs and "static" in planned.unit.title
    )
    what = plan_redo([sampled], made, one.store)
    shared = set(one.store.record(sampled).journals.values())
    assert set(what.journals) == shared
    for key in one.store.published_keys():
        record = one.store.record(key)
        assert (key in what.units) == bool(shared & set(record.journals.values()))


@pytest.mark.parametrize("moves", range(6))
def test_cut_off_anywhere_no_result_is_of_two_models(
    tmp_path: Path, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = Books()
    run(tmp_path, books)
    [training] = keys(tmp_path, "train-")
    left = moves
    whole = LocalStore.archive

    def retire(self: LocalStore, where: str, kind: str, name: str) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        whole(self, where, kind, name)

    monkeypatch.setattr(LocalStore, "archive", retire)
    try:
        run(tmp_path, books, training, name="s")
    except KeyboardInterrupt:
        monkeypatch.undo()
        run(tmp_path, books, name="t")
    store = LocalStore(tmp_path / ".mi")
    trained = store.record(training).finished
    for key in keys(tmp_path, "eval-"):
        record = store.record(key)
        if record.payload["subject"] == training:
            assert record.finished >= trained


def answers_are_of_their_model(folder: Path) -> bool:
    """Whether what evals of a training are made from is of the model that is there."""
    store, told = LocalStore(folder / ".mi"), set()
    for key in store.published_keys():
        record = store.record(key)
        subject, answers = record.payload.get("subject"), record.journals.get("answers")
        if isinstance(subject, str) and answers is not None:
            model = (store.unit_dir(subject) / "model.json").read_text()
            lines = journal.read_records(store.journal(answers))
            told |= {f"# {model}\n" in line["text"] for line in lines}
    return told == {True}


def static(folder: Path) -> str:
    """The eval of the trained model that samples."""
    made = opened(folder, Books()).plan()
    found = (one.unit for one in made.units if one.unit.kind == "eval" and one.unit.needs)
    return next(unit.key for unit in found if "static" in unit.title)


def test_an_eval_that_is_damaged_is_put_aside_with_its_answers(tmp_path: Path) -> None:
    run(tmp_path, distinct_models(1))
    [training] = keys(tmp_path, "train-")
    with (tmp_path / ".mi" / "units" / static(tmp_path) / "scores.jsonl").open("a") as file:
        file.write("x")
    run(tmp_path, distinct_models(2), training, name="s")
    assert answers_are_of_their_model(tmp_path)


def test_an_eval_cut_off_while_it_was_published_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, seal = static(tmp_path), whole.write_checksums

    def cut_off(folder: Path) -> None:
        if folder.name == late:
            raise KeyboardInterrupt
        seal(folder)

    monkeypatch.setattr(whole, "write_checksums", cut_off)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, distinct_models(1))
    monkeypatch.undo()
    assert late in {one.key for one in LocalStore(tmp_path / ".mi").unfinished_units()}
    [training] = keys(tmp_path, "train-")
    run(tmp_path, distinct_models(2), training, name="s")
    assert answers_are_of_their_model(tmp_path)


def test_what_another_run_ends_meanwhile_is_put_aside_too(tmp_path: Path) -> None:
    """It is looked at once more when everything is held."""
    run(tmp_path, distinct_models(1))
    [training] = keys(tmp_path, "train-")
    store, late = LocalStore(tmp_path / ".mi"), static(tmp_path)
    os.rename(store.unit_dir(late), store.root / late)
    one = opened(tmp_path, distinct_models(2))
    made = one.plan()
    what = plan_redo([training], made, store)
    os.rename(store.root / late, store.unit_dir(late))
    archive_redo(what, made, store, "s")
    assert not store.is_published(late)
    carry_out(one, mark_redo(made, what), run="s")
    assert answers_are_of_their_model(tmp_path)


def test_answers_of_a_model_that_was_made_again_are_never_taken_for_those_of_the_new_one(
    tmp_path: Path,
) -> None:
    """Whatever way the training went: its evals see that their journals speak of another one."""
    run(tmp_path, distinct_models(1))
    [training] = keys(tmp_path, "train-")
    store = LocalStore(tmp_path / ".mi")
    for key in (training, *keys(tmp_path, "eval-")):
        os.rename(store.unit_dir(key), tmp_path / key)
    run(tmp_path, distinct_models(2), name="s")
    assert answers_are_of_their_model(tmp_path)
    model = read_identity(store.unit_dir(training)).digest
    assert store.record(static(tmp_path)).model_digest == model
    assert list((store.root / "retired" / "s-model" / "journals").glob("answers-*"))


def test_an_eval_whose_training_goes_while_it_is_at_work_is_not_published(tmp_path: Path) -> None:
    class Disturbed(DistinctModels):
        def score(self, subject: Any, *rest: Any) -> Any:
            if subject.trained and not (tmp_path / "gone").exists():
                os.rename(subject.trained, tmp_path / "gone")
            return super().score(subject, *rest)

    tally = run(tmp_path, Disturbed())
    assert any("needs train-" in message for message in tally.failures.values())
    assert not tally.failures.keys() & set(LocalStore(tmp_path / ".mi").published_keys())
    assert not run(tmp_path, distinct_models(2), name="s").failures
    store = LocalStore(tmp_path / ".mi")
    [training] = keys(tmp_path, "train-")
    for key in tally.failures:
        assert store.record(key).model_digest == read_identity(store.unit_dir(training)).digest


def test_evals_of_a_training_that_was_damaged_and_came_out_otherwise_are_put_aside(
    tmp_path: Path,
) -> None:
    run(tmp_path, distinct_models(1))
    [training] = keys(tmp_path, "train-")
    store = LocalStore(tmp_path / ".mi")
    (store.unit_dir(training) / "model.json").write_text("x")
    assert run(tmp_path, distinct_models(2), name="s").done_units == [training]
    model = read_identity(store.unit_dir(training)).digest
    assert {store.record(key).model_digest for key in keys(tmp_path, "eval-")} == {None}, (
        "the baseline's"
    )
    run(tmp_path, distinct_models(2), name="t")
    assert {store.record(key).model_digest for key in keys(tmp_path, "eval-")} == {None, model}
    assert answers_are_of_their_model(tmp_path)


def test_evals_of_a_training_that_was_damaged_and_came_out_the_same_stay(tmp_path: Path) -> None:
    run(tmp_path, distinct_models(1))
    [training] = keys(tmp_path, "train-")
    store, before = LocalStore(tmp_path / ".mi"), keys(tmp_path, "eval-")
    (store.unit_dir(training) / "model.json").write_text("x")
    assert run(tmp_path, distinct_models(1), name="s").done_units == [training]
    assert keys(tmp_path, "eval-") == before
    assert run(tmp_path, distinct_models(1), name="t").done_units == []


def test_what_is_put_aside_twice_in_one_run_is_kept_twice(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    for text in ("one", "two", "three"):
        journal.append_records(store.journal("answers-1"), [{"text": text}])
        store.archive("r", "journals", "answers-1.jsonl")
    kept = (path.read_text() for path in store.root.glob("retired/*/journals/*"))
    assert sorted(kept) == [f'{{"text": "{text}"}}\n' for text in ("one", "three", "two")]
    assert store.archive_count("answers-1") == 3


def test_a_record_that_cannot_be_read_stands_in_nobodys_way(tmp_path: Path) -> None:
    books = Books()
    run(tmp_path, books)
    [training] = keys(tmp_path, "train-")
    (tmp_path / ".mi" / "units" / training / "unit.json").write_bytes(b'{"key": \xff')
    tally = run(tmp_path, books, training, name="s")
    assert not tally.failures
    one = opened(tmp_path, books)
    synced = sync_database(Database(one.options.db), one.store)
    assert ["retired" in fault for fault in synced.faults] == [True]


def test_what_was_paid_for_likelihoods_stays_in_the_books(tmp_path: Path) -> None:
    class Paid(Books):
        def score(self, *how: Any) -> Any:
            for batch in super().score(*how):
                bill = Usage(model="one", input=1000, output=1)
                yield [attrs.evolve(one, usage=bill) for one in batch]

    def spent(*force: str, name: str) -> Any:
        one = opened(tmp_path, Paid())
        figures = {"input": 10.0, "output": 10.0, "tuned_input": 10.0, "tuned_output": 10.0}
        models = {**one.prices.models, "one": Price(training=0.0, **figures)}
        one.prices = attrs.evolve(one.prices, models=models)
        made = one.plan()
        what = plan_redo(force, made, one.store)
        archive_redo(what, made, one.store, name)
        carry_out(one, mark_redo(made, what), run=name)
        database = Database(one.options.db)
        sync_database(database, one.store)
        with database.read_connection() as connection:
            query = "SELECT activity, model, sum(requests), sum(cost_usd) FROM spend "
            found = connection.execute(f"{query} WHERE cost_usd > 0 GROUP BY ALL").fetchall()
        return found, one.store

    pairs, each = 2 * QUESTIONS, 1001 * 10 / 1_000_000
    [before], store = spent(name="r")
    assert before == ("score", "one", 2 * pairs, pytest.approx(2 * pairs * each))
    [after], _ = spent(*keys(tmp_path, "train-"), name="s")
    assert after == ("score", "one", 3 * pairs, pytest.approx(3 * pairs * each))
    for one in find_unneeded(store, ()):
        remove_unneeded(one, store, "gc-1")
    [kept], _ = spent(name="t")
    assert kept[2] == 3 * pairs + 2 * pairs, "all is asked again, and what was paid is not gone"


def test_a_word_that_names_no_unit_is_told(tmp_path: Path) -> None:
    one = opened(tmp_path, Books())
    with pytest.raises(UsageError, match="no selected unit begins with that"):
        plan_redo(["train-zz"], one.plan(), one.store)
    with pytest.raises(UsageError, match="several units begin with that"):
        plan_redo(["eval-"], one.plan(), one.store)


@pytest.mark.slow
def test_a_hosted_training_is_launched_anew_and_stays_in_the_books(project: Project) -> None:
    hosted.declare_few(project, static=False)
    with hosted.loopback() as server:
        assert hosted.run(project, server).code == 0
        listed = hosted.run(project, server, "--kind", "train", "--co", "-q").out.split()
        key = next(one for one in listed if one.startswith("train-"))
        told = hosted.run(project, server, "--force", key, max_cost="0.0001")
        assert told.code == 4, "it says what it costs before anything is put aside"
        assert "likely to cost" in told.err
        dry = hosted.run(project, server, "--force", key, "--dry-run")
        assert "forced: done again" in dry.out
        assert sorted(server.books.trainings.values()) == [1, 1]
        done = hosted.run(project, server, "--force", key)
        assert done.code == 0, done.err
        assert sorted(server.books.trainings.values()) == [1, 2]
        bill = server.books.bill_usd
    spend = project.mi("sql", "SELECT sum(cost_usd) AS usd FROM spend", "--format", "json").json
    assert spend[0]["usd"] == pytest.approx(bill)
    jobs = project.mi("sql", "SELECT job FROM trainings", "--format", "json").json
    assert len({one["job"] for one in jobs}) == 2
    assert "put aside" in project.mi("show", key).out
    listed = project.mi("gc", "--json").json
    assert [one["paid"] for one in listed if one["name"] == key] == [True]
    project.mi("gc", "--delete")
    assert (project.root / ".mi" / "retired").is_dir()
    kept = len(project.mi("gc", "--json").json)
    assert kept == sum(one["paid"] for one in listed)
    project.mi("gc", "--delete", "--paid")
    assert project.mi("gc", "--json").json == []
    after = project.mi("rebuild")
    assert after.code == 0, after.err
    spend = project.mi("sql", "SELECT sum(cost_usd) AS usd FROM spend", "--format", "json").json
    assert spend[0]["usd"] == pytest.approx(bill), (
        "removing an answer takes no cent out of the books"
    )
    assert json.dumps(jobs) == json.dumps(
        project.mi("sql", "SELECT job FROM trainings", "--format", "json").json
    )


@pytest.mark.slow
def test_what_a_declared_experiment_needs_is_never_listed(project: Project) -> None:
    """Not on another model, not of a file that a run named; of `--set` it is."""
    project.file("aside/q.py", "import registry\nQ1 = registry.get('A05a').evolve(id='Q1')\n")
    mixes = ("--kind", "mix", "--full", "-q")
    for words in (("aside/q.py", "--seed", "1"), ("A05b",)):
        assert project.mi("run", *words, *mixes).code == 0
    assert project.mi("gc", "--json").json == []
    project.mi("run", "A05b", *mixes, "--set", "total_samples=12")
    listed = project.mi("gc", "--json").json
    assert len(listed) == 18
    assert {one["place"] for one in listed} == {"units"}
    project.mi("gc", "--delete")
    assert project.mi("gc", "--json").json == []
    assert project.mi("run", "A05b", *mixes).out.splitlines()[-1].startswith("18 reused")
