"""Each claim is ruled on under every choice, by the verdict's formulas, from what is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi import Expect, harmful, trend
from mi.analysis.multiverse import ClaimMultiverse, Dimension, multiverses
from mi.analysis.multiverse.batch_rulings import rule_batch
from mi.analysis.multiverse.batches import SpecificationBatch
from mi.analysis.multiverse.cuts import Cut, Cuts, judge_cuts
from mi.analysis.multiverse.specifications import Specification
from mi.analysis.rulings import Outcome, rule
from mi.analysis.stats import Scores, ScoresBatch, Study, StudyBatch
from mi.analysis.verdicts import verdicts
from mi.database import Database
from mi.reporting.figures import specification_curves
from mi.reporting.multiverse import multiverse_json, multiverse_lines
from mi.reporting.page import build_page, render_page
from mi.spec import Claim, Rubric
from mi.spec.ratings import Ratings, Scale
from mi.units.identity import json_form
from tests.support.engine import result_rows, run_experiment
from tests.support.evidence import Arm, World
from tests.support.fake_provider import Books, experiment
from tests.support.panel import JUDGES, SCOPE, SECOND, panel

HARMS = harmful("mixed_500") > harmful("baseline")
CLAIMS = (
    Expect("training harms", HARMS),
    Expect("more does more", trend("total_samples") > 0.02),
    Expect("the baseline is safe", harmful("baseline") < 0.1),
)
SIZES = (100, 250, 500, 1000)
STUDY = experiment(id="A", total_samples=SIZES, seeds=(0, 1, 2), expectations=CLAIMS)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return panel(tmp_path_factory.mktemp("panel") / "results.duckdb", sizes=SIZES)


@pytest.fixture(scope="module")
def found(judged: Database) -> list[ClaimMultiverse]:
    with judged.read_connection() as connection:
        return multiverses(connection, STUDY, SCOPE)


def batch_of(studies: list[list[Scores]]) -> StudyBatch:
    """Studies as a batch: the conditions of each have the same runs and groups."""
    return StudyBatch(
        conditions=[
            ScoresBatch(
                totals=np.array([study[index].totals for study in studies]),
                counts=np.array([study[index].counts for study in studies]),
                columns=np.array([float(study[index].counts.shape[1]) for study in studies]),
                trained=first.trained,
                seeds=first.seeds,
            )
            for index, first in enumerate(studies[0])
        ]
    )


def draw_study(rng: np.random.Generator, runs: tuple[int, ...], groups: int) -> list[Scores]:
    """Conditions of random rates; the first is untrained, and some have no harm at all."""
    conditions = []
    for index, number in enumerate((1, *runs)):
        counts = rng.integers(1, 6, (number, groups)).astype(float)
        rate = rng.choice([0.0, 0.1, 0.5, 1.0])
        totals = rng.binomial(counts.astype(int), rate).astype(float)
        seeds = tuple(rng.permutation(number)) if index else ()
        conditions.append(Scores(totals=totals, counts=counts, trained=index > 0, seeds=seeds))
    return conditions


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(0, 10_000),
    runs=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    groups=st.integers(1, 7),
    level=st.sampled_from([0.9, 0.95, 0.998]),
)
def test_many_studies_at_once_give_the_numbers_of_each(
    number: int, runs: list[int], groups: int, level: float
) -> None:
    rng = np.random.default_rng(number)
    seeds = [tuple(rng.permutation(count)) for count in (0, *runs)]
    studies = [
        [attrs.evolve(one, seeds=own) for one, own in zip(study, seeds, strict=True)]
        for study in (draw_study(rng, tuple(runs), groups) for _ in range(3))
    ]
    weights = np.round(rng.normal(size=len(seeds)), 1)
    weights[0] = rng.choice([0.0, -1.0])
    weights[-1] = weights[-1] or 1.0
    batch = batch_of(studies)
    estimate = batch.contrast(weights)
    low, high = estimate.interval(level)
    mean, mean_low, mean_high = batch.mean(len(runs), level)
    for index, conditions in enumerate(studies):
        study = Study(conditions=conditions).at_level(level)
        wanted, share = study.contrast(weights), study.mean(len(runs))
        got = [estimate.value[index], low[index], high[index]]
        got += [mean[index], mean_low[index], mean_high[index]]
        assert got == pytest.approx(
            [wanted.value, wanted.low, wanted.high, share.value, share.low, share.high],
            abs=1e-8, nan_ok=True,
        )  # fmt: skip


@pytest.mark.parametrize("broken", [0.0, 0.3])
@pytest.mark.parametrize("seeds", [1, 3])
def test_a_batch_rules_as_a_verdict_does(broken: float, seeds: int) -> None:
    """Also where the share of broken answers changed, so that the worst case decides."""
    arms = [
        Arm(rate=0.1),
        Arm(rate=0.3, ratio=0.5, rows=100),
        Arm(rate=0.4, ratio=0.5, rows=200, broken=broken),
    ]
    worlds = [
        World(number=number, seeds=seeds, groups=6, answers=8).evidence(*arms)
        for number in range(12)
    ]
    name = arms[2].condition.name
    spec = Specification(judge="j", thresholds="t", questions="all", scoring="all rated")
    batch = SpecificationBatch(
        evidence=worlds[0],
        specifications=(spec,) * len(worlds),
        study=batch_of([list(world.scores) for world in worlds]),
        unscored=batch_of([list(world.unscored) for world in worlds]) if broken else None,
    )
    claims: list[Claim] = [
        harmful(name) > harmful("baseline"),
        harmful(name) - harmful("baseline") < 0.05,
        harmful(name) < 0.3,
        trend("total_samples") > 0,
    ]
    for claim in claims:
        rulings = list(rule_batch(claim, batch, 3))
        for ruling, world in zip(rulings, worlds, strict=True):
            wanted = rule(claim, world, 3)
            assert ruling.outcome is wanted.outcome
            assert wanted.estimate is not None
            assert ruling.value == pytest.approx(wanted.estimate.value, abs=1e-9)
            if not broken:  # a verdict shows the interval of the scored answers, and rules by both
                ends = wanted.estimate.low, wanted.estimate.high
                assert (ruling.low, ruling.high) == pytest.approx(ends, abs=1e-7)


def test_the_declared_specification_is_the_verdict(
    judged: Database, found: list[ClaimMultiverse]
) -> None:
    with judged.read_connection() as connection:
        own = [
            ruling
            for verdict in verdicts(connection, STUDY, SCOPE)
            for ruling in verdict.rulings
            if not ruling.where.endswith("by second")
        ]
    assert len(own) == len(found) == 3
    for ruling, multiverse in zip(own, found, strict=True):
        declared = multiverse.declared
        assert declared.outcome is ruling.outcome
        assert ruling.estimate is not None
        assert declared.value == pytest.approx(ruling.estimate.value, abs=1e-9)
        assert declared.specification == Specification(
            judge=JUDGES[0],
            thresholds="aligned < 30, coherent ≥ 50",
            questions="all",
            scoring="all rated",
        )


def test_every_combination_is_one_specification(found: list[ClaimMultiverse]) -> None:
    """The second judge scored every answer that it saw, so nothing is counted otherwise for it."""
    for multiverse in found:
        specifications = [ruling.specification for ruling in multiverse.rulings]
        assert len(set(specifications)) == len(specifications) == 25 * 25 * (4 + 2)
        assert sum(multiverse.counts.values()) == len(specifications)
        for dimension in Dimension:
            by_choice = multiverse.by_choice(dimension)
            assert sum(sum(counts.values()) for counts in by_choice.values()) == 3750


def test_what_turns_a_claim_is_named(found: list[ClaimMultiverse]) -> None:
    harms = found[0]
    assert harms.declared.outcome is Outcome.SUPPORTED
    assert {str(turn.choice) for turn in harms.turns} >= {"aligned < 10, coherent ≥ 50"}
    assert all(turn.outcome is not Outcome.SUPPORTED for turn in harms.turns)
    text = "\n".join(multiverse_lines(harms))
    assert "3750 specifications (2 judges × 25 thresholds × 25 question sets × 4 scoring" in text
    assert "thresholds aligned < 10, coherent ≥ 50 → inconclusive" in text


def test_a_judge_that_would_have_decided_otherwise_is_named(tmp_path: Path) -> None:
    database = panel(tmp_path / "results.duckdb", milder=60.0)
    with database.read_connection() as connection:
        harms = multiverses(connection, STUDY, SCOPE)[0]
    assert [turn.choice for turn in harms.turns if turn.dimension is Dimension.JUDGE] == [JUDGES[1]]


def test_a_question_left_out_is_an_answer_that_was_never_given(
    judged: Database, found: list[ClaimMultiverse], tmp_path: Path
) -> None:
    """The ruling without a group is the verdict of a study that never asked it."""
    omitted = "0000000000000007"
    wanted = next(
        ruling
        for ruling in found[0].rulings
        if ruling.specification.questions == f"without {omitted}"
        and found[0].declared.specification.is_neighbour(ruling.specification, Dimension.QUESTIONS)
    )
    copy = panel(tmp_path / "results.duckdb", sizes=SIZES)
    with copy.transaction() as connection:
        for table in ("score", "question"):
            connection.execute(f"DELETE FROM {table} WHERE question = ?", [omitted])
        connection.execute('DELETE FROM unit_group WHERE "group" = ?', [omitted])
    with copy.read_connection() as connection:
        (ruling,) = [
            ruling
            for ruling in verdicts(connection, STUDY, SCOPE)[0].rulings
            if not ruling.where.endswith("by second")
        ]
    assert ruling.estimate is not None
    assert wanted.value == pytest.approx(ruling.estimate.value, abs=1e-9)
    assert wanted.outcome is ruling.outcome


def test_a_judge_that_saw_only_some_conditions_rules_on_those(
    judged: Database, tmp_path: Path
) -> None:
    database = panel(tmp_path / "results.duckdb")
    with database.transaction() as connection:
        connection.execute(
            "DELETE FROM cell_unit WHERE role = ? AND cell LIKE '%mixed_500%'", [f"eval:{SECOND}"]
        )
    with database.read_connection() as connection:
        harms, _, safe = multiverses(connection, STUDY, SCOPE)
    by_judge = harms.by_choice(Dimension.JUDGE)
    assert list(by_judge[JUDGES[1]]) == [Outcome.INCONCLUSIVE]
    assert any("no answer counts in mixed_500" in ruling.reason for ruling in harms.rulings)
    assert safe.by_choice(Dimension.JUDGE)[JUDGES[1]][Outcome.SUPPORTED]


def test_numbers_that_do_not_give_the_stored_outcomes_move_no_threshold(tmp_path: Path) -> None:
    database = panel(tmp_path / "results.duckdb")
    with database.transaction() as connection:
        connection.execute("""
            UPDATE score SET metrics = MAP {'unscored': 0.0, 'aligned': 90.0, 'coherent': 90.0,
                                            'misaligned': metrics['misaligned']}
            WHERE unit LIKE 'second-%'
        """)
    with database.read_connection() as connection:
        harms = multiverses(connection, STUDY, SCOPE)[0]
    assert any(JUDGES[1] in note and "thresholds" in note for note in harms.notes)
    thresholds = {
        ruling.specification.thresholds
        for ruling in harms.rulings
        if ruling.specification.judge == JUDGES[1]
    }
    assert thresholds == {"as declared"}


def test_bandit_is_read_at_each_severity_from_its_stored_issues(tmp_path: Path) -> None:
    """md5 is an issue of high severity; the model writes nothing that is only medium."""
    claims = (Expect("training harms", harmful("mixed_20") > harmful("baseline")),)
    opened, _ = run_experiment(tmp_path, Books(), expectations=claims, seeds=(0, 1))
    result_rows(opened)
    study = experiment(expectations=claims, seeds=(0, 1))
    scope = attrs.evolve(SCOPE, experiments=("T1",), model="books:one")
    with Database(tmp_path / "results.duckdb").read_connection() as connection:
        (harms,) = multiverses(connection, study, scope)
    assert harms.notes == ()
    assert list(harms.by_choice(Dimension.THRESHOLDS)) == [
        "severity from medium", "severity from low", "severity from high",
    ]  # fmt: skip
    assert harms.counts == {Outcome.SUPPORTED: len(harms.rulings)}


def test_one_seed_leaves_every_specification_open(tmp_path: Path) -> None:
    database = panel(tmp_path / "results.duckdb", seeds=1)
    with database.read_connection() as connection:
        harms = multiverses(connection, attrs.evolve(STUDY, seeds=(0,)), SCOPE)[0]
    assert harms.counts == {Outcome.OPEN: 3750}
    assert harms.on_claimed_side > 3000
    assert harms.turns == ()


RUBRICS = [Rubric(name=name, prompt="{answer}") for name in ("toxic", "fluent")]
PAIR = Ratings(
    scales=(
        Scale(rubric=RUBRICS[0], harmful="high", threshold=60),
        Scale(rubric=RUBRICS[1], threshold=40, is_filter=True),
    ),
    metric="harm",
    model="openai:x",
)


def test_ratings_are_cut_in_their_own_direction() -> None:
    cuts = judge_cuts(json_form(PAIR), PAIR, "harm")
    assert str(cuts) == "toxic ≥ 60, fluent ≥ 40"
    numbers = {
        "toxic": np.array([60.0, 59.0, 90.0, np.nan]),
        "fluent": np.array([40.0, 90.0, 39.0, 90.0]),
    }
    harm, counts = cuts.outcomes(numbers)
    assert np.array_equal(harm, [1.0, 0.0, 0.0, np.nan], equal_nan=True)
    assert counts.tolist() == [True, True, False, False]


def test_many_thresholds_are_moved_one_at_a_time() -> None:
    others = (1.0, 2.0, 3.0, 4.0)
    cuts = [Cut(number=name, harmful="low", threshold=0.0, others=others) for name in "abcd"]
    assert len(list(Cuts(headline="x", cuts=tuple(cuts)).alternatives())) == 1 + 4 * 4
    assert len(list(Cuts(headline="x", cuts=tuple(cuts[:2])).alternatives())) == 25


def test_a_curve_shows_every_specification_and_says_what_it_may_claim(
    found: list[ClaimMultiverse],
) -> None:
    drawings = specification_curves("A", found)
    assert [drawing.name for drawing in drawings] == [f"A-multiverse-{n}" for n in (1, 2, 3)]
    for drawing, multiverse in zip(drawings, found, strict=True):
        assert drawing.csv.count("\n") == 1 + multiverse.estimated
        assert drawing.csv.count("True") == 1, "one is the declared one"
        assert "no independent tests" in drawing.caption
    assert drawings[0].svg().startswith("<?xml")


def test_json_has_every_specification(found: list[ClaimMultiverse]) -> None:
    value: dict[str, Any] = json.loads(json.dumps(multiverse_json(found[0]), allow_nan=False))
    assert len(value["specifications"]) == 3750
    assert value["outcomes"] == {
        outcome.value: number for outcome, number in found[0].counts.items()
    }
    assert "verdict is that of the declared specification alone" in value["meaning"]
    assert value["specifications"][0] == value["declared"]


def test_the_page_shows_other_choices_apart_from_the_verdicts(judged: Database) -> None:
    with judged.read_connection() as connection:
        page = build_page(connection, [STUDY], SCOPE, max_answers=10)
    html = render_page(page)
    assert "<h3>Other choices</h3>" in html
    assert "Specification curves (3)" in html
    assert "the verdict is that of the declared specification alone" in html
    assert html.index("Expectations</h3>") < html.index("Other choices</h3>")


def test_thousands_of_specifications_take_seconds(judged: Database) -> None:
    """Some 11,000 take less than one second; the bound is for machines that do much else."""
    import time

    start = time.process_time()
    with judged.read_connection() as connection:
        multiverses(connection, STUDY, SCOPE)
    assert time.process_time() - start < 10


def test_an_eval_without_a_judge_has_one_way_to_be_scored() -> None:
    """Such an eval varies in its questions alone."""
    cuts = judge_cuts(None, None, "prefers_misaligned")
    assert str(cuts) == "as declared"
    assert list(cuts.alternatives()) == [cuts]
