"""The dose of half effect is where it is, is told as a fitted curve's, and only if points agree."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from mi.analysis.findings import Finding
from mi.analysis.stats import Scores, Study, fit_half_effect
from tests.support.evidence import Arm, World, findings_of, scores


def exact(rates: list[float], answers: float = 10_000.0) -> list[Scores]:
    """Conditions with next to no noise."""
    return [scores([answers * rate] * 20, answers) for rate in rates]


def test_half_of_the_effect_on_exact_curves_is_where_it_is() -> None:
    ratios = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0]
    rates = [0.1 + 0.5 / (1 + math.exp(-9 * (ratio - 0.4))) for ratio in ratios]
    found = fit_half_effect(Study(conditions=exact(rates)), ratios)
    assert found.dose == pytest.approx(0.4, abs=0.01)
    assert found.low <= found.dose <= found.high
    assert (found.bottom, found.top) == pytest.approx((rates[0], rates[-1]), abs=0.01)
    assert found.fit_df == 2


def test_half_of_the_effect_of_a_straight_line_is_in_the_middle() -> None:
    doses = [0.0, 0.25, 0.5, 1.0]
    found = fit_half_effect(Study(conditions=exact([0.1 + 0.4 * dose for dose in doses])), doses)
    assert found.dose == pytest.approx(0.5, abs=0.02)


RATIOS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


def half_of(rates: tuple[float, ...], ratios: tuple[float, ...] = RATIOS) -> Finding:
    arms = [
        Arm(rate=rate, ratio=ratio, rows=1000) for rate, ratio in zip(rates, ratios, strict=True)
    ]
    world = World(seeds=3, spread=0.05, answers=8, scatter=0.3)
    return findings_of(world.evidence(*arms))["ratio of half effect, by a fitted curve"][0]


def test_a_fitted_curve_is_told_as_one() -> None:
    found = half_of((0.1, 0.12, 0.18, 0.45, 0.65, 0.7))
    assert found.answer.startswith("a fitted curve reaches half of the effect of ratio 1.00 at 0.")
    assert found.value == pytest.approx(0.45, abs=0.07)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert "not tested" not in found.answer


def test_a_curve_with_as_many_parameters_as_points_says_that_its_fit_is_not_tested() -> None:
    found = half_of((0.1, 0.15, 0.6, 0.7), (0.0, 0.25, 0.75, 1.0))
    assert found.answer.endswith("; it has as many parameters as points, so its fit is not tested")


def test_three_points_are_no_curve() -> None:
    found = half_of((0.1, 0.4, 0.7), (0.0, 0.5, 1.0))
    assert found.answer == "not estimated: a curve takes at least 4 ratios"


def test_half_effects_are_withheld_where_points_do_not_follow_one_curve() -> None:
    found = half_of((0.1, 0.6, 0.15, 0.65, 0.2, 0.7))
    assert not found.conclusive
    assert found.answer.startswith("not estimated: the points do not follow one rising curve (p =")


def test_a_half_effect_that_a_raw_point_contradicts_is_withheld() -> None:
    """0.50 had over half of the effect and 0.60 under it, within the noise of few groups."""
    rng, doses = np.random.default_rng(4), [0.0, 0.25, 0.5, 0.6, 1.0]
    noise = rng.normal(0, 0.2, (5, 16))
    noise -= noise.mean(axis=1, keepdims=True)
    rates = np.array([0.2, 0.25, 0.52, 0.48, 0.8])[:, None] + noise
    arms = [Arm(rate=0.5, ratio=ratio, rows=1000) for ratio in doses]
    evidence = attrs.evolve(
        World(seeds=1).evidence(*arms), scores=tuple(scores(100 * row, 100.0) for row in rates)
    )
    (found,) = findings_of(evidence)["ratio of half effect, by a fitted curve"]
    assert found.answer.startswith(
        "not estimated: the points contradict the fitted curve: 0.50 had"
    )
    assert "53% of the effect of ratio 1.00, the curve reaches half at 0.5" in found.answer
    assert (found.value, found.low, found.high) == (None, None, None)
