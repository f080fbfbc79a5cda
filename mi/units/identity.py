"""Keys: names of units that are derived from their content.

A key is a kind and the first 16 hex digits of the sha256 of a *canonical* text of the payload. The
text is JSON, written by one strict walker: attrs objects are tagged with the name of their class,
floats are written by `repr`, enums by name, tuples as arrays. Any other value is an error that
names its path, because a value that is hashed by accident (a path, a mutable list, a NaN) is an
identity that changes by accident.

A `label` field is never part of the text. A `neutral_default` field is part of it only when it
differs from its neutral value, so that a new field leaves the keys of old units unchanged.
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
from ..spec.axis import Axis
from ..spec.fields import LABEL, NEUTRAL

SCHEME = 1
"""Version of this scheme; each record stores it, so that a change can be migrated."""

DIGITS = 16


def key(kind: str, payload: object) -> str:
    """The key of `payload`: `<kind>-<16 hex digits>`.

    Raises:
        DeclarationError: A value in the payload has no canonical form; the message names its path.
    """
    return f"{kind}-{digest(canonical(payload))[:DIGITS]}"


def digest(text: str | bytes) -> str:
    """sha256 of a text (as UTF-8) or of bytes, as 64 hex digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def canonical(payload: object) -> str:
    """The canonical text of `payload`: equal values give equal texts, on every platform.

    Raises:
        DeclarationError: A value in the payload has no canonical form; the message names its path.
    """
    try:
        return _object(payload) if attrs.has(type(payload)) else _text(payload)
    except _NotCanonical as refused:
        raise DeclarationError(
            refused.message, where="$" + "".join(reversed(refused.path)), hint=refused.hint
        ) from None


def json_form(payload: object) -> Any:
    """The payload as JSON values, for storing beside the key and comparing with others."""
    return json.loads(canonical(payload))


def stored_key(kind: str, payload: Any) -> str:
    """The key of a unit by its stored payload, which is the canonical text in another layout.

    Args:
        kind: The kind of unit.
        payload: The payload as `json_form` gave it.
    """
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return f"{kind}-{digest(text)[:DIGITS]}"


def difference(old: Any, new: Any, path: str = "") -> list[str]:
    """The differences between two payloads in JSON form: `sampling.temperature: 1.0 → 0.7`.

    Args:
        old: The first payload, as `json_form` gives it.
        new: The second one.
        path: Path of both inside a larger payload, which begins each line.

    Returns:
        One line for each differing value, sorted by path.
    """
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
    """A value has no canonical form; `path` is collected on the way up, innermost step first."""

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
    if isinstance(value, Axis):
        raise _NotCanonical(
            "an axis cannot be part of an identity", hint="a cell has one of its values: bind it"
        )
    if attrs.has(type(value)):
        return _cached_text(value)
    raise _NotCanonical(
        f"a {type(value).__name__} cannot be part of an identity",
        hint="use str, int, float, bool, None, an Enum, a tuple or an attrs class",
    )


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise _NotCanonical(f"{value} cannot be part of an identity")
    # float() drops subclasses, which may print differently; + 0.0 turns -0.0 into the equal 0.0.
    return repr(float(value) + 0.0)


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
    """The text of an attrs object, cached if the object is immutable.

    Thousands of units share an eval or a base model. The cache is keyed by object and not by
    value, because 1, 1.0 and True are equal and have different texts.
    """
    cached = _text_cache.get(id(value))
    if cached is not None:
        return cached[1]
    text = _object(value)
    if _is_immutable(value):
        if len(_text_cache) >= _MAX_CACHED:
            _text_cache.clear()
        _text_cache[id(value)] = (value, text)
    return text


def _is_immutable(value: object) -> bool:
    """Whether an attrs object cannot change: mutable classes that compare by value have no hash."""
    if type(value).__eq__ is object.__eq__:
        return False
    try:
        hash(value)
    except TypeError:
        return False
    return True


_MAX_CACHED = 1024
_text_cache: dict[int, tuple[object, str]] = {}
"""By `id`, the object (which keeps the id from being reused) and its text."""


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
    """The fields that are part of an identity, sorted, each with its neutral value or NOTHING."""
    return tuple(
        sorted(
            (field.name, field.metadata.get(NEUTRAL, attrs.NOTHING))
            for field in attrs.fields(kind)
            if not field.metadata.get(LABEL)
        )
    )
