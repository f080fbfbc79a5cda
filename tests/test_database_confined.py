"""A query reads the results database and nothing else, and exports run in no spreadsheet."""

from __future__ import annotations

import csv
import socket
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mi.cli import main
from mi.database import Database
from mi.database.confine import confine
from mi.database.export import export_views, quote_formula
from mi.database.schema import ensure_schema


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a results database, another database and a file of secrets."""
    tmp_path = tmp_path_factory.mktemp("place")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE secret AS SELECT 42 AS answer")
    with Database(tmp_path / "results.duckdb").transaction() as connection:
        ensure_schema(connection)
    (tmp_path / "secret.csv").write_text("answer\n42\n")
    return tmp_path


REFUSED = [
    "COPY (SELECT 1) TO '{place}/new.csv'",
    "COPY (SELECT 1) TO '{place}/new.parquet' (FORMAT parquet)",
    "COPY (SELECT 1) TO '/dev/stdout'",
    "EXPORT DATABASE '{place}/new'",
    "IMPORT DATABASE '{place}/new'",
    "FROM read_csv('{place}/secret.csv')",
    "FROM '{place}/secret.csv'",
    "FROM read_text('{place}/secret.csv')",
    "FROM read_blob('{place}/secret.csv')",
    "FROM glob('{place}/*')",
    "FROM sniff_csv('{place}/secret.csv')",
    "FROM read_json('{place}/secret.csv')",
    "FROM read_parquet('{place}/secret.csv')",
    "FROM query('FROM read_text(''{place}/secret.csv'')')",
    "FROM read_duckdb('{place}/other.duckdb', table_name = 'secret')",
    "ATTACH '{place}/other.duckdb'",
    "ATTACH '{place}/new.duckdb'",
    "ATTACH ':memory:' AS new",
    "INSTALL httpfs",
    "INSTALL '{place}/new.duckdb_extension'",
    "LOAD httpfs",
    "LOAD '{place}/new.duckdb_extension'",
    "FROM 'http://127.0.0.1:{port}/secret.csv'",
    "FROM read_text('http://127.0.0.1:{port}/secret.csv')",
    "CREATE PERSISTENT SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "SET lock_configuration = false",
    "SET temp_directory = '{place}/new'",
    "SET profiling_output = '{place}/new.json'",
    "PRAGMA profiling_output = '{place}/new.json'",
    "PRAGMA enable_profiling = 'json'",
    "CALL enable_logging(storage = 'file', storage_path = '{place}/new')",
    "SET log_query_path = '{place}/new.sql'",
    "CREATE TABLE new AS SELECT 1",
    "DELETE FROM unit",
    "DROP VIEW results",
    "SELECT 1; COPY (SELECT 1) TO '{place}/new.csv'",
    "SET SESSION enable_external_access = true; FROM read_text('{place}/secret.csv')",
    "FROM rows",
    "FROM args",
]


@pytest.mark.parametrize("query", REFUSED)
def test_a_query_neither_reads_nor_writes_anything_else(
    place: Path, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    before = sorted(path.name for path in place.iterdir())
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        asked = query.format(place=place, port=server.getsockname()[1])
        assert main(["sql", asked, "--db", str(place / "results.duckdb")]) == 4
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "42" not in capsys.readouterr().out
    assert sorted(path.name for path in place.iterdir()) == before


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM results",
        "WITH a AS (SELECT 1 AS b) SELECT b FROM a",
        "DESCRIBE answers",
        "SHOW TABLES",
        "CREATE TEMP TABLE t AS SELECT 1; FROM t",
        "SELECT '{\"a\": 1}'::JSON -> 'a'",
        "EXPLAIN SELECT * FROM results",
    ],
)
def test_a_query_of_the_results_is_answered(
    place: Path, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    assert main(["sql", query, "--db", str(place / "results.duckdb")]) == 0, capsys.readouterr()


@pytest.mark.slow
def test_a_large_sort_may_still_use_the_disk(place: Path) -> None:
    with Database(place / "results.duckdb").read_connection() as connection:
        connection.execute("SET memory_limit = '40MB'; SET threads = 1")
        confine(connection)
        text = "repeat('x', 60) || i"
        query = f"SELECT max(s) FROM (SELECT {text} AS s FROM range(300000) t(i) ORDER BY hash(i))"
        assert connection.execute(query).fetchone() is not None


def test_unsafe_lifts_it_and_the_error_says_so(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sql", f"FROM read_csv('{place}/secret.csv')", "--db", str(place / "results.duckdb")]
    assert main(words) == 4
    assert "--unsafe" in capsys.readouterr().err
    assert main([*words, "--unsafe", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "answer\n42\n"


CELLS = {
    "=cmd|'/c calc'!A1": "'=cmd|'/c calc'!A1",
    "=1+1": "'=1+1",
    "+SUM(A1)": "'+SUM(A1)",
    "-SUM(A1)": "'-SUM(A1)",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t=1",
    "\r=1": "'\r=1",
    "\n=1": "'\n=1",
    "\uff1d1": "'\uff1d1",
    "-": "'-",
    "-1": "-1",
    "+1.5e-3": "+1.5e-3",
    "-.5": "-.5",
    "1=1": "1=1",
    " =1": " =1",
    "": "",
    "'=1": "'=1",
    'plain, with "quotes" and\nlines': 'plain, with "quotes" and\nlines',
}


@pytest.mark.parametrize(("value", "quoted"), CELLS.items())
def test_a_text_that_begins_a_formula_is_quoted(value: str, quoted: str) -> None:
    assert quote_formula(value) == quoted


@pytest.mark.parametrize("value", [-1, -1.5, None, True])
def test_no_other_value_is_quoted(value: Any) -> None:
    assert quote_formula(value) == value


@pytest.mark.parametrize("is_quoted", [True, False])
def test_an_export_quotes_formulas_unless_told_not_to(tmp_path: Path, is_quoted: bool) -> None:
    database = Database(tmp_path / "results.duckdb")
    with database.transaction() as connection:
        insert = "INSERT INTO experiment (experiment, title) VALUES (?, ?)"
        columns = [row[0] for row in connection.execute("DESCRIBE experiment").fetchall()]
        assert {"experiment", "title"} <= set(columns)
        for index, value in enumerate(CELLS):
            connection.execute(insert, [f"E{index:02}", value])
        connection.execute(
            "CREATE OR REPLACE VIEW results AS SELECT experiment, title, -1.5 AS mean "
            "FROM experiment ORDER BY experiment"
        )
    export_views(database, tmp_path / "out", format="csv", quote_formulas=is_quoted)
    with (tmp_path / "out" / "results.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = CELLS.values() if is_quoted else CELLS
    assert [row["title"] for row in rows] == list(expected)
    assert {row["mean"] for row in rows} == {"-1.5"}
    said = (tmp_path / "out" / "COLUMNS.txt").read_text(encoding="utf-8")
    assert ("apostrophe" in said) is is_quoted


def test_a_query_quotes_formulas_if_told_to(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sql", "SELECT '=1' AS a, -1 AS b", "--format", "csv"]
    words += ["--db", str(place / "results.duckdb")]
    assert main(words) == 0
    assert main([*words, "--quote-formulas"]) == 0
    assert capsys.readouterr().out == "a,b\n=1,-1\na,b\n'=1,-1\n"
