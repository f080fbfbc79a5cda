"""Keys: what a unit is called, derived from what it is.

A key is a kind and the first 16 hex digits of the sha256 of a *canonical* text of the payload. The
text is JSON made by one strict walker: attrs objects are tagged with their class, floats are
written by `repr`, enums by name, tuples as arrays. Everything else is refused with its path instead
of being guessed at, because a value that is hashed by accident (a path, a list someone mutates, a
NaN) is an identity that changes by accident.

Fields marked with `label` never enter. A field made with `added` enters only once it differs from
its neutral value, so that a new knob leaves the keys of old units alone.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any

import attrs

from .errors import DeclarationError
from .spec.fields import LABEL, NEUTRAL

SCHEME = 1
"""Number of this way of making keys; stored with each record, so that a change is a migration."""

DIGITS = 16


def key(kind: str, payload: object) -> str:
    """The key of `payload`: `<kind>-<16 hex digits>`.

    Raises:
        DeclarationError: The payload holds a value that has no canonical form; names its path.
    """
    return f"{kind}-{digest(canonical(payload))[:DIGITS]}"


def digest(text: str | bytes) -> str:
    """sha256 of a text (as UTF-8) or of bytes, as 64 hex digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def canonical(payload: object) -> str:
    """The one text of `payload`: equal values give equal texts, on every platform."""
    return "".join(_walk(payload, "$"))


def plain(payload: object) -> Any:
    """The payload as JSON values, to be stored beside the key and compared with others."""
    return json.loads(canonical(payload))


def difference(old: Any, new: Any, path: str = "") -> list[str]:
    """What differs between two plain payloads, a line each: `sampling.temperature: 1.0 → 0.7`."""
    if isinstance(old, dict) and isinstance(new, dict):
        lines = []
        for name in sorted(old.keys() | new.keys()):
            inner = f"{path}.{name}" if path else name
            lines += difference(old.get(name), new.get(name), inner)
        return lines
    if old == new and type(old) is type(new):
        return []
    return [f"{path}: {_shown(old)} → {_shown(new)}"]


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _walk(value: object, path: str) -> Iterator[str]:
    if value is None or isinstance(value, bool):
        yield json.dumps(value)
    elif isinstance(value, Enum):
        yield f'{{"!":{json.dumps(type(value).__name__)},"name":{json.dumps(value.name)}}}'
    elif isinstance(value, str):
        yield json.dumps(value)
    elif isinstance(value, int):
        yield str(int(value))
    elif isinstance(value, float):
        yield _float(value, path)
    elif isinstance(value, tuple) and type(value) is tuple:
        yield from _array(value, path)
    elif attrs.has(type(value)):
        yield from _object(value, path)
    else:
        raise DeclarationError(
            f"a {type(value).__name__} cannot be part of an identity",
            where=path,
            hint="use str, int, float, bool, None, an Enum, a tuple or an attrs class",
        )


def _float(value: float, path: str) -> str:
    if not math.isfinite(value):
        raise DeclarationError(f"{value} cannot be part of an identity", where=path)
    return repr(value + 0.0)  # -0.0 equals 0.0, so it must not be told apart from it


def _array(value: tuple[object, ...], path: str) -> Iterator[str]:
    yield "["
    for index, item in enumerate(value):
        if index:
            yield ","
        yield from _walk(item, f"{path}[{index}]")
    yield "]"


def _object(value: object, path: str) -> Iterator[str]:
    kind: Any = type(value)
    yield f'{{"!":{json.dumps(kind.__name__)}'
    for name, neutral in _fields(kind):
        item = getattr(value, name)
        if neutral is not attrs.NOTHING and item == neutral and type(item) is type(neutral):
            continue
        yield f',"{name}":'
        yield from _walk(item, f"{path}.{name}")
    yield "}"


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Names that enter the identity, sorted, each with its neutral value (NOTHING: none)."""
    members = attrs.fields(kind)
    return tuple(
        sorted(
            (member.name, member.metadata.get(NEUTRAL, attrs.NOTHING))
            for member in members
            if not member.metadata.get(LABEL)
        )
    )
