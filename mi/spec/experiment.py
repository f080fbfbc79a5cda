"""An experiment: settings × axes × seeds, plus the baseline, and the question it asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import attrs
from attrs import validators as check
from attrs.converters import optional

from ..errors import DeclarationError, did_you_mean
from . import fields
from .axis import refuse_axes, substitute
from .checkpoints import Checkpoints, to_checkpoints
from .context import PLAIN, Context, distinct_names, to_contexts
from .curriculum import Curriculum
from .data import Setting
from .evals import Eval, to_evals
from .expect import Expect
from .grid import (
    Assignment,
    NamedAxis,
    assignments,
    bound_values,
    read_axes,
)
from .model import Training
from .subject import Subject


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


def _to_axis_values(value: Any) -> Any:
    pairs = value.items() if isinstance(value, Mapping) else value
    return tuple((name, tuple(fields.one_or_many(values))) for name, values in pairs)


def _no_empty_axis(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    for name, values in value:
        if not values:
            raise fields.declaration_error(owner, f"axes[{name!r}]", "has no values")


@attrs.frozen(kw_only=True, field_transformer=refuse_axes())
class Pilot:
    """The part of an experiment that runs first; an axis that is None runs as declared.

    `axes` has the values of named axes: `Pilot(axes={"lr": 1e-4})`.
    """

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
    axes: tuple[tuple[str, tuple[Any, ...]], ...] = fields.neutral_default(
        (), converter=_to_axis_values, validator=_no_empty_axis
    )


AXES = ("misaligned_ratio", "total_samples", "inoculation", "seeds")
GRID_FIELDS = ("training", "recipe")
"""The fields below which an axis makes conditions."""
RESERVED_MARKS = ("pilot", "paid")
"""Marks that cells carry without a declaration: part of the pilot; costs money on this model."""


def _not_reserved(owner: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    if value in RESERVED_MARKS:
        raise fields.declaration_error(
            owner, attribute.name, f"the mark {value!r} is built in and cannot be declared"
        )


@attrs.frozen
class Mark:
    """A name for some cells of an experiment, for selecting them: `-m slow`.

    Args:
        name: Any name but `pilot` and `paid`, which are built in.
        where: The cells, as an expression of `-k`: `total_samples>=1000`; empty: all.
    """

    name: str = attrs.field(validator=[fields.name, _not_reserved])
    where: str = attrs.field(default="", validator=fields.instance(str))


@attrs.frozen(kw_only=True, field_transformer=refuse_axes(*GRID_FIELDS))
class Experiment:
    """A declared experiment. Ratios, sizes, inoculations and seeds take one value or a tuple.

    Any field of the training, of the recipe and of an eval takes an `axis`. Those of the training
    and the recipe make conditions: `axes` has them, and `bind` gives the experiment of one
    combination. An eval with axes stands for one eval per value.

    Args:
        id: Short name: `A05a`.
        title: One line.
        question: The question that the experiment answers.
        settings: Domains it runs on.
        misaligned_ratio: Shares of misaligned rows, each in [0, 1].
        total_samples: Training set sizes, in rows.
        inoculation: Names of system prompts for training rows, from the settings'
            `inoculations`; `"none"`, the default, adds no prompt.
        seeds: Replicates; a seed determines which rows are drawn, their order and the training's
            seed.
        pilot: The part that `mi run` runs without `--full`; the full run does not repeat it.
        baseline: Also evaluate the untrained model.
        training: Hyperparameters that differ from the model's defaults.
        recipe: Stages of parts, in place of ratios, sizes and inoculations.
        evals: Out-of-distribution evals for every setting, in addition to the setting's own.
        expectations: What it should show, declared before there is data; see `Expect`.
        marks: `Mark`s, or names for all cells, for selecting cells.
        checkpoints: Steps of each training at which its model is evaluated too: shares of the
            steps, or `Checkpoints(every=10)`; None: only the trained model is.
        only: The trained cells that there are, as an expression of `-k`; empty: all.
        exclude: The trained cells that there are not, as an expression of `-k`; empty: none.
        subjects: Models that exist already, each a condition. An experiment of subjects alone
            trains nothing and has no ratios, sizes or seeds.
        contexts: Ways of putting the questions of the evals: `Context`s, and names of contexts
            that the settings have. `plain` is always among them.
        context_evals: Names of the evals that are asked in other contexts than `plain`; none: all.

    Raises:
        DeclarationError: A value is out of range, empty or given twice, or a pilot value is not
            among the declared ones.
    """

    id: str = attrs.field(validator=fields.name)
    title: str = attrs.field(validator=fields.instance(str))
    question: str = attrs.field(validator=fields.instance(str))
    settings: tuple[Setting, ...] = attrs.field(
        converter=_to_settings, validator=[fields.instance(Setting), fields.distinct]
    )
    misaligned_ratio: tuple[float, ...] = attrs.field(
        default=(), converter=_to_ratios, validator=fields.unless_empty(_ratio_validators)
    )
    total_samples: tuple[int, ...] = attrs.field(
        default=(), converter=_to_integers, validator=fields.unless_empty(_size_validators)
    )
    inoculation: tuple[str | None, ...] = attrs.field(
        default=(None,), converter=_to_inoculation_names, validator=_inoculation_validators
    )
    seeds: tuple[int, ...] = attrs.field(
        default=(), converter=_to_integers, validator=fields.unless_empty(_seed_validators)
    )
    pilot: Pilot | None = attrs.field(
        default=None, validator=check.optional(fields.instance(Pilot))
    )
    baseline: bool = attrs.field(default=True, validator=fields.instance(bool))
    training: Training = attrs.field(factory=Training, validator=fields.instance(Training))
    recipe: Curriculum | None = fields.neutral_default(
        None, validator=check.optional(fields.instance(Curriculum))
    )
    evals: tuple[Eval, ...] = attrs.field(
        default=(), converter=to_evals, validator=fields.instance(Eval)
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
    checkpoints: Checkpoints | None = fields.neutral_default(
        None, converter=to_checkpoints, validator=check.optional(fields.instance(Checkpoints))
    )
    only: str = fields.neutral_default("", validator=fields.instance(str))
    exclude: str = fields.neutral_default("", validator=fields.instance(str))
    subjects: tuple[Subject, ...] = fields.neutral_default(
        (), converter=fields.one_or_many, validator=fields.instance(Subject)
    )
    axes: tuple[NamedAxis, ...] = attrs.field(
        init=False, eq=False, repr=False, default=(), metadata={fields.LABEL: True}
    )
    """The axes that make conditions, in the order of fields."""
    contexts: tuple[str | Context, ...] = fields.neutral_default(
        (PLAIN,), converter=to_contexts, validator=[fields.instance(str, Context), fields.distinct]
    )
    context_evals: tuple[str, ...] = fields.neutral_default(
        (), converter=fields.one_or_many, validator=fields.instance(str)
    )
    has_inherited_expectations: bool = attrs.field(
        default=False, init=False, eq=False, repr=False, metadata={fields.LABEL: True}
    )
    """Whether `evolve` took the expectations over; then some may be about another design."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "axes", read_axes(self, GRID_FIELDS))
        self._check_recipe()
        self._check_subjects()
        for setting in self.settings:
            for name in self.inoculation:
                setting.inoculation(name)
        self._check_contexts()
        id_evals = {eval.id for setting in self.settings for eval in setting.id_evals}
        for index, eval in enumerate(self.evals):
            if eval.id in id_evals:
                raise fields.declaration_error(
                    self,
                    f"evals[{index}]",
                    f"{eval.id!r} is an in-distribution eval already",
                    "give this one another id: attrs.evolve(…, id=…)",
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
        for name, values in self.pilot.axes if self.pilot else ():
            self._check_pilot_axis(name, values)

    def _check_pilot_axis(self, name: str, values: tuple[Any, ...]) -> None:
        """Check that the experiment declares these values of a named axis."""
        path = f"pilot.axes[{name!r}]"
        declared = self.axis(name)
        if declared is None:
            names = [axis.name for axis in self.axes]
            raise fields.declaration_error(
                self,
                path,
                f"the experiment has no axis {name!r}",
                did_you_mean(name, names, overflow_hint=f"its axes are {', '.join(names)}"),
            )
        for index, value in enumerate(values):
            if declared.index(value) is None:
                raise fields.declaration_error(
                    self,
                    f"{path}[{index}]",
                    f"{value!r} is not one of the declared values {declared.labels}",
                    "a pilot is a part of its experiment: declare the value or drop it",
                )

    def axis(self, name: str) -> NamedAxis | None:
        """The axis of a name, or of a field's name; None if there is none, or several."""
        matches = [axis for axis in self.axes if axis.name == name]
        matches = matches or [axis for axis in self.axes if axis.has_name(name)]
        return matches[0] if len(matches) == 1 else None

    def assignments(self) -> Iterator[Assignment]:
        """All combinations of the axes' values; a single empty one without axes."""
        return assignments(self.axes)

    def bind(self, assignment: Assignment = ()) -> Experiment:
        """The experiment of one combination, without axes; those left out have their first value.

        Raises:
            DeclarationError: The declaration is not valid with these values.
        """
        if not self.axes:
            return self
        values = bound_values(self.axes, dict(assignment))
        bound = {name: substitute(getattr(self, name), values, name) for name in GRID_FIELDS}
        return attrs.evolve(self, pilot=None, only="", exclude="", **bound)

    def with_axis_values(self, name: str, values: Iterable[Any]) -> Experiment:
        """The experiment with only some values of an axis.

        Args:
            name: The axis.
            values: The values, or their labels; those that are not declared are left out.
        """
        declared = self.axis(name)
        if declared is None:
            return self
        narrowed = declared.narrowed(values)
        return attrs.evolve(
            self,
            pilot=None,
            **{field: substitute(getattr(self, field), narrowed, field) for field in GRID_FIELDS},
        )

    def _check_recipe(self) -> None:
        """Check that a recipe, or ratios and sizes, say what is trained on, and seeds how often."""
        if self.subjects and not self.trains:
            return
        if not self.seeds:
            raise fields.declaration_error(self, "seeds", "is empty: at least one value is needed")
        for axis in ("misaligned_ratio", "total_samples"):
            if self.recipe is None and not getattr(self, axis):
                raise fields.declaration_error(
                    self,
                    axis,
                    "is empty: at least one value is needed",
                    "declare the ratio and the size, or a recipe=Curriculum(…)",
                )
        if self.recipe is None:
            return
        for axis in ("misaligned_ratio", "total_samples", "inoculation"):
            if getattr(self, axis) not in ((), (None,)):
                raise fields.declaration_error(
                    self,
                    axis,
                    "stands beside a recipe, whose parts say this",
                    "declare a recipe, or ratios and sizes",
                )
        recipes = self.recipes()
        for part in {part for recipe in recipes for stage in recipe.stages for part in stage.parts}:
            for setting in self.settings:
                setting.inoculation(part.inoculation)

    def recipes(self) -> list[Curriculum]:
        """The recipe in each combination of the axes that vary it."""
        axes = read_axes(self, ("recipe",))
        recipes = [
            substitute(self.recipe, bound_values(axes, dict(assignment)), "recipe")
            for assignment in assignments(axes)
        ]
        return [recipe for recipe in recipes if recipe is not None]

    @property
    def trains(self) -> bool:
        """Whether anything is trained: an experiment of subjects alone trains nothing."""
        declared = (self.recipe, self.misaligned_ratio, self.total_samples, self.seeds, self.axes)
        return any(declared)

    def _check_subjects(self) -> None:
        names = set()
        for index, subject in enumerate(self.subjects):
            if subject.name in names:
                raise fields.declaration_error(
                    self, f"subjects[{index}].name", f"{subject.name!r} is given twice"
                )
            names.add(subject.name)

    def _check_contexts(self) -> None:
        for setting in self.settings:
            distinct_names(self, "contexts", self.setting_contexts(setting))
            known = {spec.id for spec in (*setting.id_evals, *setting.ood_evals, *self.evals)}
            for index, name in enumerate(self.context_evals):
                if name not in known:
                    raise fields.declaration_error(
                        self,
                        f"context_evals[{index}]",
                        f"{setting.id} has no eval {name!r}",
                        f"there are: {', '.join(sorted(known))}",
                    )

    def setting_contexts(self, setting: Setting) -> tuple[Context, ...]:
        """The contexts in which the evals of a setting are asked, `plain` among them.

        Raises:
            DeclarationError: The setting lacks a context, or a prompt that one refers to.
        """
        trained = {name for name in self.inoculation if name is not None}
        stages = (stage for recipe in self.recipes() for stage in recipe.stages)
        names = {part.inoculation for stage in stages for part in stage.parts}
        trained |= {name for name in names if name is not None}
        contexts: list[Context] = []
        for index, item in enumerate(self.contexts):
            try:
                named = item if isinstance(item, Context) else None
                contexts += [named] if named else setting.named_contexts(str(item), trained)
            except DeclarationError as error:
                raise fields.declaration_error(
                    self, f"contexts[{index}]", f"{setting.id}: {error.message}", error.hint
                ) from None
        return tuple(contexts)

    def evolve(self, **changes: Any) -> Experiment:
        """A new experiment with `changes`, which are fields by name.

        Without a new pilot, the old pilot keeps those values of a changed axis that are still
        declared; if none is, it no longer narrows that axis. Without new expectations, the old ones
        are inherited: those about a condition that the new experiment lacks do not apply to it. A
        recipe takes the place of ratios, sizes and inoculations.
        """
        if changes.get("recipe") is not None:
            empty = {"misaligned_ratio": (), "total_samples": (), "inoculation": (None,)}
            changes = {**empty, **changes}
        if self.pilot is not None and "pilot" not in changes:
            changes["pilot"] = self._narrow_pilot(changes)
        evolved = attrs.evolve(self, **changes)
        if "expectations" not in changes:
            object.__setattr__(evolved, "has_inherited_expectations", True)
        return evolved

    def _narrow_pilot(self, changes: dict[str, Any]) -> Pilot:
        assert self.pilot is not None
        narrowed = {}
        for axis in AXES:
            values = getattr(self.pilot, axis)
            if values is not None and axis in changes:
                declared = (
                    _to_inoculation_names(changes[axis]) if axis == "inoculation" else changes[axis]
                )
                declared = fields.one_or_many(declared)
                values = tuple(value for value in values if value in declared) or None
            narrowed[axis] = values
        kept = tuple(
            (name, labels)
            for name, values in self.pilot.axes
            if (labels := self._still_declared(name, values, changes))
        )
        return Pilot(axes=kept, **narrowed)

    def _still_declared(
        self, name: str, values: tuple[Any, ...], changes: dict[str, Any]
    ) -> tuple[Any, ...]:
        """The pilot's values of an axis that an experiment with `changes` declares."""
        changed = {field: changes.get(field, getattr(self, field)) for field in GRID_FIELDS}
        for axis in read_axes(SimpleNamespace(id=self.id, **changed), GRID_FIELDS):
            if axis.has_name(name):
                return tuple(value for value in values if axis.index(value) is not None)
        return ()

    def pilot_experiment(self) -> Experiment:
        """The pilot as an experiment with the same id; the experiment itself if it has no pilot."""
        if self.pilot is None:
            return self
        narrowed = {
            axis: values for axis in AXES if (values := getattr(self.pilot, axis)) is not None
        }
        part = attrs.evolve(self, pilot=None, **narrowed)
        for name, values in self.pilot.axes:
            part = part.with_axis_values(name, values)
        return part
