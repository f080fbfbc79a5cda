"""What nothing needs goes; what says that money was paid, or is being earned, stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi.files import journal
from mi.store import LocalStore
from mi.store.gc import find_unneeded, remove_unneeded

KEY = "eval-0123456789abcdef"


@pytest.mark.parametrize("log", ["launch.jsonl", "answers/batches.jsonl"])
def test_work_that_a_provider_is_at_for_money_is_paid_and_leaves_its_log(
    tmp_path: Path, log: str
) -> None:
    store = LocalStore(tmp_path)
    journal.append_records(store.prepare_work_dir(KEY) / log, [{"event": "created", "at": "now"}])
    (store.prepare_work_dir(KEY) / "big.bin").write_bytes(b"x" * 1000)
    [one] = find_unneeded(store, ())
    assert (one.place, one.name, one.paid) == ("work", KEY, True)
    remove_unneeded(one, store, "gc-1")
    assert not store.is_begun(KEY)
    kept = store.root / "retired" / "gc-1" / "work" / KEY
    assert [path.name for path in kept.rglob("*") if path.is_file()] == [log.rpartition("/")[2]]
    assert find_unneeded(store, ()) == [], "it is not listed a second time"


def test_work_that_cost_nothing_goes_whole(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    (store.prepare_work_dir(KEY) / "checkpoint.bin").write_bytes(b"x" * 1000)
    [one] = find_unneeded(store, ())
    assert not one.paid
    remove_unneeded(one, store, "gc-1")
    assert not list(store.root.rglob("checkpoint.bin"))
