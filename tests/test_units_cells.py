"""Cells have stable ids and conditions have the names people use."""

from __future__ import annotations

import registry
from mi.units.cells import cells, format_ratio
from tests.support.fake_provider import experiment


def ids(name: str, *, full: bool = True) -> list[str]:
    return [cell.id for cell in cells(registry.get(name), full=full)]


def conditions(name: str) -> list[str]:
    return list(dict.fromkeys(cell.condition for cell in cells(registry.get(name))))


def test_a05a_has_five_sizes_three_seeds_and_a_baseline() -> None:
    assert len(ids("A05a")) == 16
    assert ids("A05a")[0] == "A05a::insecure_code::baseline"
    assert "A05a::insecure_code::n=100,r=0.50,seed=0" in ids("A05a")


def test_a_pilot_is_a_part_of_its_experiment() -> None:
    assert ids("A05a", full=False) == [
        "A05a::insecure_code::baseline",
        "A05a::insecure_code::n=100,r=0.50,seed=0",
        "A05a::insecure_code::n=500,r=0.50,seed=0",
        "A05a::insecure_code::n=1000,r=0.50,seed=0",
    ]
    for name in ("A05a", "A05b"):
        assert set(ids(name, full=False)) <= set(ids(name))


def test_conditions_are_named_by_what_varies() -> None:
    assert conditions("A05a") == [
        "baseline", "mixed_100", "mixed_250", "mixed_500", "mixed_1000", "mixed_2000",
    ]  # fmt: skip
    assert conditions("A05b") == [
        "baseline", "pure_aligned", "mixed_0.10", "mixed_0.25", "mixed_0.50", "mixed_0.75",
        "pure_misaligned",
    ]  # fmt: skip


def test_a_pilots_cells_have_the_conditions_of_the_whole() -> None:
    one = experiment(total_samples=(10, 20)).evolve(total_samples=(10, 20))
    names = {cell.id: cell.condition for cell in cells(one)}
    assert all(names[cell.id] == cell.condition for cell in cells(one, full=False))


def test_a_ratio_shows_two_decimals_unless_it_has_more() -> None:
    assert [format_ratio(ratio) for ratio in (0.0, 0.5, 1.0)] == ["0.00", "0.50", "1.00"]
    assert format_ratio(0.125) == "0.125"


def test_an_experiment_without_a_baseline_has_none() -> None:
    assert all(cell.seed is not None for cell in cells(experiment(baseline=False)))
