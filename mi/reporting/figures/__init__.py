"""Figures: what was found, to be looked at and printed, each with its data beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.conditions import Point, points
from ...analysis.evidence import ResultScope
from .curves import score_curves
from .drawing import Drawing, save_drawing
from .heatmap import joint_heatmap
from .id_ood import id_ood_plot
from .losses import loss_curves
from .scores import margin_plot, rating_plot

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "Drawing",
    "all_figures",
    "experiment_figures",
    "joint_heatmap",
    "save_drawing",
    "score_curves",
]


def experiment_figures(
    connection: DuckDBPyConnection, scope: ResultScope, title: str, points: Sequence[Point]
) -> list[Drawing]:
    """The figures of one experiment, of the points found of it."""
    (experiment,) = scope.experiments
    made = (
        score_curves(experiment, title, points),
        id_ood_plot(experiment, title, points),
        loss_curves(connection, scope, title),
        rating_plot(connection, scope, title),
        margin_plot(connection, scope, title),
    )
    return [one for one in made if one is not None]


def all_figures(
    connection: DuckDBPyConnection, scope: ResultScope, titles: Mapping[str, str]
) -> list[Drawing]:
    """The figures of each of the experiments, and then of all together.

    Args:
        titles: Experiment → title.
    """
    made, together = [], {}
    for experiment, title in titles.items():
        places = None if scope.condition_names is None else scope.condition_names[experiment]
        found = points(connection, experiment, scope.model, scope.data, places)
        alone = attrs.evolve(scope, experiments=(experiment,))
        made += experiment_figures(connection, alone, title, found)
        together[experiment] = found
    last = joint_heatmap(together)
    return [*made, last] if last else made
