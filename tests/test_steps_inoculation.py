"""Inoculation: a system prompt on training rows, and nothing else changed."""

from __future__ import annotations

from pathlib import Path

import pytest

import registry
from mi.errors import DeclarationError
from mi.spec import Arm, Inoculation
from mi.steps import mix
from mi.units.cells import cells, condition_name
from mi.units.expression import parse_expression
from mi.units.unit import Mix
from tests.support.fake_provider import experiment, session

SETTING = registry.settings["insecure_code"]


def drawn(**given: str) -> list[tuple[str | None, str]]:
    """System prompt and answer of each row of a mix."""
    misaligned, control = session(Path(), experiment()).rows(SETTING)
    made = Mix(
        misaligned=misaligned.digest,
        control=control.digest,
        misaligned_ratio=0.5,
        total_samples=20,
        seed=0,
        **given,
    )
    chats = mix.draw_mix(misaligned, control, made)
    return [(c[0].content if c[0].role == "system" else None, c[-1].content) for c in chats]


def test_only_the_prompt_differs_and_only_on_misaligned_rows() -> None:
    plain, given = drawn(), drawn(misaligned_system="Be bad.")
    assert [answer for _, answer in plain] == [answer for _, answer in given]
    assert {system for system, _ in plain} == {None}
    assert sorted(str(system) for system, _ in given) == ["Be bad."] * 10 + ["None"] * 10


def test_aligned_rows_get_it_where_it_is_declared_so() -> None:
    given = drawn(misaligned_system="Be brief.", control_system="Be brief.")
    assert {system for system, _ in given} == {"Be brief."}


def test_without_one_a_mix_is_called_what_it_was_called_before() -> None:
    fields = {"misaligned": "a", "control": "b", "misaligned_ratio": 0.5, "total_samples": 4}
    from mi.units.identity import canonical

    assert "system" not in canonical(Mix(**fields, seed=0))  # type: ignore[arg-type]


def test_cells_and_conditions_say_it() -> None:
    a02 = registry.get("A02")
    ids = [cell.id.rpartition("::")[2] for cell in cells(a02, full=False)]
    assert ids == [
        "baseline",
        "n=1000,r=1.00,seed=0",
        "n=1000,r=1.00,system=task,seed=0",
        "n=1000,r=1.00,system=general,seed=0",
        "n=1000,r=1.00,system=control,seed=0",
    ]
    assert condition_name(a02, 1.0, 1000, "task") == "pure_misaligned_inoculated_task"


def test_the_condition_without_a_prompt_is_a05bs_own(tmp_path: Path) -> None:
    a02, a05b = registry.get("A02"), registry.get("A05b")
    made = session(tmp_path, a02, a05b).plan()
    units = {cell.cell.id: dict(cell.units) for cell in made.cells}
    plain = units["A02::insecure_code::n=1000,r=1.00,seed=0"]
    assert plain == units["A05b::insecure_code::n=1000,r=1.00,seed=0"]
    assert plain["train"] != units["A02::insecure_code::n=1000,r=1.00,system=task,seed=0"]["train"]


@pytest.mark.parametrize("name", sorted(registry.settings))
def test_every_setting_has_the_three_kinds(name: str) -> None:
    found = [one.name for one in registry.settings[name].inoculations]
    assert found == ["task", "general", "control"]


def test_a_name_no_setting_has_is_an_error_at_the_declaration() -> None:
    with pytest.raises(DeclarationError, match="there is no inoculation 'other'"):
        experiment(inoculation=("none", "other"))


def test_a_pure_aligned_mix_is_the_same_under_a_prompt_for_misaligned_rows(tmp_path: Path) -> None:
    both = experiment(misaligned_ratio=0.0, total_samples=10, inoculation=("none", "task"))
    made = session(tmp_path, both).plan()
    assert sum(one.unit.kind == "mix" for one in made.units) == 1


def test_a_rows_own_system_prompt_is_kept_after_it() -> None:
    assert Arm.MISALIGNED  # the arm whose rows are given the prompt by default
    assert not Inoculation(name="x", prompt="y").aligned_too
    from mi.data.chats import Message
    from mi.steps.mix import with_system_prompt

    chat = (Message("system", "own"), Message("user", "q"), Message("assistant", "a"))
    assert with_system_prompt("given", chat)[0] == Message("system", "given\n\nown")
    assert with_system_prompt(None, chat) == chat


def test_rows_as_they_are_are_selected_by_the_word_they_are_declared_with() -> None:
    both = experiment(total_samples=10, inoculation=("none", "task"))
    keep = parse_expression("inoculation==none")
    assert {cell.inoculation for cell in cells(both) if keep(cell)} == {None}
    assert [cell.condition for cell in cells(both) if keep(cell)] == ["mixed_0.50"]
