"""Intervals hold the truth as often as they say, and agree with textbooks and other programs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from statsmodels.formula.api import ols
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from benchmarks.recovery import CURVES, FLAT_CURVES, StudyDesign, coverage, recovery, specificity
from benchmarks.synthetic import EVALS, MODEL, Design, build_database
from mi.analysis.evidence import ResultScope, load_evidence
from mi.analysis.stats import (
    Scores,
    Study,
    bootstrap_interval,
    bootstrap_means,
    critical_value,
    fit_half_effect,
    holm_adjust,
    interval_width,
    minimum_detectable_effect,
    required_runs,
    required_samples,
    slope_weights,
    variance_components,
    wilson_interval,
)


def scores(values: Any, samples: float = 1.0, *, trained: bool = True) -> Scores:
    totals = np.atleast_2d(np.asarray(values, dtype=float))
    return Scores(totals=totals, counts=np.full(totals.shape, samples), trained=trained)


def answers(harmful: int, n: int) -> Scores:
    return scores([float(at < harmful) for at in range(n)])


@pytest.mark.parametrize(
    ("harmful", "n", "low", "high"),
    [
        # Newcombe (1998), table I, method 3: the score method.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_wilsons_interval(harmful: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(harmful / n, n) == pytest.approx((low, high), abs=0.00006)
    one = Study(conditions=[answers(harmful, n)]).mean(0)
    assert (one.low, one.high) == pytest.approx((low, high), abs=0.00006)
    assert proportion_confint(harmful, n, method="wilson") == pytest.approx((low, high), abs=6e-5)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_holms_correction_is_that_of_statsmodels(p: list[float]) -> None:
    with patch("gc.collect"):  # it collects garbage at each call, of which a test run has much
        assert holm_adjust(p) == pytest.approx(list(multipletests(p, method="holm")[1]))


def test_a_paired_difference_of_one_run_each_is_the_paired_t_test() -> None:
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(1)
    first = rng.normal(size=40)
    second = first + rng.normal(0.3, 0.5, size=40)
    found = Study(conditions=[scores(first), scores(second)], is_share=False).difference(1, 0)
    reference = ttest_rel(second, first)
    low, high = reference.confidence_interval()
    assert (found.value, found.low, found.high) == pytest.approx(
        (float(np.mean(second - first)), low, high)
    )
    assert found.p_value == pytest.approx(reference.pvalue)
    assert found.basis == "within-run"


def test_with_questions_that_do_not_matter_runs_are_compared_by_the_pooled_t_test() -> None:
    """Every answer of a run alike: then there is nothing but runs."""
    from scipy.stats import ttest_ind

    first, second = [0.1, 0.3, 0.2, 0.25], [0.5, 0.4, 0.65, 0.5]
    made = [scores(np.tile(np.array(runs)[:, None], (1, 9))) for runs in (first, second)]
    found = Study(conditions=made, is_share=False).difference(1, 0)
    reference = ttest_ind(second, first)
    low, high = reference.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p_value == pytest.approx(reference.pvalue)
    assert found.basis == "over seeds"


def test_a_trend_over_runs_is_close_to_the_regression_of_run_means() -> None:
    """Regression also counts what a straight line misses as noise; on a line they are alike."""
    rng = np.random.default_rng(2)
    doses = np.arange(6.0)
    runs = 0.05 * doses[:, None] + rng.normal(0, 0.02, (6, 8))
    made = [scores(np.tile(row[:, None], (1, 5))) for row in runs]
    found = Study(conditions=made, is_share=False).contrast(slope_weights(list(doses)))
    reference = ols("y ~ x", {"y": runs.ravel(), "x": np.repeat(doses, 8)}).fit()
    assert found.value == pytest.approx(reference.params["x"])
    assert found.standard_error == pytest.approx(reference.bse["x"], rel=0.1)


def test_the_cluster_robust_error_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    chance = rng.beta(1, 3, size=30)
    values = rng.binomial(1, np.repeat(chance[:, None], 7, axis=1)).astype(float)
    question = np.repeat(np.arange(30), 7)
    fit = ols("y ~ 1", {"y": values.ravel()}).fit(
        cov_type="cluster", cov_kwds={"groups": question, "use_correction": False}
    )
    found = Study(conditions=[scores(values.sum(axis=1), 7.0)], is_share=False).contrast([1.0])
    assert found.value == pytest.approx(fit.params["Intercept"])
    assert found.standard_error == pytest.approx(fit.bse["Intercept"] * math.sqrt(30 / 29))


def test_the_untrained_model_has_no_spread_between_runs() -> None:
    trained = scores([[0.2] * 5, [0.4] * 5])
    plain = scores([0.1] * 5, trained=False)
    found = Study(conditions=[plain, trained], is_share=False)
    assert found.between_runs[0] == 0
    assert found.difference(1, 0).standard_error == pytest.approx(0.1)


def test_one_question_is_too_few_for_an_interval() -> None:
    found = Study(conditions=[scores([0.0]), scores([1.0])]).difference(1, 0)
    assert math.isnan(found.low)
    assert found.p_value == 1.0
    assert "too few data" in str(found)


def test_two_conditions_without_harm_do_not_differ_for_certain() -> None:
    found = Study(conditions=[answers(0, 50), answers(0, 50)]).difference(1, 0)
    assert found.low < 0 < found.high


@pytest.mark.parametrize(
    "design", [StudyDesign(1, 144, 1), StudyDesign(3, 144, 1), StudyDesign(5, 50, 10)], ids=str
)
def test_intervals_cover_what_they_should(design: StudyDesign) -> None:
    """300 seeded studies: within chance of 95 %; `benchmarks/recovery.py` does more."""
    found = coverage(design, 300, np.random.default_rng(7))
    assert all(0.92 <= share <= 0.99 for share in found.values()), found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["size, half at 400 rows", "ratio, half at 0.45"])
def test_a_report_recovers_the_half_effect_of_a_known_law(name: str) -> None:
    assert recovery(CURVES[name], StudyDesign(3, 144, 1), 100, np.random.default_rng(11)) >= 0.93


@pytest.mark.parametrize("name", FLAT_CURVES)
def test_a_report_without_a_true_effect_is_inconclusive(name: str) -> None:
    design, rng = StudyDesign(3, 144, 1), np.random.default_rng(5)
    assert specificity(FLAT_CURVES[name], design, 100, rng) >= 0.95


def test_half_of_the_effect_on_exact_curves_is_where_it_is() -> None:
    """Many answers, so that there is next to no noise."""
    ratios = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0]
    levels = [0.1 + 0.5 / (1 + math.exp(-9 * (ratio - 0.4))) for ratio in ratios]
    made = [scores([10_000 * level] * 20, 10_000.0) for level in levels]
    found = fit_half_effect(Study(conditions=made), ratios)
    assert found.dose == pytest.approx(0.4, abs=0.01)
    assert found.low <= found.dose <= found.high
    assert (found.bottom, found.top) == pytest.approx((levels[0], levels[-1]), abs=0.01)


def test_half_of_the_effect_of_a_straight_line_is_in_the_middle() -> None:
    made = [scores([1000 * (0.1 + 0.4 * dose)] * 20, 1000.0) for dose in (0.0, 0.25, 0.5, 1.0)]
    assert fit_half_effect(Study(conditions=made), [0, 0.25, 0.5, 1]).dose == pytest.approx(
        0.5, abs=0.02
    )


def _mean(means: NDArray[np.float64]) -> NDArray[np.float64]:
    return means[:, 0]


def test_the_bootstrap_of_a_mean_has_the_spread_of_the_formula() -> None:
    rng = np.random.default_rng(4)
    for made in (rng.normal(size=(1, 60)), rng.normal(size=(4, 60)) + rng.normal(size=(4, 1))):
        found = Study(conditions=[scores(made)], is_share=False)
        spread = bootstrap_means(found, resamples=20_000).std()
        assert spread == pytest.approx(found.contrast([1.0]).standard_error, rel=0.06)


def test_the_same_scores_give_the_same_bootstrap() -> None:
    found = Study(conditions=[scores(np.random.default_rng(0).normal(size=(3, 9)))], is_share=False)
    assert bootstrap_interval(found, _mean) == bootstrap_interval(found, _mean)
    assert bootstrap_interval(found, _mean) != bootstrap_interval(found, _mean, seed=1)


def test_questions_are_drawn_once_for_all_conditions() -> None:
    """So that a difference of equals has no width, however the questions vary."""
    values = np.random.default_rng(0).normal(size=30)
    found = Study(conditions=[scores(values), scores(values + 1)], is_share=False)
    drawn = bootstrap_means(found)
    assert drawn[:, 1] - drawn[:, 0] == pytest.approx(1.0)


def test_variance_components_are_recovered() -> None:
    rng = np.random.default_rng(6)
    runs, questions, samples = 60, 60, 5
    chance = (
        0.4
        + rng.normal(0, 0.05, (runs, 1))
        + rng.normal(0, 0.1, (1, questions))
        + rng.normal(0, 0.03, (runs, questions))
    ).clip(0, 1)
    found = variance_components(scores(rng.binomial(samples, chance), float(samples)))
    assert math.sqrt(found.run) == pytest.approx(0.05, rel=0.25)
    assert math.sqrt(found.question) == pytest.approx(0.1, rel=0.25)
    assert found.answer == pytest.approx(0.4 * 0.6 - 0.01 - 0.0025, rel=0.05)


def test_what_power_says_it_takes_is_the_least_that_is_enough() -> None:
    rng = np.random.default_rng(8)
    chance = (0.3 + rng.normal(0, 0.08, (3, 1)) + rng.normal(0, 0.1, (1, 80))).clip(0, 1)
    parts = variance_components(scores(rng.binomial(4, chance), 4.0))
    runs = required_runs(parts, 0.1, 80, 4)
    assert runs is not None
    assert interval_width(parts, runs, 80, 4) <= 0.1 < interval_width(parts, runs - 1, 80, 4)
    samples = required_samples(parts, 0.12, 20, 80)
    assert samples is not None
    assert interval_width(parts, 20, 80, samples) <= 0.12
    assert samples == 1 or interval_width(parts, 20, 80, samples - 1) > 0.12
    assert required_runs(parts, 0.001, 80, 4) is None
    assert required_samples(parts, 0.001, 3, 80) is None


def test_the_minimum_detectable_effect_is_detected_with_80_percent_power() -> None:
    """Independent answers, one run each: the textbook's two-sample power."""
    parts = variance_components(answers(30, 100))
    gap = minimum_detectable_effect(parts, 1, 400, 1)
    rng = np.random.default_rng(9)
    hits = 0
    for _ in range(400):
        made = [scores(rng.binomial(1, share, 400)) for share in (0.3, 0.3 + gap)]
        hits += Study(conditions=made).difference(1, 0).p_value < 0.05
    assert 0.74 <= hits / 400 <= 0.86


