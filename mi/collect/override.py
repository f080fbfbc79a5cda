"""Overrides: other values of declared fields for one run, `--set FIELD=VALUE`.

An override makes another experiment with the same id and validates it as a declaration, so that a
cell's id always says what the cell is. An overridden axis runs with exactly the given values: the
pilot no longer narrows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_type_hints

import attrs

from ..errors import UsageError, did_you_mean
from ..spec import Eval, Experiment, Pilot, Setting, Training
from ..spec.axis import Axis, substitute
from ..spec.experiment import AXES

_TRAINING = "training."
_PILOT = "pilot."
_FIELDS = ("settings", "baseline", "evals", "question", "title", "checkpoints")


@attrs.frozen(kw_only=True)
class OverrideTargets:
    """Settings and evals that an override can name, by id."""

    settings: Mapping[str, Setting]
    evals: Mapping[str, Eval]


@attrs.frozen
class _Changes:
    """Values to override, by field, of an experiment, its training and its pilot; and of axes."""

    experiment: dict[str, Any] = attrs.field(factory=dict)
    training: dict[str, Any] = attrs.field(factory=dict)
    pilot: dict[str, Any] = attrs.field(factory=dict)
    axes: dict[str, tuple[Any, ...]] = attrs.field(factory=dict)

    def group(self, field: str) -> tuple[dict[str, Any], str]:
        """The group that a field belongs to, and the field's name in it."""
        if field.startswith(_TRAINING):
            return self.training, field.removeprefix(_TRAINING)
        if field.startswith(_PILOT):
            return self.pilot, field.removeprefix(_PILOT)
        return self.experiment, field

    def apply(self, experiment: Experiment) -> Experiment:
        """The experiment with these values; the experiment itself if there are none.

        Raises:
            UsageError: It has no such axis.
        """
        values = dict(self.experiment)
        if self.training:
            training = {name: self._axis_like(experiment, name) for name in self.training}
            values["training"] = attrs.evolve(experiment.training, **training)
        for name, items in self.axes.items():
            values |= _axis_changes(experiment, values, name, items)
        pilot = experiment.pilot
        if pilot is not None and not values.keys().isdisjoint(AXES):
            whole: dict[str, Any] = {axis: None for axis in AXES if axis in values}
            pilot = attrs.evolve(pilot, **whole)
            values["pilot"] = pilot
        if pilot is not None and (self.axes or self.training) and pilot.axes:
            values["pilot"] = pilot = attrs.evolve(pilot, axes=self._narrowing(experiment, pilot))
        if self.pilot:
            values["pilot"] = attrs.evolve(pilot or Pilot(), **self.pilot)
        return experiment.evolve(**values) if values else experiment

    def _axis_like(self, experiment: Experiment, name: str) -> Any:
        """The value of a hyperparameter, with the axis's name where the experiment has an axis."""
        value, declared = self.training[name], getattr(experiment.training, name)
        if isinstance(declared, Axis):
            items = value.values if isinstance(value, Axis) else (value,)
            return Axis(items, declared.name)
        return value

    def _narrowing(
        self, experiment: Experiment, pilot: Pilot
    ) -> tuple[tuple[str, tuple[Any, ...]], ...]:
        """What a pilot still narrows: an overridden axis runs with exactly the given values."""
        fields = {f"{_TRAINING}{name}" for name in self.training}
        overridden = {axis.name for name in self.axes if (axis := experiment.axis(name))}
        overridden |= {
            axis.name for axis in experiment.axes if fields & {path for path, _ in axis.places}
        }
        return tuple(
            (name, values)
            for name, values in pilot.axes
            if (axis := experiment.axis(name)) and axis.name not in overridden
        )


def _axis_changes(
    experiment: Experiment, values: Mapping[str, Any], name: str, items: tuple[Any, ...]
) -> dict[str, Any]:
    """The fields of an experiment with other values of an axis.

    Args:
        experiment: The experiment.
        values: Fields that are overridden already.
        name: The axis.
        items: Its new values.

    Raises:
        UsageError: The experiment has no such axis, or it varies several fields.
    """
    axis = experiment.axis(name)
    if axis is None:
        names = [*override_fields(), *(declared.name for declared in experiment.axes)]
        raise UsageError(
            f"--set {name}=…: there is no field {name!r}, and no such axis in {experiment.id}",
            hint=did_you_mean(name, names, overflow_hint=f"fields are {', '.join(names)}"),
        )
    if len(axis.places) > 1:
        places = ", ".join(path for path, _ in axis.places)
        raise UsageError(
            f"--set {name}=…: the axis varies several fields together ({places})",
            hint=f"its values are {axis.labels}: select them with -k '{name}==…'",
        )
    ((path, _),) = axis.places
    field = path.partition(".")[0].partition("[")[0]
    declared = values.get(field, getattr(experiment, field))
    return {field: substitute(declared, {path: Axis(items, axis.given_name)}, field)}


