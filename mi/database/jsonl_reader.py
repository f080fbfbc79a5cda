"""The store's JSONL files as rows, read by DuckDB and not by Python.

DuckDB takes a third of a millisecond to open a file, so small ones are spliced into one, each line
with the name of what it belongs to, at a twentieth of that; large ones are read where they lie.
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

LARGE_FILE = 1 << 19  # bytes from which opening a file costs less than copying it


class DamagedFiles(CorruptError):
    """Files that DuckDB could not read; `faults` says which, by the name they are loaded under."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = dict(faults)


class FileChanged(Exception):
    """A file was written to while it was read."""


@attrs.frozen
class FileSlice:
    """Whole lines of a file.

    Args:
        name: What it is loaded under.
        owner: The unit, journal or run that its lines belong to.
        end: The first byte that is not read; None: all of it, however long.
        field: The column that each line as a whole is the value of; None: its fields are columns.
    """

    name: str
    owner: str
    path: Path
    start: int = 0
    end: int | None = None
    field: str | None = None

    def large_size(self) -> int | None:
        """The length of a file that is better read where it lies: all of it, nothing but lines."""
        size = _file_size(self.path)
        whole = not self.start and self.field is None and self.end in (None, size)
        return size if whole and size >= LARGE_FILE else None

    def owned_lines(self, raw: bytes) -> bytes:
        """Its lines with their owner."""
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
        careful: Read exactly the bytes that are meant, though others write to the files meanwhile.
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
        """Insert rows: `into` is a statement up to its FROM, `end` what comes after it.

        Whose a line is stands in the column `owner`.

        Raises:
            Damaged: Some of the files cannot be read; nothing can be done any more in this
                transaction.
            Changed: A file was written to meanwhile, and reading was not careful.
        """
        import duckdb

        if not slices:
            return
        found = {} if self.exact else {piece: piece.large_size() for piece in slices}
        large = {piece: size for piece, size in found.items() if size is not None}
        with tempfile.NamedTemporaryFile(prefix="mi-lines-", suffix=".jsonl") as spliced:
            _splice([piece for piece in slices if piece not in large], spliced)
            files = [str(piece.path) for piece in large]
            owners = [piece.owner for piece in large]
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
        if any(_file_size(piece.path) != size for piece, size in large.items()):
            raise FileChanged


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _rows_sql(columns: Mapping[str, str]) -> str:
    """What is read, in SQL; its parameters are all files, and of the large ones, names and owners.

    A line that does not say whose it is belongs to the owner of its file.
    """
    typed = {"owner": "VARCHAR", **columns}
    struct = ", ".join(f"'{name}': '{kind}'" for name, kind in typed.items())
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"(SELECT coalesce(owner, its) AS owner, {names} "
        f"FROM read_json(?, columns = {{{struct}}}, format = 'newline_delimited', "
        "filename = true) "
        "LEFT JOIN (SELECT unnest(?::VARCHAR[]) AS file, unnest(?::VARCHAR[]) AS its) "
        "ON file = filename)"
    )


def _splice(slices: Iterable[FileSlice], target: IO[bytes]) -> None:
    """Write the lines of the pieces, each with its owner.

    Raises:
        Damaged: Some cannot be read.
    """
    missing = {}
    for piece in slices:
        try:
            with piece.path.open("rb") as file:
                file.seek(piece.start)
                raw = file.read(-1 if piece.end is None else piece.end - piece.start)
        except OSError as error:
            missing[piece.name] = _fault_message(piece.path, error.strerror or "cannot be read")
            continue
        target.write(piece.owned_lines(raw))
    target.flush()
    if missing:
        raise DamagedFiles(missing)


def _find_damaged(slices: Sequence[FileSlice], columns: Mapping[str, str]) -> dict[str, str]:
    """Which of the pieces cannot be read, found by halving."""
    import duckdb

    with duckdb.connect() as connection, tempfile.NamedTemporaryFile(suffix=".jsonl") as spliced:
        _splice(slices, spliced)
        try:
            connection.execute(
                f"CREATE TABLE found AS FROM {_rows_sql(columns)}", [[spliced.name], [], []]
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
            hint="restore it from a copy, or mend the line",
        )
    )


def _error_text(error: Exception) -> str:
    """DuckDB's words, without the file that it was given."""
    return re.sub(r' in file "[^"]*",?', "", str(error).splitlines()[0])