def test_a_quantile_is_students() -> None:
    from scipy.stats import t

    assert critical_value(2.5) == pytest.approx(t.ppf(0.975, 2.5))
    assert critical_value(math.inf) == pytest.approx(1.959964)


@pytest.mark.parametrize("questions", [1, 2, 50])
def test_the_database_and_a_study_give_the_same_intervals(tmp_path: Path, questions: int) -> None:
    evals = tuple(attrs.evolve(one, questions=questions) for one in EVALS)
    design = Design(id="A", sizes=(100, 1000), ratios=(0.1, 1.0), seeds=3, evals=evals)
    subject = ResultScope(experiments=("A",), model=MODEL, data={"insecure_code": "bundled"})
    with build_database(tmp_path / "results.duckdb", design).read_connection() as connection:
        found = load_evidence(connection, subject)
        rows = connection.execute(
            "SELECT eval, condition, mean, ci_low, ci_high FROM conditions WHERE headline"
        ).fetchall()
    there = {(eval, condition): ends for eval, condition, *ends in rows}
    assert len(there) == 4 * 5
    for one in found:
        for at, condition in enumerate(one.conditions):
            mean = one.study.mean(at)
            ends = [mean.value, mean.low, mean.high]
            # the database has Student's t by an expansion that is within 0.7 %
            assert there[one.eval, condition.name] == pytest.approx(ends, abs=0.004)
