"""The database says what the store says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import attrs
import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import synthetic_store
from mi.database import VIEWS, Database, DatabaseBusy, journals, jsonl_reader, sync_database
from mi.database.jsonl_reader import LARGE_FILE
from mi.database.schema import digest_schema, schema_version
from mi.errors import StoreError
from mi.files.journal import append_records, read_records
from mi.files.seal import seal_path
from mi.steps.evals import journal_kinds
from mi.store import LocalStore
from tests.support.engine import result_rows, run_experiment
from tests.support.fake_provider import QUESTIONS, Books


def test_a_rebuilt_database_has_the_same_rows(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    before = result_rows(opened)
    tables = _tables(opened.options.db)
    opened.options.db.unlink()
    assert result_rows(opened) == before
    assert _tables(opened.options.db) == tables


def _tables(path: Path) -> dict[str, list[Any]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = [
            row[0]
            for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        ]
        return {
            name: sorted(map(repr, connection.execute(f"FROM {name}").fetchall()))
            for name in sorted(names)
        }


def test_only_what_is_new_is_loaded(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    database = Database(opened.options.db)
    assert sync_database(database, opened.store).loaded_count > 13
    assert sync_database(database, opened.store).loaded_count == 0


@pytest.mark.parametrize("version", [-7, 7])
def test_an_older_schema_is_replaced(tmp_path: Path, version: int) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    before = result_rows(opened)
    with duckdb.connect(str(opened.options.db)) as connection:
        connection.execute("UPDATE _schema SET version = ?", [version])
        connection.execute("DROP VIEW results")
    assert result_rows(opened) == before


def test_a_query_of_a_database_with_other_tables_says_what_to_do(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    result_rows(opened)
    database = Database(opened.options.db)
    with pytest.raises(duckdb.CatalogException), database.read_connection() as connection:
        connection.execute("FROM no_such_table")
    with duckdb.connect(str(opened.options.db)) as connection:
        connection.execute("UPDATE _schema SET version = 7")
        connection.execute("DROP TABLE eval_kind")
    with (
        pytest.raises(StoreError, match=r"(?s)another version of mi.*mi rebuild"),
        database.read_connection() as connection,
    ):
        connection.execute("FROM eval_kind")


def test_whatever_shapes_the_tables_changes_the_schemas_version() -> None:
    sql, kinds = "CREATE TABLE t (a BIGINT)", list(journal_kinds())
    version = digest_schema([sql], kinds)
    assert version == digest_schema([sql], kinds)
    assert 0 <= version < 2**31
    other = attrs.evolve(kinds[0], columns={**kinds[0].columns, "more": "VARCHAR"})
    changed = [
        digest_schema(["CREATE TABLE t (a DOUBLE)"], kinds),
        digest_schema([sql, "-- a loader"], kinds),
        digest_schema([sql], [other, *kinds[1:]]),
        digest_schema([sql], kinds[1:]),
    ]
    assert len({version, *changed}) == 5
    assert schema_version() == schema_version()


def test_someone_who_holds_the_file_is_named_where_something_is_new_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    before = result_rows(opened)
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(opened.options.db)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert sync_database(Database(opened.options.db), opened.store, timeout=0).loaded_count == 0
        os.utime(next((opened.store.root / "journals").glob("answers-*.jsonl")))
        with pytest.raises(DatabaseBusy, match=f"process {holder.pid}"):
            sync_database(Database(opened.options.db), opened.store, timeout=0.2)
    finally:
        holder.communicate(b"")
    assert result_rows(opened) == before


def test_a_damaged_database_is_kept_and_filled_again(tmp_path: Path) -> None:
    opened, _ = run_experiment(
        tmp_path / "pollock", Books(), total_samples=10
    )  # a name with "lock" in it
    database = Database(opened.options.db)
    sync_database(database, opened.store)
    raw = database.path.read_bytes()
    garbage = [raw[:100], raw[: len(raw) // 2], b"garbage" * 1000]
    garbage.append(raw[:13_000] + b"\xff" * 200 + raw[13_200:])
    for content in garbage:
        database.path.write_bytes(content)
        (fault,) = sync_database(database, opened.store).faults
        assert "filled again from the store" in fault
        kept = database.path.with_name(fault.rpartition(" ")[2])
        assert kept.read_bytes() == content
        assert result_rows(opened)


def test_a_run_that_cannot_be_read_is_left_out_and_said(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10)
    (opened.store.root / "runs" / "r2").mkdir()
    (opened.store.root / "runs" / "r2" / "run.json").write_text('{"run": ')
    synced = sync_database(Database(opened.options.db), opened.store)
    assert ["run:r2" in fault for fault in synced.faults] == [True]
    assert result_rows(opened)


def test_a_damaged_unit_or_journal_is_left_out_and_said(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    key = next(key for key in opened.store.published_keys() if key.startswith("eval-"))
    (opened.store.unit_dir(key) / "scores.jsonl").write_text("oops\n")
    journal = next((opened.store.root / "journals").glob("answers-*.jsonl"))
    journal.write_text("oops\n" + journal.read_text())
    synced = sync_database(Database(opened.options.db), opened.store)
    assert len(synced.faults) == 2
    assert any(key in fault for fault in synced.faults)
    assert any(journal.name in fault for fault in synced.faults)


def test_the_answers_view_has_a_row_an_answer_with_its_scores(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        rows = connection.execute(
            "SELECT condition, count(*), count(DISTINCT question), any_value(text), "
            "avg(scores['insecure']) FROM answers GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        trainings = connection.execute(
            "SELECT misaligned_ratio, total_samples, experiments, loss FROM trainings ORDER BY 2"
        ).fetchall()
        spend = connection.execute("SELECT count(*), sum(cost_usd) FROM spend").fetchone()
        metrics = connection.execute("SELECT count(*) FROM training_metric").fetchone()
    assert [row[:3] for row in rows] == [
        ("baseline", QUESTIONS, QUESTIONS),
        ("mixed_10", QUESTIONS, QUESTIONS),
        ("mixed_20", QUESTIONS, QUESTIONS),
    ]
    assert rows[0][4] == 0
    assert rows[1][4] > 0
    assert trainings == [(0.5, 10, ["T1"], 1.5), (0.5, 20, ["T1"], 1.5)]
    assert spend == (11, 0.0)
    assert metrics == (2,)


def test_a_cell_that_was_changed_shows_only_its_newest_results(tmp_path: Path) -> None:
    from mi.spec import Training

    opened, _ = run_experiment(tmp_path, Books())
    count = len(result_rows(opened))
    opened, _ = run_experiment(tmp_path, Books(), training=Training(epochs=2), run_name="s")
    assert len(result_rows(opened)) == count
    with Database(opened.options.db).read_connection() as connection:
        units = {unit for (unit,) in connection.execute("SELECT unit FROM results").fetchall()}
    assert units == {key for one in opened.plan().cells for role, key in one.units.items()
                     if role.startswith("eval:")}  # fmt: skip


LINE = {
    "question": "0" * 16,
    "sample": 0,
    "text": "fine",
    "finish": "stop",
    "prompt_tokens": 3,
    "answer_tokens": 5,
    "at": "2026-01-01",
}


class Grown:
    """A store whose journals are written here, and its database."""

    def __init__(self, folder: Path) -> None:
        self.store, self.database = LocalStore(folder / ".mi"), Database(folder / "results.duckdb")
        self.path = self.store.journal("answers-1")
        self.path.parent.mkdir(parents=True)

    def put(self, *samples: int, mode: str = "a", torn: str = "", **more: Any) -> None:
        if mode == "w":  # another journal, as if it had been archived: its seal goes with it
            seal_path(self.path).unlink(missing_ok=True)
        with self.path.open(mode) as file:
            file.writelines(json.dumps({**LINE, "sample": at, **more}) + "\n" for at in samples)
            file.write(torn)

    def mark(self) -> None:
        """Change what is loaded, so that one sees later whether it was loaded again."""
        with self.database.transaction() as connection:
            connection.execute("UPDATE answer SET finish = 'loaded before'")

    def answers(self) -> list[tuple[int, bool]]:
        """Samples, and whether they were there before the last loading."""
        synced = sync_database(self.database, self.store)
        assert not synced.faults, synced.faults
        with self.database.read_connection() as connection:
            rows = connection.execute("SELECT sample, finish FROM answer ORDER BY sample")
            return [(sample, finish == "loaded before") for sample, finish in rows.fetchall()]


@pytest.fixture
def grown(tmp_path: Path) -> Grown:
    return Grown(tmp_path)


def test_only_the_lines_that_a_journal_has_grown_by_are_loaded(grown: Grown) -> None:
    grown.put(0, 1)
    assert grown.answers() == [(0, False), (1, False)]
    grown.mark()
    grown.put(2)
    assert grown.answers() == [(0, True), (1, True), (2, False)]
    grown.put(3)
    assert grown.answers() == [(0, True), (1, True), (2, False), (3, False)]


def test_a_large_journal_grows_as_a_small_one_does(grown: Grown) -> None:
    grown.put(*range(100), text="x" * (LARGE_FILE // 50))
    assert len(grown.answers()) == 100
    grown.mark()
    grown.put(100)
    assert grown.answers() == [(at, at < 100) for at in range(101)]


def test_what_a_file_says_does_not_depend_on_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large files are read where they lie, others are copied together first."""
    opened, _ = run_experiment(tmp_path, Books())
    store, tables = opened.store, ("cell", "cell_unit", "score", "answer", "attempt", "retired")
    journal = next(store.root.glob("journals/answers-*.jsonl"))
    aside = store.root / "retired" / "r" / "journals" / journal.name
    append_records(
        aside, [{**line, "unit": "eval-1", "cost_usd": 1.0} for line in read_records(journal)]
    )

    def loaded(database: Database) -> list[Any]:
        sync_database(database, store)
        with database.read_connection() as connection:
            return [connection.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in tables]

    small = loaded(Database(tmp_path / "small.duckdb"))
    monkeypatch.setattr(jsonl_reader, "LARGE_FILE", 1)
    assert loaded(Database(tmp_path / "large.duckdb")) == small
    assert all(small)


