"""Typed records to and from JSON, strictly.

For storing and reading back only, never for identity. Unknown and missing fields are errors: a
record that does not fit is corrupt, and the message names the field.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ..errors import CorruptError
from . import gate

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")

_STORED_NAME = "mi.stored_name"
_OMITTED_DEFAULT = "mi.omitted_default"


@cache
def converter() -> Converter:
    """The shared converter, made on first use because importing cattrs takes 0.25 s."""
    from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
    from cattrs.preconf.json import make_converter

    strict: Converter = make_converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in (str, int, float, bool):
        strict.register_structure_hook(kind, _structure_value)
    strict.register_structure_hook_factory(
        _has_overrides,
        lambda record_type: make_dict_structure_fn(record_type, strict, **_overrides(record_type)),
    )
    strict.register_unstructure_hook_factory(
        _has_overrides,
        lambda record_type: make_dict_unstructure_fn(
            record_type, strict, **_overrides(record_type)
        ),
    )
    return strict


def _structure_value(value: Any, kind: type[T]) -> T:
    """A value that is of this type already; a whole number is a float too. Nothing is converted."""
    if kind is float and type(value) is int and abs(value) <= gate.MAX_COUNT:
        value = float(value)
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, found {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("expected a finite number")
    if isinstance(value, str) and (problem := gate.text(value)):
        raise ValueError(problem)
    result: T = value
    return result


def stored_as(name: str) -> dict[str, str]:
    """Metadata for an attrs field that is called `name` in JSON, whatever the code calls it."""
    return {_STORED_NAME: name}


def omit_default() -> dict[str, bool]:
    """Metadata for an attrs field that JSON leaves out where it has its default.

    A record without the field is then the one that an earlier version wrote, and reads back.
    """
    return {_OMITTED_DEFAULT: True}


def _has_overrides(record_type: Any) -> bool:
    return attrs.has(record_type) and bool(_overrides(record_type))


def _overrides(record_type: Any) -> dict[str, Any]:
    from cattrs import override

    return {
        field.name: override(
            rename=field.metadata.get(_STORED_NAME),
            omit_if_default=field.metadata.get(_OMITTED_DEFAULT),
        )
        for field in attrs.fields(record_type)
        if field.metadata.keys() & {_STORED_NAME, _OMITTED_DEFAULT}
    }


def to_json(record: Any) -> str:
    """A record as one line of JSON."""
    return json.dumps(converter().unstructure(record), ensure_ascii=False)


def read_json(path: Path, record_type: type[T]) -> T:
    """The record in a file.

    Raises:
        CorruptError: The file cannot be read, or does not hold such a record.
    """
    try:
        text = gate.read_file(path)
    except FileNotFoundError:
        raise CorruptError("cannot be read (No such file or directory)", where=str(path)) from None
    except gate.Refused as error:
        raise CorruptError(str(error), where=str(path)) from None
    return from_json(text, record_type, path)


def from_json(text: str | bytes, record_type: type[T], where: Path | str) -> T:
    """Parse one record.

    Args:
        text: A JSON document.
        record_type: The attrs class of the record.
        where: Where the text comes from, for messages.

    Raises:
        CorruptError: The text is not valid JSON, or not a record of this type.
    """
    try:
        raw = text.encode() if isinstance(text, str) else text
        return converter().structure(gate.parse_object(raw, gate.MAX_RECORD), record_type)
    except Exception as error:
        raise CorruptError(
            f"is not a valid {record_type.__name__}: {_reason(error)}", where=str(where)
        ) from None


def _reason(error: Exception) -> str:
    from cattrs import transform_error

    if isinstance(error, gate.Refused):
        return f"it {error}"
    if isinstance(error, ExceptionGroup) and isinstance(error.exceptions[0], gate.Refused):
        return f"it {error.exceptions[0]}"
    if isinstance(error, ValueError):
        return str(error)
    return "; ".join(transform_error(error, path="$"))
