"""Exporting results: every view as Parquet or CSV, and a copy of the database.

An export is written to a temporary directory and renamed into place, so that it is always complete.
A directory that holds anything but an earlier export is never overwritten.

A text of a CSV file that a spreadsheet would run as a formula (`=cmd|…`) gets an apostrophe before
it, as spreadsheets mark texts: answers of models are texts of strangers.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import StoreError, UsageError
from . import VIEWS, Database

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Format = Literal["parquet", "csv"]
_FORMULA = "^[=+@\\t\\r\\n\uff1d\uff0b\uff0d\uff20-]"
"""How a text begins that a spreadsheet takes for a formula, also in full-width characters."""
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_QUOTING_NOTE = (
    "Texts of the CSV files that begin like a formula (= + - @, tab or line end) have an "
    "apostrophe before them; --no-quote-formulas writes them as they are."
)
COLUMNS_FILE = "COLUMNS.txt"
_OPTIONS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}


def export_views(
    database: Database, out: Path, *, format: Format = "parquet", quote_formulas: bool = True
) -> list[Path]:
    """Write the views, the meaning of their columns, and a copy of the database.

    Args:
        database: The results.
        out: The directory; an earlier export there is replaced.
        format: Of the views' files.
        quote_formulas: Whether texts of CSV files that begin a formula get an apostrophe.

    Returns:
        The files, sorted.

    Raises:
        UsageError: There is no database, or `out` holds something other than an earlier export.
        DatabaseBusy: Another process is writing to the database.
        StoreError: The directory cannot be written.
    """
    if (
        out.exists()
        and not (out / COLUMNS_FILE).is_file()
        and (out.is_file() or any(out.iterdir()))
    ):
        raise UsageError(
            "holds something other than an earlier export",
            where=str(out),
            hint="name another directory",
        )
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        with database.read_connection() as connection:
            _copy_database(database.path, partial)
            for view in VIEWS:
                path = str(partial / f"{view}.{format}").replace("'", "''")
                query = f"FROM {view}"
                if format == "csv" and quote_formulas:
                    query = _quoting_query(connection, view)
                connection.execute(f"COPY ({query}) TO '{path}' ({_OPTIONS[format]})")
            text = _describe_columns(connection)
            if format == "csv" and quote_formulas:
                text += f"\n{_QUOTING_NOTE}\n"
            (partial / COLUMNS_FILE).write_text(text, encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        partial.rename(out)
    except OSError as error:
        raise StoreError(f"cannot be written ({error.strerror})", where=str(out)) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return sorted(out.iterdir())


def quote_formula(value: Any) -> Any:
    """A value of a CSV file; a text that begins a formula and is no number gets an apostrophe."""
    is_formula = isinstance(value, str) and re.match(_FORMULA, value) is not None
    return f"'{value}" if is_formula and not re.fullmatch(_NUMBER, value) else value


def _quoting_query(connection: DuckDBPyConnection, view: str) -> str:
    """A query for a view with its texts quoted."""
    columns = connection.execute(f"DESCRIBE {view}").fetchall()
    texts = [f'"{name}"' for name, kind, *_ in columns if kind == "VARCHAR"]
    quoted = ", ".join(
        f"CASE WHEN regexp_matches({text}, '{_FORMULA}') "
        f"AND NOT regexp_full_match({text}, '{_NUMBER}') "
        f"THEN chr(39) || {text} ELSE {text} END AS {text}"
        for text in texts
    )
    return f"SELECT * REPLACE ({quoted}) FROM {view}" if quoted else f"FROM {view}"


def _copy_database(path: Path, directory: Path) -> None:
    """Copy the database's file, and the log that a killed writer left beside it.

    The database must be open for reading, so that no process writes to it.
    """
    for file in (path, path.with_name(f"{path.name}.wal")):
        if file.exists():
            shutil.copyfile(file, directory / file.name)


def _describe_columns(connection: DuckDBPyConnection) -> str:
    rows = connection.execute(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE list_contains(?, table_name) AND schema_name = 'main' "
        "ORDER BY list_position(?, table_name), column_index",
        [list(VIEWS), list(VIEWS)],
    ).fetchall()
    lines: list[str] = []
    last = None
    for view, column, kind, comment in rows:
        if view != last:
            lines += ["", view] if lines else [view]
            last = view
        lines.append(f"  {column} ({kind}): {comment}")
    return "\n".join(lines) + "\n"
