"""Fields and validators shared by every declaration.

A validator raises `DeclarationError` with the path of the value (`$.misaligned_ratio[3]`), because
the reader of the message is looking at a file of declarations, not at a stack trace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from ..errors import DeclarationError

LABEL = "mi.label"
NEUTRAL = "mi.neutral"

Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


def label(**options: Any) -> Any:
    """A field that only names or describes, and is not part of any identity."""
    return attrs.field(metadata={LABEL: True}, **options)


def neutral_default(neutral: Any, **options: Any) -> Any:
    """A field added later: while it equals its default `neutral`, identities do not change."""
    return attrs.field(default=neutral, metadata={NEUTRAL: neutral}, **options)


def declaration_error(
    owner: object, path: str, message: str, hint: str | None = None
) -> DeclarationError:
    """The error for a value of a declaration; the caller raises it.

    Args:
        owner: The declaration that holds the value.
        path: Where the value is inside `owner`: `misaligned_ratio[3]`.
        message: What is wrong.
        hint: What to do.
    """
    name = getattr(owner, "id", None) or getattr(owner, "name", None)
    title = name if isinstance(name, str) and name else type(owner).__name__
    return DeclarationError(message, where=f"{title} @ $.{path}", hint=hint)


def one_or_many(value: Any) -> Any:
    """A converter: a single value, or an iterable of values, as a tuple."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)


def name(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: a name fit for ids, files and the command line.

    Args:
        owner: The declaration that holds the value.
        attribute: The field that is validated.
        value: Must consist of letters, digits, `_`, `.` and `-`, and start with a letter or digit.

    Raises:
        DeclarationError: The value is not such a name.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise declaration_error(
            owner,
            attribute.name,
            f"{value!r} is not a name",
            "use letters, digits, '_', '.' and '-', starting with a letter or digit",
        )


def instance(*types: type) -> Validator:
    """A validator: the value, or each item of a tuple, is one of `types`; a bool is not an int."""

    def check(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        for path, item in _indexed_items(attribute.name, value):
            if not isinstance(item, types) or (isinstance(item, bool) and bool not in types):
                expected = " or ".join(allowed.__name__ for allowed in types)
                message = f"{item!r} is a {type(item).__name__}, not a {expected}"
                raise declaration_error(owner, path, message)

    return check


def one_of(*allowed: str) -> Validator:
    """A validator: the value is one of a few strings."""

    def check(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value not in allowed:
            raise declaration_error(
                owner, attribute.name, f"{value!r} is not one of {', '.join(allowed)}"
            )

    return check


def in_range(low: float, high: float = float("inf")) -> Validator:
    """A validator: the value, or each item of a tuple, is a number in [low, high] or None."""

    def check(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        for path, item in _indexed_items(attribute.name, value):
            if item is None:
                continue
            is_number = isinstance(item, (int, float)) and not isinstance(item, bool)
            if not is_number or not low <= item <= high:
                bound = f"at least {low:g}" if high == float("inf") else f"in [{low:g}, {high:g}]"
                raise declaration_error(
                    owner, path, f"{item!r} is out of range: it must be a number {bound}"
                )

    return check


def integer(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: the value, or each item of a tuple, is an int or None; 1.0 is not an int.

    Args:
        owner: The declaration that holds the value.
        attribute: The field that is validated.
        value: The value or tuple of values.

    Raises:
        DeclarationError: A value is not an int.
    """
    for path, item in _indexed_items(attribute.name, value):
        if item is not None and (not isinstance(item, int) or isinstance(item, bool)):
            raise declaration_error(owner, path, f"{item!r} is not a whole number")


def json_object(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: the JSON text of an object, or an empty text.

    Args:
        owner: The declaration that holds the value.
        attribute: The field that is validated.
        value: The text.

    Raises:
        DeclarationError: The value is another text, or no text.
    """
    try:
        is_object = value == "" or isinstance(json.loads(value), dict)
    except (TypeError, ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise declaration_error(owner, attribute.name, f"{value!r} is not the JSON of an object")


def distinct(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A validator: a tuple that is not empty and in which no value, or id, occurs twice.

    Args:
        owner: The declaration that holds the value.
        attribute: The field that is validated.
        value: The tuple.

    Raises:
        DeclarationError: The tuple is empty or repeats a value.
    """
    if not isinstance(value, tuple) or not value:
        raise declaration_error(owner, attribute.name, "is empty: at least one value is needed")
    keys = set()
    for index, item in enumerate(value):
        key = getattr(item, "id", item)
        if key in keys:
            raise declaration_error(owner, f"{attribute.name}[{index}]", f"{key!r} is given twice")
        keys.add(key)


def unless_empty(validators: Sequence[Validator]) -> Validator:
    """A validator: those given, for a tuple that is not empty."""

    def check(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value != ():
            for validator in validators:
                validator(owner, attribute, value)

    return check


def _indexed_items(path: str, value: Any) -> Iterable[tuple[str, Any]]:
    """Each item of a tuple with its path, or the value itself with `path`."""
    if isinstance(value, tuple):
        return ((f"{path}[{index}]", item) for index, item in enumerate(value))
    return ((path, value),)
