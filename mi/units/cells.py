"""From an experiment to its cells: one condition and replicate each, with a stable, readable id.

A cell's id (`A05a::insecure_code::n=100,r=0.50,seed=0`) states what the cell is and depends on
nothing else, so its meaning never changes. The name of a condition states only what varies within
its experiment: `mixed_100` if sizes vary, `mixed_0.25` if ratios do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import attrs

from ..errors import DeclarationError, UsageError
from ..spec import Curriculum, Experiment, Setting
from ..spec.axis import label_text
from ..spec.grid import Assignment, assignment_text, is_axis_name
from .expression import CellPredicate, parse_expression
from .identity import canonical, digest

BASELINE = "baseline"
_SUBJECT = "subject="
ConditionAxes = tuple[float | None, int | None, str | None, str | None]
"""Ratio, size, inoculation (or recipe, or subject), and named axes as JSON (`{"lr": 0.0001}`) of a
condition; all None for the untrained model."""


class Recipe(Protocol):
    """What a recipe says of its condition."""

    @property
    def name(self) -> str | None: ...
    @property
    def total_rows(self) -> int: ...
    @property
    def misaligned_share(self) -> float: ...
    @property
    def is_plain(self) -> bool: ...


class NamedSubject(Protocol):
    """What a subject says of its condition."""

    @property
    def name(self) -> str: ...


class NameDesign(Protocol):
    """What varies in an experiment, as far as it names its conditions."""

    @property
    def misaligned_ratio(self) -> tuple[float, ...]: ...
    @property
    def total_samples(self) -> tuple[int, ...]: ...
    @property
    def recipe(self) -> Recipe | None: ...


class Design(NameDesign, Protocol):
    """The conditions of an experiment: an `Experiment`, or what the record of a run says of one."""

    @property
    def inoculation(self) -> tuple[str | None, ...]: ...
    @property
    def baseline(self) -> bool: ...
    @property
    def subjects(self) -> Sequence[NamedSubject]: ...


class RecordedDesign(Design, Protocol):
    """A design that was read back from the record of a run."""

    @property
    def conditions(self) -> tuple[tuple[ConditionAxes, str], ...] | None: ...


@attrs.frozen(kw_only=True)
class Cell:
    """One condition and replicate of an experiment in a setting.

    `misaligned_ratio`, `total_samples` and `seed` are None for the baseline, the untrained model.
    `inoculation` names the system prompt of its training rows; None: no prompt. Of a recipe,
    `total_samples` are the rows of all stages, `misaligned_ratio` the share of them that are of a
    misaligned arm, and `inoculation` is the recipe (`recipe=1a2b3c4d`), because ratio and size do
    not say what is trained. `axes` are the named axes of the experiment with the cell's values.
    Of a subject, a model that is not trained here, only `inoculation` is set, to the subject
    (`subject=organism`).
    """

    id: str
    experiment: str
    setting: str
    condition: str
    misaligned_ratio: float | None = None
    total_samples: int | None = None
    seed: int | None = None
    inoculation: str | None = None
    axes: Assignment = ()

    @property
    def condition_axes(self) -> ConditionAxes:
        """Where its condition lies."""
        named = axes_json(self.axes)
        return self.misaligned_ratio, self.total_samples, self.inoculation, named

    @property
    def subject(self) -> str | None:
        """The name of the subject that it evaluates; None for the baseline and trained models."""
        if self.total_samples is None and self.inoculation is not None:
            return self.inoculation.removeprefix(_SUBJECT)
        return None


def axes_json(assignment: Assignment) -> str | None:
    """Named axes with their values, as records and the database hold them; None: there are none."""
    return json.dumps(dict(assignment), ensure_ascii=False) if assignment else None


def axes_suffix(axes: str | None) -> str:
    """Named axes as the end of a place: `, lr=0.0001`; empty if there are none."""
    labels: dict[str, Any] = json.loads(axes) if axes else {}
    return "".join(f", {name}={label_text(label)}" for name, label in labels.items())


def axis_value(axes: str | None, name: str) -> Any:
    """The value of a named axis in a condition, by its label; None if it has no such axis.

    Args:
        axes: The condition's named axes as JSON.
        name: The axis's name, or the last part of its path.
    """
    labels: dict[str, Any] = json.loads(axes) if axes else {}
    matches = (label for axis, label in labels.items() if is_axis_name(axis, name))
    return labels[name] if name in labels else next(matches, None)


def cells(experiment: Experiment, *, full: bool = True) -> Iterator[Cell]:
    """The cells of an experiment, or of its pilot unless `full`; the baseline first.

    Conditions are named after the whole experiment, so that a pilot's cells are the same cells.
    """
    part = experiment if full else experiment.pilot_experiment()
    keep = grid_filter(experiment)
    for setting in part.settings:
        if part.baseline:
            yield _baseline_cell(experiment, setting)
        for subject in part.subjects:
            yield _subject_cell(experiment, setting, subject.name)
        for condition in _trained_conditions(part, names=experiment):
            for seed in part.seeds:
                cell = _trained_cell(experiment, setting, condition, seed)
                if keep is None or keep(cell):
                    yield cell


def grid_filter(experiment: Experiment) -> CellPredicate | None:
    """Which trained cells `only` and `exclude` leave; None: all.

    Raises:
        DeclarationError: One of them is not an expression over the experiment's cells.
    """
    names = tuple(axis.name for axis in experiment.axes)
    tests: list[CellPredicate] = []
    for field in ("only", "exclude"):
        if text := getattr(experiment, field):
            try:
                test = parse_expression(text, f"{experiment.id} @ $.{field}", axes=names)
            except UsageError as error:
                raise DeclarationError(error.message, where=error.where, hint=error.hint) from None
            tests.append(test if field == "only" else partial(_is_not, test))
    return (lambda cell: all(test(cell) for test in tests)) if tests else None


def _is_not(test: CellPredicate, cell: Cell) -> bool:
    return not test(cell)


@attrs.frozen
class _Condition:
    """A trained condition: its name, and the parts of a cell that are its own."""

    name: str
    ratio: float
    total: int
    inoculation: str | None
    axes: Assignment
    is_recipe: bool

    @property
    def condition_axes(self) -> ConditionAxes:
        return self.ratio, self.total, self.inoculation, axes_json(self.axes)


def _trained_conditions(part: Experiment, names: Experiment) -> Iterator[_Condition]:
    """The trained conditions of an experiment or its pilot, cuts not considered.

    Args:
        part: The experiment or its pilot.
        names: The whole experiment, whose axes name the conditions.
    """
    varying = {axis.name for axis in names.axes if len(axis.labels) > 1}
    for assignment in part.assignments():
        design = names.bind(assignment) if assignment and names.recipe is not None else part
        suffix = "".join(
            f"_{name}={label_text(label)}" for name, label in assignment if name in varying
        )
        is_recipe = design.recipe is not None and not design.recipe.is_plain
        for ratio, total, inoculation in _trained_axes(design):
            name = condition_name(_NameDesign.bound(names, design), ratio, total, inoculation)
            yield _Condition(name + suffix, ratio, total, inoculation, assignment, is_recipe)


@attrs.frozen
class _NameDesign:
    """What varies in an experiment, with the recipe of one combination of its axes."""

    misaligned_ratio: tuple[float, ...]
    total_samples: tuple[int, ...]
    recipe: Recipe | None

    @classmethod
    def bound(cls, names: Experiment, bound: Experiment) -> _NameDesign:
        return cls(names.misaligned_ratio, names.total_samples, bound.recipe)


def base_condition(name: str, axes: str | None) -> str:
    """The name of a condition without its named axes: `mixed_1000` of `mixed_1000_lr=0.0001`.

    Args:
        name: The full name.
        axes: The named axes as JSON.
    """
    for axis, label in json.loads(axes).items() if axes else ():
        name = name.replace(f"_{axis}={label_text(label)}", "", 1)
    return name


def _trained_axes(design: Design) -> Iterator[tuple[float, int, str | None]]:
    """The trained conditions of a design without named axes: ratio, size and inoculation."""
    if design.recipe is not None:
        recipe = design.recipe
        name = None if recipe.is_plain else f"recipe={recipe_digest(recipe)}"
        yield recipe.misaligned_share, recipe.total_rows, name
        return
    for ratio in design.misaligned_ratio:
        for total in design.total_samples:
            for inoculation in design.inoculation:
                yield ratio, total, inoculation


def recipe_digest(recipe: Recipe) -> str:
    """Eight hex digits that name a recipe in ids; its own name is not part of it."""
    if isinstance(recipe, Curriculum):
        return digest(canonical(recipe.stages))[:8]
    stored: str = recipe.digest  # type: ignore[attr-defined]
    return stored


def count_cells(experiment: Experiment) -> int:
    """The number of cells of an experiment, pilot and rest."""
    if experiment.only or experiment.exclude:
        return sum(1 for _ in cells(experiment))
    conditions = sum(1 for _ in _trained_conditions(experiment, experiment))
    untrained = experiment.baseline + len(experiment.subjects)
    return len(experiment.settings) * (untrained + conditions * len(experiment.seeds))


def format_ratio(ratio: float) -> str:
    """A ratio with two decimals, or more if they are needed: 0.5 → `0.50`, 0.125 → `0.125`."""
    short = f"{ratio:.2f}"
    return short if float(short) == ratio else repr(ratio)


def condition_name(
    design: NameDesign, ratio: float, total: int, inoculation: str | None = None
) -> str:
    """The name of a trained condition: pure or mixed, then what varies in the experiment.

    Args:
        design: The experiment that declares the condition.
        ratio: Share of misaligned rows, in [0, 1].
        total: Number of training rows.
        inoculation: Name of the system prompt of the training rows; None: no prompt.
    """
    if design.recipe is not None and (design.recipe.name or not design.recipe.is_plain):
        return design.recipe.name or "recipe"
    pure = {0.0: "pure_aligned", 1.0: "pure_misaligned"}.get(ratio)
    sizes = len(design.total_samples) > 1
    ratios = len(design.misaligned_ratio) > 1
    parts = [pure] if pure else ["mixed"]
    if not pure and (ratios or not sizes):
        parts.append(format_ratio(ratio))
    if sizes:
        parts.append(str(total))
    if inoculation is not None:
        parts.append(f"inoculated_{inoculation}")
    return "_".join(parts)


def declared_conditions(design: Experiment | RecordedDesign) -> dict[ConditionAxes, str]:
    """The names of the conditions that an experiment declares."""
    names: dict[ConditionAxes, str] = {}
    if design.baseline:
        names[None, None, None, None] = BASELINE
    for subject in design.subjects:
        names[None, None, f"{_SUBJECT}{subject.name}", None] = subject.name
    if isinstance(design, Experiment):
        return names | _experiment_conditions(design)
    if design.conditions is not None:
        return dict(design.conditions)
    for ratio, total, inoculation in _trained_axes(design):
        names[ratio, total, inoculation, None] = condition_name(design, ratio, total, inoculation)
    return names


def _experiment_conditions(experiment: Experiment) -> dict[ConditionAxes, str]:
    """The trained conditions that cells are left of."""
    if experiment.only or experiment.exclude:
        trained = (cell for cell in cells(experiment) if cell.seed is not None)
        return {cell.condition_axes: cell.condition for cell in trained}
    conditions = _trained_conditions(experiment, experiment)
    return {condition.condition_axes: condition.name for condition in conditions}


def conditions_form(experiment: Experiment) -> list[list[Any]]:
    """The conditions of an experiment with axes, as the record of a run holds them."""
    return [[*axes, name] for axes, name in declared_conditions(experiment).items()]


def _baseline_cell(experiment: Experiment, setting: Setting) -> Cell:
    return Cell(
        id=f"{experiment.id}::{setting.id}::{BASELINE}",
        experiment=experiment.id,
        setting=setting.id,
        condition=BASELINE,
    )


def _subject_cell(experiment: Experiment, setting: Setting, name: str) -> Cell:
    return Cell(
        id=f"{experiment.id}::{setting.id}::{_SUBJECT}{name}",
        experiment=experiment.id,
        setting=setting.id,
        condition=name,
        inoculation=f"{_SUBJECT}{name}",
    )


def _trained_cell(
    experiment: Experiment, setting: Setting, condition: _Condition, seed: int
) -> Cell:
    prompt = "" if condition.inoculation is None else f"system={condition.inoculation},"
    what = f"n={condition.total},r={format_ratio(condition.ratio)},{prompt}"
    if condition.is_recipe:
        what = f"{condition.inoculation},"
    named = f"{assignment_text(condition.axes)}," if condition.axes else ""
    return Cell(
        id=f"{experiment.id}::{setting.id}::{what}{named}seed={seed}",
        experiment=experiment.id,
        setting=setting.id,
        condition=condition.name,
        misaligned_ratio=condition.ratio,
        total_samples=condition.total,
        seed=seed,
        inoculation=condition.inoculation,
        axes=condition.axes,
    )


def arm_counts(ratio: float, total: int) -> tuple[int, int]:
    """The numbers of misaligned and of aligned rows in a mix of `total` rows."""
    misaligned = round(ratio * total)
    return misaligned, total - misaligned
