"""Overrides: other values of declared fields for one run, `--set FIELD=VALUE`.

An override makes another experiment of the same id, checked as a declaration is, so that a cell's
id says what the cell is, whoever declared it. An axis that is overridden is run as it was given:
the pilot no longer narrows it.
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
_FIELDS = ("settings", "baseline", "evals", "question", "title")


@attrs.frozen(kw_only=True)
class OverrideTargets:
    """What an override may name."""

    settings: Mapping[str, Setting]
    evals: Mapping[str, Eval]


def parse_overrides(
    texts: Iterable[str], targets: OverrideTargets
) -> Callable[[Experiment], Experiment]:
    """What makes an experiment one with the values of `FIELD=VALUE[,VALUE…]` texts.

    Raises:
        UsageError: A text has no such form, field or value.
    """
    changes: dict[str, Any] = {}
    training: dict[str, Any] = {}
    pilot: dict[str, Any] = {}
    for text in texts:
        field, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise UsageError(f"--set {text}: FIELD=VALUE is needed")
        into, name = (changes, field)
        if field.startswith(_TRAINING):
            into, name = training, field.removeprefix(_TRAINING)
        elif field.startswith(_PILOT):
            into, name = pilot, field.removeprefix(_PILOT)
        if name in into:
            raise UsageError(f"--set {text}: {field} is set already; values are parted by commas")
        into[name] = _parse_value(text, field, value, targets)

    def changed(experiment: Experiment) -> Experiment:
        mine = dict(changes)
        if training:
            mine["training"] = attrs.evolve(experiment.training, **training)
        if experiment.pilot is not None and not mine.keys().isdisjoint(AXES):
            axes = {axis: None for axis in AXES if axis in mine}
            mine["pilot"] = attrs.evolve(experiment.pilot, **axes)
        if pilot:
            mine["pilot"] = attrs.evolve(mine.get("pilot") or experiment.pilot or Pilot(), **pilot)
        return experiment.evolve(**mine) if mine else experiment

    return changed


def _parse_value(text: str, field: str, value: str, targets: OverrideTargets) -> Any:
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
    if field in ("total_samples", "seeds"):
        return tuple(_parse_number(text, item, int) for item in items)
    kinds = _training_types()
    if field.startswith(_TRAINING) and (name := field.removeprefix(_TRAINING)) in kinds:
        return None if value == "none" else _parse_number(text, value, kinds[name])
    known = override_fields()
    hint = did_you_mean(field, known, overflow_hint=f"there are {', '.join(known)}")
    raise UsageError(f"--set {text}: there is no field {field!r}", hint=hint)


def override_fields() -> tuple[str, ...]:
    """All that `--set` takes."""
    training = (f"{_TRAINING}{name}" for name in _training_types())
    return (*AXES, *_FIELDS, *training, *(f"{_PILOT}{axis}" for axis in AXES))


def _training_types() -> dict[str, type]:
    hints = get_type_hints(Training)
    return {
        field.name: int if int in get_args(hints[field.name]) else float
        for field in attrs.fields(Training)
    }


def _lookup(text: str, name: str, known: Mapping[str, Any], what: str) -> Any:
    if name not in known:
        raise UsageError(
            f"--set {text}: there is no {what} {name!r}", hint=did_you_mean(name, known)
        )
    return known[name]


def _parse_number(text: str, value: str, kind: type) -> Any:
    try:
        return kind(value)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise UsageError(f"--set {text}: {value!r} is not {wanted}") from None


def _parse_boolean(text: str, value: str) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if value.lower() not in known:
        raise UsageError(f"--set {text}: {value!r} is neither true nor false")
    return known[value.lower()]
