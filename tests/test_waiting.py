"""Units begin in the plan's order, each after what it needs, and nothing is held by two."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mi.planning.plan import Planned
from mi.runner.queue import Waiting
from mi.store.records import State
from mi.units.unit import Base, Mix, Train, Unit

BASE = Base(provider="books", weights="one")


def planned(seed: int, needs: tuple[str, ...] = ()) -> Planned:
    """A unit of its own: a mix where it needs nothing, else a training."""
    payload: Mix | Train
    if needs:
        payload = Train(mix=needs[0], base=BASE, hyperparameters=needs, seed=seed)
    else:
        payload = Mix(misaligned="m", control="c", misaligned_ratio=0.5, total_samples=2, seed=seed)
    unit = Unit(payload=payload, title=str(seed), setting="s", needs=needs)
    return Planned(unit=unit, state=State.TODO, reason="new", cells=(), shared=())


@st.composite
def plans(draw: st.DrawFn) -> list[Planned]:
    """Units that need some of those before them."""
    made: list[Planned] = []
    for seed in range(draw(st.integers(0, 12))):
        places = draw(st.sets(st.integers(0, 11), max_size=3))
        needs = tuple(made[place].unit.key for place in sorted(places) if place < len(made))
        made.append(planned(seed, needs))
    return made


def own(unit: Unit) -> Sequence[str]:
    return [unit.key]


@given(plans())
def test_each_unit_is_taken_once_and_after_what_it_needs(todo: list[Planned]) -> None:
    waiting, there = Waiting(todo, own), set[str]()
    while (one := waiting.take(("mix", "train"), ())) is not None:
        assert one.unit.key not in there
        assert there.issuperset(one.unit.needs)
        there.add(one.unit.key)
        waiting.done(one.unit.key)
    assert there == {one.unit.key for one in todo}


@given(plans(), st.integers(0, 11))
def test_a_failure_blocks_all_that_needs_it_and_nothing_else(
    todo: list[Planned], which: int
) -> None:
    waiting, lost, there = Waiting(todo, own), set[str](), set[str]()
    failing = todo[which % len(todo)].unit.key if todo else None
    while (one := waiting.take(("mix", "train"), ())) is not None:
        key = one.unit.key
        if key == failing:
            for blocked, cause in waiting.failed(key):
                assert cause in blocked.unit.needs
                lost.add(blocked.unit.key)
        else:
            there.add(key)
            waiting.done(key)
    below = {failing}
    for planned in todo:
        if not below.isdisjoint(planned.unit.needs):
            below.add(planned.unit.key)
    assert lost == below - {failing}
    assert there == {one.unit.key for one in todo} - below


def test_what_can_begin_comes_in_the_plans_order() -> None:
    first, second = planned(0), planned(1)
    trained = planned(2, (first.unit.key,))
    waiting = Waiting([first, trained, second], own)
    assert waiting.take(("mix", "train"), ()) is first
    assert waiting.take(("mix", "train"), ()) is second
    waiting.done(first.unit.key)
    assert waiting.take(("mix", "train"), ()) is trained
    assert waiting.take(("mix", "train"), ()) is None


def test_a_unit_waits_for_what_another_holds_and_is_not_lost() -> None:
    first, second = planned(0), planned(1)
    waiting = Waiting([first, second], lambda unit: [unit.key, "journal"])
    assert waiting.take(("mix",), ()) is first
    assert waiting.take(("mix",), {"journal"}) is None
    assert waiting.take(("mix",), ()) is second


def test_only_kinds_with_room_begin() -> None:
    mixed = planned(0)
    waiting = Waiting([mixed], own)
    assert waiting.take(("train",), ()) is None
    assert waiting.take(("mix",), ()) is mixed
