"""The store's JSONL files as rows, read by DuckDB and not by Python.

DuckDB takes a third of a millisecond to open a file. So small files are spliced into one, which
takes a twentieth of that a file, with the owner written into each line. Large files are read where
they are, and their lines get the owner by a join.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import attrs

from ..errors import CorruptError, StoreError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LARGE_FILE = 1 << 19
"""Bytes from which opening a file takes less time than copying it."""


class DamagedFiles(CorruptError):
    """Files that DuckDB could not read.

    Attributes:
        faults: A message for each, by the name the file is loaded under.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = dict(faults)


class FileChanged(Exception):
    """A process wrote to a file while it was read."""


@attrs.frozen
class FileSlice:
    """Complete lines of a file.

    Args:
        name: The name the file is loaded under.
        owner: The unit, journal or run that its lines belong to.
        path: The file.
        start: Offset of the first byte that is read.
        end: Offset behind the last byte that is read; None: the file's end at the time of reading.
        field: The column that holds each line as a whole; None: a line's fields are columns.
    """

    name: str
    owner: str
    path: Path
    start: int = 0
    end: int | None = None
    field: str | None = None

    def large_size(self) -> int | None:
        """The size of a large file that is read as a whole; None if the slice has to be spliced."""
        size = _file_size(self.path)
        is_complete = not self.start and self.field is None and self.end in (None, size)
        return size if is_complete and size >= LARGE_FILE else None

    def owned_lines(self, raw: bytes) -> bytes:
        """The lines of these bytes, each with its owner as the first field."""
        begin, end = b'{"owner": "%s", ' % self.owner.encode(), b"\n"
        skipped = 1
        if self.field:
            begin, end, skipped = begin + b'"%s": ' % self.field.encode(), b"}\n", 0
        lines = raw[:-1].split(b"\n") if raw.endswith(b"\n") else raw.splitlines()
        return b"".join([begin + line.lstrip()[skipped:] + end for line in lines])


@attrs.frozen(kw_only=True)
class JsonlReader:
    """Reads JSONL files into a database.

    Args:
        connection: A connection in a transaction.
        exact: Copy the bytes of every slice, so that a process that writes to a file meanwhile
            changes nothing.
    """

    connection: DuckDBPyConnection
    exact: bool = False

    def insert(
        self,
        statement: str,
        slices: Sequence[FileSlice],
        columns: Mapping[str, str],
        *,
        suffix: str = "",
    ) -> None:
        """Insert a row per line; the column `owner` holds the owner of each line.

        Args:
            statement: The SQL statement up to its FROM.
            slices: The lines.
            columns: Fields that are read, with their SQL types.
            suffix: What follows the FROM clause.

        Raises:
            DamagedFiles: Some of the files cannot be read. The transaction is lost.
            FileChanged: A process wrote to a large file meanwhile; never with `exact`.
        """
        import duckdb

        if not slices:
            return
        sizes = {} if self.exact else {part: part.large_size() for part in slices}
        large = {part: size for part, size in sizes.items() if size is not None}
        with tempfile.NamedTemporaryFile(prefix="mi-lines-", suffix=".jsonl") as spliced:
            _splice([part for part in slices if part not in large], spliced)
            files = [str(part.path) for part in large]
            owners = [part.owner for part in large]
            try:
                self.connection.execute(
                    f"{statement} FROM {_rows_sql(columns)}{suffix}",
                    [[spliced.name, *files], files, owners],
                )
            except duckdb.Error as error:
                if faults := _find_damaged(slices, columns):
                    raise DamagedFiles(faults) from None
                if self.exact:
                    raise StoreError(f"cannot be read: {error}", where="the store") from None
                raise FileChanged from None
        if any(_file_size(part.path) != size for part, size in large.items()):
            raise FileChanged


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _rows_sql(columns: Mapping[str, str]) -> str:
    """A subquery over the files; a line without an owner belongs to the owner of its file.

    Its parameters are the paths of all files, the paths of the large ones, and their owners.
    """
    typed = {"owner": "VARCHAR", **columns}
    struct = ", ".join(f"'{name}': '{kind}'" for name, kind in typed.items())
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"(SELECT coalesce(owner, file_owner) AS owner, {names} "
        f"FROM read_json(?, columns = {{{struct}}}, format = 'newline_delimited', "
        "filename = true) "
        "LEFT JOIN (SELECT unnest(?::VARCHAR[]) AS file, unnest(?::VARCHAR[]) AS file_owner) "
        "ON file = filename)"
    )


def _splice(slices: Iterable[FileSlice], target: IO[bytes]) -> None:
    """Write the lines of the slices, each with its owner.

    Raises:
        DamagedFiles: Some cannot be read.
    """
    missing = {}
    for part in slices:
        try:
            with part.path.open("rb") as file:
                file.seek(part.start)
                raw = file.read(-1 if part.end is None else part.end - part.start)
        except OSError as error:
            missing[part.name] = _fault_message(part.path, error.strerror or "cannot be read")
            continue
        target.write(part.owned_lines(raw))
    target.flush()
    if missing:
        raise DamagedFiles(missing)


def _find_damaged(slices: Sequence[FileSlice], columns: Mapping[str, str]) -> dict[str, str]:
    """The slices that cannot be read, found by bisection: name → message."""
    import duckdb

    with duckdb.connect() as connection, tempfile.NamedTemporaryFile(suffix=".jsonl") as spliced:
        _splice(slices, spliced)
        try:
            connection.execute(
                f"CREATE TABLE readable AS FROM {_rows_sql(columns)}", [[spliced.name], [], []]
            )
        except duckdb.Error as error:
            if len(slices) == 1:
                return {slices[0].name: _fault_message(slices[0].path, _error_text(error))}
        else:
            return {}
    half = len(slices) // 2
    return {**_find_damaged(slices[:half], columns), **_find_damaged(slices[half:], columns)}


def _fault_message(path: Path, reason: str) -> str:
    return str(
        CorruptError(
            f"is damaged and left out: {reason}",
            where=str(path),
            hint="restore it from a copy, or fix the line",
        )
    )


def _error_text(error: Exception) -> str:
    """DuckDB's message without the path, which is that of a temporary file."""
    return re.sub(r' in file "[^"]*",?', "", str(error).splitlines()[0])
