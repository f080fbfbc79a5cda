"""An experiment: settings × axes × seeds, plus the baseline, and the question it asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from attrs import validators as check
from attrs.converters import optional

from . import fields
from .data import Setting
from .evals import Eval
from .expect import Expect
from .model import Training


def _to_ratios(value: float | Iterable[float]) -> tuple[float, ...]:
    return tuple(float(item) if _is_number(item) else item for item in fields.one_or_many(value))


def _to_integers(value: int | Iterable[int]) -> tuple[int, ...]:
    return tuple(fields.one_or_many(value))


def _to_settings(value: Setting | Iterable[Setting]) -> tuple[Setting, ...]:
    return tuple(fields.one_or_many(value))


def _is_number(item: object) -> bool:
    return isinstance(item, (int, float)) and not isinstance(item, bool)


def _to_inoculation_names(value: Any) -> Any:
    return tuple(None if item == NO_INOCULATION else item for item in fields.one_or_many(value))


def _to_marks(value: str | Mark | Iterable[str | Mark]) -> tuple[Mark, ...]:
    return tuple(
        Mark(item) if isinstance(item, str) else item for item in fields.one_or_many(value)
    )


NO_INOCULATION = "none"
_ratio_validators = [fields.instance(float), fields.distinct, fields.in_range(0.0, 1.0)]
_size_validators = [fields.instance(int), fields.distinct, fields.in_range(1)]
_inoculation_validators = [fields.instance(str, type(None)), fields.distinct]
_seed_validators = [fields.instance(int), fields.distinct, fields.in_range(0)]


@attrs.frozen(kw_only=True)
class Pilot:
    """The part of an experiment that runs first; an axis left out is run as declared."""

    misaligned_ratio: tuple[float, ...] | None = attrs.field(
        default=None, converter=optional(_to_ratios), validator=check.optional(_ratio_validators)
    )
    total_samples: tuple[int, ...] | None = attrs.field(
        default=None, converter=optional(_to_integers), validator=check.optional(_size_validators)
    )
    inoculation: tuple[str | None, ...] | None = attrs.field(
        default=None,
        converter=optional(_to_inoculation_names),
        validator=check.optional(_inoculation_validators),
    )
    seeds: tuple[int, ...] | None = attrs.field(
        default=None, converter=optional(_to_integers), validator=check.optional(_seed_validators)
    )


AXES = ("misaligned_ratio", "total_samples", "inoculation", "seeds")
RESERVED_MARKS = ("pilot", "paid")
"""Marks that cells carry without being declared to: of the pilot; costing money on this model."""


def _not_reserved(owner: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    if value in RESERVED_MARKS:
        raise fields.declaration_error(
            owner, attribute.name, f"the mark {value!r} is given, not declared"
        )


@attrs.frozen
class Mark:
    """A name for some cells of an experiment, to select them by: `-m slow`.

    Args:
        name: Any but `pilot` and `paid`, which cells carry by what they are.
        where: Which cells, as `-k` says it: `total_samples>=1000`; empty for all.
    """

    name: str = attrs.field(validator=[fields.name, _not_reserved])
    where: str = attrs.field(default="", validator=fields.instance(str))


@attrs.frozen(kw_only=True)
class Experiment:
    """A declared experiment. An axis takes one value or a tuple.

    Args:
        id: Short name: `A05a`.
        title: One line.
        question: What the experiment is to answer.
        settings: Domains it runs on.
        misaligned_ratio: Shares of misaligned rows, each in [0, 1].
        total_samples: Training set sizes, in rows.
        inoculation: Names of system prompts for training rows, from the settings'
            `inoculations`; `"none"` for rows as they are, which is the default.
        seeds: Replicates; a seed decides which rows are drawn, their order and the training's seed.
        pilot: The part that `mi run` does without `--full`; part of the whole, never repeated.
        baseline: Whether the untrained model is evaluated beside the trained ones.
        training: Hyperparameters that differ from the model's defaults.
        expectations: What it should show, declared before there is data; see `Expect`.
        evals: Out-of-distribution evals asked in every setting beside the setting's own.
        marks: Names of cells to select by, `Mark`s or plain names for all cells.

    Raises:
        DeclarationError: A value is out of range, empty, given twice, or a pilot value is not
            one of the declared ones.
    """

    id: str = attrs.field(validator=fields.name)
    title: str = attrs.field(validator=fields.instance(str))
    question: str = attrs.field(validator=fields.instance(str))
    settings: tuple[Setting, ...] = attrs.field(
        converter=_to_settings, validator=[fields.instance(Setting), fields.distinct]
    )
    misaligned_ratio: tuple[float, ...] = attrs.field(
        converter=_to_ratios, validator=_ratio_validators
    )
    total_samples: tuple[int, ...] = attrs.field(converter=_to_integers, validator=_size_validators)
    inoculation: tuple[str | None, ...] = attrs.field(
        default=(None,), converter=_to_inoculation_names, validator=_inoculation_validators
    )
    seeds: tuple[int, ...] = attrs.field(converter=_to_integers, validator=_seed_validators)
    pilot: Pilot | None = attrs.field(
        default=None, validator=check.optional(fields.instance(Pilot))
    )
    baseline: bool = attrs.field(default=True, validator=fields.instance(bool))
    training: Training = attrs.field(factory=Training, validator=fields.instance(Training))
    evals: tuple[Eval, ...] = attrs.field(
        default=(), converter=fields.one_or_many, validator=fields.instance(Eval)
    )
    expectations: tuple[Expect, ...] = attrs.field(
        default=(), converter=fields.one_or_many, validator=fields.instance(Expect)
    )

    marks: tuple[Mark, ...] = attrs.field(
        default=(),
        converter=_to_marks,
        validator=fields.instance(Mark),
        metadata={fields.LABEL: True},
    )

    def __attrs_post_init__(self) -> None:
        for setting in self.settings:
            for name in self.inoculation:
                setting.inoculation(name)
        own = {one.id for setting in self.settings for one in setting.id_evals}
        for index, one in enumerate(self.evals):
            if one.id in own:
                raise fields.declaration_error(
                    self,
                    f"evals[{index}]",
                    f"{one.id!r} is an in-distribution eval already",
                    "give the other one an id of its own: attrs.evolve(…, id=…)",
                )
        for axis in AXES:
            declared = getattr(self, axis)
            for index, value in enumerate(getattr(self.pilot, axis, None) or ()):
                if value not in declared:
                    raise fields.declaration_error(
                        self,
                        f"pilot.{axis}[{index}]",
                        f"{value!r} is not one of the declared {axis} {declared}",
                        "a pilot is a part of its experiment: declare the value or drop it",
                    )

    def evolve(self, **changes: Any) -> Experiment:
        """A new experiment with `changes`.

        Where an axis changes and no new pilot is given, the pilot keeps the values that are still
        declared; where none is left, it no longer narrows that axis.
        """
        if self.pilot is not None and "pilot" not in changes:
            changes["pilot"] = self._narrow_pilot(changes)
        return attrs.evolve(self, **changes)

    def _narrow_pilot(self, changes: dict[str, Any]) -> Pilot:
        kept = {}
        for axis in AXES:
            values = getattr(self.pilot, axis)
            if values is not None and axis in changes:
                declared = (
                    _to_inoculation_names(changes[axis]) if axis == "inoculation" else changes[axis]
                )
                declared = fields.one_or_many(declared)
                values = tuple(value for value in values if value in declared) or None
            kept[axis] = values
        return Pilot(**kept)

    def pilot_experiment(self) -> Experiment:
        """The pilot as an experiment of the same id; the experiment itself where it has none."""
        if self.pilot is None:
            return self
        narrowed = {
            axis: values for axis in AXES if (values := getattr(self.pilot, axis)) is not None
        }
        return attrs.evolve(self, pilot=None, **narrowed)
