"""JSON Lines as people have them, and one message for all lines of a file that cannot be used.

A file may be UTF-8 with or without a byte order mark, or UTF-16 or UTF-32 with one; its lines may
end with CRLF, and blank lines count for nothing. Of an object in which a key stands twice, and of
`NaN`, nobody can say what is meant, so they are refused. All lines are read before a file is
refused: its message counts the bad ones and shows the first.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import DataError
from .faults import Fault, FaultLog

T = TypeVar("T")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; that of UTF-16-LE is the beginning of that of UTF-32-LE, so it comes later."""
_OTHER_FORMATS = (
    (b"\x1f\x8b", "is compressed with gzip", "run `gunzip -c FILE > NEW.jsonl`"),
    (b"PK\x03\x04", "is a zip archive", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd", "run `zstd -dc FILE > NEW.jsonl`"),
    (
        b"PAR1",
        "is a Parquet file",
        "run `duckdb -c \"COPY (FROM 'FILE') TO 'NEW.jsonl' (FORMAT json)\"`",
    ),
)
_ARRAY_HINT = (
    "write one object per line: `python -c 'import json, sys; [print(json.dumps(row)) for row in "
    "json.load(sys.stdin)]' < FILE > NEW.jsonl`"
)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""The JSON escape of one half of a surrogate pair."""


def parse_lines(raw: bytes, where: str, parse: Callable[[int, dict[str, Any]], T]) -> list[T]:
    """What `parse` makes of each JSON object of a file, in order.

    Args:
        raw: The content of the file.
        where: The file, for messages.
        parse: Gets the number of a line, counted from 1, and its object; raises `Fault`.

    Raises:
        DataError: The file is empty or of another format, or lines cannot be used; counts all of
            them and shows the first five.
    """
    parsed: list[T] = []
    faults = FaultLog(where=where, noun="line")
    for line, text in enumerate(_decode(raw, where).split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            parsed.append(parse(line, _load_object(text)))
        except Fault as fault:
            faults.add(str(line), f":{line}", fault)
    if faults.count:
        raise _document_error(raw, where) or faults.error(faults.count + len(parsed))
    if not parsed:
        raise DataError("the file is empty", where=where, hint="one JSON object per line is needed")
    return parsed


def _decode(raw: bytes, where: str) -> bytes:
    """The content as UTF-8 without a byte order mark; single lines may still be no UTF-8.

    Raises:
        DataError: The file is of another format.
    """
    for start, message, hint in _OTHER_FORMATS:
        if raw.startswith(start):
            raise DataError(message, where=where, hint=hint)
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            content = raw[len(mark) :]
            if encoding == "utf-8":
                return content
            try:
                return content.decode(encoding).encode()
            except UnicodeError as error:
                raise DataError(
                    f"is not valid {encoding}: {error}", where=where, hint="save it as UTF-8"
                ) from None
    return raw


def _load_object(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Fault(
            f"is not valid UTF-8 (byte {error.start + 1} of the line)",
            "save the file as UTF-8: `iconv -f ENCODING -t utf-8 FILE > NEW.jsonl`",
        ) from None
    try:
        record = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except ValueError as error:
        raise Fault(f"is not valid JSON: {error}") from None
    except RecursionError:
        raise Fault("is nested too deeply") from None
    if not isinstance(record, dict):
        raise Fault("is not a JSON object")
    if _SURROGATE.search(text) and not _is_valid_unicode(record):
        raise Fault("contains half of a surrogate pair, which is not valid text")
    return record


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise Fault(f"has the key {repeated!r} twice", "keep one of them")
    return record


def _refuse_constant(name: str) -> Any:
    raise Fault(f"contains {name}, which is not JSON", "write null instead")


def _is_valid_unicode(record: Any) -> bool:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _document_error(raw: bytes, where: str) -> DataError | None:
    """The error for a file that is one JSON value over several lines, or an array of rows."""
    try:
        value = json.loads(_decode(raw, where))
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return DataError(
            f"is one JSON array of {len(value):,} values, not JSON Lines",
            where=where,
            hint=_ARRAY_HINT,
        )
    if isinstance(value, dict) and raw.strip().count(b"\n"):
        return DataError(
            "is one JSON object over several lines, not JSON Lines",
            where=where,
            hint="write one object per row and line",
        )
    return None
