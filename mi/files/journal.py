"""Append-only JSONL: what has arrived is kept, whatever happens next.

Lines go in by whole groups, one write and one fsync each. A torn last line (power lost in the
middle of a write) is cut off when the journal is next opened for writing and passed over by
readers, because it never was acknowledged; a line that does not parse anywhere else is damage and
an error.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import CorruptError
from .atomic import translate_write_errors


def append_records(path: Path, records: Iterable[Any]) -> None:
    """Add records, all of them or, when the machine dies, a prefix that readers can tell.

    Raises:
        StoreError: The disk is full or the file cannot be written.
    """
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    with translate_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            _truncate_torn_line(path, file.fileno())
            file.write(text.encode("utf-8", "replace"))  # half a character is written as `?`
            file.flush()
            os.fsync(file.fileno())


def read_records(path: Path) -> Iterator[Any]:
    """The records in order, read as they are asked for; none where there is no file.

    Raises:
        CorruptError: A line in the middle is no JSON; names the line.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                raise CorruptError(
                    "this line is damaged",
                    where=f"{path}:{number}",
                    hint="restore the file from a copy, or remove the line to have its work done "
                    "again",
                ) from None


def _truncate_torn_line(path: Path, fileno: int) -> None:
    """Cut off a last line without an end."""
    size = os.fstat(fileno).st_size
    if not size:
        return
    with path.open("rb") as file:
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        end = file.read().rfind(b"\n") + 1
    os.ftruncate(fileno, end)