def parse_overrides(
    texts: Iterable[str], targets: OverrideTargets
) -> Callable[[Experiment], Experiment]:
    """A function that applies overrides to an experiment.

    Args:
        texts: `FIELD=VALUE` or `FIELD=VALUE,VALUE…`, each field at most once.
        targets: The settings and evals that values can name.

    Raises:
        UsageError: A text has another form, an unknown field or an unfit value.
    """
    changes = _Changes()
    for text in texts:
        field, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise UsageError(f"--set {text}: must have the form FIELD=VALUE")
        if _is_axis(field):
            values, name = changes.axes, field
        else:
            values, name = changes.group(field)
        if name in values:
            raise UsageError(
                f"--set {text}: {field} is set already", hint="separate values with commas"
            )
        values[name] = _parse_value(text, field, value, targets)
    return changes.apply


def override_fields() -> tuple[str, ...]:
    """The names of all fields that `--set` can override."""
    training = (f"{_TRAINING}{name}" for name in _training_types())
    return (*AXES, *_FIELDS, *training, *(f"{_PILOT}{axis}" for axis in AXES))


def _parse_value(text: str, field: str, value: str, targets: OverrideTargets) -> Any:
    """The value of a field.

    Args:
        text: The whole override, for messages.
        field: The field, with its prefix if it has one.
        value: What follows the equals sign.
        targets: The settings and evals that the value can name.
    """
    items = [item.strip() for item in value.split(",")]
    if field.startswith(_PILOT) and field.removeprefix(_PILOT) in AXES:
        return _parse_value(text, field.removeprefix(_PILOT), value, targets)
    if field == "settings":
        return tuple(_lookup(text, item, targets.settings, "setting") for item in items)
    if field == "evals":
        return tuple(_lookup(text, item, targets.evals, "eval") for item in items)
    if field in ("title", "question"):
        return value
    if field == "inoculation":
        return tuple(items)
    if field == "baseline":
        return _parse_boolean(text, value)
    if field == "misaligned_ratio":
        return tuple(_parse_number(text, item, float) for item in items)
    if field == "checkpoints":
        return None if value == "none" else tuple(_parse_number(text, x, float) for x in items)
    if field in ("total_samples", "seeds"):
        return tuple(_parse_number(text, item, int) for item in items)
    types = _training_types()
    if field.startswith(_TRAINING) and (name := field.removeprefix(_TRAINING)) in types:
        if value == "none":
            return None
        if types[name] is str:
            return tuple(items)
        numbers = tuple(_parse_number(text, item, types[name]) for item in items)
        return Axis(numbers) if len(numbers) > 1 else numbers[0]
    if _is_axis(field):
        return tuple(map(_parse_label, items))
    fields = override_fields()
    hint = did_you_mean(field, fields, overflow_hint=f"fields are {', '.join(fields)}")
    raise UsageError(f"--set {text}: there is no field {field!r}", hint=hint)


def _is_axis(field: str) -> bool:
    """Whether a field can only be a named axis, which an experiment has or has not."""
    return field not in override_fields() and not field.startswith(_PILOT)


def _parse_label(text: str) -> Any:
    """A value of an axis: a whole number, a number, none, or a text."""
    for parse in (int, float):
        try:
            return parse(text)
        except ValueError:
            continue
    return None if text == "none" else text


def _training_types() -> dict[str, type]:
    """By hyperparameter, int or float; str for several names."""
    hints = get_type_hints(Training)
    options = {field.name: get_args(hints[field.name]) for field in attrs.fields(Training)}
    return {
        name: next((number for number in (int, float) if number in types), str)
        for name, types in options.items()
    }


def _lookup(text: str, id: str, declared: Mapping[str, Any], kind: str) -> Any:
    if id not in declared:
        raise UsageError(
            f"--set {text}: there is no {kind} {id!r}", hint=did_you_mean(id, declared)
        )
    return declared[id]


def _parse_number(text: str, value: str, number_type: type) -> Any:
    try:
        return number_type(value)
    except ValueError:
        expected = "a whole number" if number_type is int else "a number"
        raise UsageError(f"--set {text}: {value!r} is not {expected}") from None


def _parse_boolean(text: str, value: str) -> bool:
    booleans = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if value.lower() not in booleans:
        raise UsageError(f"--set {text}: {value!r} is neither true nor false")
    return booleans[value.lower()]
