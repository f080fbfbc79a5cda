"""Axes: any field takes several values, each is checked alone, and the grid is their product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.collect.override import OverrideTargets, parse_overrides
from mi.errors import DeclarationError, MiError
from mi.spec import (
    Curriculum,
    Experiment,
    Mark,
    Part,
    Pilot,
    Sampling,
    Stage,
    Training,
    axis,
    harmful,
    trend,
)
from mi.spec.axis import find_axes, label_text, value_label
from mi.spec.expect import Expect
from mi.units.cells import cells, count_cells, declared_conditions
from mi.units.claim_scope import check_expectations, check_grid
from mi.units.claims import claim_terms
from mi.units.expression import parse_expression
from mi.units.identity import canonical
from registry.settings import insecure_code
from tests.support.fake_provider import experiment

RATES = Training(learning_rate=axis(1e-5, 1e-4, name="lr"))


def swept(**changes: Any) -> Experiment:
    """An experiment with an axis of learning rates."""
    return experiment(training=RATES, **changes)


def ids(one: Experiment, *, full: bool = True) -> list[str]:
    return [cell.id.rpartition("::")[2] for cell in cells(one, full=full)]


def test_the_values_of_axes_stand_in_cell_ids_as_they_are_written() -> None:
    one = experiment(id="A07", total_samples=1000, misaligned_ratio=0.5, seeds=0, pilot=None,
                     training=RATES)  # fmt: skip
    assert [cell.id for cell in cells(one)] == [
        "A07::insecure_code::baseline",
        "A07::insecure_code::n=1000,r=0.50,lr=1e-05,seed=0",
        "A07::insecure_code::n=1000,r=0.50,lr=0.0001,seed=0",
    ]
    assert [cell.condition for cell in cells(one)][1:] == [
        "mixed_0.50_lr=1e-05",
        "mixed_0.50_lr=0.0001",
    ]
    assert len(list(cells(one))) == count_cells(one)


def test_an_axis_of_one_value_is_in_the_id_and_not_in_the_condition() -> None:
    one = experiment(training=Training(lora_rank=axis(8)), seeds=0, pilot=None)
    trained = [cell for cell in cells(one) if cell.seed is not None]
    assert all(",training.lora_rank=8,seed=0" in cell.id for cell in trained)
    assert not any("lora" in cell.condition for cell in trained)


def test_axes_vary_freely_unless_they_share_a_name() -> None:
    free = Training(learning_rate=axis(1e-5, 1e-4), lora_rank=axis(2, 8, 32))
    assert len(list(experiment(training=free).assignments())) == 6
    joint = Training(learning_rate=axis(1e-5, 1e-4, name="size"), lora_rank=axis(2, 8, name="size"))
    one = experiment(training=joint)
    bound = [one.bind(assignment).training for assignment in one.assignments()]
    assert [(each.learning_rate, each.lora_rank) for each in bound] == [(1e-5, 2), (1e-4, 8)]


def test_a_value_of_an_axis_is_converted_and_checked_as_a_single_one() -> None:
    (found,) = find_axes(Training(learning_rate=axis(1, 2)))
    assert found[1].values == (1.0, 2.0)
    assert all(type(value) is float for value in found[1].values)


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: Training(lora_rank=axis()), r"lora_rank: the axis has no values"),
        (lambda: Training(lora_rank=axis(2, 2)), r"lora_rank\[1\]: 2 is given twice"),
        (lambda: Training(lora_rank=axis(2, 0)), r"lora_rank\[1\]: 0 is out of range"),
        (lambda: Training(lora_rank=axis(2, axis(3))), r"lora_rank\[1\]"),
        (lambda: Training(lora_rank=axis(2, name="a b")), r"'a b' is not a name of an axis"),
        (lambda: Training(lora_rank=axis(2, name="seed")), r"'seed' is that of a column"),
        (
            lambda: experiment(
                training=Training(lora_rank=axis(2, 8, name="x"), epochs=axis(1, 2, 3, name="x"))
            ),
            r"training.lora_rank.*2 values here and 3 at \$.training.epochs",
        ),
        (lambda: experiment(title=axis("a", "b")), r"\$.title: an axis cannot stand here"),
        (lambda: experiment(pilot=axis(Pilot(), None)), r"\$.pilot: an axis cannot stand here"),
        (lambda: experiment(seeds=axis(0, 1)), r"\$.seeds: an axis cannot stand here"),
        (lambda: swept(pilot=Pilot(axes={"lr": 1e-3})), r"0.001 is not one of the declared"),
        (lambda: swept(pilot=Pilot(axes={"rate": 1e-5})), r"has no axis 'rate'"),
        (lambda: check_grid(swept(exclude="lr>0")), r"'lr>0' leaves no trained cell"),
        (lambda: check_grid(swept(only="rank==2")), r"cells have no axis 'rank'"),
    ],
)
def test_what_cannot_be_an_axis_is_one_sentence_with_its_place(declare: Any, said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        declare()


def test_an_axis_is_in_no_identity() -> None:
    with pytest.raises(DeclarationError, match=r"\$.learning_rate: an axis cannot be part"):
        canonical(RATES)
    assert canonical(swept().bind().training) == canonical(Training(learning_rate=1e-5))


def test_a_share_of_a_part_is_an_axis() -> None:
    shares = Stage(
        Part("misaligned", share=axis(0.05, 0.5, name="share")), Part("control"), rows=100
    )
    one = experiment(misaligned_ratio=(), total_samples=(), recipe=Curriculum(shares), pilot=None)
    trained = [cell for cell in cells(one) if cell.seed == 0]
    assert [cell.misaligned_ratio for cell in trained] == [0.05, 0.5]
    assert len({cell.condition for cell in trained}) == 2
    late = Stage(Part("misaligned", share=axis(0.5, 0.9)), Part("control", share=0.5), rows=10)
    with pytest.raises(DeclarationError, match="over 1"):
        one.evolve(recipe=Curriculum(late))


def test_an_eval_with_an_axis_is_an_eval_for_each_value() -> None:
    asked = attrs.evolve(
        insecure_code.ood_evals[-1], id="asked", sampling=Sampling(temperature=axis(0, 0.7))
    )
    one = experiment(evals=asked)
    assert [each.id for each in one.evals] == ["asked-temperature-0.0", "asked-temperature-0.7"]
    assert [each.answer_sampling.temperature for each in one.evals] == [0.0, 0.7]  # type: ignore[union-attr]
    assert one.axes == ()


def test_a_pilot_narrows_axes_and_its_cells_are_those_of_the_whole() -> None:
    one = swept(pilot=Pilot(axes={"lr": 1e-4}, seeds=0))
    assert 0 < len(ids(one, full=False)) < len(ids(one))
    assert set(ids(one, full=False)) <= set(ids(one))
    assert not any("lr=1e-05" in id for id in ids(one, full=False))


def test_only_and_exclude_cut_the_grid() -> None:
    whole, one = swept(pilot=None), swept(pilot=None, exclude="lr==0.0001 and seed!=0")
    cut = set(ids(whole)) - set(ids(one))
    assert cut == {id for id in ids(whole) if "lr=0.0001" in id and "seed=0" not in id}
    assert len(ids(one)) == count_cells(one)
    half = swept(pilot=None, only="lr<0.0001")
    assert all("lr=1e-05" in id or id == "baseline" for id in ids(half))
    assert len(declared_conditions(half)) < len(declared_conditions(whole))


def test_expressions_and_marks_know_axes() -> None:
    one = swept(marks=Mark("fast", "lr>=0.0001"))
    test = parse_expression("learning or lr>0.00005", axes=["lr"])
    assert {cell.axes for cell in cells(one) if test(cell)} == {(("lr", 1e-4),)}
    by_path = parse_expression("lora_rank==8", axes=["training.lora_rank"])
    ranks = experiment(training=Training(lora_rank=axis(2, 8)))
    assert {cell.axes[0][1] for cell in cells(ranks) if by_path(cell)} == {8}


def test_a_claim_names_one_condition_by_its_axes() -> None:
    one = experiment(misaligned_ratio=0.5, total_samples=1000, pilot=None, training=RATES)
    full = Expect("a", harmful("mixed_0.50_lr=0.0001") < 0.5)
    short = Expect("b", harmful("mixed_0.50", lr=0.0001) < 0.5)
    for expectation in (full, short):
        check_expectations(one.evolve(expectations=expectation))
        (term,) = claim_terms(expectation.claims, one)
        assert term.axes == (0.5, 1000, None, '{"lr": 0.0001}')
    for claim, said in (
        (harmful("mixed_0.50") < 0.5, "matches several conditions"),
        (harmful("mixed_0.50", lr=3) < 0.5, "is not a condition"),
        (trend("rank") > 0, "the axis 'rank'"),
    ):
        with pytest.raises(DeclarationError, match=said):
            check_expectations(one.evolve(expectations=Expect("c", claim)))
    check_expectations(one.evolve(expectations=Expect("d", trend("lr") > 0)))


def test_set_gives_an_axis_other_values_and_keeps_its_name() -> None:
    one = swept(pilot=Pilot(axes={"lr": 1e-5}, seeds=0))
    targets = OverrideTargets(settings={}, evals={})
    for text in ("lr=0.001,0.002", "training.learning_rate=0.001,0.002"):
        changed = parse_overrides([text], targets)(one)
        assert [each.labels for each in changed.axes] == [(0.001, 0.002)]
        assert changed.axes[0].name == "lr"
        assert len({cell.axes for cell in cells(changed, full=False)} - {()}) == 2
    with pytest.raises(MiError, match="no such axis"):
        parse_overrides(["rank=2"], targets)(one)


def test_the_declaration_of_the_guide_is_one() -> None:
    text = (Path(__file__).parent.parent / "docs" / "axes.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    one = names["L1"]
    check_grid(one)
    check_expectations(one)
    assert "n=1000,r=0.50,lr=0.0001,rank=2,seed=0" in ids(one)
    assert len(ids(one)) == 1 + 5 * 3
    assert len(ids(one, full=False)) == 3


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False)), min_size=1))
def test_every_value_has_a_label_that_an_id_can_hold(values: list[Any]) -> None:
    for value in values:
        text = label_text(value_label(value))
        assert text
        assert not set(text) & set(", \n=")
