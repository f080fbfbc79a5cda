"""When a task is learned and when harm began: intervals of steps, by seeds and groups."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest

from mi import Training, axis
from mi.analysis.analyse import analyse
from mi.analysis.evidence import Condition, Evidence, ResultScope, load_evidence
from mi.analysis.findings import Finding, report_findings
from mi.analysis.learning_curves import LearningCurve, load_learning_curves
from mi.analysis.stats import SeedVariance
from mi.database import Database, sync_database
from mi.reporting.figures.steps import step_curves
from tests.support.engine import run_experiment
from tests.support.evidence import scores
from tests.support.fake_provider import experiment
from tests.support.step_provider import STEPS, Steps

GRID = (0, 1, 4, 11, 29, 48, 77, 125)


def simulate(
    rates: list[float], number: int, *, seeds: int = 3, distribution: str = "OOD"
) -> LearningCurve:
    """Scores of 48 groups of 4 answers; trainings and groups differ in logits, at all steps
    alike."""
    rng = np.random.default_rng(number)
    logits = np.log(rates) - np.log1p(-np.array(rates))
    by_seed, by_group = rng.normal(0, 0.15, (seeds, 1)), rng.normal(0, 0.5, 48)
    tables = [logits[0] + by_group[None], *(level + by_seed + by_group for level in logits[1:])]
    drawn = [rng.binomial(4, 1 / (1 + np.exp(-table))) for table in tables]
    rows: list[int | None] = [None, *[100] * (len(GRID) - 1)]
    return LearningCurve(
        evidence=Evidence(
            setting="made_up",
            eval=distribution,
            title="made up",
            distribution=distribution,
            metric="harmful",
            is_sampled=True,
            measure="harm",
            is_share=True,
            conditions=tuple(
                Condition(
                    name="mixed" if size else "baseline",
                    misaligned_ratio=size and 0.5,
                    total_samples=size,
                    inoculation=None,
                    step=None if step in (0, GRID[-1]) else step,
                )
                for size, step in zip(rows, GRID, strict=True)
            ),
            scores=tuple(
                scores(totals, 4.0, trained=bool(size), seeds=range(seeds) if size else ())
                for size, totals in zip(rows, drawn, strict=True)
            ),
            units=tuple(() for _ in GRID),
            seed_variance=SeedVariance(level=0.0, prior_df=0.0),
        ),
        steps=GRID,
    )


EARLY = [0.05, 0.1, 0.3, 0.55, 0.6, 0.6, 0.6, 0.6]
LATE = [0.05, 0.05, 0.05, 0.05, 0.06, 0.25, 0.45, 0.5]
FLAT = [0.2] * len(GRID)


def findings_of(*curves: LearningCurve) -> list[Finding]:
    (found,), _ = report_findings([((), ())], [], [curves])
    return found


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_interval_covers_the_step_at_which_an_effect_begins(seeds: int) -> None:
    """A tenth of the change of 45 points is crossed between steps 29 and 48."""
    found = [findings_of(simulate(LATE, number, seeds=seeds))[0] for number in range(100)]
    told = [one for one in found if one.conclusive]
    assert len(told) >= 90
    assert sum(one.low <= 48 <= one.high for one in told if one.low and one.high) >= 95
    assert all(one.low <= one.value <= one.high for one in told if one.low and one.value)  # type: ignore[operator]


def test_little_is_told_where_nothing_changes() -> None:
    flat = [findings_of(simulate(FLAT, number))[0] for number in range(400)]
    assert sum(one.conclusive for one in flat) <= 20
    assert all(one.answer.startswith("cannot tell") for one in flat if not one.conclusive)


def test_the_report_says_what_stopping_leaves_out() -> None:
    task, stopping, spread = findings_of(simulate(EARLY, 1, distribution="ID"), simulate(LATE, 2))
    assert task.question == "step at which the task was learned"
    assert spread.question == "step at which the spread began"
    assert task.value is not None
    assert spread.value is not None
    assert 11 <= task.value < spread.value
    assert stopping.conclusive
    assert stopping.value is not None
    assert 0.2 < stopping.value < 0.6
    assert "is kept" in stopping.answer
    assert {one.basis for one in (task, stopping, spread)} == {"over seeds"}


def test_nothing_is_said_of_stopping_where_no_task_was_learned() -> None:
    _, stopping, _ = findings_of(simulate(FLAT, 1, distribution="ID"), simulate(LATE, 2))
    assert stopping.answer == "not estimated: it is not established that the task was learned"


def test_one_seed_speaks_of_these_models() -> None:
    (finding,) = findings_of(simulate(LATE, 1, seeds=1))
    assert finding.basis == "within-run"
    assert finding.answer.startswith("of these models (one seed each): step ")


def test_a_judge_that_is_out_of_order_says_nothing_of_steps() -> None:
    task, other = simulate(EARLY, 1, distribution="ID"), simulate(LATE, 2)
    ends = {
        name: (getattr(task.evidence, name)[0], getattr(task.evidence, name)[-1])
        for name in ("conditions", "scores")
    }
    judged = attrs.evolve(task.evidence, judge_problem="out of order: all are 50", **ends)
    (found,), _ = report_findings([((judged,), ())], [], [[task, other]])
    assert [one.conclusive for one in found] == [False, False, True]


@pytest.mark.parametrize("checkpoints", [None, (0.2, 0.5)])
def test_only_experiments_with_checkpoints_have_curves(
    tmp_path: Path, checkpoints: tuple[float, ...] | None
) -> None:
    """A curve is one condition's: those of two learning rates are never averaged."""
    training = Training(learning_rate=axis(1e-5, 1e-4, name="lr"))
    changes = {
        "total_samples": STEPS,
        "checkpoints": checkpoints,
        "pilot": None,
        "training": training,
    }
    opened, _ = run_experiment(tmp_path, Steps(), **changes)
    database = Database(opened.options.db)
    sync_database(database, opened.store)
    scope = ResultScope(
        experiments=("T1",), model=opened.model.id, data={"insecure_code": "bundled"}
    )
    with database.read_connection() as connection:
        curves = load_learning_curves(connection, scope, load_evidence(connection, scope))
        analysis = analyse(connection, [experiment(**changes)], scope)
        drawing = step_curves(connection, scope, "a test")
    assert (drawing is not None) == bool(checkpoints)
    if drawing is not None:
        assert {line.split(",")[4] for line in drawing.csv.splitlines()[1:]} == {
            "0",
            "2",
            "5",
            "10",
        }
        assert "<svg" in drawing.svg()
    questions = [finding.question for finding in analysis.experiments[0].findings]
    assert any(question.startswith("step at which") for question in questions) == bool(checkpoints)
    assert all(curve.steps == (0, 2, 5, STEPS) for curve in curves)
    assert bool(curves) == bool(checkpoints)
    names = {curve.condition for curve in curves}
    assert names == ({"mixed_0.50_lr=1e-05", "mixed_0.50_lr=0.0001"} if checkpoints else set())
