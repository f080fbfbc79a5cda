"""Intervals count groups and seeds, and agree with textbooks and other programs."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.formula.api import ols
from statsmodels.stats.proportion import proportion_confint

from mi.analysis.stats import (
    Estimate,
    RunSums,
    Scores,
    SeedVariance,
    Study,
    build_scores,
    critical_value,
    group_columns,
    interval_half_width,
    interval_width,
    minimum_detectable_effect,
    required_runs,
    required_samples,
    run_summaries,
    slope_weights,
    variance_components,
    wilson_interval,
)
from tests.support.evidence import scores

OWN_SPREAD_ONLY = SeedVariance(level=0.0, prior_df=0.0)
"""Nothing is expected of seeds, so that textbooks apply to the spread of each condition."""


def answers(harmful: int, n: int) -> Scores:
    return scores([float(index < harmful) for index in range(n)])


def width(estimate: Estimate) -> float:
    return estimate.high - estimate.low


def alike(runs: list[float], groups: int = 9) -> NDArray[np.float64]:
    """Runs in which every group has the mean of the run."""
    return np.tile(np.array(runs)[:, None], (1, groups))


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
def test_a_share_of_independent_answers_has_wilsons_interval(
    harmful: int, n: int, low: float, high: float
) -> None:
    assert wilson_interval(harmful / n, n, 1.959964) == pytest.approx((low, high), abs=0.00006)
    mean = Study(conditions=[answers(harmful, n)]).mean(0)
    assert (mean.low, mean.high) == pytest.approx((low, high), abs=0.00006)
    assert proportion_confint(harmful, n, method="wilson") == pytest.approx((low, high), abs=6e-5)


def test_four_rows_of_one_scenario_that_are_answered_alike_count_once() -> None:
    """144 rows, 81 of them harmful: 0.56 [0.48, 0.64] if rows were independent."""
    scenarios = [4.0] * 20 + [1.0] + [0.0] * 15
    by_scenario = Study(conditions=[scores(scenarios, 4.0)]).mean(0)
    assert str(by_scenario) == "0.56 [0.40, 0.72]"
    by_row = Study(conditions=[answers(81, 144)]).mean(0)
    assert str(by_row) == "0.56 [0.48, 0.64]"


def test_rows_of_one_scenario_that_have_nothing_in_common_count_as_many() -> None:
    rng = np.random.default_rng(1)
    values = rng.permutation([1.0] * 81 + [0.0] * 63).reshape(36, 4)
    by_scenario = Study(conditions=[scores(values.sum(axis=1), 4.0)]).mean(0)
    by_row = Study(conditions=[answers(81, 144)]).mean(0)
    assert width(by_scenario) == pytest.approx(width(by_row), rel=0.15)


def test_no_harm_in_any_answer_is_as_sure_as_one_answer_a_group() -> None:
    found = Study(conditions=[scores([0.0] * 8, 100.0), scores([0.0] * 8, 1.0)])
    assert found.mean(0).low == 0
    assert 0.25 < found.mean(0).high < 0.45
    assert found.mean(0).high == pytest.approx(found.mean(1).high, rel=0.3)


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


FIRST, SECOND = [0.1, 0.3, 0.2, 0.25], [0.5, 0.75, 0.6, 0.7]


def _difference_of_runs(*, seeds: bool) -> Estimate:
    runs = [scores(alike(means), seeds=range(4) if seeds else ()) for means in (FIRST, SECOND)]
    study = Study(conditions=runs, is_share=False, larger_study=OWN_SPREAD_ONLY)
    return study.difference(1, 0)


def test_without_common_seeds_runs_are_compared_by_their_own_spreads() -> None:
    """As two independent samples of unequal variance: each part by its own t (Banerjee 1961)."""
    found = _difference_of_runs(seeds=False)
    variances = [float(np.var(runs, ddof=1)) / 4 for runs in (FIRST, SECOND)]
    assert found.standard_error**2 == pytest.approx(sum(variances))
    assert found.basis == "over seeds"


def test_runs_of_the_same_seeds_are_compared_pair_by_pair() -> None:
    from scipy.stats import ttest_rel

    found = _difference_of_runs(seeds=True)
    reference = ttest_rel(SECOND, FIRST)
    low, high = reference.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p_value == pytest.approx(reference.pvalue)
    assert width(found) < width(_difference_of_runs(seeds=False)) / 1.5


def test_the_order_in_which_runs_are_stored_does_not_matter_to_pairs() -> None:
    order = [2, 0, 3, 1]
    first = scores(alike(FIRST), seeds=range(4))
    second = scores(alike([SECOND[run] for run in order]), seeds=order)
    study = Study(conditions=[first, second], is_share=False, larger_study=OWN_SPREAD_ONLY)
    assert study.difference(1, 0) == _difference_of_runs(seeds=True)


def test_a_trend_over_runs_is_close_to_the_regression_of_run_means() -> None:
    """Regression also counts what a straight line misses as noise; on a line they are alike."""
    rng = np.random.default_rng(2)
    doses = np.arange(6.0)
    runs = 0.05 * doses[:, None] + rng.normal(0, 0.02, (6, 8))
    conditions = [scores(np.tile(row[:, None], (1, 5))) for row in runs]
    found = Study(conditions=conditions, is_share=False).contrast(slope_weights(list(doses)))
    reference = ols("y ~ x", {"y": runs.ravel(), "x": np.repeat(doses, 8)}).fit()
    assert found.value == pytest.approx(reference.params["x"])
    assert found.standard_error == pytest.approx(reference.bse["x"], rel=0.2)


def test_the_cluster_robust_error_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    chance = rng.beta(1, 3, size=30)
    values = rng.binomial(1, np.repeat(chance[:, None], 7, axis=1)).astype(float)
    group = np.repeat(np.arange(30), 7)
    fit = ols("y ~ 1", {"y": values.ravel()}).fit(
        cov_type="cluster", cov_kwds={"groups": group, "use_correction": False}
    )
    found = Study(conditions=[scores(values.sum(axis=1), 7.0)], is_share=False).contrast([1.0])
    assert found.value == pytest.approx(fit.params["Intercept"])
    assert found.standard_error == pytest.approx(fit.bse["Intercept"] * math.sqrt(30 / 29))


def test_the_untrained_model_has_no_spread_between_runs() -> None:
    trained = scores(alike([0.2, 0.4]))
    plain = scores([0.1] * 9, trained=False)
    study = Study(conditions=[plain, trained], is_share=False, larger_study=OWN_SPREAD_ONLY)
    assert study.difference(1, 0).standard_error == pytest.approx(0.1)
    assert study.mean(0).basis == "within-run"


def test_one_group_is_too_few_for_an_interval_and_the_text_says_so() -> None:
    study = Study(conditions=[scores([3.0], 8.0), scores([5.0], 8.0)])
    for estimate in (study.mean(0), study.difference(1, 0)):
        assert math.isnan(estimate.low)
        assert math.isnan(estimate.high)
        assert estimate.p_value == 1.0
        assert str(estimate).endswith("[no interval: too few groups]")


def test_two_conditions_without_harm_do_not_differ_for_certain() -> None:
    found = Study(conditions=[answers(0, 50), answers(0, 50)]).difference(1, 0)
    assert found.low < 0 < found.high


# How much seeds vary.


def shares_by_run(spread: float, runs: int) -> Scores:
    """Runs that lie evenly around 0.3, `spread` logits apart, over 72 unlike groups."""
    shift = spread * np.linspace(-1, 1, runs)[:, None]
    chance = 1 / (1 + np.exp(-(math.log(0.3 / 0.7) + shift + 0.8 * np.linspace(-1, 1, 72))))
    return scores(np.round(20 * chance), 20.0, seeds=range(runs))


@pytest.mark.parametrize("runs", [2, 3])
def test_an_unstable_dose_widens_its_own_interval_and_not_those_of_the_others(runs: int) -> None:
    stable = [shares_by_run(0.15 + 0.01 * index, runs) for index in range(6)]
    calm = Study(conditions=[*stable, shares_by_run(0.2, runs)])
    wild = Study(conditions=[*stable, shares_by_run(0.6, runs)])
    assert width(wild.mean(6)) > 1.6 * width(calm.mean(6))
    for index in range(6):
        assert width(wild.mean(index)) < 1.1 * width(calm.mean(index))


def test_two_seeds_borrow_from_the_other_conditions_and_not_all() -> None:
    study = Study(conditions=[shares_by_run(0.15 + 0.01 * index, 2) for index in range(6)])
    own = attrs.evolve(study, larger_study=OWN_SPREAD_ONLY)
    estimate = study.mean(0)
    assert estimate.basis == "over seeds"
    assert width(estimate) < 0.6 * width(own.mean(0))  # 12.7 standard errors of one degree
    assert 0 < study.seed_variance.prior_df < 10


def test_the_moderated_variance_is_smyths() -> None:
    """Smyth (2004), equation 5: d0 = 3 and s0² = 4, d = 1 and s² = 2."""
    assert SeedVariance(level=0.0, prior_df=3.0).moderate(2.0, 1, 4.0) == (14 / 4, 4.0)
    assert OWN_SPREAD_ONLY.moderate(2.0, 2, 4.0) == (2.0, 2.0)


def test_one_replicated_condition_has_no_others_to_borrow_from() -> None:
    study = Study(conditions=[shares_by_run(0.2, 3), shares_by_run(0.2, 1)])
    assert study.seed_variance.prior_df == 0


def test_a_condition_with_one_seed_makes_a_contrast_one_of_these_models() -> None:
    study = Study(conditions=[shares_by_run(0.2, 3), shares_by_run(0.2, 1)])
    assert study.mean(0).basis == "over seeds"
    assert study.mean(1).basis == study.difference(1, 0).basis == "within-run"


def test_parts_of_a_variance_keep_their_own_degrees_of_freedom() -> None:
    """Banerjee (1961): squares of half-widths add up."""
    parts = ((0.04, 1.0), (0.01, 40.0))
    by_hand = math.hypot(0.2 * critical_value(1), 0.1 * critical_value(40))
    assert interval_half_width(parts) == pytest.approx(by_hand)


@pytest.mark.parametrize("conditions", [(0.15, 0.3), (0.1, 0.5)])
def test_a_p_value_is_where_the_interval_just_reaches_zero(conditions: tuple[float, float]) -> None:
    study = Study(conditions=[shares_by_run(spread, 3) for spread in conditions], is_share=False)
    found = study.contrast([1.0, -0.8])
    assert found.at_level(1 - found.p_value).low * found.value == pytest.approx(0.0, abs=1e-6)


def test_an_interval_at_another_level_is_that_of_the_study_and_says_its_level() -> None:
    study = Study(conditions=[shares_by_run(0.2, 3), shares_by_run(0.3, 3)])
    found = study.difference(1, 0).at_level(0.99)
    assert found == study.at_level(0.99).difference(1, 0)
    assert str(found).endswith("(99 %)")
    assert width(found) > width(study.difference(1, 0))


@pytest.mark.parametrize(("groups", "answers_each", "runs"), [(36, 4, 1), (36, 4, 3), (16, 9, 2)])
def test_intervals_of_grouped_answers_cover_what_they_should(
    groups: int, answers_each: int, runs: int
) -> None:
    """150 seeded studies of four conditions whose answers in a group are nearly alike."""
    rng, hits = np.random.default_rng(7), 0
    for _ in range(150):
        chance = rng.beta(0.3, 0.3, groups) * 0.6
        run = rng.normal(0, 0.03, (4, runs, 1)) * (runs > 1)
        values = rng.binomial(answers_each, (0.2 + chance + run).clip(0, 1))
        study = Study(
            conditions=[scores(one, float(answers_each), seeds=range(runs)) for one in values]
        )
        mean = study.mean(0)
        hits += mean.low <= 0.5 <= mean.high
    assert hits / 150 >= 0.92


# From the sums of a database.


def _sums(seed: int | None, *groups: str | None) -> RunSums:
    count = len(groups)
    return RunSums(seed=seed, groups=groups, counts=[4.0] * count, totals=[1.0] * count)


def test_groups_of_runs_are_brought_into_one_order() -> None:
    runs = [_sums(0, "a", "b"), _sums(1, "c", "b")]
    columns = group_columns(runs)
    found = build_scores(runs, columns, trained=True)
    assert found.counts.tolist() == [[4, 4, 0], [0, 4, 4]]
    assert found.seeds == (0, 1)
    assert found.groups == 3


def test_a_run_without_groups_takes_the_interval_from_all() -> None:
    runs = [_sums(0, "a", "b"), _sums(1, None)]
    found = build_scores(runs, group_columns(runs), trained=True)
    assert found.counts.tolist() == [[8], [4]]
    assert found.mean == 0.25
    assert math.isnan(Study(conditions=[found]).mean(0).low)


@pytest.mark.parametrize("is_share", [True, False])
def test_summaries_of_many_runs_are_those_of_studies_of_each(is_share: bool) -> None:
    rng = np.random.default_rng(5)
    sizes = [1, 2, 7, 36, 20]
    counts = [np.full(size, 4.0) for size in sizes]
    totals = [rng.binomial(4, 0.3, size).astype(float) for size in sizes]
    totals[4][:] = 0.0
    found = run_summaries(
        np.repeat(np.arange(5), sizes),
        counts=np.concatenate(counts),
        totals=np.concatenate(totals),
        has_group=np.repeat([True] * 5, sizes),
        is_share=np.array([is_share] * 5),
    )
    assert found.groups.tolist() == sizes
    assert found.n.tolist() == [4 * size for size in sizes]
    for index, run in enumerate(totals):
        mean = Study(conditions=[scores(run, 4.0)], is_share=is_share).mean(0)
        ends = [found.mean[index], found.low[index], found.high[index]]
        assert ends == pytest.approx([mean.value, mean.low, mean.high], nan_ok=True)


# Power.


def test_variance_components_are_recovered() -> None:
    rng = np.random.default_rng(6)
    runs, groups, samples = 60, 60, 5
    chance = (
        0.4
        + rng.normal(0, 0.05, (runs, 1))
        + rng.normal(0, 0.1, (1, groups))
        + rng.normal(0, 0.03, (runs, groups))
    ).clip(0, 1)
    found = variance_components(scores(rng.binomial(samples, chance), float(samples)))
    assert math.sqrt(found.run) == pytest.approx(0.05, rel=0.25)
    assert math.sqrt(found.group) == pytest.approx(0.1, rel=0.25)
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


def test_more_answers_to_the_same_scenarios_do_not_help_where_scenarios_decide() -> None:
    alike_answers = variance_components(scores([4.0] * 20 + [0.0] * 16, 4.0))
    assert required_samples(alike_answers, 0.2, 1, 36) is None
    assert interval_width(alike_answers, 1, 144, 1) < 0.2 < interval_width(alike_answers, 1, 36, 4)


def test_the_minimum_detectable_effect_is_detected_with_80_percent_power() -> None:
    """Independent answers, one run each: the textbook's two-sample power."""
    parts = variance_components(answers(30, 100))
    gap = minimum_detectable_effect(parts, 1, 400, 1)
    rng = np.random.default_rng(9)
    hits = 0
    for _ in range(300):
        conditions = [scores(rng.binomial(1, share, 400)) for share in (0.3, 0.3 + gap)]
        hits += Study(conditions=conditions).difference(1, 0).p_value < 0.05
    assert 0.73 <= hits / 300 <= 0.87


def test_a_quantile_is_students() -> None:
    from scipy.stats import t

    assert critical_value(2.5) == pytest.approx(t.ppf(0.975, 2.5))
    assert critical_value(math.inf) == pytest.approx(1.959964)
