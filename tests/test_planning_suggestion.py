"""What to run next is a suggestion: it never fails a run that has done everything."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from mi.collect.select import Selection
from mi.errors import DataError
from mi.planning.suggestion import suggest_experiment
from mi.spec import Experiment
from mi.units.cells import cells
from tests.support.fake_provider import Session, experiment, session


def after_the_first(folder: Path, *experiments: Experiment) -> Session:
    """A session in which the first of these is selected."""
    opened = session(folder, *experiments)
    first = experiments[0]
    return attrs.evolve(opened, selection=[Selection(first, tuple(cells(first, full=False)))])


def test_an_experiment_that_shares_units_is_suggested(tmp_path: Path) -> None:
    one, other = experiment(total_samples=(10,)), experiment(id="T2", total_samples=(10, 20))
    opened = after_the_first(tmp_path, one, other)
    suggestion = suggest_experiment(opened, opened.plan())
    assert suggestion is not None
    assert suggestion[0] == "T2"


def test_an_experiment_that_the_data_are_too_small_for_is_not_suggested(tmp_path: Path) -> None:
    one = experiment(total_samples=(10,))
    big = experiment(id="T2", total_samples=(10, 10_000_000))
    opened = after_the_first(tmp_path, one, big, experiment(id="T3", total_samples=(10, 20)))
    with pytest.raises(DataError):
        after_the_first(tmp_path, big).plan()
    suggestion = suggest_experiment(opened, opened.plan())
    assert suggestion is not None
    assert suggestion[0] == "T3", "the others are still looked at"
    opened = after_the_first(tmp_path, one, big)
    assert suggest_experiment(opened, opened.plan()) is None
