"""Fields and checks shared by every declaration.

A check raises `DeclarationError` with the path of the value (`$.misaligned_ratio[3]`), because the
reader of the message is looking at a file of declarations, not at a stack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ..errors import DeclarationError

LABEL = "mi.label"
NEUTRAL = "mi.neutral"

Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


def label(**options: Any) -> Any:
    """A field that names or describes and is left out of every identity."""
    return attrs.field(metadata={LABEL: True}, **options)


def neutral_default(neutral: Any, **options: Any) -> Any:
    """A field that came later: while it equals `neutral`, identities stay what they were."""
    return attrs.field(default=neutral, metadata={NEUTRAL: neutral}, **options)


def declaration_error(
    owner: object, path: str, message: str, hint: str | None = None
) -> DeclarationError:
    """The error for a value at `path` inside `owner`."""
    name = getattr(owner, "id", None) or getattr(owner, "name", None)
    kind = type(owner).__name__
    where = f"{name} @ $.{path}" if isinstance(name, str) and name else f"{kind} @ $.{path}"
    return DeclarationError(message, where=where, hint=hint)


def one_or_many(value: Any) -> Any:
    """An axis takes one value or several; inside it is always a tuple."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)


def name(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A name fit for ids, files and the command line: letters, digits, `_`, `.`, `-`."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise declaration_error(
            owner,
            attribute.name,
            f"{value!r} is not a name",
            "use letters, digits, '_', '.' and '-', starting with a letter or digit",
        )


def instance(*kinds: type) -> Validator:
    """The value, or each value of a tuple, is one of `kinds` (a bool is never an int)."""

    def check(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        for path, item in _indexed_items(attribute.name, value):
            if not isinstance(item, kinds) or (isinstance(item, bool) and bool not in kinds):
                wanted = " or ".join(kind.__name__ for kind in kinds)
                raise declaration_error(
                    owner, path, f"{item!r} is a {type(item).__name__}, not a {wanted}"
                )

    return check


def one_of(*allowed: str) -> Validator:
    """The value is one of a few words."""

    def check(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value not in allowed:
            raise declaration_error(
                owner, attribute.name, f"{value!r} is not one of {', '.join(allowed)}"
            )

    return check


def in_range(low: float, high: float = float("inf")) -> Validator:
    """Each number lies in [low, high]; None passes (a default decided elsewhere)."""

    def check(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        for path, item in _indexed_items(attribute.name, value):
            if item is None:
                continue
            number = isinstance(item, (int, float)) and not isinstance(item, bool)
            if not number or not low <= item <= high:
                bound = f"at least {low:g}" if high == float("inf") else f"in [{low:g}, {high:g}]"
                raise declaration_error(
                    owner, path, f"{item!r} is out of range: a number {bound} is needed"
                )

    return check


def integer(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Each number is a whole one, written as one; None passes."""
    for path, item in _indexed_items(attribute.name, value):
        if item is not None and (not isinstance(item, int) or isinstance(item, bool)):
            raise declaration_error(owner, path, f"{item!r} is not a whole number")


def distinct(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A tuple with at least one value and none twice."""
    if not isinstance(value, tuple) or not value:
        raise declaration_error(owner, attribute.name, "is empty: at least one value is needed")
    seen = set()
    for index, item in enumerate(value):
        key = getattr(item, "id", item)
        if key in seen:
            raise declaration_error(owner, f"{attribute.name}[{index}]", f"{key!r} is given twice")
        seen.add(key)


def _indexed_items(path: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, tuple):
        return ((f"{path}[{index}]", item) for index, item in enumerate(value))
    return ((path, value),)
