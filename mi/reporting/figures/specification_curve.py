"""Specification curves: a claim's estimate in every specification, and the choices behind it.

After Simonsohn, Simmons and Nelson (2020). Above, estimates in ascending order with the intervals
that decide; below, for each choice, where on the curve its specifications lie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.multiverse import MEANING, ClaimMultiverse, Dimension, SpecificationRuling
from ...analysis.rulings import Outcome
from .drawing import Drawing, csv_text
from .style import BASELINE, new_figure, wrap_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {
    Outcome.SUPPORTED: "#0072B2",
    Outcome.REFUTED: "#D55E00",
    Outcome.INCONCLUSIVE: "#999999",
    Outcome.OPEN: "#CCCCCC",
}
_MOST_DRAWN = 240
"""Specifications whose intervals are drawn, evenly spaced along the curve."""
_MOST_ROWS = 12
"""Choices of one dimension that have a row of their own."""
_BINS = 120
_ROW_HEIGHT = 0.16
_WIDTH = 6.4


@attrs.frozen(kw_only=True)
class CurvePoint:
    """One specification as a row of the figure's data."""

    judge: str
    thresholds: str
    questions: str
    scoring: str
    outcome: str
    value: float
    low: float
    high: float
    declared: bool


def specification_curves(experiment: str, multiverses: Sequence[ClaimMultiverse]) -> list[Drawing]:
    """A figure for each claim and eval that has estimates in several specifications.

    Args:
        experiment: Id of the experiment.
        multiverses: Of its claims.
    """
    drawings = []
    for number, multiverse in enumerate(multiverses, 1):
        ordered = sorted(
            (ruling for ruling in multiverse.rulings if ruling.value is not None),
            key=lambda ruling: (ruling.value, ruling.specification.choice(Dimension.THRESHOLDS)),
        )
        if len(ordered) > 1:
            drawings.append(_curve(f"{experiment}-multiverse-{number}", multiverse, ordered))
    return drawings


def _curve(
    name: str, multiverse: ClaimMultiverse, ordered: Sequence[SpecificationRuling]
) -> Drawing:
    title = f"{multiverse.claim} · {multiverse.where}: every specification"
    claimed = "above" if multiverse.is_above else "below"
    spaced = (
        f"{_MOST_DRAWN} of them, evenly spaced, are drawn. " if len(ordered) > _MOST_DRAWN else ""
    )
    caption = (
        f"Left side less right side of the claim in {len(ordered)} specifications, in ascending "
        f"order, with the intervals that decide; the claim is that it lies {claimed} 0. {spaced}"
        "Diamond: the declared specification. Below: where the specifications with a choice lie, "
        f"darker where more of them do. Mind that {MEANING}."
    )
    declared = multiverse.declared
    points = [
        CurvePoint(
            **{dimension.value: ruling.specification.choice(dimension) for dimension in Dimension},
            outcome=ruling.outcome.value,
            value=math.nan if ruling.value is None else ruling.value,
            low=math.nan if ruling.low is None else ruling.low,
            high=math.nan if ruling.high is None else ruling.high,
            declared=ruling is declared,
        )
        for ruling in ordered
    ]
    return Drawing(
        name=name,
        title=title,
        caption=caption,
        csv=csv_text(CurvePoint, points),
        draw=lambda: _draw(title, caption, points),
    )


def _draw(title: str, caption: str, points: Sequence[CurvePoint]) -> Figure:
    rows = _choice_rows(points)
    curve_height, choices_height = 2.3, _ROW_HEIGHT * len(rows) + 0.35
    figure, grid = new_figure(
        2, 1, title=title, caption=caption, sharex=True,
        panel_size=(_WIDTH, (curve_height + choices_height) / 2),
        height_ratios=(curve_height, choices_height),
    )  # fmt: skip
    ((curve,), (choices,)) = grid
    _draw_curve(curve, points)
    _draw_choices(choices, rows, len(points))
    return figure


