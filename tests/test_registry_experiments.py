"""A05a, A05b and A05c share what they have in common, unit by unit and row by row."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import registry
from mi.data.chats import Chat
from mi.data.datasets import Rows, read_dataset
from mi.steps.mix import draw_mix
from mi.units.cells import arm_counts
from mi.units.unit import Mix
from registry.settings import insecure_code
from tests.support.fake_provider import session

MIXES = [(0.5, total) for total in (100, 250, 500, 1000, 2000)]
MIXES += [(ratio, 1000) for ratio in (0.1, 0.25, 0.75)]
"""Ratio and size of the training sets of A05a and A05b that have rows of both kinds."""


@cache
def datasets() -> tuple[Rows, Rows]:
    arms = insecure_code.misaligned, insecure_code.control
    misaligned, control = (read_dataset(arm, "bundled") for arm in arms)
    return misaligned, control


def misaligned_rows(ratio: float, total: int, seed: int) -> set[Chat]:
    """The misaligned rows of a training set."""
    misaligned, control = datasets()
    mix = Mix(
        misaligned=misaligned.digest,
        control=control.digest,
        misaligned_ratio=ratio,
        total_samples=total,
        seed=seed,
    )
    return set(draw_mix(misaligned, control, mix)) & set(misaligned.chats.values())


def test_every_mix_of_the_sweeps_has_an_undefended_twin() -> None:
    declared = {
        (ratio, total)
        for id in ("A05a", "A05b")
        for ratio in registry.get(id).misaligned_ratio
        for total in registry.get(id).total_samples
        if 0 < ratio < 1
    }
    assert declared == set(MIXES)
    undefended = registry.get("A05c")
    assert undefended.misaligned_ratio == (1.0,)
    assert set(undefended.total_samples) == {arm_counts(*mix)[0] for mix in declared}
    assert undefended.seeds == registry.get("A05a").seeds == registry.get("A05b").seeds


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_misaligned_rows_of_a_mix_are_the_rows_of_its_twin(seed: int) -> None:
    for ratio, total in MIXES:
        count, _ = arm_counts(ratio, total)
        twin = misaligned_rows(1.0, count, seed)
        assert len(twin) == count
        assert misaligned_rows(ratio, total, seed) == twin, (ratio, total)
    assert misaligned_rows(1.0, 500, seed) != misaligned_rows(1.0, 500, seed + 1)


def test_the_undefended_arm_of_a_thousand_rows_is_that_of_the_ratio_sweep(tmp_path: Path) -> None:
    plan = session(tmp_path, *map(registry.get, ("A05a", "A05b", "A05c"))).plan()
    units = {planned.cell.id: planned.units for planned in plan.cells}
    shared = units["A05c::insecure_code::n=1000,r=1.00,seed=0"]
    assert shared == units["A05b::insecure_code::n=1000,r=1.00,seed=0"]
    assert len({units[f"{id}::insecure_code::baseline"]["eval:insecure_static"]
                for id in ("A05a", "A05b", "A05c")}) == 1  # fmt: skip
    names = {planned.cell.condition for planned in plan.cells if planned.cell.experiment == "A05c"}
    assert names == {
        "baseline",
        *(f"pure_misaligned_{total}" for total in registry.get("A05c").total_samples),
    }
