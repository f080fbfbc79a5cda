"""Results for others: every view as Parquet or CSV, and a copy of the database.

A folder is made aside and put in place whole, so that what is called an export is one. A folder
that holds anything else is never written over.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import StoreError, UsageError
from . import VIEWS, Database

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Format = Literal["parquet", "csv"]
COLUMNS_FILE = "COLUMNS.txt"
_OPTIONS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}


def export_views(database: Database, out: Path, *, format: Format = "parquet") -> list[Path]:
    """Write the views, what their columns mean, and a copy of the database; returns the files.

    Raises:
        UsageError: There is no database, or `out` holds something that is no earlier export.
        Busy: Another process is writing to the database.
        StoreError: The folder cannot be written.
    """
    if (
        out.exists()
        and not (out / COLUMNS_FILE).is_file()
        and (out.is_file() or any(out.iterdir()))
    ):
        raise UsageError(
            "holds something that is no earlier export", where=str(out), hint="name another folder"
        )
    aside = out.with_name(f".{out.name}.aside")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        with database.read_connection() as connection:
            _copy_database(database.path, aside)
            for view in VIEWS:
                path = str(aside / f"{view}.{format}").replace("'", "''")
                connection.execute(f"COPY (FROM {view}) TO '{path}' ({_OPTIONS[format]})")
            (aside / COLUMNS_FILE).write_text(_describe_columns(connection), encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        aside.rename(out)
    except OSError as error:
        raise StoreError(f"cannot be written ({error.strerror})", where=str(out)) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return sorted(out.iterdir())


def _copy_database(path: Path, directory: Path) -> None:
    """The database's file, while it is open for reading and nobody can write to it; with its log,
    where a writer was killed."""
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
