"""From an experiment to its cells: one condition and replicate each, with a stable, readable id.

A cell's id (`A05a::insecure_code::n=100,r=0.50,seed=0`) states what the cell is and depends on
nothing else, so its meaning never changes. The name of a condition states only what varies within
its experiment: `mixed_100` if sizes vary, `mixed_0.25` if ratios do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import attrs

from ..spec import Curriculum, Experiment, Setting
from .identity import canonical, digest

BASELINE = "baseline"
ConditionAxes = tuple[float | None, int | None, str | None]
"""Ratio, size and inoculation, or recipe, of a condition; all None for the untrained model."""


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


class Design(Protocol):
    """The axes of an experiment, as far as they name its conditions."""

    @property
    def misaligned_ratio(self) -> tuple[float, ...]: ...
    @property
    def total_samples(self) -> tuple[int, ...]: ...
    @property
    def inoculation(self) -> tuple[str | None, ...]: ...
    @property
    def baseline(self) -> bool: ...
    @property
    def recipe(self) -> Recipe | None: ...


@attrs.frozen(kw_only=True)
class Cell:
    """One condition and replicate of an experiment in a setting.

    `misaligned_ratio`, `total_samples` and `seed` are None for the baseline, the untrained model.
    `inoculation` names the system prompt of its training rows; None: no prompt. Of a recipe,
    `total_samples` are the rows of all stages, `misaligned_ratio` the share of them that are of a
    misaligned arm, and `inoculation` is the recipe (`recipe=1a2b3c4d`), because ratio and size do
    not say what is trained.
    """

    id: str
    experiment: str
    setting: str
    condition: str
    misaligned_ratio: float | None = None
    total_samples: int | None = None
    seed: int | None = None
    inoculation: str | None = None


def cells(experiment: Experiment, *, full: bool = True) -> Iterator[Cell]:
    """The cells of an experiment, or of its pilot unless `full`; the baseline first.

    Conditions are named after the whole experiment, so that a pilot's cells are the same cells.
    """
    part = experiment if full else experiment.pilot_experiment()
    for setting in part.settings:
        if part.baseline:
            yield _baseline_cell(experiment, setting)
        for ratio, total, inoculation in _trained_axes(part):
            for seed in part.seeds:
                yield _trained_cell(experiment, setting, ratio, total, inoculation, seed)


def _trained_axes(design: Design) -> Iterator[tuple[float, int, str | None]]:
    """The trained conditions of a design: ratio, size and inoculation."""
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
    conditions = sum(1 for _ in _trained_axes(experiment))
    return len(experiment.settings) * (experiment.baseline + conditions * len(experiment.seeds))


def format_ratio(ratio: float) -> str:
    """A ratio with two decimals, or more if they are needed: 0.5 → `0.50`, 0.125 → `0.125`."""
    short = f"{ratio:.2f}"
    return short if float(short) == ratio else repr(ratio)


def condition_name(design: Design, ratio: float, total: int, inoculation: str | None = None) -> str:
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


def declared_conditions(design: Design) -> dict[ConditionAxes, str]:
    """The names of the conditions that an experiment declares."""
    names: dict[ConditionAxes, str] = {(None, None, None): BASELINE} if design.baseline else {}
    for ratio, total, inoculation in _trained_axes(design):
        names[ratio, total, inoculation] = condition_name(design, ratio, total, inoculation)
    return names


def _baseline_cell(experiment: Experiment, setting: Setting) -> Cell:
    return Cell(
        id=f"{experiment.id}::{setting.id}::{BASELINE}",
        experiment=experiment.id,
        setting=setting.id,
        condition=BASELINE,
    )


def _trained_cell(
    experiment: Experiment,
    setting: Setting,
    ratio: float,
    total: int,
    inoculation: str | None,
    seed: int,
) -> Cell:
    prompt = "" if inoculation is None else f"system={inoculation},"
    what = f"n={total},r={format_ratio(ratio)},{prompt}"
    if experiment.recipe is not None and not experiment.recipe.is_plain:
        what = f"{inoculation},"
    return Cell(
        id=f"{experiment.id}::{setting.id}::{what}seed={seed}",
        experiment=experiment.id,
        setting=setting.id,
        condition=condition_name(experiment, ratio, total, inoculation),
        misaligned_ratio=ratio,
        total_samples=total,
        seed=seed,
        inoculation=inoculation,
    )


def arm_counts(ratio: float, total: int) -> tuple[int, int]:
    """The numbers of misaligned and of aligned rows in a mix of `total` rows."""
    misaligned = round(ratio * total)
    return misaligned, total - misaligned
