"""All runs on a store keep its limit together, whenever they are killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mi.errors import BudgetExceeded, CorruptError
from mi.providers.budget import Budget
from mi.providers.store_share import StoreShare
from mi.store import open_store
from mi.store.books import StoreBooks
from mi.store.ledger import Ledger
from tests.support.hosted import HOSTED, declare_few
from tests.support.project import Project

LEASE = 2.0
PLACES = ("folder", "file")


def location(path: Path, place: str) -> str:
    return str(path / "store") if place == "folder" else f"file://{path}/store"


def line(number: int, cost: object) -> dict[str, object]:
    return {
        "question": "q",
        "sample": number,
        "text": "x",
        "finish": "stop",
        "prompt_tokens": 1,
        "answer_tokens": 1,
        "unit": "eval-1",
        "cost_usd": cost,
    }


def spend(address: str, name: str, limit: float, worst: float, cost: float) -> None:
    """A run: request after request, each recorded and charged, until the limit is reached."""
    store = open_store(address, LEASE)
    ledger, budget = Ledger(store, limit), Budget(limit=100.0)
    with ledger.open_entry(name), store.lock(f"answers-{name}"):
        budget.share = StoreShare(ledger, name)
        path = store.journal(f"answers-{name}")
        with suppress(BudgetExceeded):
            for number in range(1000):
                while not budget.reserve_request("eval-1", worst):
                    budget.raise_if_exceeded()
                    time.sleep(0.02)
                budget.settle_request("eval-1", worst, cost)
                store.append(path, [line(number, cost)])
                budget.charge("eval-1", cost)


@pytest.mark.parametrize("place", PLACES)
def test_four_runs_at_once_spend_the_limit_and_at_most_one_request_more(
    tmp_path: Path, place: str
) -> None:
    address = location(tmp_path, place)
    open_store(address, LEASE).lock("warm").__enter__()
    runs = [
        threading.Thread(target=spend, args=(address, f"run{i}", 1.0, 0.1, 0.06)) for i in range(4)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    store = open_store(address, LEASE)
    total = StoreBooks(store).total()
    assert 1.0 <= total < 1.0 + 0.1
    balance = Ledger(store, 1.0).balance()
    assert (balance.spent, balance.reserved) == (pytest.approx(total), 0.0)


def _reserve_and_die(address: str) -> None:
    store = open_store(address, LEASE)
    ledger = Ledger(store, 1.0)
    with ledger.open_entry("killed"):
        ledger.exchange("killed", 0.9, 0.0, 0.0, {"train-1": 0.5, "train-2": 0.25})
        os._exit(9)


@pytest.mark.parametrize("place", PLACES)
def test_what_a_killed_run_had_in_flight_is_lost_and_its_trainings_stay_reserved(
    tmp_path: Path, place: str
) -> None:
    address = location(tmp_path, place)
    child = multiprocessing.get_context("fork").Process(target=_reserve_and_die, args=(address,))
    child.start()
    child.join(30)
    assert child.exitcode == 9
    store = open_store(address, LEASE)
    assert '"killed"' in (store.load_ledger() or "")
    ledger = Ledger(store, 1.0)
    balance = ledger.balance()
    assert balance.lost == balance.spent == pytest.approx(0.15)
    assert balance.pending == balance.reserved == pytest.approx(0.75)
    assert ledger.balance(["train-1"]).available == pytest.approx(0.6)
    with ledger.open_entry("next"):
        assert ledger.exchange("next", 0.0, 0.05, 0.0).is_granted
        assert Ledger(store, 1.0).balance().reserved >= 0.8, "a live run keeps what it has"
        taken = ledger.exchange("next", 0.6, 0.0, 0.0, {"train-1": 0.6}, "train-1")
        assert taken.balance.reserved == pytest.approx(0.6 + 0.25)
        (store.root / "units/train-2").mkdir(parents=True)
        if place == "folder":  # it is published now, so the books know what it cost
            assert ledger.balance().reserved == pytest.approx(0.6)
    assert "killed" not in (store.load_ledger() or "")
    assert ledger.balance().spent == pytest.approx(0.15), "what was lost stays counted"
    assert ledger.balance(["train-1"]).pending == pytest.approx(0.0 if place == "folder" else 0.25)


@pytest.mark.parametrize("cost", [-200_000, "1", None, True, float("nan"), float("inf")], ids=str)
def test_a_cost_that_cannot_be_makes_no_room(tmp_path: Path, cost: object) -> None:
    store = open_store(tmp_path / "store")
    with store.lock("answers-1"):
        store.append(store.journal("answers-1"), [line(0, 0.25), line(1, cost), line(2, 0.25)])
    assert StoreBooks(store).total() == 0.5


def test_a_text_that_looks_like_a_cost_is_none(tmp_path: Path) -> None:
    store, path = open_store(tmp_path / "store"), tmp_path / "store/journals/answers-1.jsonl"
    books = StoreBooks(store)
    with store.lock("answers-1"):
        store.append(path, [{**line(0, 0.25), "text": '{"cost_usd": 7.0, "cost_usd": 8}'}])
        assert books.total() == 0.25
        store.append(path, [line(1, 0.5)])
        assert books.total() == 0.75, "what is new is added"
        with path.open("a") as file:
            file.write('{"cost_usd": 3.0, "torn')
        assert books.total() == 0.75
    store.archive("run", "journals", "answers-1.jsonl")
    assert books.total() == 0.75, "what is archived stays in the books"


def test_an_unreadable_ledger_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    for text in ("", "[]", '{"lost": -1, "runs": {}}', '{"lost": 0, "runs": {"r": 1}}'):
        store.save_ledger(text)
        with pytest.raises(CorruptError, match="the ledger cannot be read"):
            Ledger(store, 1.0).balance()


def test_the_command_line_says_what_is_left_and_stops_at_the_limit(project: Project) -> None:
    declare_few(project, static=False)
    config = project.root / "pyproject.toml"
    words = ("S1", *HOSTED, "--max-cost", "50", "--judge", "none")
    config.write_text("[tool.mi]\nmax_cost = 0.0001\n")
    plan = project.mi("plan", *words[:-4])
    assert "$0.0001 left of the $0.0001 that all runs on this store may spend" in plan.out
    too_much = project.mi("run", *words, OPENAI_API_KEY="sk-0")
    assert too_much.code == 4
    assert "left of max_cost in [tool.mi]" in too_much.err
    store = open_store(project.root / ".mi")
    with store.lock("answers-1"):
        store.append(store.journal("answers-1"), [line(0, 0.25)])
    reached = project.mi("run", *words, OPENAI_API_KEY="sk-0")
    assert reached.code == 1
    assert "$0.25 is spent, which is what max_cost in [tool.mi] allows" in reached.err
