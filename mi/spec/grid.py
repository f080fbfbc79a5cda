"""The grid of an experiment: its named axes, and the combinations of their values.

Axes that were given one name vary together. All others vary freely, and the grid is their product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import attrs

from . import fields
from .axis import Axis, Label, find_axes, label_text, value_label

Assignment = tuple[tuple[str, Label], ...]
"""A value, by its label, for each axis: `(("lr", 0.0001),)`."""


@attrs.frozen
class NamedAxis:
    """An axis of an experiment.

    Args:
        name: Its name: the one that was given, or the path of its field.
        places: The fields that it varies, each with the value for each label.
    """

    name: str
    places: tuple[tuple[str, tuple[Any, ...]], ...]

    @property
    def labels(self) -> tuple[Label, ...]:
        """Its values as ids and tables show them; of several fields, those of the first."""
        return tuple(map(value_label, self.places[0][1]))

    def has_name(self, name: str) -> bool:
        """Whether a name means this axis; the last part of a path will do."""
        return is_axis_name(self.name, name)

    def index(self, label: object) -> int | None:
        """The position of a value, by its label; None if it is not declared."""
        for index, declared in enumerate(self.labels):
            if same_label(declared, label):
                return index
        return None

    def values_at(self, index: int) -> dict[str, Any]:
        """The values of one position, by path."""
        return {path: values[index] for path, values in self.places}

    def narrowed(self, labels: Iterable[object]) -> dict[str, Any]:
        """The axes with only some of the values, by path."""
        indices = [index for label in labels if (index := self.index(label)) is not None]
        return {
            path: Axis(tuple(values[index] for index in indices), self.given_name)
            for path, values in self.places
        }

    @property
    def given_name(self) -> str | None:
        """The name as it was given; None if it is the path."""
        return None if self.name == self.places[0][0] else self.name


def is_axis_name(axis: str, name: str) -> bool:
    """Whether a name means an axis: in full, or the last part of its path."""
    return name == axis or axis.endswith(f".{name}")


def same_label(declared: Label, given: object) -> bool:
    """Whether a value is that of a label; numbers by value, True and None only by themselves."""
    if isinstance(declared, bool) or isinstance(given, bool) or declared is None:
        return declared is given
    return declared == given or declared == value_label(given)


def read_axes(declaration: object, names: Iterable[str]) -> tuple[NamedAxis, ...]:
    """The axes below some fields of a declaration, in the order of its fields.

    Args:
        declaration: An experiment.
        names: The fields.

    Raises:
        DeclarationError: Axes of one name have different numbers of values.
    """
    found: dict[str, list[tuple[str, Axis]]] = {}
    for field in names:
        for path, axis in find_axes(getattr(declaration, field), field):
            found.setdefault(path if axis.name is None else axis.name, []).append((path, axis))
    for name, places in found.items():
        _check_places(declaration, name, places)
    return tuple(
        NamedAxis(name, tuple((path, axis.values) for path, axis in places))
        for name, places in found.items()
    )


def _check_places(declaration: object, name: str, places: list[tuple[str, Axis]]) -> None:
    first_path, first = places[0]
    for path, axis in places:
        if not axis.values:
            raise fields.declaration_error(declaration, path, "the axis has no values")
        if len(axis.values) != len(first.values):
            raise fields.declaration_error(
                declaration,
                path,
                f"the axis {name!r} has {len(axis.values)} values here and "
                f"{len(first.values)} at $.{first_path}",
                "axes of one name vary together: give them as many values, or other names",
            )


def assignments(axes: Iterable[NamedAxis]) -> Iterator[Assignment]:
    """All combinations of the axes' values, the last axis varying fastest."""
    return product(*([(axis.name, label) for label in axis.labels] for axis in axes))


def bound_values(axes: Iterable[NamedAxis], assignment: Mapping[str, Label]) -> dict[str, Any]:
    """The values of a combination, by path; an axis that it leaves out has its first value."""
    values: dict[str, Any] = {}
    for axis in axes:
        index = axis.index(assignment[axis.name]) if axis.name in assignment else 0
        values |= axis.values_at(index or 0)
    return values


def assignment_text(assignment: Assignment) -> str:
    """A combination in a cell's id: `lr=0.0001,lora_rank=8`."""
    return ",".join(f"{name}={label_text(label)}" for name, label in assignment)
