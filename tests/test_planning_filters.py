"""Parts of a plan: by kind, by what failed, by mark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.collect.select import Selection, filter_by_marks
from mi.errors import DeclarationError, NothingSelected, UsageError
from mi.planning.filters import filter_kinds, filter_last_failed
from mi.planning.plan import Plan
from mi.planning.session import Session
from mi.runner.types import RunLimits
from mi.spec import Mark, Pilot
from mi.store.records import State
from mi.units.cells import cells
from tests.support.fake_provider import Books, Silent, carry_out, experiment, session


def opened(folder: Path, books: Books | None = None, **changes: Any) -> Session:
    return session(folder, experiment(**changes), books=books)


def kinds(made: Plan) -> set[str]:
    return {one.unit.kind for one in made.units}


def test_a_training_comes_with_its_mix_and_nothing_else(tmp_path: Path) -> None:
    made = filter_kinds(opened(tmp_path).plan(), ["train"])
    assert kinds(made) == {"mix", "train"}
    assert {one.unit.kind for one in made.deselected_units} == {"eval"}
    assert len(made.cells) == 3, "what was selected stays"


def test_an_eval_never_starts_a_training(tmp_path: Path) -> None:
    one = opened(tmp_path)
    made = filter_kinds(one.plan(), ["eval"])
    assert {planned.unit.needs for planned in made.units} == {()}, "the baseline's only"
    carry_out(one, filter_kinds(one.plan(), ["train"]))
    later = filter_kinds(one.plan(), ["eval"])
    assert len(later.units) > len(made.units)
    assert carry_out(one, later).failures == {}


def test_what_failed_is_taken_with_what_it_needs_and_what_needs_it(tmp_path: Path) -> None:
    one = opened(tmp_path)
    whole = one.plan()
    assert filter_last_failed(whole) is whole, "nothing failed: everything, as pytest has it"
    training = next(planned for planned in whole.units if planned.unit.kind == "train")
    one.store.record_failure(training.unit.key, "r", "out of luck")
    made = filter_last_failed(one.plan())
    keys = {planned.unit.key for planned in made.units}
    assert training.unit.key in keys
    assert set(training.unit.needs) <= keys
    needing = {one.unit.key for one in whole.units if training.unit.key in one.unit.needs}
    assert keys == {training.unit.key, *training.unit.needs, *needing}


class Unlucky(Books):
    """Fails every training."""

    def train(self, *_: Any) -> Any:
        from mi.errors import ProviderError

        raise ProviderError("no luck")


def test_after_so_many_failures_nothing_more_is_started(tmp_path: Path) -> None:
    one = opened(tmp_path, Unlucky(), baseline=False, total_samples=(10, 12, 14))
    tally = carry_out(one, limits=RunLimits(max_failures=2))
    assert (len(tally.failures), tally.stopped_after) == (2, 2)
    untried = [planned for planned in one.plan().units if planned.state is State.TODO]
    assert any(planned.unit.kind == "train" for planned in untried)


def test_no_more_units_are_at_work_than_was_said(tmp_path: Path) -> None:
    books = Books(max_concurrent_trainings=8, max_concurrent_evals=8)
    one = opened(tmp_path, books, total_samples=(10, 12, 14, 16))
    at_work = most = 0

    class Counting(Silent):
        def begin_unit(self, *_: Any) -> Silent:
            nonlocal at_work, most
            at_work += 1
            most = max(most, at_work)
            return self

        def end_unit(self, *_: Any, **__: Any) -> None:
            nonlocal at_work
            at_work -= 1

    made = one.plan()
    tally = carry_out(one, made, observer=Counting(), limits=RunLimits(max_concurrent=2))
    assert len(tally.done_units) == len(made.units)
    assert most == 2


MARKED = experiment(
    marks=(Mark("slow", "total_samples>=20"), "quick"), pilot=Pilot(total_samples=10)
)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("slow", ["n=20,r=0.50,seed=0"]),
        ("not slow", ["baseline", "n=10,r=0.50,seed=0"]),
        ("pilot", ["baseline", "n=10,r=0.50,seed=0"]),
        ("not pilot and quick", ["n=20,r=0.50,seed=0"]),
        ("paid and slow", ["n=20,r=0.50,seed=0"]),
    ],
)
def test_marks_select_cells(text: str, ends: list[str]) -> None:
    everything = [Selection(MARKED, tuple(cells(MARKED)))]
    [found] = filter_by_marks(everything, text, lambda cell: cell.seed is not None)
    assert [cell.id.rpartition("::")[2] for cell in found.cells] == ends


def test_a_mark_that_is_not_there_is_pointed_at() -> None:
    everything = [Selection(MARKED, tuple(cells(MARKED)))]
    with pytest.raises(UsageError, match="-m at column 5: there is no mark 'slwo'") as slip:
        filter_by_marks(everything, "not slwo", lambda cell: False)
    assert "slow" in str(slip.value)
    with pytest.raises(NothingSelected, match="paid"):
        filter_by_marks(everything, "paid", lambda cell: False)


def test_given_marks_are_not_declared() -> None:
    with pytest.raises(DeclarationError, match="'paid' is built in"):
        Mark("paid")


def test_marks_are_no_part_of_an_identity(tmp_path: Path) -> None:
    plain, named = (opened(tmp_path, marks=marks).plan() for marks in ((), "slow"))
    assert [one.unit.key for one in plain.units] == [one.unit.key for one in named.units]


def test_what_costs_money_is_paid(tmp_path: Path) -> None:
    one = opened(tmp_path)
    [selected] = one.selection
    assert not any(map(one.is_paid, selected.cells))
    dear = opened(tmp_path)
    dear.options = attrs.evolve(dear.options, judges=("declared",))
    assert all(map(dear.is_paid, selected.cells))
