"""Units begin in the plan's order, each after what it needs, and nothing is held by two."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.planning.plan import PlannedUnit
from mi.runner.queue import ReadyQueue
from mi.store.records import State
from mi.units.unit import Base, Mix, Train, Unit

BASE = Base(provider="books", weights="one")


def planned(seed: int, needs: tuple[str, ...] = ()) -> PlannedUnit:
    """A unit of its own: a mix where it needs nothing, else a training."""
    payload: Mix | Train
    if needs:
        payload = Train(mix=needs[0], base=BASE, hyperparameters=needs, seed=seed)
    else:
        payload = Mix(misaligned="m", control="c", misaligned_ratio=0.5, total_samples=2, seed=seed)
    unit = Unit(payload=payload, title=str(seed), setting="s", needs=needs)
    return PlannedUnit(unit=unit, state=State.TODO, reason="new", cells=(), shared_with=())


@st.composite
def plans(draw: st.DrawFn) -> list[PlannedUnit]:
    """Units that need some of those before them."""
    made: list[PlannedUnit] = []
    for seed in range(draw(st.integers(0, 12))):
        places = draw(st.sets(st.integers(0, 11), max_size=3))
        needs = tuple(made[place].unit.key for place in sorted(places) if place < len(made))
        made.append(planned(seed, needs))
    return made


def own(unit: Unit) -> Sequence[str]:
    return [unit.key]


@given(plans())
def test_each_unit_is_taken_once_and_after_what_it_needs(todo: list[PlannedUnit]) -> None:
    waiting, there = ReadyQueue(todo, own), set[str]()
    while (one := waiting.pop(("mix", "train"), ())) is not None:
        assert one.unit.key not in there
        assert there.issuperset(one.unit.needs)
        there.add(one.unit.key)
        waiting.mark_done(one.unit.key)
    assert there == {one.unit.key for one in todo}


@given(plans(), st.integers(0, 11))
def test_a_failure_blocks_all_that_needs_it_and_nothing_else(
    todo: list[PlannedUnit], which: int
) -> None:
    waiting, lost, there = ReadyQueue(todo, own), set[str](), set[str]()
    failing = todo[which % len(todo)].unit.key if todo else None
    while (one := waiting.pop(("mix", "train"), ())) is not None:
        key = one.unit.key
        if key == failing:
            for blocked, cause in waiting.mark_failed(key):
                assert cause in blocked.unit.needs
                lost.add(blocked.unit.key)
        else:
            there.add(key)
            waiting.mark_done(key)
    below = {failing}
    for planned in todo:
        if not below.isdisjoint(planned.unit.needs):
            below.add(planned.unit.key)
    assert lost == below - {failing}
    assert there == {one.unit.key for one in todo} - below


def test_what_can_begin_comes_in_the_plans_order() -> None:
    first, second = planned(0), planned(1)
    trained = planned(2, (first.unit.key,))
    waiting = ReadyQueue([first, trained, second], own)
    assert waiting.pop(("mix", "train"), ()) is first
    assert waiting.pop(("mix", "train"), ()) is second
    waiting.mark_done(first.unit.key)
    assert waiting.pop(("mix", "train"), ()) is trained
    assert waiting.pop(("mix", "train"), ()) is None


def test_a_unit_waits_for_what_another_holds_and_is_not_lost() -> None:
    first, second = planned(0), planned(1)
    waiting = ReadyQueue([first, second], lambda unit: [unit.key, "journal"])
    assert waiting.pop(("mix",), ()) is first
    assert waiting.pop(("mix",), {"journal"}) is None
    assert waiting.pop(("mix",), ()) is second


def test_only_kinds_with_room_begin() -> None:
    mixed = planned(0)
    waiting = ReadyQueue([mixed], own)
    assert waiting.pop(("train",), ()) is None
    assert waiting.pop(("mix",), ()) is mixed


def test_a_unit_put_back_keeps_its_place() -> None:
    first, second = planned(0), planned(1)
    waiting = ReadyQueue([first, second], own)
    assert waiting.pop(("mix",), ()) is first
    waiting.requeue(first)
    assert waiting.pop(("mix",), ()) is first
    assert waiting.pop(("mix",), ()) is second


@pytest.mark.slow
def test_a_hundred_thousand_units_are_scheduled_in_seconds() -> None:
    todo = []
    for seed in range(50_000):
        mixed = planned(2 * seed)
        todo += [mixed, planned(2 * seed + 1, (mixed.unit.key,))]
    began = time.process_time()
    waiting = ReadyQueue(todo, own)
    count = 0
    while (unit := waiting.pop(("train", "mix"), ())) is not None:
        waiting.requeue(unit)
        assert waiting.pop(("train", "mix"), ()) is unit
        waiting.mark_done(unit.unit.key)
        count += 1
    assert count == len(todo)
    assert time.process_time() - began < 20
