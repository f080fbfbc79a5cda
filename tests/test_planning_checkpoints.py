"""Checkpoints in a plan and a run: nothing is trained twice, and what cannot be had is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.database import Database, sync_database
from mi.errors import DeclarationError, Interrupted
from mi.planning.plan import Plan
from mi.spec import Checkpoints, Experiment
from mi.units.unit import Base, Evaluate, ModelAtStep, Replay
from tests.support.engine import run_experiment
from tests.support.fake_provider import Books, carry_out, experiment, session
from tests.support.step_provider import STEPS, Steps


def one(checkpoints: Any = None, **changes: Any) -> Experiment:
    return experiment(
        **{"total_samples": STEPS, "pilot": None, "checkpoints": checkpoints, **changes}
    )


def keys(plan: Plan, kind: str, *, todo: bool = False) -> list[str]:
    units = plan.todo if todo else plan.units
    return [planned.unit.key for planned in units if planned.unit.kind == kind]


def steps(plan: Plan) -> set[int | None]:
    payloads = [planned.unit.payload for planned in plan.units]
    return {payload.step for payload in payloads if isinstance(payload, Evaluate)}


def test_a_step_enters_the_key_and_none_leaves_it_as_it_was() -> None:
    base = Base(provider="p", weights="w")
    assert Evaluate.__attrs_attrs__.step.default is None  # type: ignore[attr-defined]
    payload = Evaluate(subject="train-1", eval=None, questions="q")  # type: ignore[arg-type]
    assert payload.model == "train-1"
    assert attrs.evolve(payload, step=3).model == ModelAtStep(training="train-1", step=3)
    assert attrs.evolve(payload, subject=base).model == base


def test_the_last_step_is_the_trained_model_and_trainings_keep_their_keys(tmp_path: Path) -> None:
    plain = session(tmp_path, one(), books=Steps()).plan()
    plan = session(tmp_path, one((0.2, 0.21, 0.5, 1.0)), books=Steps()).plan()
    assert steps(plan) == {None, 2, 5}
    assert set(keys(plain, "train")) == set(keys(plan, "train"))
    assert set(keys(plain, "eval")) < set(keys(plan, "eval"))
    roles = {role for cell in plan.cells for role in cell.units if role.startswith("eval:")}
    assert {role.partition("#")[2] for role in roles} == {"", "2", "5"}
    (training,) = (planned for planned in plan.units if planned.unit.kind == "train")
    assert training.model_steps == (2, 5)


def test_a_run_evaluates_the_kept_models_and_trains_once(tmp_path: Path) -> None:
    books = Steps()
    opened = session(tmp_path, one((0.2, 0.5)), books=books)
    result = carry_out(opened)
    assert not result.failures
    assert sum(books.trained.values()) == 1
    assert not books.replayed
    asked = {who for who, *_ in books.sampled}
    assert {"000002", "000005"} < asked
    assert not session(tmp_path, one((0.2, 0.5)), books=books).plan().todo


def test_checkpoints_added_later_are_replayed_once_and_train_nothing(tmp_path: Path) -> None:
    books = Steps()
    carry_out(session(tmp_path, one(), books=books))
    opened = session(tmp_path, one((0.2, 0.5)), books=books)
    plan = opened.plan()
    assert not keys(plan, "train", todo=True)
    assert len(keys(plan, "replay", todo=True)) == 1
    assert not carry_out(opened, plan, run="s").failures
    assert sum(books.trained.values()) == 1
    assert sum(books.replayed.values()) == 1
    again = session(tmp_path, one((0.2, 0.5)), books=books).plan()
    assert not again.todo
    assert len(keys(again, "replay")) == 1


def test_only_steps_that_nothing_holds_are_replayed(tmp_path: Path) -> None:
    books = Steps()
    carry_out(session(tmp_path, one(0.1), books=books))
    carry_out(session(tmp_path, one((0.1, 0.2)), books=books), run="s")
    opened = session(tmp_path, one((0.1, 0.2, 0.3)), books=books)
    replays = [
        planned.unit.payload for planned in opened.plan().units if planned.unit.kind == "replay"
    ]
    assert [payload.steps for payload in replays if isinstance(payload, Replay)] == [(2,), (3,)]
    assert not carry_out(opened, run="t").failures
    assert sum(books.trained.values()) == 1


def test_a_stopped_replay_publishes_nothing_and_is_done_by_the_next_run(tmp_path: Path) -> None:
    books = Steps()
    carry_out(session(tmp_path, one(), books=books))
    books.stop_replays = True
    opened = session(tmp_path, one(0.5), books=books)
    with pytest.raises(Interrupted):
        carry_out(opened, run="s")
    assert not [key for key in opened.store.published_keys() if key.startswith("replay-")]
    books.stop_replays = False
    assert not carry_out(session(tmp_path, one(0.5), books=books), run="t").failures
    assert sum(books.replayed.values()) == 1


def test_what_a_provider_did_not_keep_is_refused_and_never_replaced(tmp_path: Path) -> None:
    books = Steps(can_replay=False)
    carry_out(session(tmp_path, one(0.2), books=books))
    plan = session(tmp_path, one((0.2, 0.5)), books=books).plan()
    refused = [planned for planned in plan.todo if planned.skip_reason]
    assert refused
    assert refused == list(plan.todo)
    assert "kept no model of step 5 of train-" in refused[0].reason
    assert "it kept step 2" in refused[0].reason
    assert "--force train-" in str(refused[0].skip_reason)


def test_steps_that_a_provider_will_not_keep_are_refused_in_planning(tmp_path: Path) -> None:
    books = Steps(offered=(5, 10))
    with pytest.raises(DeclarationError, match=r"keeps no model of step 2 .* a whim") as error:
        session(tmp_path, one((0.2, 0.5)), books=books).plan()
    assert error.value.where == "T1 @ $.checkpoints"
    assert "5 (0.5), 10 (1)" in str(error.value.hint)
    assert session(tmp_path, one(0.5), books=books).plan().todo


def test_a_checkpoint_beyond_the_steps_is_refused_in_planning(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="every=11 is beyond the 10 steps") as error:
        session(tmp_path, one(Checkpoints(every=11)), books=Steps()).plan()
    assert error.value.where == "T1 @ $.checkpoints.every"


def test_a_provider_without_checkpoints_is_refused_in_planning(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="books keeps no models of earlier steps") as error:
        session(tmp_path, one(0.5), books=Books()).plan()
    assert error.value.where == "T1 @ $.checkpoints"


def test_a_replay_of_an_earlier_model_is_not_evaluated(tmp_path: Path) -> None:
    books = Steps()
    carry_out(session(tmp_path, one(), books=books))
    carry_out(session(tmp_path, one(0.5), books=books), run="s")
    opened = session(tmp_path, one(0.5), books=books)
    (replay,) = keys(opened.plan(), "replay")
    record = opened.store.record(replay)
    assert record.model_digest
    assert record.outcome["cost_usd"] == 0.0
    assert record.training_key in books.trained


def test_measurements_have_every_step_and_results_the_last(tmp_path: Path) -> None:
    opened, result = run_experiment(
        tmp_path, Steps(), total_samples=STEPS, checkpoints=(0.2, 0.5), pilot=None
    )
    assert not result.failures
    database = Database(opened.options.db)
    sync_database(database, opened.store)
    with database.read_connection() as connection:
        measured = connection.execute(
            "SELECT condition, step, steps, count(DISTINCT eval) FROM measurements GROUP BY ALL "
            "ORDER BY step"
        ).fetchall()
        final = connection.execute(
            "SELECT count(*) FROM results r SEMI JOIN measurements m USING (unit, metric, mean)"
        ).fetchone()
        total = connection.execute("SELECT count(*) FROM results").fetchone()
    evals = measured[0][3]
    assert [row[1:] for row in measured] == [
        (0, None, evals),
        *((step, STEPS, evals) for step in (2, 5, STEPS)),
    ]
    assert final == total
