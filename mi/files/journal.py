"""Append-only JSONL journals: a record that was appended survives whatever happens next.

Records are appended in groups, with one write and one fsync for each group. A power cut during a
write can leave a torn last line. Readers skip it and the next append cuts it off, because that
append never returned. Any other line that cannot be parsed is damage and raises an error.
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
    """Append records to a journal and fsync it.

    If the machine dies during the call, the journal holds a prefix of the records, and the last of
    them may be torn.

    Raises:
        StoreError: The disk is full or the file cannot be written.
    """
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    with translate_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            _truncate_torn_line(path, file.fileno())
            file.write(text.encode("utf-8", "replace"))  # a lone surrogate is written as `?`
            file.flush()
            os.fsync(file.fileno())


def read_records(path: Path) -> Iterator[Any]:
    """The records of a journal in order, parsed lazily; none if the file does not exist.

    Raises:
        CorruptError: A line before the last is not valid JSON; the message names the line.
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
                    hint="restore the file from a copy, or remove the line to repeat its work",
                ) from None


def _truncate_torn_line(path: Path, descriptor: int) -> None:
    """Cut off a last line that does not end in a newline."""
    size = os.fstat(descriptor).st_size
    if not size:
        return
    with path.open("rb") as file:
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        end = file.read().rfind(b"\n") + 1
    os.ftruncate(descriptor, end)
