"""Named axes in a run and its database: what differs in an axis is never averaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mi.analysis.conditions import points
from mi.analysis.evidence import ResultScope, load_evidence
from mi.analysis.verdicts import verdicts
from mi.database import Database, sync_database
from mi.planning.prepare import prepare_plan
from mi.runner.run import run_prepared
from mi.spec import Experiment, Training, axis, harmful, trend
from mi.spec.expect import Expect
from mi.store.local import LocalStore
from mi.units.cells import declared_conditions
from tests.support.fake_provider import experiment, session

EPOCHS = Training(epochs=axis(10, 2, name="passes"))
DATA = {"insecure_code": "bundled"}


def swept(**changes: Any) -> Experiment:
    """An experiment on one size with an axis."""
    expectations = (
        Expect("more passes, more harm", trend("passes") > 0),
        Expect("two passes harm", harmful("mixed_0.50", passes=2) > 0.01),
    )
    return experiment(
        total_samples=10,
        seeds=(0, 1),
        training=EPOCHS,
        expectations=expectations,
        **changes,
    )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The database of a run."""
    folder = tmp_path_factory.mktemp("axes")
    outcome = run_prepared(prepare_plan(session(folder, swept())), argv=("mi",))
    assert outcome.result.failures == {}
    found = Database(folder / "results.duckdb")
    assert sync_database(found, LocalStore(folder / ".mi")).faults == ()
    return found


def test_a_value_of_an_axis_is_a_training_of_its_own_on_one_mix(tmp_path: Path) -> None:
    plan = session(tmp_path, swept()).plan()
    kinds = [planned.unit.kind for planned in plan.units]
    assert kinds.count("mix") == 2
    assert kinds.count("train") == 4
    plain = session(tmp_path, experiment(total_samples=10, seeds=0, training=Training(epochs=2)))
    units = {planned.unit.key for planned in plan.units}
    assert {planned.unit.key for planned in plain.plan().units} <= units


def test_conditions_that_differ_in_an_axis_are_never_averaged(database: Database) -> None:
    with database.read_connection() as connection:
        rows = connection.execute(
            "SELECT DISTINCT condition, axes->>'$.passes', seeds FROM conditions "
            "WHERE seeds > 0 ORDER BY 1"
        ).fetchall()
        assert rows == [("mixed_0.50_passes=10", "10", 2), ("mixed_0.50_passes=2", "2", 2)]
        for view in ("results", "answers", "measurements"):
            query = f"SELECT DISTINCT axes FROM {view} WHERE seed IS NOT NULL ORDER BY 1"
            found = [json.loads(text) for (text,) in connection.execute(query).fetchall()]
            assert found == [{"passes": 10}, {"passes": 2}]


def test_points_and_evidence_are_in_the_order_of_numbers(database: Database) -> None:
    one = swept()
    scope = ResultScope(
        experiments=(one.id,),
        model="books:one",
        data=DATA,
        condition_names={one.id: declared_conditions(one)},
    )
    names = ["baseline", "mixed_0.50_passes=2", "mixed_0.50_passes=10"]
    with database.read_connection() as connection:
        for evidence in load_evidence(connection, scope):
            assert [condition.name for condition in evidence.conditions] == names
        shown = points(connection, one.id, "books:one", DATA, declared_conditions(one))
        assert list(dict.fromkeys(point.condition for point in shown)) == names
        found = verdicts(connection, one, scope)
    assert [verdict.says for verdict in found] == [item.says for item in one.expectations]
    for verdict in found:
        assert all(ruling.estimate is not None for ruling in verdict.rulings), str(verdict)
