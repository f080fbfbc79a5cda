"""`--set`: other values for one run, checked like declarations, with ids that stay honest."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import registry
from mi.collect.override import OverrideTargets, parse_overrides
from mi.errors import MiError
from mi.spec import Experiment
from mi.units.cells import cells
from tests.support.project import Project

NAMES = OverrideTargets(settings=registry.settings, evals=registry.evals)


def a05(name: str, *texts: str) -> Experiment:
    return parse_overrides(texts, NAMES)(registry.get(name))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("total_samples=50", "total_samples", (50,)),
        ("total_samples=50,100, 3000", "total_samples", (50, 100, 3000)),
        ("misaligned_ratio=0.25", "misaligned_ratio", (0.25,)),
        ("misaligned_ratio=0,1", "misaligned_ratio", (0.0, 1.0)),
        ("seeds=0,1,2,3", "seeds", (0, 1, 2, 3)),
        ("inoculation=none,task", "inoculation", (None, "task")),
        ("baseline=no", "baseline", False),
        ("title=Another", "title", "Another"),
    ],
)
def test_a_field_takes_one_value_or_several(text: str, field: str, value: Any) -> None:
    assert getattr(a05("A05a", text), field) == value


def test_settings_and_evals_are_named() -> None:
    changed = a05("A05a", "settings=reward_hacking,legal_advice", "evals=emergent_json")
    assert [one.id for one in changed.settings] == ["reward_hacking", "legal_advice"]
    assert [one.id for one in changed.evals] == ["emergent_json"]


def test_hyperparameters_are_set_one_by_one() -> None:
    training = a05("A05a", "training.epochs=2", "training.learning_rate=1e-4").training
    assert (training.epochs, training.learning_rate, training.lora_rank) == (2, 1e-4, None)


def test_an_overridden_axis_is_run_as_it_was_given() -> None:
    changed = a05("A05a", "total_samples=50,100")
    found = [cell.total_samples for cell in cells(changed, full=False) if cell.seed is not None]
    assert found == [50, 100]
    assert {cell.seed for cell in cells(changed, full=False)} == {None, 0}, "the pilot's seed"


def test_a_cell_is_called_what_it_is() -> None:
    changed = a05("A05b", "settings=reward_hacking", "total_samples=200")
    ids = {cell.id for cell in cells(changed, full=False)}
    assert "A05b::reward_hacking::n=200,r=1.00,seed=0" in ids


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("total_samples", "FIELD=VALUE"),
        ("total_samples=", "FIELD=VALUE"),
        ("total_sample=5", "total_samples"),
        ("total_samples=many", "'many' is not a whole number"),
        ("total_samples=1.5", "'1.5' is not a whole number"),
        ("misaligned_ratio=1.5", "out of range"),
        ("misaligned_ratio=half", "'half' is not a number"),
        ("total_samples=5,5", "given twice"),
        ("settings=reward_hack", "reward_hacking"),
        ("evals=emergent", "emergent_json"),
        ("training.epoch=1", "training.epochs"),
        ("training.epochs=0", "out of range"),
        ("baseline=maybe", "neither true nor false"),
        ("inoculation=magic", "there is no inoculation 'magic'"),
        ("id=B", "there is no field 'id'"),
    ],
)
def test_what_does_not_fit_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(MiError) as error:
        a05("A05a", text)
    assert said in str(error.value)


def test_a_field_is_set_once() -> None:
    with pytest.raises(MiError, match="is set already"):
        a05("A05a", "seeds=0", "seeds=1")


@given(st.text())
def test_no_text_makes_it_crash(text: str) -> None:
    with suppress(MiError):
        a05("A05a", text)


def test_the_command_line_takes_it_and_the_plan_shows_it(project: Project) -> None:
    done = project.mi("plan", "A05b", "--set", "misaligned_ratio=0.25", "--json")
    assert done.code == 0, done.err
    ratios = {cell["misaligned_ratio"] for cell in done.json["cells"]}
    assert ratios == {None, 0.25}
    wrong = project.mi("plan", "A05b", "--set", "nonsense=1")
    assert wrong.code == 4
    assert "Traceback" not in wrong.err
