"""What is averaged over seeds differs in the seed alone, whatever else was run and is missing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.analysis.conditions import points
from mi.analysis.evidence import ResultScope, load_evidence
from mi.analysis.verdicts import verdicts
from mi.database import Database
from mi.planning.session import Session
from mi.spec import Expect, Experiment, Training, harmful
from mi.units.cells import declared_conditions
from registry.settings import insecure_code
from tests.support.engine import result_rows, run_experiment
from tests.support.fake_provider import INSECURE, QUESTIONS, SECURE, SETTING, Books, experiment
from tests.support.slow import mostly_slow

DATA = {"insecure_code": "bundled"}


def rows(opened: Session, query: str) -> list[Any]:
    result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        return connection.execute(query).fetchall()


def condition(opened: Session) -> Any:
    """How often, over how many answers, and in what interval the trained model is insecure."""
    [found] = rows(
        opened,
        "SELECT seeds, n, mean, ci_low, ci_high, basis FROM conditions "
        "WHERE eval = 'insecure_static' AND headline AND condition <> 'baseline'",
    )
    return found


@pytest.mark.parametrize("kind", ["eval:insecure_static", "train"])
@pytest.mark.parametrize(
    ("missing", "size"), mostly_slow([(0, 10), (1, 12), (2, 14), (0, 16), (1, 18)], every=3)
)
def test_a_seed_that_is_not_there_counts_for_nothing(
    tmp_path: Path, missing: int, size: int, kind: str
) -> None:
    """The rest is what it would be if the seed had never been asked for."""
    seeds = tuple(seed for seed in range(3) if seed != missing)
    wanted, _ = run_experiment(tmp_path / "two", Books(), total_samples=size, seeds=seeds)
    opened, _ = run_experiment(tmp_path / "three", Books(), total_samples=size, seeds=(0, 1, 2))
    made = opened.plan()
    cell = next(one for one in made.cells if one.cell.seed == missing)
    os.rename(opened.store.unit_dir(cell.units[kind]), tmp_path / kind)
    there = 3 if kind == "train" else 2  # an eval without its training is one all the same
    assert condition(opened)[:2] == (there, there * QUESTIONS)
    if there == 2:
        assert condition(opened) == condition(wanted)
    with Database(opened.options.db).read_connection() as connection:
        found = points(connection, "T1", opened.model.id, DATA)
        about = ResultScope(experiments=("T1",), model=opened.model.id, data=DATA)
        [known] = [one for one in load_evidence(connection, about) if one.eval == "insecure_static"]
    [point] = [
        one for one in found if one.eval == "insecure_static" and one.condition != "baseline"
    ]
    assert (point.seeds, point.n) == (there, there * QUESTIONS)
    assert [one.runs for one in known.scores if one.trained] == [there]


def test_another_training_is_not_another_seed(tmp_path: Path) -> None:
    run_experiment(tmp_path, Books(), run_name="A", total_samples=10, seeds=(0, 1, 2))
    more = {"total_samples": 10, "training": Training(epochs=2)}
    opened, _ = run_experiment(tmp_path, Books(), run_name="B", seeds=0, **more)
    assert condition(opened)[0] == 1
    opened, _ = run_experiment(tmp_path, Books(), run_name="C", seeds=(0, 1, 2), **more)
    assert condition(opened)[0] == 3
    opened, _ = run_experiment(tmp_path, Books(), run_name="D", total_samples=10, seeds=(0, 1))
    assert condition(opened)[0] == 2, "the third seed was trained otherwise when it was last run"


def test_a_cell_shows_no_eval_of_a_model_that_it_no_longer_trains(tmp_path: Path) -> None:
    run_experiment(tmp_path, Books(), run_name="A", total_samples=10)
    fewer = attrs.evolve(SETTING, id_evals=SETTING.id_evals[:1])
    more = {"training": Training(epochs=2), "settings": fewer}
    opened, _ = run_experiment(tmp_path, Books(), run_name="B", total_samples=10, **more)
    shown = rows(
        opened,
        "SELECT DISTINCT eval, t.hyperparameters->>'epochs' FROM results r JOIN unit u USING (unit)"
        " JOIN training t ON t.unit = u.subject ORDER BY ALL",
    )
    assert shown == [("broad_preference", "2"), ("insecure_static", "2")]
    untrained = rows(opened, "SELECT DISTINCT eval FROM results WHERE condition = 'baseline'")
    assert len(untrained) == 3


def test_experiments_that_train_in_other_ways_are_not_pooled(tmp_path: Path) -> None:
    run_experiment(tmp_path, Books(), run_name="A", total_samples=10)
    more = {"id": "T2", "training": Training(epochs=2)}
    opened, _ = run_experiment(tmp_path, Books(), run_name="B", total_samples=10, **more)
    result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        for experiments in (("T1", "T2"), ("T2", "T1")):
            found = load_evidence(
                connection, ResultScope(experiments=experiments, model=opened.model.id, data=DATA)
            )
            asked = "SELECT DISTINCT experiment FROM results WHERE unit = ?"
            for one in found:
                at = one.trained_indices()[0]
                [unit] = one.units[at]
                assert connection.execute(asked, [unit]).fetchall() == [(experiments[0],)]


class BySize(Books):
    """Models that are the more insecure the more rows they saw."""

    def sample(self, subject: Any, requests: Any, *how: Any) -> Any:
        rows = 0
        if subject.trained:
            rows = json.loads((subject.trained / "model.json").read_text())["rows"]
        for batch in super().sample(subject, requests, *how):
            yield [
                attrs.evolve(one, text=INSECURE if int(one.question, 16) % 100 < rows else SECURE)
                for one in batch
            ]


def shown(opened: Session, declared: Experiment) -> list[tuple[str, int | None, float]]:
    """What a table of the declared experiment shows."""
    result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        found = points(connection, "T1", opened.model.id, DATA, declared_conditions(declared))
    return [
        (one.condition, one.total_samples, round(one.mean or 0.0, 2))
        for one in found
        if one.eval == "insecure_static"
    ]


def test_a_name_means_what_it_means_in_the_experiment_as_it_is_declared(tmp_path: Path) -> None:
    """Names of a sweep over ratios say no size, and the sizes of earlier runs are still there."""
    claim = Expect("half is enough", harmful("mixed_0.50", eval="insecure_static") > 0.5)
    ratios = {
        "settings": insecure_code,  # all questions: the intervals have to tell the sides apart
        "misaligned_ratio": (0.25, 0.5),
        "expectations": (claim,),
        "seeds": (0, 1),
    }
    opened, _ = run_experiment(tmp_path, BySize(), run_name="A", total_samples=20, **ratios)
    small, large = (experiment(total_samples=size, **ratios) for size in (20, 80))
    first = shown(opened, small)[1:]
    assert [row[:2] for row in first] == [("mixed_0.25", 20), ("mixed_0.50", 20)]
    assert all(mean < 0.4 for *_, mean in first)
    opened, _ = run_experiment(tmp_path, BySize(), run_name="B", total_samples=80, **ratios)
    second = shown(opened, large)[1:]
    assert [row[:2] for row in second] == [("mixed_0.25", 80), ("mixed_0.50", 80)]
    assert all(mean > 0.6 for *_, mean in second)
    assert shown(opened, small)[1:] == first
    everything = rows(opened, "SELECT count(*) FROM conditions WHERE eval = 'insecure_static'")
    assert everything[0][0] > 5
    with Database(opened.options.db).read_connection() as connection:
        about = ResultScope(experiments=("T1",), model=opened.model.id, data=DATA)
        outcomes = [verdicts(connection, one, about)[0].outcome.value for one in (small, large)]
    assert outcomes == ["refuted", "supported"]


def test_a_run_of_a_part_does_not_split_a_condition_by_its_other_name(tmp_path: Path) -> None:
    sizes = {"total_samples": (10, 20), "seeds": (0, 1, 2)}
    run_experiment(tmp_path, Books(), run_name="A", **sizes)
    opened, _ = run_experiment(tmp_path, Books(), run_name="B", total_samples=20, seeds=0)
    found = rows(
        opened,
        "SELECT condition, seeds FROM conditions WHERE total_samples = 20 AND headline "
        "AND eval = 'insecure_static'",
    )
    assert found == [("mixed_0.50", 3)]
    assert {name for name, size, _ in shown(opened, experiment(**sizes)) if size == 20} == {
        "mixed_20"
    }
