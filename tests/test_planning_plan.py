"""The plan: each unit once, after what it needs, with a reason."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import registry
from mi.errors import DataError
from mi.planning.manifest import run_manifest
from mi.planning.plan import Plan
from mi.spec import Pilot, Training
from mi.store.records import State
from tests.support.fake_provider import carry_out, experiment, session


def run(opened: object) -> Plan:
    from mi.planning.session import Session

    assert isinstance(opened, Session)
    made = opened.plan()
    name = opened.store.save_selection(*run_manifest(opened, made))
    facts = {"model": opened.model.id, "selection": name}
    facts |= {"experiments": [one.experiment.id for one in opened.selection]}  # type: ignore[dict-item]
    facts["provenance"] = {"started": "2026-01-02T00:00:00Z", "argv": []}  # type: ignore[assignment]
    opened.store.save_run(f"r{time.time_ns()}", facts)
    carry_out(opened, made)
    return made


def test_each_unit_comes_once_and_after_what_it_needs(tmp_path: Path) -> None:
    made = session(tmp_path, registry.get("A05a"), registry.get("A05b")).plan()
    keys = [one.unit.key for one in made.units]
    assert len(set(keys)) == len(keys)
    for index, one in enumerate(made.units):
        assert all(keys.index(need) < index for need in one.unit.needs)


def test_the_two_founding_experiments_share_the_cell_where_they_cross(tmp_path: Path) -> None:
    made = session(tmp_path, registry.get("A05a"), registry.get("A05b")).plan()
    trainings = [one for one in made.units if one.unit.kind == "train"]
    assert len(trainings) == 3 + 6 - 1
    by_id = {one.cell.id: one.units for one in made.cells}
    a05a = by_id["A05a::insecure_code::n=1000,r=0.50,seed=0"]
    assert a05a == by_id["A05b::insecure_code::n=1000,r=0.50,seed=0"]
    assert by_id["A05a::insecure_code::baseline"] == by_id["A05b::insecure_code::baseline"]


def test_full_designs_have_as_many_trainings_as_declared(tmp_path: Path) -> None:
    pairs = [(registry.get("A05a"), 15), (registry.get("A05b"), 18)]
    for one, trainings in pairs:
        made = session(tmp_path, one.evolve(pilot=None)).plan()
        assert sum(planned.unit.kind == "train" for planned in made.units) == trainings


def test_a_pilot_is_never_repeated_by_the_full_run(tmp_path: Path) -> None:
    one = experiment(pilot=Pilot(total_samples=(10,)))
    run(session(tmp_path, one))
    made = session(tmp_path, one.evolve(pilot=None)).plan()
    done = {planned.unit.title for planned in made.units if not planned.is_todo}
    assert "n=10,r=0.50,seed=0" in done
    assert "n=20,r=0.50,seed=0" not in done


def test_a_shared_unit_is_said_to_be_shared(tmp_path: Path) -> None:
    one, other = experiment(), experiment(id="T2", total_samples=(20, 30))
    opened = session(tmp_path, one, other)
    opened.selection = opened.selection[:1]
    made = opened.plan()
    reasons = {planned.unit.title: planned.reason for planned in made.units}
    assert reasons["n=20,r=0.50,seed=0"] == "new, shared with T2"
    assert reasons["n=10,r=0.50,seed=0"] == "new"
    run(opened)
    reasons = {planned.unit.title: planned.reason for planned in opened.plan().units}
    assert reasons["n=20,r=0.50,seed=0"] == "done, shared with T2"


def test_a_new_unit_says_how_it_differs_from_the_one_its_cell_had(tmp_path: Path) -> None:
    one = experiment()
    run(session(tmp_path, one))
    made = session(tmp_path, one.evolve(training=Training(epochs=2))).plan()
    reasons = [planned.reason for planned in made.units if planned.unit.kind == "train"]
    assert all("differs from train-" in reason for reason in reasons)
    assert all("hyperparameters.epochs: 1 → 2" in reason for reason in reasons)


def test_too_few_rows_are_found_before_anything_is_done(tmp_path: Path) -> None:
    opened = session(tmp_path, experiment(misaligned_ratio=(1.0, 0.0), total_samples=5000))
    with pytest.raises(DataError) as caught:
        opened.plan()
    assert "insecure_code" in str(caught.value)
    assert "1296 < 5000" in str(caught.value)
    assert not (tmp_path / ".mi").exists()


def test_the_dataset_nothing_is_drawn_from_is_not_part_of_a_mix(tmp_path: Path) -> None:
    made = session(tmp_path, experiment(misaligned_ratio=(0.0, 1.0), total_samples=10)).plan()
    digests = [
        (planned.unit.payload.misaligned is None, planned.unit.payload.control is None)
        for planned in made.units
        if planned.unit.kind == "mix" and hasattr(planned.unit.payload, "misaligned")
    ]
    assert digests == [(True, False), (False, True)]


def test_a_damaged_unit_is_planned_again_with_the_damage(tmp_path: Path) -> None:
    opened = session(tmp_path, experiment())
    made = run(opened)
    key = made.units[-1].unit.key
    (opened.store.unit_dir(key) / "scores.jsonl").write_text("oops")
    again = opened.plan()
    assert [one.unit.key for one in again.todo] == [key]
    assert again.todo[0].state is State.CORRUPT
    assert "scores.jsonl is not what was written" in again.todo[0].reason


def test_ten_thousand_cells_are_planned_in_time_that_grows_with_their_number(
    tmp_path: Path,
) -> None:
    """Counted in units, not seconds: no key is made twice, no cell visited twice."""
    one = experiment(total_samples=tuple(range(1, 101)), seeds=tuple(range(100)))
    made = session(tmp_path, one).plan()
    assert len(made.cells) == 10_001
    assert len(made.units) == 3 + 5 * 10_000
