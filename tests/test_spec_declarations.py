"""Declarations refuse nonsense, with the place and a sentence."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from mi import DeclarationError, Experiment, Pilot, Sampling, Training
from mi.units.identity import canonical
from registry.settings import insecure_code
from tests.support.fake_provider import experiment


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"misaligned_ratio": 1.3}, "T1 @ $.misaligned_ratio[0]", "in [0, 1]"),
        ({"misaligned_ratio": (0.1, -0.5)}, "T1 @ $.misaligned_ratio[1]", "in [0, 1]"),
        ({"misaligned_ratio": ()}, "T1 @ $.misaligned_ratio", "at least one value"),
        ({"misaligned_ratio": "half"}, "T1 @ $.misaligned_ratio[0]", "str, not a float"),
        ({"misaligned_ratio": float("nan")}, "T1 @ $.misaligned_ratio[0]", "out of range"),
        ({"total_samples": 0}, "T1 @ $.total_samples[0]", "at least 1"),
        ({"total_samples": (100, 100)}, "T1 @ $.total_samples[1]", "given twice"),
        ({"total_samples": 10.5}, "T1 @ $.total_samples[0]", "float, not a int"),
        ({"total_samples": True}, "T1 @ $.total_samples[0]", "bool, not a int"),
        ({"seeds": (-1,)}, "T1 @ $.seeds[0]", "at least 0"),
        ({"settings": ()}, "T1 @ $.settings", "at least one value"),
        ({"settings": "insecure_code"}, "T1 @ $.settings[0]", "not a Setting"),
        ({"id": "a b"}, "a b @ $.id", "is not a name"),
        ({"pilot": Pilot(total_samples=(11,))}, "T1 @ $.pilot.total_samples[0]", "declared"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(
    changes: dict[str, Any], place: str, words: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        experiment(**changes)
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sampling(temperature=-1),
        lambda: Sampling(top_p=0),
        lambda: Sampling(max_tokens=0),
        lambda: Training(epochs=0),
        lambda: Training(warmup=1.5),
    ],
)
def test_evals_and_trainings_check_their_ranges(make: Any) -> None:
    with pytest.raises(DeclarationError, match="out of range"):
        make()


def test_an_axis_takes_one_value_or_several() -> None:
    assert experiment(misaligned_ratio=1, total_samples=50).misaligned_ratio == (1.0,)
    assert experiment(total_samples=[50, 60]).total_samples == (50, 60)


def test_declarations_are_frozen_and_keyword_only() -> None:
    with pytest.raises(AttributeError):
        experiment().id = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Experiment("T1")  # type: ignore[misc,call-arg]


def test_evolving_an_axis_keeps_the_part_of_the_pilot_that_is_still_declared() -> None:
    base = experiment(total_samples=(10, 20, 30), pilot=Pilot(total_samples=(10, 30)))
    assert base.evolve(total_samples=(20, 30)).pilot == Pilot(total_samples=(30,))
    assert base.evolve(total_samples=(50, 60)).pilot == Pilot()
    assert base.evolve(misaligned_ratio=0.25).pilot == base.pilot


def test_training_values_override_the_models_defaults_one_by_one() -> None:
    defaults = Training(epochs=1, batch_size=8)
    assert Training(epochs=3).with_defaults(defaults) == Training(epochs=3, batch_size=8)


def test_numbers_of_numpy_are_numbers() -> None:
    ratios = experiment(misaligned_ratio=tuple(np.linspace(0, 1, 5))).misaligned_ratio
    assert [type(ratio) for ratio in ratios] == [float] * 5
    assert canonical(np.float64(0.25)) == canonical(0.25)


@pytest.mark.parametrize("value", [1.5, 2.0, True, "2"])
def test_a_count_is_a_whole_number(value: Any) -> None:
    with pytest.raises(DeclarationError, match="is not a whole number"):
        Training(epochs=value)


def test_an_eval_stands_once_in_a_cell() -> None:
    [again] = (one for one in insecure_code.id_evals if one.id == "insecure_static")
    with pytest.raises(DeclarationError, match="an in-distribution eval already"):
        experiment(evals=attrs.evolve(again, samples=2))
