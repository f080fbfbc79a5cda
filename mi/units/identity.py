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
from enum import Enum
from functools import cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

import attrs

from ..errors import DeclarationError
from ..spec.fields import LABEL, NEUTRAL

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
    """The one text of `payload`: equal values give equal texts, on every platform.

    Raises:
        DeclarationError: The payload holds a value that has no canonical form; names its path.
    """
    try:
        return _object(payload) if attrs.has(type(payload)) else _text(payload)
    except _NotCanonical as refused:
        raise DeclarationError(
            refused.message, where="$" + "".join(reversed(refused.path)), hint=refused.hint
        ) from None


def json_form(payload: object) -> Any:
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
    return [f"{path}: {_abbreviate(old)} → {_abbreviate(new)}"]


def _abbreviate(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}…"


class _NotCanonical(Exception):
    """A value without a canonical form; its path grows, innermost step first, on the way up."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        self.message = message
        self.hint = hint
        self.path: list[str] = []


def _text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, Enum):
        return f'{{"!":{_quoted(type(value).__name__)},"name":{_quoted(value.name)}}}'
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _float(value)
    if type(value) is tuple:
        return _array(value)
    if attrs.has(type(value)):
        return _cached_text(value)
    raise _NotCanonical(
        f"a {type(value).__name__} cannot be part of an identity",
        hint="use str, int, float, bool, None, an Enum, a tuple or an attrs class",
    )


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise _NotCanonical(f"{value} cannot be part of an identity")
    return repr(
        float(value) + 0.0
    )  # a subclass prints otherwise; -0.0 equals 0.0, so it must not be told apart from it


def _array(value: tuple[object, ...]) -> str:
    texts = []
    for index, item in enumerate(value):
        try:
            texts.append(_text(item))
        except _NotCanonical as refused:
            refused.path.append(f"[{index}]")
            raise
    return f"[{','.join(texts)}]"


def _cached_text(value: object) -> str:
    """The text of an attrs object; that of one which cannot change is made once.

    What thousands of units share (an eval, a base model) is known by being the same object, not an
    equal one: 1, 1.0 and True are equal and have different texts.
    """
    known = _text_cache.get(id(value))
    if known is not None:
        return known[1]
    text = _object(value)
    if _is_immutable(value):
        if len(_text_cache) >= _MAX_CACHED:
            _text_cache.clear()
        _text_cache[id(value)] = (value, text)
    return text


def _is_immutable(value: object) -> bool:
    """Whether an attrs object cannot change: what is compared by value and may, has no hash."""
    if type(value).__eq__ is object.__eq__:
        return False
    try:
        hash(value)
    except TypeError:
        return False
    return True


_MAX_CACHED = 1024
_text_cache: dict[int, tuple[object, str]] = {}


def _object(value: object) -> str:
    kind: Any = type(value)
    parts = [f'{{"!":{_quoted(kind.__name__)}']
    for name, neutral in _fields(kind):
        item = getattr(value, name)
        if neutral is not attrs.NOTHING and item == neutral and type(item) is type(neutral):
            continue
        try:
            parts.append(f',"{name}":{_text(item)}')
        except _NotCanonical as refused:
            refused.path.append(f".{name}")
            raise
    return "".join((*parts, "}"))


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
