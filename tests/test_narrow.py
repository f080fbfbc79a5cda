"""Parts of a plan: by kind, by what failed, by mark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.collect.select import Selected, marked
from mi.errors import DeclarationError, NothingSelected, UsageError
from mi.planning.filters import last_failed, of_kinds
from mi.planning.plan import Plan
from mi.planning.session import Session
from mi.runner.scheduler import Pace
from mi.spec import Mark, Pilot
from mi.store.records import State
from mi.units.cells import cells
from tests.support import Books, Silent, carry_out, experiment, session


def opened(folder: Path, books: Books | None = None, **changes: Any) -> Session:
    return session(folder, experiment(**changes), books=books)


def kinds(made: Plan) -> set[str]:
    return {one.unit.kind for one in made.units}


def test_a_training_comes_with_its_mix_and_nothing_else(tmp_path: Path) -> None:
    made = of_kinds(opened(tmp_path).plan(), ["train"])
    assert kinds(made) == {"mix", "train"}
    assert {one.unit.kind for one in made.deselected} == {"eval"}
    assert len(made.cells) == 3, "what was selected stays"


def test_an_eval_never_starts_a_training(tmp_path: Path) -> None:
    one = opened(tmp_path)
    made = of_kinds(one.plan(), ["eval"])
    assert {planned.unit.needs for planned in made.units} == {()}, "the baseline's only"
    carry_out(one, of_kinds(one.plan(), ["train"]))
    later = of_kinds(one.plan(), ["eval"])
    assert len(later.units) > len(made.units)
    assert carry_out(one, later).failed == {}


def test_what_failed_is_taken_with_what_it_needs_and_what_needs_it(tmp_path: Path) -> None:
    one = opened(tmp_path)
    whole = one.plan()
    assert last_failed(whole) is whole, "nothing failed: everything, as pytest has it"
    training = next(planned for planned in whole.units if planned.unit.kind == "train")
    one.store.fail(training.unit.key, "r", "out of luck")
    made = last_failed(one.plan())
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
    tally = carry_out(one, pace=Pace(max_failures=2))
    assert (len(tally.failed), tally.stopped) == (2, 2)
    untried = [planned for planned in one.plan().units if planned.state is State.TODO]
    assert any(planned.unit.kind == "train" for planned in untried)


def test_no_more_units_are_at_work_than_was_said(tmp_path: Path) -> None:
    books = Books(trainings_at_once=8, evals_at_once=8)
    one = opened(tmp_path, books, total_samples=(10, 12, 14, 16))
    at_work = most = 0

    class Counting(Silent):
        def begin(self, *_: Any) -> Silent:
            nonlocal at_work, most
            at_work += 1
            most = max(most, at_work)
            return self

        def end(self, *_: Any, **__: Any) -> None:
            nonlocal at_work
            at_work -= 1

    made = one.plan()
    tally = carry_out(one, made, observer=Counting(), pace=Pace(at_once=2))
    assert len(tally.done) == len(made.units)
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
    everything = [Selected(MARKED, tuple(cells(MARKED)))]
    [found] = marked(everything, text, lambda cell: cell.seed is not None)
    assert [cell.id.rpartition("::")[2] for cell in found.cells] == ends


def test_a_mark_that_is_not_there_is_pointed_at() -> None:
    everything = [Selected(MARKED, tuple(cells(MARKED)))]
    with pytest.raises(UsageError, match="-m at column 5: there is no mark 'slwo'") as slip:
        marked(everything, "not slwo", lambda cell: False)
    assert "slow" in str(slip.value)
    with pytest.raises(NothingSelected, match="paid"):
        marked(everything, "paid", lambda cell: False)


def test_given_marks_are_not_declared() -> None:
    with pytest.raises(DeclarationError, match="'paid' is given"):
        Mark("paid")


def test_marks_are_no_part_of_an_identity(tmp_path: Path) -> None:
    plain, named = (opened(tmp_path, marks=marks).plan() for marks in ((), "slow"))
    assert [one.unit.key for one in plain.units] == [one.unit.key for one in named.units]


def test_what_costs_money_is_paid(tmp_path: Path) -> None:
    one = opened(tmp_path)
    [selected] = one.selected
    assert not any(map(one.is_paid, selected.cells))
    dear = opened(tmp_path)
    dear.options = attrs.evolve(dear.options, judges=("declared",))
    assert all(map(dear.is_paid, selected.cells))
