"""Opening the database file: for one transaction, with a message that names who else holds it.

An open DuckDB file locks out every other process. So a connection lives for one read or one write,
and a process that finds the file locked waits shortly before it gives up.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import MiError, StoreError, UsageError
from ..files.clock import timestamp_digits, utc_timestamp
from .schema import ensure_schema, is_current, schema_version

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOCK_TIMEOUT = 2.0
"""Seconds to wait for another process to close the file."""
_LOCK_POLL = 0.1
_SUFFIXES = (".duckdb", ".db")
_DAMAGE_SIGNS = (
    "not a valid duckdb",
    "corrupt",
    "checksum",
    "replaying wal",
    "deserializ",
    "read enough bytes",
)


class DatabaseBusy(MiError):
    """Another process holds the database file."""


class DatabaseDamaged(StoreError):
    """The file is damaged, or not a database."""


@attrs.frozen
class Database:
    """A DuckDB file; the first write creates it with its schema."""

    path: Path

    @contextmanager
    def transaction(self, *, timeout: float = LOCK_TIMEOUT) -> Iterator[DuckDBPyConnection]:
        """One transaction, committed at the end and rolled back on an error.

        Raises:
            DatabaseBusy: Another process holds the file for longer than `timeout` seconds.
            DatabaseDamaged: The file is damaged, or not a database.
            StoreError: The disk is full or cannot be written.
        """
        with self._translate_errors(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect(read_only=False, timeout=timeout)
            try:
                connection.execute("BEGIN")
                ensure_schema(connection)
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()

    @contextmanager
    def read_connection(self, *, timeout: float = LOCK_TIMEOUT) -> Iterator[DuckDBPyConnection]:
        """A read-only connection.

        Raises:
            UsageError: There is no database yet.
            DatabaseBusy, StoreError: As `transaction`; also where a query fails because the
                database has another schema.
        """
        import duckdb

        if not self.path.exists():
            raise UsageError(
                f"there is no {self.path.name} yet",
                where=str(self.path),
                hint="`mi run EXPERIMENT` creates it; `mi rebuild` creates it from the store",
            )
        with self._translate_errors():
            connection = self._connect(read_only=True, timeout=timeout)
            try:
                yield connection
            except duckdb.ProgrammingError:
                if is_current(connection):
                    raise
                raise StoreError(
                    "was filled by another version of mi, with other tables",
                    where=str(self.path),
                    hint="`mi rebuild` fills it again from the store",
                ) from None
            finally:
                connection.close()

    def loaded_digest(self, *, timeout: float = LOCK_TIMEOUT) -> str | None:
        """The digest of the store's listing that was loaded last; None if another schema was.

        Raises:
            DatabaseBusy: Another process is writing to the database.
        """
        import duckdb

        if not self.path.exists():
            return None
        with self.read_connection(timeout=timeout) as connection:
            try:
                row = connection.execute(
                    "SELECT mark FROM _mark, _schema WHERE version = ?", [schema_version()]
                ).fetchone()
            except duckdb.ProgrammingError:  # an older schema
                return None
        return row[0] if row else None

    def set_aside(self) -> Path:
        """Move a damaged file away, so that the next write creates another. Returns its new path.

        Raises:
            StoreError: It was never a database of this program, or cannot be moved.
        """
        if self.path.suffix not in _SUFFIXES and not _has_signature(self.path):
            raise StoreError(
                "is not a results database",
                where=str(self.path),
                hint="name another file with --db or MI_DB",
            )
        stamp = timestamp_digits(utc_timestamp())
        target = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        with self._translate_errors(OSError):
            self.path.rename(target)
            log = self.path.with_name(f"{self.path.name}.wal")
            if log.exists():
                log.rename(target.with_name(f"{target.name}.wal"))
        return target

    @contextmanager
    def _translate_errors(self, *kinds: type[Exception]) -> Iterator[None]:
        """Report errors of DuckDB, and of these kinds, as a `StoreError` about the file.

        A wrong SQL statement is a defect of this package and stays the error it is.
        """
        import duckdb

        reported: tuple[type[Exception], ...] = (duckdb.Error, *kinds)
        try:
            yield
        except duckdb.ProgrammingError:
            raise
        except reported as error:
            if _is_damage(error):
                raise DatabaseDamaged(
                    f"is damaged ({_first_line(error)})",
                    where=str(self.path),
                    hint="`mi rebuild` puts it aside and fills a new one: the store holds "
                    "everything",
                ) from None
            raise StoreError(
                f"cannot be used ({_first_line(error)})",
                where=str(getattr(error, "filename", None) or self.path),
                hint="is the disk full? If the file is damaged, delete it and run `mi rebuild`: "
                "the store holds everything",
            ) from None

    def _connect(self, *, read_only: bool, timeout: float) -> DuckDBPyConnection:
        import duckdb

        deadline = time.monotonic() + timeout
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.IOException as error:
                if "could not set lock" not in str(error).lower():
                    raise
                if time.monotonic() >= deadline:
                    raise DatabaseBusy(
                        f"{self.path.name} is held by {_lock_holder(error)}"
                    ) from None
                time.sleep(_LOCK_POLL)


def _is_damage(error: Exception) -> bool:
    """Whether an error of DuckDB says that the file itself is damaged."""
    import duckdb

    text = str(error).lower()
    return isinstance(error, duckdb.Error) and any(sign in text for sign in _DAMAGE_SIGNS)


def _has_signature(path: Path) -> bool:
    """Whether a file begins as DuckDB files do, or is empty."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return not head or head[8:] == b"DUCK"


def _lock_holder(error: Any) -> str:
    """The process that holds the lock, as DuckDB names it: `python3.11 (process 4242)`."""
    match = re.search(r"held in (\S+) \(PID (\d+)\)", str(error))
    if match:
        return f"{Path(match.group(1)).name} (process {match.group(2)})"
    return "another process"


def _first_line(error: Any) -> str:
    return str(error).splitlines()[0]
