"""The gate: text from a disk, a server or another machine becomes a typed value here, or nothing.

Whatever is stored is read back by every later run, by DuckDB under a fixed schema and by other
machines. So a value is checked once, where it is written or imported, and strictly: JSON in UTF-8,
one object a line, no name twice, finite numbers, text without half characters, bounded sizes, names
that can be part of a path. What does not pass is refused with a reason, and never an exception of
another kind than `Refused`.

`Shape` describes a record by its fields. The shapes of journal lines are in `mi.units.lines`.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import Any

import attrs

from .atomic import system_error

MAX_LINE = 8 << 20
"""Bytes of a line. DuckDB refuses objects from 16 MiB on."""
MAX_RECORD = 64 << 20
"""Bytes of a file that holds one record."""
MAX_TEXT = 1 << 20
"""Characters of a text."""
MAX_COUNT = 10**15
"""The largest count. A float holds it exactly, and so does every database."""
MAX_DEPTH = 32
"""Levels of nesting."""

Check = Callable[[Any], str | None]
"""Says what is wrong with a value, as the end of a sentence; None where nothing is."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=@-]{0,199}", re.ASCII)
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_HALF_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class Refused(ValueError):
    """A value that does not pass; the message says why, as the end of a sentence."""


def parse_object(raw: bytes, limit: int = MAX_LINE) -> dict[str, Any]:
    """Parse one JSON object.

    Args:
        raw: The text in UTF-8.
        limit: The most bytes it may have.

    Raises:
        Refused: It is something else.
    """
    if len(raw) > limit:
        raise Refused(f"is larger than {limit} bytes")
    try:
        text = raw.decode()
        value = _DECODER.decode(text)
    except Refused:
        raise
    except UnicodeDecodeError:
        raise Refused("is not text in UTF-8") from None
    except RecursionError:
        raise Refused("is nested too deeply") from None
    except ValueError as error:
        raise Refused(f"is not valid JSON ({str(error)[:200]})") from None
    if type(value) is not dict:
        raise Refused("is not a JSON object")
    if _HALF_ESCAPE.search(text) and (problem := json_value(value)):
        raise Refused(problem)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise Refused("has a name twice")
    return record


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Refused(f"has a number out of range ({text[:40]})")
    return number


def _constant(name: str) -> Any:
    raise Refused(f"has a number that is not finite ({name})")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_finite, parse_constant=_constant
)


def read_file(path: Path, limit: int = MAX_RECORD) -> bytes:
    """The content of a regular file. Nothing else is opened, so no pipe or device can hang it.

    Args:
        path: The file.
        limit: The most bytes it may have.

    Raises:
        FileNotFoundError: There is no file.
        Refused: It is not a regular file, or too large, or cannot be read.
    """
    with open_file(path) as file:
        if os.fstat(file.fileno()).st_size > limit:
            raise Refused(f"is larger than {limit} bytes")
        try:
            return file.read(limit)
        except OSError as error:
            raise Refused(f"cannot be read ({error.strerror})") from None


def open_file(path: Path, *, follow: bool = True) -> BufferedReader:
    """Open a regular file for reading.

    Args:
        path: The file.
        follow: Whether it may be a symbolic link. Files of others may not.

    Raises:
        FileNotFoundError: There is no file.
        Refused: It is not a regular file, or cannot be read.
        StoreError: This process has too many open files: that says nothing about this one.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise system_error(error, path) or Refused(f"cannot be read ({error.strerror})") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused("is not a regular file")
    return open(descriptor, "rb")


def is_name(value: Any) -> bool:
    """Whether a value can be the name of a unit, a journal or a run, and so a part of a path."""
    return type(value) is str and _matches_name(value)


@lru_cache(1 << 12)  # lines repeat the names of units and questions
def _matches_name(value: str) -> bool:
    return _NAME.fullmatch(value) is not None


def clean_text(text: str) -> str:
    """A text that can be written in UTF-8: half a character becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


# Checks of values


def text(value: Any) -> str | None:
    """A text without half characters."""
    if type(value) is not str:
        return "is not a text"
    if len(value) > MAX_TEXT:
        return f"has more than {MAX_TEXT} characters"
    if not value.isascii() and _HALF_CHARACTER.search(value):
        return "has half a character"
    return None


