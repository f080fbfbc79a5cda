"""Records to and from JSON, strictly.

Only for storing and reading back, never for identity. Reading refuses unknown and missing fields:
a record that does not fit is a corrupt record, and says which field.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import CorruptError

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")


@cache
def converter() -> Converter:
    """The one converter; made on first use because importing cattrs takes a quarter of a second."""
    from cattrs.preconf.json import make_converter

    made: Converter = make_converter(forbid_extra_keys=True, detailed_validation=True)
    return made


def to_json(record: Any) -> str:
    """A record as one line of JSON."""
    return json.dumps(converter().unstructure(record), ensure_ascii=False)


def read_json(path: Path, record_type: type[T]) -> T:
    """The record of `kind` that a file holds.

    Raises:
        CorruptError: It cannot be read, or as `load`.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CorruptError(f"cannot be read ({error.strerror})", where=str(path)) from None
    return from_json(text, record_type, path)


def from_json(text: str | bytes, record_type: type[T], where: Path | str) -> T:
    """A record of `kind` from JSON.

    Raises:
        CorruptError: The text is no JSON, or not a record of this kind; says where and why.
    """
    try:
        return converter().structure(json.loads(text), record_type)
    except Exception as error:
        raise CorruptError(
            f"not a {record_type.__name__}: {_reason(error)}", where=str(where)
        ) from None


def _reason(error: Exception) -> str:
    from cattrs import transform_error

    if isinstance(error, ValueError):  # of `json`, or of bytes that are no text
        return f"no JSON ({error})"
    return "; ".join(transform_error(error, path="$"))
