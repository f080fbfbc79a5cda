"""Checkpoints as they are declared: shares of the steps, or every so many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import DeclarationError
from mi.spec import Checkpoints
from mi.units.identity import canonical
from tests.support.fake_provider import experiment

shares = st.lists(st.floats(0.001, 1.0), min_size=1, max_size=8, unique=True)


@given(shares, st.integers(1, 5000))
def test_steps_are_ordered_distinct_and_within_the_training(given: list[float], total: int) -> None:
    steps = Checkpoints(shares=given).steps(total)
    assert list(steps) == sorted(set(steps))
    assert all(1 <= step <= total for step in steps)
    assert {min(max(round(share * total), 1), total) for share in given} == set(steps)


def test_two_shares_on_one_step_are_one_checkpoint() -> None:
    assert Checkpoints(shares=(0.1, 0.11, 1)).steps(10) == (1, 10)


def test_every_so_many_steps_ends_before_the_training_does() -> None:
    assert Checkpoints(every=10).steps(35) == (10, 20, 30)
    assert Checkpoints(every=10).steps(30) == (10, 20, 30)


def test_an_experiment_takes_shares_as_they_are() -> None:
    assert experiment(checkpoints=(0.1, 1)).checkpoints == Checkpoints(shares=(0.1, 1.0))
    assert experiment(checkpoints=0.5).checkpoints == Checkpoints(shares=(0.5,))
    assert experiment(checkpoints=Checkpoints(every=4)).checkpoints == Checkpoints(every=4)


def test_an_experiment_without_checkpoints_says_what_it_said() -> None:
    assert "checkpoints" not in canonical(experiment())
    assert canonical(experiment(checkpoints=None)) == canonical(experiment())


@pytest.mark.parametrize(
    ("declared", "place"),
    [
        ((0.1, 0.0), r"\$\.shares\[1\]"),
        ((1.5,), r"\$\.shares\[0\]"),
        ((-0.1,), r"\$\.shares\[0\]"),
        ((True,), r"\$\.shares\[0\]"),
        ((float("nan"),), r"\$\.shares\[0\]"),
        ((0.1, 0.1), r"\$\.shares"),
        ((), r"\$\.shares"),
        ("half", r"\$\.checkpoints"),
    ],
)
def test_what_is_no_share_is_refused_with_its_place(declared: Any, place: str) -> None:
    with pytest.raises(DeclarationError, match=place):
        experiment(checkpoints=declared)


@pytest.mark.parametrize("every", [0, -1, 1.0, True])
def test_every_is_a_number_of_steps(every: Any) -> None:
    with pytest.raises(DeclarationError, match=r"\$\.every"):
        Checkpoints(every=every)


def test_shares_and_every_exclude_each_other() -> None:
    with pytest.raises(DeclarationError, match="either shares or every"):
        Checkpoints(shares=(0.5,), every=2)
