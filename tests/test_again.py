"""Done again on purpose: the old attempt is kept, and nothing speaks of two models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mi.again import again, forced, put_aside
from mi.errors import UsageError
from mi.execute import Tally
from mi.session import Session
from mi.store import Store
from tests import hosted
from tests.conftest import Project
from tests.support import Books, carry_out, experiment, session


def opened(folder: Path, books: Books) -> Session:
    return session(folder, experiment(total_samples=(10,)), books=books)


def run(folder: Path, books: Books, *force: str, name: str = "r") -> Tally:
    one = opened(folder, books)
    made = one.plan()
    what = again(force, made, one.store)
    made = forced(made, what)
    put_aside(what, one.store, name)
    return carry_out(one, made, run=name)


def keys(folder: Path, kind: str) -> list[str]:
    return [key for key in Store(folder / ".mi").published() if key.startswith(kind)]


def test_a_training_takes_all_that_speaks_of_its_model(tmp_path: Path) -> None:
    books = Books()
    run(tmp_path, books)
    [training] = keys(tmp_path, "train-")
    asked = dict(books.sampled)
    tally = run(tmp_path, books, training[:12], name="s")
    assert training in tally.done
    assert tally.made("mix") == 0
    assert books.trained[training] == 2
    twice = {at for at, number in books.sampled.items() if number == 2}
    assert twice == {at for at in asked if at[0] == training}, "the baseline is asked once"
    store = Store(tmp_path / ".mi")
    assert [one.run for one in store.retired_units(training)] == ["r"]
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
    what = again([sampled], made, one.store)
    shared = set(one.store.record(sampled).journals.values())
    assert set(what.journals) == shared
    for key in one.store.published():
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
    whole = Store.retire

    def retire(self: Store, where: str, kind: str, name: str) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        whole(self, where, kind, name)

    monkeypatch.setattr(Store, "retire", retire)
    try:
        run(tmp_path, books, training, name="s")
    except KeyboardInterrupt:
        monkeypatch.undo()
        run(tmp_path, books, name="t")
    store = Store(tmp_path / ".mi")
    trained = store.record(training).finished
    for key in keys(tmp_path, "eval-"):
        record = store.record(key)
        if record.payload["subject"] == training:
            assert record.finished >= trained


def test_a_word_that_names_no_unit_is_told(tmp_path: Path) -> None:
    one = opened(tmp_path, Books())
    with pytest.raises(UsageError, match="no selected unit begins with that"):
        again(["train-zz"], one.plan(), one.store)
    with pytest.raises(UsageError, match="several units begin with that"):
        again(["eval-"], one.plan(), one.store)


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
