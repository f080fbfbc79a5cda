"""Figures: what was found, to be looked at and printed, each with its data beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.conditions import Point, points
from ...analysis.evidence import Subject
from .curves import curves
from .drawing import Drawing, save
from .heatmap import heatmap
from .id_ood import plane
from .losses import losses
from .scores import margins, ratings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Drawing", "curves", "drawings", "heatmap", "own", "save"]


def own(
    connection: DuckDBPyConnection, subject: Subject, title: str, found: Sequence[Point]
) -> list[Drawing]:
    """The figures of one experiment, of the points found of it."""
    (experiment,) = subject.experiments
    made = (
        curves(experiment, title, found),
        plane(experiment, title, found),
        losses(connection, subject, title),
        ratings(connection, subject, title),
        margins(connection, subject, title),
    )
    return [one for one in made if one is not None]


def drawings(
    connection: DuckDBPyConnection, subject: Subject, titles: Mapping[str, str]
) -> list[Drawing]:
    """The figures of each of the experiments, and then of all together.

    Args:
        titles: Experiment → title.
    """
    made, together = [], {}
    for experiment, title in titles.items():
        places = None if subject.places is None else subject.places[experiment]
        found = points(connection, experiment, subject.model, subject.data, places)
        alone = attrs.evolve(subject, experiments=(experiment,))
        made += own(connection, alone, title, found)
        together[experiment] = found
    last = heatmap(together)
    return [*made, last] if last else made