def path_name(value: Any) -> str | None:
    """A name that can be part of a path."""
    return None if is_name(value) else "is not a name"


def count(value: Any) -> str | None:
    """A whole number of things."""
    if type(value) is not int:
        return "is not a whole number"
    return None if 0 <= value <= MAX_COUNT else "is not between 0 and 10^15"


def number(value: Any) -> str | None:
    """A finite number."""
    if type(value) is float:
        return None if math.isfinite(value) else "is not finite"
    if type(value) is not int:
        return "is not a number"
    return None if -MAX_COUNT <= value <= MAX_COUNT else "is out of range"


def amount(value: Any) -> str | None:
    """A finite number that is not negative."""
    return number(value) or (None if value >= 0 else "is negative")


def flag(value: Any) -> str | None:
    """True or false."""
    return None if type(value) is bool else "is not true or false"


def timestamp(value: Any) -> str | None:
    """A time in ISO 8601."""
    is_time = type(value) is str and len(value) <= 40 and _is_timestamp(value)
    return None if is_time else "is not a time"


@lru_cache(1 << 8)  # lines of a batch have the same time
def _is_timestamp(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return value[:1].isascii() and value[:1].isdigit()


def anything(value: Any) -> str | None:
    """Any value, of a field that is not kept."""
    return None


def json_value(value: Any, depth: int = MAX_DEPTH) -> str | None:
    """Anything that JSON can say, of bounded depth."""
    kind = type(value)
    if kind is str:
        return text(value)
    if value is None or kind is bool:
        return None
    if kind is float or kind is int:
        return number(value)
    if depth == 0:
        return "is nested too deeply"
    if kind is dict:
        if any(text(key) for key in value):
            return "has a name that is not a text"
        value = value.values()
    elif kind is not list and kind is not tuple:
        return f"holds a {kind.__name__}, which JSON does not have"
    return next((problem for item in value if (problem := json_value(item, depth - 1))), None)


def optional(check: Check) -> Check:
    """A value, or null."""
    return lambda value: None if value is None else check(value)


def list_of(check: Check, most: int = 1 << 20) -> Check:
    """A list of values.

    Args:
        check: Checks each value.
        most: The most values it may have.
    """

    def check_list(value: Any) -> str | None:
        if type(value) is not list and type(value) is not tuple:
            return "is not a list"
        if len(value) > most:
            return f"has more than {most} items"
        return next((problem for item in value if (problem := check(item))), None)

    return check_list


def map_of(key: Check, item: Check) -> Check:
    """An object with any names.

    Args:
        key: Checks each name.
        item: Checks each value.
    """

    def check_map(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return "is not an object"
        for label, entry in value.items():
            if problem := key(label):
                return f"has the name {str(label)[:80]!r}, which {problem}"
            if problem := item(entry):
                return f"{str(label)[:80]} {problem}"
        return None

    return check_map


_INLINE: Mapping[Check, str] = {
    text: "value.__class__ is str and len(value) <= MAX_TEXT "
    "and (value.isascii() or find_half(value) is None)",
    path_name: "value.__class__ is str and matches_name(value)",
    count: "value.__class__ is int and 0 <= value <= MAX_COUNT",
    amount: "(value.__class__ is float and 0.0 <= value < inf) "
    "or (value.__class__ is int and 0 <= value <= MAX_COUNT)",
    timestamp: "value.__class__ is str and len(value) <= 40 and is_timestamp(value)",
}
"""The same checks as expressions, for `_compile`: a call for each field would take longer."""


@attrs.frozen(kw_only=True)
class Shape:
    """What a kind of record looks like.

    A record that passes, as nearly all do, is checked by one compiled function that knows the
    fields. For any other, `problem` looks for the reason.

    Args:
        noun: What it is called in a message.
        required: Names of fields that it must have → their checks.
        allowed: Names of fields that it may have → their checks; null counts as absent.
        relation: Checks the record as a whole, once all its fields have passed.
        is_open: Whether it may have other fields.
        others: Checks other fields: by default they hold any JSON that can be stored.
    """

    noun: str
    required: Mapping[str, Check]
    allowed: Mapping[str, Check] = attrs.field(factory=dict)
    relation: Check = lambda record: None
    is_open: bool = True
    others: Check = json_value
    _checks: dict[str, Check] = attrs.field(init=False, repr=False, eq=False)
    _names: frozenset[str] = attrs.field(init=False, repr=False, eq=False)
    _passes: Callable[[Mapping[str, Any]], bool] = attrs.field(init=False, repr=False, eq=False)

    @_checks.default
    def _default_checks(self) -> dict[str, Check]:
        return {**self.allowed, **self.required}

    @_names.default
    def _default_names(self) -> frozenset[str]:
        return frozenset(self.required)

    @_passes.default
    def _default_passes(self) -> Callable[[Mapping[str, Any]], bool]:
        others = self.others if self.is_open else None
        return _compile(self._checks, self._names, self.relation, others)

    def problem(self, record: Mapping[str, Any]) -> str | None:
        """What is wrong with a record, as the end of a sentence; None where nothing is."""
        if self._passes(record):
            return None
        if not record.keys() >= self._names:
            missing = ", ".join(sorted(self._names - record.keys()))
            return f"is not {self.noun}: {missing} is missing"
        for key, value in record.items():
            check = self._checks.get(key)
            if check is None:
                if not self.is_open:
                    return f"is not {self.noun}: {str(key)[:80]!r} is unknown"
                problem = text(key) or self.others(value)
            elif value is None and key not in self._names:
                continue
            else:
                problem = check(value)
            if problem:
                return f"is not {self.noun}: {key!s:.80} {problem}"
        problem = self.relation(record)
        return f"is not {self.noun}: {problem}" if problem else None

    def as_check(self) -> Check:
        """A check of a value that is such a record."""
        return lambda value: (
            self.problem(value)
            if type(value) is dict or isinstance(value, Mapping)
            else f"is not {self.noun}"
        )

    def parse(self, raw: bytes, limit: int = MAX_LINE) -> dict[str, Any]:
        """Parse a record.

        Args:
            raw: Its JSON.
            limit: The most bytes it may have.

        Raises:
            Refused: It is not such a record.
        """
        record = parse_object(raw, limit)
        if problem := self.problem(record):
            raise Refused(problem)
        return record


def _compile(
    checks: Mapping[str, Check],
    required: Collection[str],
    relation: Callable[[Mapping[str, Any]], str | None],
    others: Check | None,
) -> Callable[[Mapping[str, Any]], bool]:
    """A function that says whether a record passes. False may also mean that it does not know.

    Args:
        checks: Field → its check.
        required: The fields that must be there.
        relation: Checks the record as a whole.
        others: Checks other fields; None: there may be none.
    """

    def do_others_pass(record: Mapping[str, Any]) -> bool:
        if others is None:
            return False
        rest = ((name, value) for name, value in record.items() if name not in checks)
        return not any(text(name) or others(value) for name, value in rest)

    scope: dict[str, Any] = {
        "MAX_TEXT": MAX_TEXT,
        "MAX_COUNT": MAX_COUNT,
        "inf": math.inf,
        "find_half": _HALF_CHARACTER.search,
        "matches_name": _matches_name,
        "is_timestamp": _is_timestamp,
        "relation": relation,
        "do_others_pass": do_others_pass,
    }
    lines = ["def passes(record):", "    get, known = record.get, 0"]
    for number, (name, check) in enumerate(checks.items()):
        scope[f"check{number}"] = check
        passes = _INLINE.get(check, f"check{number}(value) is None")
        lines += [
            f"    value = get({name!r})",
            "    if value is not None:",
            f"        if not ({passes}): return False",
            "        known += 1",
            *(["    else: return False"] if name in required else []),
            *([] if name in required else [f"    elif {name!r} in record: known += 1"]),
        ]
    lines += [
        "    if known != len(record) and not do_others_pass(record): return False",
        "    return relation(record) is None",
    ]
    exec("\n".join(lines), scope)  # field names and checks are this program's own
    compiled: Callable[[Mapping[str, Any]], bool] = scope["passes"]
    return compiled
