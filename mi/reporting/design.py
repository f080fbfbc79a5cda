"""What the models of an experiment are trained on, for people."""

from __future__ import annotations

from ..spec import Experiment
from ..spec.axis import label_text
from ..units.cells import format_ratio


def design_lines(experiment: Experiment) -> list[tuple[str, str]]:
    """Names and texts: what is trained, and a line for each subject."""
    lines = training_design(experiment)
    for subject in experiment.subjects:
        parts = (subject.model, subject.adapter and f"with the adapter {subject.adapter}")
        lines.append((f"subject {subject.name}", " ".join(filter(None, parts))))
    return lines


def training_design(experiment: Experiment) -> list[tuple[str, str]]:
    """Names and texts: a line for each stage of a recipe, or the ratios and sizes; and named axes.

    A recipe with axes is described with their first values.
    """
    axes = [(axis.name, ", ".join(map(label_text, axis.labels))) for axis in experiment.axes]
    if (recipe := experiment.bind().recipe) is not None:
        stages = enumerate(recipe.describe(), start=1)
        return [*((f"stage {number}", text) for number, text in stages), *axes]
    if not experiment.trains:
        return [("training", "none: its models exist already")]
    return [
        *axes,
        ("misaligned ratio", ", ".join(map(format_ratio, experiment.misaligned_ratio))),
        ("training rows", ", ".join(map(str, experiment.total_samples))),
    ]
