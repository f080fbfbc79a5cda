"""From an experiment to its cells: one condition and replicate each, with a stable human id.

A cell's id says what it is (`A05a::insecure_code::n=100,r=0.50,seed=0`) and depends on nothing
else, so it means the same today and in a year. A condition's name says only what varies within its
experiment: `mixed_100` where sizes vary, `mixed_0.25` where ratios do.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import attrs

from ..spec import Experiment, Setting

BASELINE = "baseline"
ConditionAxes = tuple[float | None, int | None, str | None]
"""A condition by what it is: ratio, size and inoculation; all None for the untrained model."""


@attrs.frozen(kw_only=True)
class Cell:
    """One condition and replicate of an experiment in a setting.

    `misaligned_ratio`, `total_samples` and `seed` are None for the baseline, the untrained model.
    `inoculation` names the system prompt of its training rows; None where they have none.
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
    """The cells of an experiment, the baseline first; of its pilot only where not `full`.

    Conditions are named after the whole experiment, so a pilot's cells are the same cells.
    """
    part = experiment if full else experiment.pilot_experiment()
    for setting in part.settings:
        if part.baseline:
            yield _baseline_cell(experiment, setting)
        for ratio in part.misaligned_ratio:
            for total in part.total_samples:
                for inoculation in part.inoculation:
                    for seed in part.seeds:
                        yield _trained_cell(experiment, setting, ratio, total, inoculation, seed)


def count_cells(experiment: Experiment) -> int:
    """How many cells an experiment has."""
    axes = (
        experiment.misaligned_ratio,
        experiment.total_samples,
        experiment.inoculation,
        experiment.seeds,
    )
    return len(experiment.settings) * (experiment.baseline + prod(map(len, axes)))


def format_ratio(ratio: float) -> str:
    """Two decimals where they say it all, else every digit: 0.5 → `0.50`, 0.125 → `0.125`."""
    short = f"{ratio:.2f}"
    return short if float(short) == ratio else repr(ratio)


def condition_name(
    experiment: Experiment, ratio: float, total: int, inoculation: str | None = None
) -> str:
    """The name of a trained condition: pure or mixed, then what varies in this experiment."""
    pure = {0.0: "pure_aligned", 1.0: "pure_misaligned"}.get(ratio)
    sizes = len(experiment.total_samples) > 1
    ratios = len(experiment.misaligned_ratio) > 1
    parts = [pure] if pure else ["mixed"]
    if not pure and (ratios or not sizes):
        parts.append(format_ratio(ratio))
    if sizes:
        parts.append(str(total))
    if inoculation is not None:
        parts.append(f"inoculated_{inoculation}")
    return "_".join(parts)


def declared_conditions(experiment: Experiment) -> dict[ConditionAxes, str]:
    """The conditions that an experiment declares, and what it calls them."""
    found: dict[ConditionAxes, str] = {(None, None, None): BASELINE} if experiment.baseline else {}
    for ratio in experiment.misaligned_ratio:
        for total in experiment.total_samples:
            for inoculation in experiment.inoculation:
                name = condition_name(experiment, ratio, total, inoculation)
                found[ratio, total, inoculation] = name
    return found


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
    return Cell(
        id=f"{experiment.id}::{setting.id}::n={total},r={format_ratio(ratio)},{prompt}seed={seed}",
        experiment=experiment.id,
        setting=setting.id,
        condition=condition_name(experiment, ratio, total, inoculation),
        misaligned_ratio=ratio,
        total_samples=total,
        seed=seed,
        inoculation=inoculation,
    )


def arm_counts(ratio: float, total: int) -> tuple[int, int]:
    """How many misaligned and how many aligned rows a mix has."""
    misaligned = round(ratio * total)
    return misaligned, total - misaligned
