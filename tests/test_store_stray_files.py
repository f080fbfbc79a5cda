"""What others leave in a store, or in place of the database, is neither read nor overwritten."""

from __future__ import annotations

import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import duckdb
import pytest

from mi.cli import main
from mi.database import Database, sync_database
from mi.errors import StoreError
from mi.store import LocalStore
from mi.store.layout import JOURNALS, REGISTRATIONS, REPLACING, RUNS, UNITS, WORK

STRAY = (".DS_Store", "Thumbs.db", "desktop.ini", "._unit.json", "._answers-1.jsonl", "@eaDir")


def test_files_of_a_file_browser_are_no_part_of_a_store(tmp_path: Path) -> None:
    for directory in (UNITS, WORK, JOURNALS, RUNS, REGISTRATIONS, REPLACING, "cells", "retired"):
        (tmp_path / ".mi" / directory).mkdir(parents=True)
        for name in STRAY:
            (tmp_path / ".mi" / directory / name).write_bytes(b"\x00\x01")
    store = LocalStore(tmp_path / ".mi")
    assert store.published_keys() == []
    assert store.unfinished_units() == []
    assert store.runs() == []
    assert store.registrations() == {}
    assert store.registration_faults() == {}
    assert store.journal_problems() == {}
    assert sync_database(Database(tmp_path / "results.duckdb"), store).faults == ()
    assert (tmp_path / ".mi" / REPLACING / ".DS_Store").exists()


@pytest.mark.parametrize(
    "tables",
    [
        "CREATE TABLE run (x INTEGER)",
        "CREATE TABLE sales (x INTEGER); CREATE TABLE _schema (y TEXT)",
    ],
)
def test_the_database_of_another_program_is_left_as_it_is(tmp_path: Path, tables: str) -> None:
    path = tmp_path / "results.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(tables)
    with pytest.raises(StoreError, match="tables of another program") as error:
        sync_database(Database(path), LocalStore(tmp_path / ".mi"))
    assert "--db" in (error.value.hint or "")
    with duckdb.connect(str(path), read_only=True) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
    assert count == tables.count("CREATE TABLE")


def test_a_terminal_that_lacks_a_character_gets_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(content, encoding="latin-1"))
    assert main(["--version"]) == 0
    print("n_epochs 1 \u2192 2")
    sys.stdout.flush()
    assert content.getvalue().endswith(b"n_epochs 1 ? 2\n")
