"""Append-only JSONL journals: a record that was appended survives whatever happens next.

Records are appended in groups, with one write and one fsync for each group. A power cut during a
write can leave a torn last line. Readers skip it and the next append cuts it off, because that
append never returned. Any other line that is not a JSON object is damage and raises an error. A
line that is one, and not of the shape that its reader relies on, is left out.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import CorruptError
from . import gate, secrets
from .atomic import make_dir, open_private, translate_write_errors

_log = logging.getLogger(__name__)
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _make_encode() -> Callable[[Any], str]:
    """What `_ENCODER.encode` does, without building the encoder anew for each line.

    Records are checked before they are written, so none contains itself.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _ENCODER.encode
    parts = make(
        None, _ENCODER.default, json.encoder.encode_basestring, None, ": ", ", ", False, False, True
    )
    return lambda record: "".join(parts(record, 0))


_encode = _make_encode()


def append_records(path: Path, records: Iterable[Any]) -> None:
    """Append records to a journal and fsync it.

    If the machine dies during the call, the journal holds a prefix of the records, and the last of
    them may be torn.

    Args:
        path: The journal.
        records: JSON values. Bytes are lines that `encode_line` made.

    Raises:
        StoreError: The disk is full or the file cannot be written.
    """
    lines = [record if type(record) is bytes else encode_line(record) for record in records]
    with translate_write_errors(path):
        make_dir(path.parent)
        with open(path, "ab", opener=open_private) as file:
            _truncate_torn_line(path, file.fileno())
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())


def encode_line(record: Any) -> bytes:
    """A record as a line of a journal, without secrets.

    Half a character is written as a question mark.
    """
    line = _to_line(record)
    return _to_line(secrets.redact_value(record)) if secrets.has_key(line) else line


def _to_line(record: Any) -> bytes:
    return (_encode(record) + "\n").encode("utf-8", "replace")


def read_records(path: Path, shape: gate.Shape | None = None) -> Iterator[dict[str, Any]]:
    """The records of a journal in order, parsed lazily; none if the file does not exist.

    Args:
        path: The journal.
        shape: What its records look like. One that does not is left out, as if it had never come.

    Raises:
        CorruptError: A line before the last is not a JSON object; the message names the line.
    """
    number = 0
    try:
        with gate.open_file(path) as file:
            for line in iter(lambda: file.readline(gate.MAX_LINE + 1), b""):
                if not line.endswith(b"\n") and len(line) <= gate.MAX_LINE:
                    return
                number += 1
                record = gate.parse_object(line)
                problem = shape.problem(record) if shape is not None else None
                if problem is None:
                    yield record
                else:
                    _log.info("%s:%d left out: it %s", path, number, problem)
    except FileNotFoundError:
        return
    except gate.Refused as error:
        raise CorruptError(
            f"this line is damaged: it {error}" if number else str(error),
            where=f"{path}:{number}" if number else str(path),
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