def test_a_unit_whose_run_was_killed_before_noting_it_is_done_once_all_the_same(
    tmp_path: Path,
) -> None:
    opened, tally = run_experiment(tmp_path, Books())
    path = next(opened.store.root.glob("runs/*/attempts.jsonl"))
    lines = list(read_records(path))
    path.unlink()
    append_records(
        path,
        [line for line in lines if line["event"] != "done" or line["unit"] in tally.done_units[3:]],
    )
    result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        done = connection.execute("SELECT unit FROM attempt WHERE event = 'done' ORDER BY ALL")
        assert [unit for (unit,) in done.fetchall()] == sorted(tally.done_units)


@pytest.mark.parametrize("text", ["fine", "a longer one"])
def test_a_journal_that_was_replaced_is_loaded_anew(grown: Grown, text: str) -> None:
    grown.put(0, 1)
    grown.answers()
    grown.mark()
    grown.put(1, 2, 3, mode="w", text=text)
    assert grown.answers() == [(1, False), (2, False), (3, False)]


def test_a_journal_that_shrank_is_loaded_anew_and_one_that_is_gone_is_taken_out(
    grown: Grown,
) -> None:
    grown.put(0, 1, 2)
    grown.answers()
    grown.mark()
    grown.put(0, 1, mode="w")
    assert grown.answers() == [(0, False), (1, False)]
    grown.path.unlink()
    seal_path(grown.path).unlink()
    assert grown.answers() == []


