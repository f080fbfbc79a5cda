"""The same answers where people keep them otherwise: a CSV file with pandas, and SQLite.

A row is what the view `answers` has of a scored answer: condition, eval, question, sample, text,
outcome and one score. Each is asked the share of each outcome by condition, as users do: a script
that reads the file and groups it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

_ROWS = """
SELECT condition, eval, question, sample, text, outcome, scores['aligned'] AS aligned
FROM answers WHERE experiment = 'R1'
"""
_GROUPED = "SELECT condition, outcome, count(*) FROM answers GROUP BY condition, outcome"


def measure(database: Path, folder: Path) -> dict[str, Any]:
    """Seconds to write, to ask, and MB on the disk; `mi` is asked the same."""
    csv, lite, parquet = (folder / f"answers.{kind}" for kind in ("csv", "sqlite", "parquet"))
    with duckdb.connect(str(database), read_only=True) as connection:
        for path, options in ((csv, "FORMAT csv, HEADER"), (parquet, "FORMAT parquet")):
            connection.execute(f"COPY ({_ROWS}) TO '{path}' ({options})")
        rows = connection.execute(_ROWS).fetchall()
        asked = _best(lambda: connection.execute(_GROUPED).fetchall())
    written = _best(lambda: _into_sqlite(lite, rows), 1)
    found = {
        "rows": len(rows),
        "mi: ask s": asked,
        "CSV + pandas: ask s": _best(lambda: _pandas(csv), 1),
        "CSV MB": _size(csv),
        "SQLite: executemany s": written,
        "SQLite: ask s": _best(lambda: _sqlite(lite), 2),
        "SQLite MB": _size(lite),
        "Parquet MB": _size(parquet),
    }
    for path in (csv, lite, parquet):
        path.unlink()
    return found


def _best(work: Callable[[], Any], times: int = 3) -> float:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return round(min(took), 3)


def _size(path: Path) -> int:
    return round(path.stat().st_size / 1e6)


def _pandas(path: Path) -> Any:
    import pandas as pd

    return pd.read_csv(path).groupby(["condition", "outcome"]).size()


def _into_sqlite(path: Path, rows: list[Any]) -> None:
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        names = "condition, eval, question, sample, text, outcome, aligned"
        connection.execute(f"CREATE TABLE answers ({names})")
        connection.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _sqlite(path: Path) -> Any:
    with sqlite3.connect(path) as connection:
        return connection.execute(_GROUPED).fetchall()
