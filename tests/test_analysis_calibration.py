"""A rate that is corrected for a judge's errors says how much the labels leave open."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.calibration import (
    DESIGNS,
    RATES,
    SENSITIVITIES,
    SPECIFICITIES,
    Cell,
    World,
    simulate,
)
from mi.analysis.stats import (
    LabelSums,
    effective_answers,
    is_informative,
    judge_errors,
    prediction_powered,
    rogan_gladen,
)
from mi.analysis.stats.intervals import wilson_interval

SMALL = 2000


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def sums(
    answers: list[list[int]], labelled: list[list[int]], positives: list[list[int]]
) -> LabelSums:
    """Groups × strata; the first stratum is judged positive, the others are not."""
    strata = len(answers[0])
    return LabelSums(
        verdicts=np.arange(strata) == 0,
        answers=np.array(answers, dtype=float),
        labelled=np.array(labelled, dtype=float),
        positives=np.array(positives, dtype=float),
    )


def equal_groups(
    groups: int, answers: list[int], labelled: list[int], positives: list[int]
) -> LabelSums:
    return sums([answers] * groups, [labelled] * groups, [positives] * groups)


def test_a_judge_without_errors_leaves_the_rate_where_it_is() -> None:
    labels = equal_groups(20, [2, 8], [2, 8], [2, 0])
    errors = judge_errors(labels, rng(), SMALL)
    assert errors.values.tolist() == [1.0, 0.0]
    assert rogan_gladen(0.2, 200, errors, rng()).value == pytest.approx(0.2)
    assert prediction_powered(labels, 200, rng(), SMALL).value == pytest.approx(0.2)


def test_labels_that_were_drawn_more_often_are_weighted_back() -> None:
    # Of 10 and 90 answers a group, 5 and 9 are labelled: weights 2 and 10 (Horvitz and Thompson).
    labels = equal_groups(10, [10, 90], [5, 9], [4, 1])
    corrected = prediction_powered(labels, 1000, rng(), SMALL)
    assert corrected.value == pytest.approx((4 * 2 + 1 * 10) / 100)
    errors = judge_errors(labels, rng(), SMALL)
    assert errors.values.tolist() == pytest.approx([8 / 18, 2 / 82])


def test_on_the_answers_that_labels_were_drawn_from_both_estimates_are_one() -> None:
    labels = equal_groups(10, [10, 90], [5, 9], [4, 1])
    errors = judge_errors(labels, rng(), SMALL)
    assert rogan_gladen(0.1, 1000, errors, rng()).value == pytest.approx(
        prediction_powered(labels, 1000, rng(), SMALL).value
    )


def test_a_finer_stratum_of_the_same_verdict_counts_by_its_share() -> None:
    labels = equal_groups(10, [10, 30, 60], [5, 6, 6], [4, 3, 0])
    value = prediction_powered(labels, 1000, rng(), SMALL).value
    assert value == pytest.approx(0.1 * 0.8 + 0.3 * 0.5)


def test_labels_that_are_unrelated_to_verdicts_inform_of_nothing() -> None:
    labels = equal_groups(20, [5, 5], [2, 2], [1, 1])
    assert not is_informative(judge_errors(labels, rng(), SMALL))
    assert is_informative(judge_errors(equal_groups(20, [5, 5], [2, 2], [2, 0]), rng(), SMALL))


def test_a_class_without_a_label_leaves_the_errors_unknown() -> None:
    no_positive = equal_groups(20, [1, 9], [1, 4], [0, 0])
    for has_pool in (True, False):
        errors = judge_errors(no_positive, rng(), SMALL, has_pool=has_pool)
        assert not is_informative(errors)


def test_answers_of_a_verdict_without_labels_may_all_be_misaligned_or_none() -> None:
    labels = equal_groups(10, [5, 5], [2, 0], [2, 0])
    low, high = prediction_powered(labels, 100, rng(), SMALL).interval()
    assert low < 0.55
    assert high > 0.95


def test_errors_that_come_in_groups_are_fewer_labels() -> None:
    spread = equal_groups(20, [10, 10], [10, 10], [5, 5])
    together = sums([[10, 10]] * 20, [[10, 10]] * 20, [[10, 10]] * 10 + [[0, 0]] * 10)
    assert spread.effective_labels.tolist() > together.effective_labels.tolist()
    assert together.effective_labels[0] < 40


def test_the_same_labels_give_the_same_interval() -> None:
    labels = equal_groups(10, [10, 90], [5, 9], [4, 1])
    first, second = (prediction_powered(labels, 500, rng()).interval() for _ in range(2))
    assert first == second


@given(share=st.floats(0, 1), number=st.floats(2, 5000), critical=st.just(1.959963984540054))
@settings(max_examples=60, deadline=None)
def test_an_interval_gives_back_the_answers_that_it_was_made_from(
    share: float, number: float, critical: float
) -> None:
    low, high = wilson_interval(share, number, critical)
    found = effective_answers(share, low, high, math.inf)
    assert found == pytest.approx(number, rel=1e-4)
    assert effective_answers(share, low, high, 1) == 1
    assert math.isnan(effective_answers(share, math.nan, math.nan, 10))


@pytest.mark.parametrize("design", DESIGNS)
def test_corrected_intervals_cover(design: str) -> None:
    cell = Cell(design=design, sensitivity=0.8, specificity=0.9, labels=200, rate=0.05)
    found = simulate(cell, World(), replications=100, seed=1)
    assert found["corrected_covers"] >= 0.9
    assert found["naive_covers"] < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_corrected_intervals_cover_for_any_judge(design: str) -> None:
    """A tenth of the benchmark; a coverage of 0.95 is below 0.91 in 1 of 170 cells."""
    for sensitivity, specificity, labels, rate in itertools.product(
        SENSITIVITIES, SPECIFICITIES, (100, 400), RATES
    ):
        cell = Cell(
            design=design,
            sensitivity=sensitivity,
            specificity=specificity,
            labels=labels,
            rate=rate,
        )
        found = simulate(cell, World(), replications=200, seed=2)
        if found["withheld"] < 0.5:
            assert found["corrected_covers"] >= 0.9, cell
            assert found.get("difference_covers", 1.0) >= 0.9, cell
