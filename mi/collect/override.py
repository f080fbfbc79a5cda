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
    """Values to override, by field, of an experiment, its training and its pilot."""

    experiment: dict[str, Any] = attrs.field(factory=dict)
    training: dict[str, Any] = attrs.field(factory=dict)
    pilot: dict[str, Any] = attrs.field(factory=dict)

    def group(self, field: str) -> tuple[dict[str, Any], str]:
        """The group that a field belongs to, and the field's name in it."""
        if field.startswith(_TRAINING):
            return self.training, field.removeprefix(_TRAINING)
        if field.startswith(_PILOT):
            return self.pilot, field.removeprefix(_PILOT)
        return self.experiment, field

    def apply(self, experiment: Experiment) -> Experiment:
        """The experiment with these values; the experiment itself if there are none."""
        values = dict(self.experiment)
        if self.training:
            values["training"] = attrs.evolve(experiment.training, **self.training)
        pilot = experiment.pilot
        if pilot is not None and not values.keys().isdisjoint(AXES):
            pilot = attrs.evolve(pilot, **{axis: None for axis in AXES if axis in values})
            values["pilot"] = pilot
        if self.pilot:
            values["pilot"] = attrs.evolve(pilot or Pilot(), **self.pilot)
        return experiment.evolve(**values) if values else experiment


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
        return tuple(items) if types[name] is str else _parse_number(text, value, types[name])
    fields = override_fields()
    hint = did_you_mean(field, fields, overflow_hint=f"fields are {', '.join(fields)}")
    raise UsageError(f"--set {text}: there is no field {field!r}", hint=hint)


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
