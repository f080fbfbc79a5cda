"""Figures of results, for the screen and for print, each with its data beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.analyse import fitted_curves
from ...analysis.conditions import Point, points
from ...analysis.evidence import ResultScope
from .curves import score_curves
from .drawing import Drawing, save_drawing
from .heatmap import joint_heatmap
from .id_ood import id_ood_plot
from .losses import loss_curves
from .margins import margin_plot
from .ratings import rating_plot
from .specification_curve import specification_curves
from .steps import step_curves

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "Drawing",
    "all_figures",
    "experiment_figures",
    "joint_heatmap",
    "save_drawing",
    "score_curves",
    "specification_curves",
]


def experiment_figures(
    connection: DuckDBPyConnection, scope: ResultScope, title: str, points: Sequence[Point]
) -> list[Drawing]:
    """The figures of one experiment; those without data are left out.

    Args:
        connection: To the results database.
        scope: Of exactly one experiment.
        title: Of the experiment.
        points: Its headline scores.
    """
    (experiment,) = scope.experiments
    drawings = (
        score_curves(experiment, title, points, fitted_curves(connection, scope)),
        id_ood_plot(experiment, title, points),
        step_curves(connection, scope, title),
        loss_curves(connection, scope, title),
        rating_plot(connection, scope, title),
        margin_plot(connection, scope, title),
    )
    return [drawing for drawing in drawings if drawing is not None]


def all_figures(
    connection: DuckDBPyConnection, scope: ResultScope, titles: Mapping[str, str]
) -> list[Drawing]:
    """The figures of each experiment, and then the joint one of all.

    Args:
        connection: To the results database.
        scope: Of these experiments.
        titles: Experiment id → title.
    """
    drawings = []
    points_by_experiment = {}
    for experiment, title in titles.items():
        names = None if scope.condition_names is None else scope.condition_names[experiment]
        own_points = points(connection, experiment, scope.model, scope.data, names)
        own_scope = attrs.evolve(scope, experiments=(experiment,))
        drawings += experiment_figures(connection, own_scope, title, own_points)
        points_by_experiment[experiment] = own_points
    joint = joint_heatmap(points_by_experiment)
    return [*drawings, joint] if joint else drawings
