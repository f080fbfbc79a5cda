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

LARGE = 1 << 19  # bytes from which opening a file costs less than copying it


class Damaged(CorruptError):
    """Files that DuckDB could not read; `faults` says which, by the name they are loaded under."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = dict(faults)


class Changed(Exception):
    """A file was written to while it was read."""


@attrs.frozen
class Piece:
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

    def large(self) -> int | None:
        """The length of a file that is better read where it lies: all of it, nothing but lines."""
        size = _size(self.path)
        whole = not self.start and self.field is None and self.end in (None, size)
        return size if whole and size >= LARGE else None

    def spliced(self, raw: bytes) -> bytes:
        """Its lines with their owner."""
        begin, end = b'{"owner": "%s", ' % self.owner.encode(), b"\n"
        skipped = 1
        if self.field:
            begin, end, skipped = begin + b'"%s": ' % self.field.encode(), b"}\n", 0
        lines = raw[:-1].split(b"\n") if raw.endswith(b"\n") else raw.splitlines()
        return b"".join([begin + line.lstrip()[skipped:] + end for line in lines])


@attrs.frozen(kw_only=True)
class Reader:
    """Reads JSONL files into a database.

    Args:
        careful: Read exactly the bytes that are meant, though others write to the files meanwhile.
    """

    connection: DuckDBPyConnection
    careful: bool = False

    def insert(
        self, into: str, pieces: Sequence[Piece], columns: Mapping[str, str], *, end: str = ""
    ) -> None:
        """Insert rows: `into` is a statement up to its FROM, `end` what comes after it.

        Whose a line is stands in the column `owner`.

        Raises:
            Damaged: Some of the files cannot be read; nothing can be done any more in this
                transaction.
            Changed: A file was written to meanwhile, and reading was not careful.
        """
        import duckdb

        if not pieces:
            return
        found = {} if self.careful else {piece: piece.large() for piece in pieces}
        large = {piece: size for piece, size in found.items() if size is not None}
        with tempfile.NamedTemporaryFile(prefix="mi-lines-", suffix=".jsonl") as spliced:
            _splice([piece for piece in pieces if piece not in large], spliced)
            files = [str(piece.path) for piece in large]
            owners = [piece.owner for piece in large]
            try:
                self.connection.execute(
                    f"{into} FROM {_rows(columns)}{end}", [[spliced.name, *files], files, owners]
                )
            except duckdb.Error as error:
                if faults := _damage(pieces, columns):
                    raise Damaged(faults) from None
                if self.careful:
                    raise StoreError(f"cannot be read: {error}", where="the store") from None
                raise Changed from None
        if any(_size(piece.path) != size for piece, size in large.items()):
            raise Changed


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _rows(columns: Mapping[str, str]) -> str:
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


def _splice(pieces: Iterable[Piece], out: IO[bytes]) -> None:
    """Write the lines of the pieces, each with its owner.

    Raises:
        Damaged: Some cannot be read.
    """
    missing = {}
    for piece in pieces:
        try:
            with piece.path.open("rb") as file:
                file.seek(piece.start)
                raw = file.read(-1 if piece.end is None else piece.end - piece.start)
        except OSError as error:
            missing[piece.name] = _fault(piece.path, error.strerror or "cannot be read")
            continue
        out.write(piece.spliced(raw))
    out.flush()
    if missing:
        raise Damaged(missing)


def _damage(pieces: Sequence[Piece], columns: Mapping[str, str]) -> dict[str, str]:
    """Which of the pieces cannot be read, found by halving."""
    import duckdb

    with duckdb.connect() as connection, tempfile.NamedTemporaryFile(suffix=".jsonl") as spliced:
        _splice(pieces, spliced)
        try:
            connection.execute(
                f"CREATE TABLE found AS FROM {_rows(columns)}", [[spliced.name], [], []]
            )
        except duckdb.Error as error:
            if len(pieces) == 1:
                return {pieces[0].name: _fault(pieces[0].path, _said(error))}
        else:
            return {}
    half = len(pieces) // 2
    return {**_damage(pieces[:half], columns), **_damage(pieces[half:], columns)}


def _fault(path: Path, reason: str) -> str:
    return str(
        CorruptError(
            f"is damaged and left out: {reason}",
            where=str(path),
            hint="restore it from a copy, or mend the line",
        )
    )


def _said(error: Exception) -> str:
    """DuckDB's words, without the file that it was given."""
    return re.sub(r' in file "[^"]*",?', "", str(error).splitlines()[0])