def _draw_curve(axes: Axes, points: Sequence[CurvePoint]) -> None:
    from matplotlib.lines import Line2D

    step = max(len(points) / _MOST_DRAWN, 1.0)
    drawn = sorted({int(index * step) for index in range(min(len(points), _MOST_DRAWN))})
    width = max(min(160 / len(drawn), 2.0), 0.6)
    for outcome, colour in _COLOURS.items():
        own = [index for index in drawn if points[index].outcome == outcome.value]
        axes.vlines(
            own, [points[i].low for i in own], [points[i].high for i in own], color=colour,
            linewidth=width, alpha=0.45, zorder=1,
        )  # fmt: skip
        values = [points[i].value for i in own]
        axes.plot(own, values, ".", color=colour, markersize=2.6, zorder=2)
    for index, point in enumerate(points):
        if point.declared:
            axes.vlines([index], [point.low], [point.high], color="black", linewidth=1.0, zorder=3)
            axes.plot([index], [point.value], "D", color="black", markersize=4, zorder=4)
    axes.axhline(0, color=BASELINE, linewidth=0.8, linestyle="--")
    axes.set_ylabel("difference claimed")
    axes.set_xlim(-0.02 * len(points) - 0.5, 1.02 * len(points))
    counts = {
        outcome: sum(point.outcome == outcome.value for point in points) for outcome in _COLOURS
    }
    named = [outcome for outcome, count in counts.items() if count]
    handles = [Line2D([], [], color=_COLOURS[outcome], marker=".", lw=2) for outcome in named]
    labels = [f"{outcome.value} ({counts[outcome]})" for outcome in named]
    axes.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(named),
        handlelength=1.2, borderaxespad=0.2,
    )  # fmt: skip


def _choice_rows(points: Sequence[CurvePoint]) -> list[tuple[str, list[int]]]:
    """The rows of the lower panel: a choice, and the places of its specifications on the curve.

    Of many choices that leave something out, or that combine several thresholds, the parts have
    rows.
    """
    rows = []
    for dimension in Dimension:
        places: dict[str, list[int]] = {}
        for index, point in enumerate(points):
            for choice in _parts(dimension, getattr(point, dimension.value)):
                places.setdefault(choice, []).append(index)
        if len(places) > _MOST_ROWS and dimension is Dimension.QUESTIONS:
            omitted = [index for choice, own in places.items() if choice != "all" for index in own]
            places = {"all": places["all"], f"one of {len(places) - 1} left out": sorted(omitted)}
        if len(places) > 1:
            rows += [
                (f"{dimension.value}: {choice}", own) for choice, own in _ordered(places).items()
            ]
    return rows


def _parts(dimension: Dimension, choice: str) -> list[str]:
    return choice.split(", ") if dimension is Dimension.THRESHOLDS else [choice]


def _ordered(places: dict[str, list[int]]) -> dict[str, list[int]]:
    """Thresholds of one number side by side, in ascending order; other choices as they come."""

    def rank(choice: str) -> tuple[str, float]:
        number, _, threshold = choice.rpartition(" ")
        return (number, float(threshold)) if threshold.replace(".", "").isdigit() else ("", 0.0)

    return {choice: places[choice] for choice in sorted(places, key=rank)}


def _draw_choices(axes: Axes, rows: Sequence[tuple[str, list[int]]], number: int) -> None:
    import numpy as np

    bins = min(number, _BINS)
    edges = np.linspace(-0.5, number - 0.5, bins + 1)
    everything = np.histogram(range(number), edges)[0]
    for row, (_, places) in enumerate(rows):
        shares = np.histogram(places, edges)[0] / np.maximum(everything, 1)
        top = max(shares.max(), 1e-9)
        axes.pcolormesh(
            edges, [row - 0.38, row + 0.38], [shares / top], cmap="Greys", vmin=0, vmax=1.25,
            rasterized=True,
        )  # fmt: skip
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [wrap_text(name, 2.6, 6.5) for name, _ in rows], fontsize=6.5)
    axes.grid(visible=False)
    axes.set_xlabel("specifications, by estimate")
