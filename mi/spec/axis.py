"""Axes: several values for one field of a declaration.

`axis(1e-5, 1e-4)` may stand at any field below an experiment. The classes of declarations are built
with `lift_axes`, so that a field converts and checks each value of an axis as it would a single
one. An experiment is the product of its axes: `bind` gives the declaration of one combination,
in which no axis is left. Only a bound declaration has an identity.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from . import fields

Label = str | int | float | bool | None
"""What stands for an axis value in ids, tables and expressions: the value itself if it is plain."""

_PLAIN = (str, int, float, bool, type(None))
_SHORT_TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-:/@+]{0,59}")
_SLUG_LENGTH = 20


@attrs.frozen
class Axis:
    """The values of an axis; `axis` makes one.

    Args:
        values: The values, in the order of tables.
        name: Its name; None: the path of its field. Axes that are given one name vary together.
    """

    values: tuple[Any, ...]
    name: str | None = None


def axis(*values: Any, name: str | None = None) -> Any:
    """Several values for one field: `learning_rate=axis(1e-5, 1e-4, name="lr")`.

    Args:
        values: The values.
        name: The axis's name in cell ids, conditions, `-k` and claims; None: the field's path,
            such as `training.learning_rate`. Axes that are given one name vary together.
    """
    return Axis(values, name)


def lift_axes(cls: type[Any], declared: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """A field transformer: every field converts and checks each value of an axis by itself."""
    return [
        _refusing(field) if field.metadata.get(fields.LABEL) else _lifted(field)
        for field in declared
    ]


def refuse_axes(*allowed: str) -> Callable[[type[Any], list[Any]], list[Any]]:
    """A field transformer: an axis can stand below the `allowed` fields, and nowhere else."""

    def transform(cls: type[Any], declared: list[Any]) -> list[Any]:
        return [_lifted(field) if field.name in allowed else _refusing(field) for field in declared]

    return transform


def _lifted(field: attrs.Attribute[Any]) -> attrs.Attribute[Any]:
    if not field.init:
        return field
    return field.evolve(
        converter=_lift_converter(field.converter), validator=_lift_validator(field.validator)
    )


def _refusing(field: attrs.Attribute[Any]) -> attrs.Attribute[Any]:
    if not field.init:
        return field
    return field.evolve(
        converter=_lift_converter(field.converter), validator=_refusing_validator(field.validator)
    )


def _lift_converter(convert: Any) -> Any:
    if convert is None:
        return None

    def lifted(value: Any) -> Any:
        if isinstance(value, Axis):
            return Axis(tuple(convert(item) for item in value.values), value.name)
        return convert(value)

    return lifted


def _lift_validator(validate: fields.Validator | None) -> fields.Validator:
    def lifted(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, Axis):
            if validate is not None:
                validate(owner, attribute, value)
            return
        _check_axis(owner, attribute.name, value)
        for index, item in enumerate(value.values):
            if validate is not None:
                validate(owner, attribute.evolve(name=f"{attribute.name}[{index}]"), item)

    return lifted


def _refusing_validator(validate: fields.Validator | None) -> fields.Validator:
    def check(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, Axis):
            raise fields.declaration_error(
                owner,
                attribute.name,
                "an axis cannot stand here",
                "axes stand in the training, the recipe and the evals; ratios, sizes, "
                "inoculations, seeds and settings take several values as a tuple",
            )
        if validate is not None:
            validate(owner, attribute, value)

    return check


def _check_axis(owner: object, path: str, declared: Axis) -> None:
    if declared.name is not None and not _AXIS_NAME.fullmatch(str(declared.name)):
        raise fields.declaration_error(
            owner,
            path,
            f"{declared.name!r} is not a name of an axis",
            "use letters, digits, '_', '.' and '-', starting with a letter",
        )
    if declared.name in RESERVED_NAMES:
        raise fields.declaration_error(
            owner, path, f"the name {declared.name!r} is that of a column", "choose another name="
        )
    if not declared.values:
        raise fields.declaration_error(owner, path, "the axis has no values")
    seen: list[Label] = []
    for index, item in enumerate(declared.values):
        if any(True for _ in find_axes(item)):
            raise fields.declaration_error(
                owner, f"{path}[{index}]", "an axis is among the values of an axis"
            )
        label = value_label(item)
        if any(type(label) is type(other) and label == other for other in seen):
            raise fields.declaration_error(owner, f"{path}[{index}]", f"{label!r} is given twice")
        seen.append(label)


_AXIS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-\[\]]*")
RESERVED_NAMES = (
    "condition",
    "data",
    "distribution",
    "eval",
    "experiment",
    "id",
    "inoculation",
    "misaligned_ratio",
    "n",
    "preference",
    "ratio",
    "seed",
    "seeds",
    "setting",
    "settings",
    "system",
    "total_samples",
)
"""Names that mean something else in cell ids, expressions or claims."""


def value_label(value: Any) -> Label:
    """What stands for a value of an axis: the value, the name of an object, a digest of a text."""
    if isinstance(value, str) and not _SHORT_TEXT.fullmatch(value):
        slug = re.sub(r"[^A-Za-z0-9]+", "_", value).strip("_")[:_SLUG_LENGTH]
        return f"{slug or 'text'}-{hashlib.sha256(value.encode()).hexdigest()[:8]}"
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple) and all(isinstance(item, _PLAIN) for item in value):
        return value_label("+".join(map(str, value)))
    for attribute in ("name", "id"):
        if isinstance(name := getattr(value, attribute, None), str):
            return name
    return value_label(repr(value))


def label_text(label: Label) -> str:
    """A label in an id or a name: `0.0001`, `insecure`, `None`."""
    return label if isinstance(label, str) else repr(label)


def find_axes(value: Any, path: str = "") -> Iterator[tuple[str, Axis]]:
    """The axes in a declaration, each with the path of its field."""
    if isinstance(value, Axis):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from find_axes(item, f"{path}[{index}]")
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            inner = f"{path}.{field.name}" if path else field.name
            yield from find_axes(getattr(value, field.name, None), inner)


def holds_axis(value: Any) -> bool:
    """Whether a declaration has an axis somewhere, so that only its bound form can be checked."""
    return next(find_axes(value), None) is not None


def substitute(value: Any, values: Mapping[str, Any], path: str = "") -> Any:
    """A declaration with other values at some paths; itself if it has none of them.

    Args:
        value: The declaration.
        values: By path, as `find_axes` gives it.
        path: The path of the declaration.
    """
    if path in values:
        return values[path]
    if isinstance(value, tuple):
        items = tuple(
            substitute(item, values, f"{path}[{index}]") for index, item in enumerate(value)
        )
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if not attrs.has(type(value)) or isinstance(value, Axis):
        return value
    changes = {}
    for field in attrs.fields(type(value)):
        if field.init:
            old = getattr(value, field.name)
            new = substitute(old, values, f"{path}.{field.name}" if path else field.name)
            if new is not old:
                changes[field.name] = new
    return attrs.evolve(value, **changes) if changes else value
