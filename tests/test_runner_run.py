"""A run is recorded by the runner, whoever starts it: the command line or Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi.errors import Interrupted, UsageError
from mi.planning.prepare import prepare_plan
from mi.runner import rescoring
from mi.runner.run import SilentObserver, run_prepared
from mi.steps.scorers.bandit import BanditScorer
from tests.support.fake_provider import Books, experiment, session


def test_a_run_from_python_leaves_a_whole_record(tmp_path: Path) -> None:
    opened = session(tmp_path, experiment(total_samples=(10,)), books=Books())
    prepared = prepare_plan(opened)
    outcome = run_prepared(prepared, argv=["notebook"])
    assert outcome.error is None
    assert len(outcome.result.done_units) == len(prepared.units)
    [record] = opened.store.runs()
    assert record["run"] == outcome.run_id
    assert record["outcome"] == "done"
    assert record["ended"] > record["provenance"]["started"]
    assert record["provenance"]["argv"] == ["notebook"]
    assert record["experiments"] == ["T1"]
    assert list(opened.store.load_selection(record["selection"]))
    assert not prepare_plan(opened).plan.todo


def test_a_run_that_is_stopped_says_so_in_its_record(tmp_path: Path) -> None:
    class Impatient(SilentObserver):
        def raise_if_stopped(self) -> None:
            raise Interrupted("interrupted")

    opened = session(tmp_path, experiment(total_samples=(10,)), books=Books())
    outcome = run_prepared(prepare_plan(opened), argv=["notebook"], observer=Impatient())
    assert isinstance(outcome.error, Interrupted)
    assert not outcome.result.done_units
    [record] = opened.store.runs()
    assert record["outcome"] == "interrupted"


def test_a_forced_unit_is_archived_and_done_again(tmp_path: Path) -> None:
    opened = session(tmp_path, experiment(total_samples=(10,)), books=Books())
    run_prepared(prepare_plan(opened), argv=["notebook"])
    [training] = [key for key in opened.store.published_keys() if key.startswith("train-")]
    prepared = prepare_plan(opened, force=[training])
    outcome = run_prepared(prepared, argv=["notebook"])
    assert training in outcome.result.done_units
    assert len(opened.store.archived_records(training)) == 1


def test_an_unknown_executor_leaves_no_record(tmp_path: Path) -> None:
    opened = session(tmp_path, experiment(), books=Books(), executor="abacus")
    with pytest.raises(UsageError, match="no executor"):
        run_prepared(prepare_plan(opened), argv=["notebook"])
    assert opened.store.runs() == []


def test_scores_of_older_rules_are_made_again_from_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A static verdict that is missing is computed, and a model that was trained again is told."""
    books = Books()
    opened = session(tmp_path, experiment(total_samples=(10,)), books=books)
    with monkeypatch.context() as before:
        before.setattr(BanditScorer, "scoring", 1)
        run_prepared(prepare_plan(opened), argv=["notebook"])
    asked = len(books.sampled)
    [baseline, tuned] = sorted(
        (planned for planned in opened.plan().outdated_scores),
        key=lambda planned: len(planned.unit.needs),
    )
    old = opened.store.record(baseline.unit.key)
    path = opened.store.journal(old.journals["judgments:bandit"])
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(rescoring, "has_other_model", lambda path, digest: True)
        result = run_prepared(prepare_plan(opened), argv=["notebook"]).result
    assert result.rescored_units == {baseline.unit.key: (1, 2)}
    [problem] = result.rescoring_problems.items()
    assert problem == (tuned.unit.key, "its journals are about a model that was trained again")
    new = opened.store.record(baseline.unit.key)
    assert (new.scoring, new.finished, new.run) == (2, old.finished, old.run)
    assert new.outcome == old.outcome
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(lines)
    events = [line["event"] for line in opened.store.attempts(baseline.unit.key)]
    assert events == ["started", "done", "scored again"]
    result = run_prepared(prepare_plan(opened), argv=["notebook"]).result
    assert result.rescored_units == {tuned.unit.key: (1, 2)}
    assert not opened.plan().outdated_scores
    assert len(books.sampled) == asked
