"""The same answers in other formats that people use: a CSV file with pandas, and SQLite.

A row has the columns that the view `answers` has of a scored answer: condition, eval, question,
sample, text, outcome and one score. Each format answers one query, the share of each outcome by
condition, with a script that reads the file and groups it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

_ROWS_SQL = """
SELECT condition, eval, question, sample, text, outcome, scores['aligned'] AS aligned
FROM answers WHERE experiment = 'R1'
"""
_GROUP_SQL = "SELECT condition, outcome, count(*) FROM answers GROUP BY condition, outcome"


def compare_formats(database: Path, directory: Path) -> dict[str, Any]:
    """Seconds to write and to query, and MB on the disk; `mi` answers the same query."""
    csv, sqlite, parquet = (directory / f"answers.{kind}" for kind in ("csv", "sqlite", "parquet"))
    with duckdb.connect(str(database), read_only=True) as connection:
        for path, options in ((csv, "FORMAT csv, HEADER"), (parquet, "FORMAT parquet")):
            connection.execute(f"COPY ({_ROWS_SQL}) TO '{path}' ({options})")
        rows = connection.execute(_ROWS_SQL).fetchall()
        query_seconds = _best_seconds(lambda: connection.execute(_GROUP_SQL).fetchall())
    write_seconds = _best_seconds(lambda: _write_sqlite(sqlite, rows), 1)
    figures = {
        "rows": len(rows),
        "mi: ask s": query_seconds,
        "CSV + pandas: ask s": _best_seconds(lambda: _query_pandas(csv), 1),
        "CSV MB": _megabytes(csv),
        "SQLite: executemany s": write_seconds,
        "SQLite: ask s": _best_seconds(lambda: _query_sqlite(sqlite), 2),
        "SQLite MB": _megabytes(sqlite),
        "Parquet MB": _megabytes(parquet),
    }
    for path in (csv, sqlite, parquet):
        path.unlink()
    return figures


def _best_seconds(work: Callable[[], Any], times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return round(min(seconds), 3)


def _megabytes(path: Path) -> int:
    return round(path.stat().st_size / 1e6)


def _query_pandas(path: Path) -> Any:
    import pandas as pd

    return pd.read_csv(path).groupby(["condition", "outcome"]).size()


def _write_sqlite(path: Path, rows: list[Any]) -> None:
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        names = "condition, eval, question, sample, text, outcome, aligned"
        connection.execute(f"CREATE TABLE answers ({names})")
        connection.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _query_sqlite(path: Path) -> Any:
    with sqlite3.connect(path) as connection:
        return connection.execute(_GROUP_SQL).fetchall()
