"""Score against size, ratio or condition: a panel for each eval, a row for each setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...analysis.conditions import Point
from .drawing import Drawing, csv_text
from .style import (
    BASELINE,
    LineStyle,
    add_legend,
    label_ticks,
    line_styles,
    new_figure,
    set_panel_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (2.4, 2.2)
INTERVAL_TEXTS = {
    "within-run": "95 % intervals, within-run: one seed, so they speak of these models only",
    "over seeds": "95 % intervals over seeds and questions",
}


def score_curves(experiment: str, title: str, points: Sequence[Point]) -> Drawing | None:
    """The headline scores of an experiment; None where nothing was scored."""
    points = [point for point in points if point.mean is not None]
    if not points:
        return None
    caption = f"Bars: {describe_intervals(points)}."
    if any(len(point.by_seed) > 1 for point in points):
        caption += " Small circles: single runs."
    if any(not point.seeds for point in points):
        caption += " Dotted line and band: the untrained model."
    headed = f"{experiment}: {title}"
    return Drawing(
        name=experiment,
        title=headed,
        caption=caption,
        csv=csv_text(Point, points),
        draw=lambda: _draw(headed, caption, points),
    )


def describe_intervals(points: Sequence[Point]) -> str:
    """What the intervals of these points are over, in words."""
    kinds = dict.fromkeys(point.basis for point in points if point.seeds)
    return "; ".join(INTERVAL_TEXTS[kind] for kind in kinds) or INTERVAL_TEXTS["within-run"]


@attrs.frozen
class _Axis:
    """What the x axis is, and what tells the lines apart."""

    kind: str
    lines: tuple[object, ...]
    positions: tuple[object, ...]

    def line_key(self, point: Point) -> object:
        return {"size": point.misaligned_ratio, "ratio": point.total_samples}.get(self.kind)

    def position(self, point: Point) -> float:
        if self.kind == "condition":
            return float(self.positions.index(point.condition))
        value = point.total_samples if self.kind == "size" else point.misaligned_ratio
        return float(value or 0)

    def label(self, line: object) -> str:
        if self.kind == "condition":
            return "trained"
        return f"ratio {line:g}" if self.kind == "size" else f"{line} rows"


def _choose_axis(points: Sequence[Point]) -> _Axis:
    trained = [point for point in points if point.seeds]
    sizes = sorted({point.total_samples or 0 for point in trained})
    ratios = sorted({point.misaligned_ratio or 0.0 for point in trained})
    places = {(point.total_samples, point.misaligned_ratio) for point in trained}
    named = tuple(dict.fromkeys(point.condition for point in trained))
    if len(places) < len(named):
        return _Axis("condition", (None,), named)
    if len(sizes) > 1:
        return _Axis("size", tuple(ratios), tuple(sizes))
    return _Axis("ratio", tuple(sizes), tuple(ratios))


def _draw(title: str, note: str, points: Sequence[Point]) -> Figure:
    settings = list(dict.fromkeys(point.setting for point in points))
    series = list(dict.fromkeys(point.series for point in points))
    axis = _choose_axis(points)
    figure, axes = new_figure(
        len(settings), len(series), title=title, caption=note, panel_size=_PANEL, sharey=True
    )
    looks = dict(zip(axis.lines, line_styles(len(axis.lines)), strict=True))
    for row, setting in zip(axes, settings, strict=True):
        for one, name in zip(row, series, strict=True):
            part = [p for p in points if (p.setting, p.series) == (setting, name)]
            _draw_panel(one, part, axis, looks)
            set_panel_title(
                one, f"{name}\n{setting}" if len(settings) > 1 else name, _PANEL[0] - 0.5
            )
        row[0].set_ylabel("share misaligned")
    for one in axes[-1]:
        label = {"size": "training rows", "ratio": "misaligned ratio", "condition": ""}[axis.kind]
        one.set_xlabel(label)
    _add_line_legend(figure, axis, looks, untrained=any(not point.seeds for point in points))
    return figure


def _draw_panel(
    axes: Axes, points: Sequence[Point], axis: _Axis, looks: dict[object, LineStyle]
) -> None:
    for point in points:
        if not point.seeds:
            axes.axhspan(point.low or 0, point.high or 0, color=BASELINE, alpha=0.15, linewidth=0)
            axes.axhline(point.mean or 0, color=BASELINE, linestyle=":")
    for line, look in looks.items():
        found = [point for point in points if point.seeds and axis.line_key(point) == line]
        _draw_line(axes, sorted(found, key=axis.position), axis, look)
    _set_scale(axes, axis)
    axes.set_ylim(-0.03, 1.03)
    if not points:
        axes.text(0.5, 0.5, "not asked here", ha="center", color=BASELINE, transform=axes.transAxes)


def _draw_line(axes: Axes, points: Sequence[Point], axis: _Axis, look: LineStyle) -> None:
    if not points:
        return
    x = [axis.position(point) for point in points]
    means = [point.mean or 0.0 for point in points]
    spread = [
        [max(mean - (p.low or 0), 0) for p, mean in zip(points, means, strict=True)],
        [max((p.high or 0) - mean, 0) for p, mean in zip(points, means, strict=True)],
    ]
    style = "none" if axis.kind == "condition" else look.linestyle
    axes.errorbar(x, means, yerr=spread, color=look.colour, marker=look.marker, linestyle=style)
    for place, point in zip(x, points, strict=True):
        if len(point.by_seed) > 1:
            axes.plot(
                [place] * len(point.by_seed), point.by_seed, "o", color=look.colour, markersize=2.6,
                markerfacecolor="white", markeredgewidth=0.6, zorder=3,
            )  # fmt: skip


def _set_scale(axes: Axes, axis: _Axis) -> None:
    if axis.kind == "size":
        axes.set_xscale("log")
        label_ticks(
            axes, [float(str(p)) for p in axis.positions], [str(p) for p in axis.positions], 1.6
        )
        axes.minorticks_off()
    elif axis.kind == "ratio":
        axes.set_xlim(-0.05, 1.05)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
    else:
        named = [str(p).removeprefix("pure_").removeprefix("misaligned_") for p in axis.positions]
        label_ticks(axes, range(len(named)), named, 1.8)
        axes.set_xlim(-0.6, len(named) - 0.4)


def _add_line_legend(
    figure: Figure, axis: _Axis, looks: dict[object, LineStyle], *, untrained: bool
) -> None:
    from matplotlib.lines import Line2D

    handles, labels = [], []
    for line, look in looks.items():
        style: Any = "none" if axis.kind == "condition" else look.linestyle
        handles.append(Line2D([], [], color=look.colour, marker=look.marker, linestyle=style))
        labels.append(axis.label(line))
    if untrained:
        handles.append(Line2D([], [], color=BASELINE, linestyle=":"))
        labels.append("untrained")
    add_legend(figure, labels, handles)