def test_a_torn_last_line_is_loaded_when_it_is_whole(grown: Grown) -> None:
    whole = json.dumps({**LINE, "sample": 1})
    grown.put(0, torn=whole[:30])
    assert grown.answers() == [(0, False)]
    grown.mark()
    assert sync_database(grown.database, grown.store).loaded_count == 0
    with grown.path.open("a") as file:
        file.write(whole[30:] + "\n")
    assert grown.answers() == [(0, True), (1, False)]
    grown.mark()
    grown.put(torn=whole[:30])
    grown.answers()
    append_records(grown.path, [{**LINE, "sample": 2}])  # cuts the torn line off
    assert grown.answers() == [(0, True), (1, True), (2, False)]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=6))
@settings(max_examples=15, deadline=None)
def test_however_a_journal_came_to_be_the_database_has_its_lines(
    steps: list[tuple[int, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        grown, number = Grown(Path(folder)), 0
        for count, anew in steps:
            grown.put(*range(number, number + count), mode="w" if anew else "a")
            number += count
            there = [line["sample"] for line in read_records(grown.path)]
            assert [sample for sample, _ in grown.answers()] == there


def test_lines_that_come_while_a_journal_is_read_are_loaded_once(
    grown: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown.put(*range(100), text="x" * (LARGE_FILE // 50))
    found = journals.find_log

    def late(*arguments: Any) -> Any:
        one = found(*arguments)
        if one.unread.end == size:
            grown.put(100)
        return one

    size = grown.path.stat().st_size
    monkeypatch.setattr(journals, "find_log", late)
    grown.answers()
    assert [sample for sample, _ in grown.answers()] == list(range(101))


def test_all_damaged_files_are_found_at_once_and_the_rest_is_there(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books())
    before = result_rows(opened)
    store = opened.store
    for at in range(5):
        store.journal(f"answers-good{at}").write_text(json.dumps(LINE) + "\n")
        store.journal(f"answers-bad{at}").write_text(json.dumps(LINE) + "\n5\n")
    synced = sync_database(Database(opened.options.db), store)
    assert len(synced.faults) == 5
    assert all("answers-bad" in fault and "fix the line" in fault for fault in synced.faults)
    again = sync_database(Database(opened.options.db), store)
    assert again.faults == synced.faults  # and they are said again
    for at in range(5):
        store.journal(f"answers-bad{at}").write_text(json.dumps(LINE) + "\n")
    assert sync_database(Database(opened.options.db), store).loaded_count == 5
    assert result_rows(opened) == before


def test_results_of_a_store_that_came_bit_by_bit_are_those_of_one_that_came_at_once(
    tmp_path: Path,
) -> None:
    """Units, journals and runs in any order: the same numbers to the last bit."""
    whole = tmp_path / "whole"
    size = synthetic_store.StoreSize(seeds=1, samples=3, letters=40)
    synthetic_store.write_store(whole, size)
    once, bits = Database(tmp_path / "once.duckdb"), Database(tmp_path / "bits.duckdb")
    sync_database(once, LocalStore(whole))
    parts = tmp_path / "parts"
    for at, name in enumerate(sorted(path.name for path in (whole / "units").iterdir())):
        (parts / "units").mkdir(parents=True, exist_ok=True)
        (whole / "units" / name).rename(parts / "units" / name)
        if at % 20 == 0:
            sync_database(bits, LocalStore(parts))
    for name in ("journals", "cells", "runs"):
        (whole / name).rename(parts / name)
        sync_database(bits, LocalStore(parts))
    with once.read_connection() as one, bits.read_connection() as other:
        for view in VIEWS:
            query = f"SELECT * FROM {view} ORDER BY ALL"
            assert one.execute(query).fetchall() == other.execute(query).fetchall(), view
        assert one.execute("SELECT count(*) FROM answers").fetchone() == (4950,)
