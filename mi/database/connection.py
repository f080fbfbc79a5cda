"""Opening the database file: shortly, politely, and saying who holds it otherwise."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import MiError, StoreError, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SCHEMA_VERSION = 7
VIEWS = ("results", "conditions", "answers", "trainings", "spend", "expectations")
LOCK_TIMEOUT = 2.0


class DatabaseBusy(MiError):
    """Another process holds the database file."""


@attrs.frozen
class Database:
    """A DuckDB file; made with its schema when first written to."""

    path: Path

    @contextmanager
    def transaction(self, *, timeout: float = LOCK_TIMEOUT) -> Iterator[DuckDBPyConnection]:
        """One transaction, committed at the end and rolled back on an error.

        Raises:
            Busy: Another process holds the file for longer than `patience` seconds; says who.
            StoreError: The file is no database, is damaged, or there is no room for it.
        """
        with self._translate_errors(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect(read_only=False, timeout=timeout)
            try:
                connection.execute("BEGIN")
                _create_schema(connection)
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()

    @contextmanager
    def read_connection(self, *, timeout: float = LOCK_TIMEOUT) -> Iterator[DuckDBPyConnection]:
        """A read-only connection.

        Raises:
            UsageError: There is no database yet.
            Busy, StoreError: As `writing`.
        """
        if not self.path.exists():
            raise UsageError(
                f"there is no {self.path.name} yet",
                where=str(self.path),
                hint="`mi run EXPERIMENT` makes it; `mi rebuild` makes it from the store",
            )
        with self._translate_errors():
            connection = self._connect(read_only=True, timeout=timeout)
            try:
                yield connection
            finally:
                connection.close()

    def loaded_digest(self, *, timeout: float = LOCK_TIMEOUT) -> str | None:
        """The mark of the store that the database is up to date with; None where it is not.

        Raises:
            Busy: Another process is writing to it.
        """
        import duckdb

        if not self.path.exists():
            return None
        with self.read_connection(timeout=timeout) as connection:
            try:
                found = connection.execute(
                    "SELECT mark FROM _mark, _schema WHERE version = ?", [SCHEMA_VERSION]
                ).fetchone()
            except duckdb.CatalogException:  # an older schema
                return None
        return found[0] if found else None

    @contextmanager
    def _translate_errors(self, *kinds: type[Exception]) -> Iterator[None]:
        """Turn trouble with the file into a sentence, and errors of these kinds; statements that
        are wrong are defects and stay what they are."""
        import duckdb

        trouble: tuple[type[Exception], ...] = (duckdb.Error, *kinds)
        try:
            yield
        except duckdb.ProgrammingError:
            raise
        except trouble as error:
            raise StoreError(
                f"cannot be used ({_first_line(error)})",
                where=str(getattr(error, "filename", None) or self.path),
                hint="is there room on the disk? If it is damaged, remove it and run `mi rebuild`: "
                "the store holds everything",
            ) from None

    def _connect(self, *, read_only: bool, timeout: float) -> DuckDBPyConnection:
        import duckdb

        until = time.monotonic() + timeout
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.IOException as error:
                if "could not set lock" not in str(error).lower():
                    raise
                if time.monotonic() >= until:
                    raise DatabaseBusy(
                        f"{self.path.name} is held by {_lock_holder(error)}"
                    ) from None
                time.sleep(0.1)


def schema_sql() -> str:
    """The statements that make an empty database."""
    folder = resources.files("mi.database")
    files = ("schema.sql", "comments.sql")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in files)


def _create_schema(connection: DuckDBPyConnection) -> None:
    """Make the schema where it is not; another version is dropped, as the store has it all."""
    connection.execute("CREATE TABLE IF NOT EXISTS _schema (version INTEGER)")
    found = connection.execute("SELECT max(version) FROM _schema").fetchone()
    version = found[0] if found else None
    if version == SCHEMA_VERSION:
        return
    if version is not None:
        _drop_schema(connection)
    connection.execute(schema_sql())
    connection.execute("DELETE FROM _schema")
    connection.execute("INSERT INTO _schema VALUES (?)", [SCHEMA_VERSION])


def _drop_schema(connection: DuckDBPyConnection) -> None:
    from itertools import chain

    views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal")
    for (name,) in views.fetchall():
        connection.execute(f'DROP VIEW IF EXISTS "{name}" CASCADE')
    tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    macros = connection.execute(
        "SELECT function_name FROM duckdb_functions() WHERE NOT internal"
    ).fetchall()
    for (name,) in chain(tables):
        if name != "_schema":
            connection.execute(f'DROP TABLE IF EXISTS "{name}" CASCADE')
    for (name,) in macros:
        connection.execute(f'DROP MACRO IF EXISTS "{name}"')


def _lock_holder(error: Any) -> str:
    """Who DuckDB says holds the lock: `python3.11 (PID 4242)`."""
    found = re.search(r"held in (\S+) \(PID (\d+)\)", str(error))
    if found:
        return f"{Path(found.group(1)).name} (process {found.group(2)})"
    return "another process"


def _first_line(error: Any) -> str:
    return str(error).splitlines()[0]
