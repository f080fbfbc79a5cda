"""Journals lose nothing that was acknowledged and serve nothing that was not."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mi.errors import CorruptError, StoreError
from mi.files import journal
from mi.files.atomic import write_atomic
from mi.store import LocalStore


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "j.jsonl"
    journal.append_records(path, [{"a": 1}, {"a": "é\u2028\n"}])
    journal.append_records(path, [{"a": 3}])
    assert [line["a"] for line in journal.read_records(path)] == [1, "é\u2028\n", 3]


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list(journal.read_records(tmp_path / "none.jsonl")) == []


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_torn_last_line_is_passed_over_and_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "j.jsonl"
    journal.append_records(path, [{"a": 1}, {"a": 2}])
    os.truncate(path, path.stat().st_size - cut)
    assert [line["a"] for line in journal.read_records(path)] == [1]
    journal.append_records(path, [{"a": 3}])
    assert [line["a"] for line in journal.read_records(path)] == [1, 3]


def test_a_damaged_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    journal.append_records(path, [{"a": 1}, {"a": 2}, {"a": 3}])
    path.write_text(path.read_text().replace('{"a": 2}', '{"a"; 2}'))
    with pytest.raises(CorruptError, match=r"j\.jsonl:2"):
        list(journal.read_records(path))


def test_lines_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    journal.append_records(path, [{"a": 1}, {"a": 2}])
    with path.open("a") as file:
        file.write("damage\n")
    lines = journal.read_records(path)
    assert [next(lines), next(lines)] == [{"a": 1}, {"a": 2}]
    with pytest.raises(CorruptError, match=r"j\.jsonl:3"):
        next(lines)


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "j.jsonl").symlink_to("/dev/full")
    with pytest.raises(StoreError, match="No space left"):
        journal.append_records(tmp_path / "j.jsonl", [{"a": 1}])


def test_threads_that_write_one_file_whole_leave_one_of_their_texts(tmp_path: Path) -> None:
    texts = [str(at) * 5000 for at in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            list(pool.map(lambda text: write_atomic(tmp_path / "j.json", text), texts))
            assert (tmp_path / "j.json").read_text() in texts
    assert [path.name for path in tmp_path.iterdir()] == ["j.json"]


def test_threads_that_select_the_same_keep_it_once(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    cells = [
        {"cell": str(at), "experiment": "X", "setting": "s", "units": {"mix": f"mix-{at}"}}
        for at in range(200)
    ]
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: store.save_selection({"evals": []}, cells), range(16)))
    assert len(names) == 1
    assert list(store.load_selection(names.pop())) == cells


def test_half_a_character_costs_no_line(tmp_path: Path) -> None:
    """An answer that was paid for is kept, whatever is in it."""
    journal.append_records(tmp_path / "j.jsonl", [{"text": "cut \ud83d"}, {"text": "whole"}])
    assert [line["text"] for line in journal.read_records(tmp_path / "j.jsonl")] == [
        "cut ?",
        "whole",
    ]
