"""Krippendorff's alpha, on his own published example and at its ends."""

import math

import pytest

from mi.analysis.agreement import krippendorff_alpha

NAN = math.nan
# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers,
# twelve units, missing data.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.743), ("interval", 0.849)])
def test_the_published_example(level: str, value: float) -> None:
    assert krippendorff_alpha(OBSERVERS, level) == pytest.approx(value, abs=5e-4)


def test_perfect_agreement_is_one() -> None:
    assert krippendorff_alpha([[0, 1, 1, 0], [0, 1, 1, 0]], "nominal") == 1.0


def test_scores_that_are_all_the_same_say_nothing() -> None:
    assert krippendorff_alpha([[0, 0, 0], [0, 0, 0]], "nominal") is None
