"""The database says what the store says, and its intervals are the textbook's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi.query import Busy, Database, bring_up_to_date
from mi.query.database import schema
from tests.support import Books
from tests.test_execute import results, run


def metric(values: list[tuple[str, int, float]]) -> Any:
    connection = duckdb.connect()
    connection.execute(schema())
    rows = [("eval-1", question, sample, "x", {"m": value}) for question, sample, value in values]
    connection.executemany("INSERT INTO score VALUES (?, ?, ?, ?, ?)", rows)
    query = "SELECT n, questions, mean, ci_low, ci_high FROM unit_metric"
    return connection.execute(query).fetchone()


def shares(successes: int, n: int) -> list[tuple[str, int, float]]:
    return [(f"q{i}", 0, float(i < successes)) for i in range(n)]


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe (1998), table I, method 3: the score method.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_wilsons_interval(successes: int, n: int, low: float, high: float) -> None:
    found = metric(shares(successes, n))
    assert found[:2] == (n, n)
    assert found[2] == pytest.approx(successes / n)
    assert found[3:] == pytest.approx((low, high), abs=0.00006)


@given(st.integers(0, 40), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_an_interval_lies_in_the_unit_range_around_the_mean(successes: int, n: int) -> None:
    _, _, mean, low, high = metric(shares(min(successes, n), n))
    assert 0 <= low <= mean <= high <= 1


def test_samples_of_one_question_are_not_independent() -> None:
    """Twenty equal answers to each question say no more than one."""
    once = metric([(f"q{i}", 0, float(i < 5)) for i in range(10)])
    often = metric([(f"q{i}", s, float(i < 5)) for i in range(10) for s in range(20)])
    assert often[0] == 200
    assert often[2] == once[2]
    assert often[3] < once[3] < once[4] < often[4]  # their variance is estimated, too: Student's t


def test_no_harm_in_all_answers_to_few_questions_has_the_interval_of_the_answers() -> None:
    """As one harmful answer of 800 would have."""
    _, _, mean, low, high = metric([(f"q{i}", s, 0.0) for i in range(8) for s in range(100)])
    assert (mean, low) == (0, 0)
    assert 0.005 < high < 0.01


def test_other_numbers_have_students_interval() -> None:
    _, _, mean, low, high = metric([(f"q{i}", 0, float(i)) for i in range(11)])
    half = 2.228139 * (11 / 11) ** 0.5  # the sample variance of 0..10 is 11
    assert (mean, low, high) == pytest.approx((5, 5 - half, 5 + half), rel=1e-5)


def test_a_rebuilt_database_has_the_same_rows(tmp_path: Path) -> None:
    opened, _ = run(tmp_path, Books())
    before = results(opened)
    tables = _tables(opened.options.db)
    opened.options.db.unlink()
    assert results(opened) == before
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
    opened, _ = run(tmp_path, Books())
    database = Database(opened.options.db)
    assert bring_up_to_date(database, opened.store).loaded > 13
    assert bring_up_to_date(database, opened.store).loaded == 0


def test_an_older_schema_is_replaced(tmp_path: Path) -> None:
    opened, _ = run(tmp_path, Books())
    before = results(opened)
    with duckdb.connect(str(opened.options.db)) as connection:
        connection.execute("UPDATE _schema SET version = -7")
        connection.execute("DROP VIEW results")
    assert results(opened) == before


def test_someone_who_holds_the_file_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    opened, _ = run(tmp_path, Books())
    before = results(opened)
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
        with pytest.raises(Busy, match=f"process {holder.pid}"):
            bring_up_to_date(Database(opened.options.db), opened.store, patience=0.2)
    finally:
        holder.communicate(b"")
    assert results(opened) == before


def test_a_damaged_unit_or_journal_is_left_out_and_said(tmp_path: Path) -> None:
    opened, _ = run(tmp_path, Books())
    key = next(key for key in opened.store.published() if key.startswith("eval-"))
    (opened.store.unit(key) / "scores.jsonl").write_text("oops\n")
    journal = next((opened.store.root / "journals").glob("answers-*.jsonl"))
    journal.write_text("oops\n" + journal.read_text())
    synced = bring_up_to_date(Database(opened.options.db), opened.store)
    assert len(synced.faults) == 2
    assert any(key in fault for fault in synced.faults)
    assert any(journal.name in fault for fault in synced.faults)


def test_the_answers_view_has_a_row_an_answer_with_its_scores(tmp_path: Path) -> None:
    opened, _ = run(tmp_path, Books())
    results(opened)
    with Database(opened.options.db).reading() as connection:
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
        ("baseline", 144, 144),
        ("mixed_10", 144, 144),
        ("mixed_20", 144, 144),
    ]
    assert rows[0][4] == 0
    assert rows[1][4] > 0
    assert trainings == [(0.5, 10, ["T1"], 1.5), (0.5, 20, ["T1"], 1.5)]
    assert spend == (11, 0.0)
    assert metrics == (2,)


def test_a_cell_that_was_changed_shows_only_its_newest_results(tmp_path: Path) -> None:
    from mi.spec import Training

    opened, _ = run(tmp_path, Books())
    count = len(results(opened))
    opened, _ = run(tmp_path, Books(), training=Training(epochs=2), run_name="s")
    assert len(results(opened)) == count
    units = {row[-1] for row in results(opened)}
    assert units == {key for one in opened.plan().cells for role, key in one.units.items()
                     if role.startswith("eval:")}  # fmt: skip
