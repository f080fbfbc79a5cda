"""Score against size, ratio or condition: one panel per eval, one row of panels per setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...analysis.conditions import Point
from ...analysis.findings import FittedCurve
from .drawing import Drawing, csv_text
from .style import (
    BASELINE,
    LineStyle,
    add_legend,
    label_ticks,
    line_styles,
    mark_empty,
    new_figure,
    set_panel_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (2.4, 2.2)
INTERVAL_TEXTS = {
    "within-run": "95 % intervals, within-run: one seed, so they speak of these models only",
    "over seeds": "95 % intervals over seeds and groups of questions",
}


def score_curves(
    experiment: str, title: str, points: Sequence[Point], curves: Sequence[FittedCurve] = ()
) -> Drawing | None:
    """The headline scores of an experiment; None if nothing was scored.

    Args:
        experiment: Id of the experiment.
        title: Of the experiment.
        points: Its headline scores.
        curves: Fitted to some of them.
    """
    points = [point for point in points if point.mean is not None]
    if not points:
        return None
    caption = f"Bars: {describe_intervals(points)}."
    if any(len(point.by_seed) > 1 for point in points):
        caption += " Small circles: single runs."
    if any(_is_untrained(point) for point in points):
        caption += " Dotted line and band: the untrained model."
    if any(point.is_subject for point in points):
        caption += " Horizontal dashes: single models that were not trained here."
    kind = _choose_axis(points).kind
    curves = [curve for curve in curves if curve.axis == kind]
    if curves:
        caption += " Dashes: fitted curves."
    if bounds := _bounds_text(points):
        caption += f" {bounds}"
    heading = f"{experiment}: {title}"
    return Drawing(
        name=experiment,
        title=heading,
        caption=caption,
        csv=csv_text(Point, points),
        draw=lambda: _draw(heading, caption, points, curves),
    )


def _is_untrained(point: Point) -> bool:
    return not point.seeds and not point.is_subject


def _bounds_text(points: Sequence[Point]) -> str:
    """What is drawn of answers without a score, in words; empty if every answer has one."""
    names = dict.fromkeys(point.unscored_as for point in points if point.of_all is not None)
    if not names:
        return ""
    words = " or ".join(filter(None, names))
    return (
        f"Shares are of the answers that are not {words}; thin lines: of all answers, those "
        "counted as harmless and as harmful."
    )


def describe_intervals(points: Sequence[Point]) -> str:
    """What the intervals of these points generalise to, in words."""
    kinds = dict.fromkeys(point.basis for point in points if point.seeds)
    return "; ".join(INTERVAL_TEXTS[kind] for kind in kinds) or INTERVAL_TEXTS["within-run"]


@attrs.frozen
class _Axis:
    """The x axis, and what distinguishes the lines.

    Args:
        kind: What x is: `size`, `ratio`, or `condition`.
        lines: Key of each line: its ratio, its size, or only None.
        positions: Values on the x axis: sizes, ratios, or names of conditions.
    """

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
    pairs = {(point.total_samples, point.misaligned_ratio) for point in trained}
    names = tuple(dict.fromkeys(point.condition for point in trained))
    if len(pairs) < len(names):  # conditions of one size and ratio differ in something else
        return _Axis("condition", (None,), names)
    if len(sizes) > 1:
        return _Axis("size", tuple(ratios), tuple(sizes))
    return _Axis("ratio", tuple(sizes), tuple(ratios))


def _subject_styles(points: Sequence[Point]) -> dict[str, LineStyle]:
    """The styles of models that were not trained here, by the name of their condition."""
    names = list(dict.fromkeys(point.condition for point in points if point.is_subject))
    taken = len(_choose_axis(points).lines)
    return dict(zip(names, line_styles(taken + len(names))[taken:], strict=True))


def _draw(
    title: str, caption: str, points: Sequence[Point], curves: Sequence[FittedCurve]
) -> Figure:
    settings = list(dict.fromkeys(point.setting for point in points))
    series = list(dict.fromkeys(point.series for point in points))
    axis = _choose_axis(points)
    figure, grid = new_figure(
        len(settings), len(series), title=title, caption=caption, panel_size=_PANEL, sharey=True
    )
    styles = dict(zip(axis.lines, line_styles(len(axis.lines)), strict=True))
    for row, setting in zip(grid, settings, strict=True):
        for axes, name in zip(row, series, strict=True):
            panel_points = [p for p in points if (p.setting, p.series) == (setting, name)]
            _draw_panel(axes, panel_points, axis, styles, _subject_styles(points))
            evals = {(point.setting, point.eval) for point in panel_points}
            for curve in curves:
                if (curve.setting, curve.eval) in evals and curve.axis == axis.kind:
                    axes.plot(curve.doses, curve.levels, "--", color=BASELINE, linewidth=0.9)
            panel_title = f"{name}\n{setting}" if len(settings) > 1 else name
            set_panel_title(axes, panel_title, _PANEL[0] - 0.5)
        row[0].set_ylabel("share misaligned")
    for axes in grid[-1]:
        label = {"size": "training rows", "ratio": "misaligned ratio", "condition": ""}[axis.kind]
        axes.set_xlabel(label)
    untrained = any(_is_untrained(point) for point in points)
    _add_line_legend(figure, axis, styles, untrained=untrained, subjects=_subject_styles(points))
    return figure


def _draw_panel(
    axes: Axes,
    points: Sequence[Point],
    axis: _Axis,
    styles: dict[object, LineStyle],
    subjects: dict[str, LineStyle],
) -> None:
    for point in points:
        if (dashes := subjects.get(point.condition)) is not None:
            axes.axhline(point.mean or 0, color=dashes.colour, linestyle="-.", linewidth=0.9)
        elif not point.seeds:
            low, high = point.interval
            axes.axhspan(low, high, color=BASELINE, alpha=0.15, linewidth=0)
            axes.axhline(point.mean or 0, color=BASELINE, linestyle=":")
    for line, style in styles.items():
        line_points = [point for point in points if point.seeds and axis.line_key(point) == line]
        _draw_line(axes, sorted(line_points, key=axis.position), axis, style)
    _set_scale(axes, axis)
    axes.set_ylim(-0.03, 1.03)
    if not points:
        mark_empty(axes)


def _draw_line(axes: Axes, points: Sequence[Point], axis: _Axis, style: LineStyle) -> None:
    if not points:
        return
    x = [axis.position(point) for point in points]
    means = [point.mean or 0.0 for point in points]
    intervals = [point.interval for point in points]
    errors = [
        [max(mean - low, 0) for (low, _), mean in zip(intervals, means, strict=True)],
        [max(high - mean, 0) for (_, high), mean in zip(intervals, means, strict=True)],
    ]
    linestyle = "none" if axis.kind == "condition" else style.linestyle
    axes.errorbar(
        x, means, yerr=errors, color=style.colour, marker=style.marker, linestyle=linestyle
    )
    for position, point in zip(x, points, strict=True):
        if point.of_all is not None:
            axes.vlines(position, *point.of_all, color=style.colour, linewidth=0.5, alpha=0.6)
        if len(point.by_seed) > 1:
            axes.plot(
                [position] * len(point.by_seed), point.by_seed, "o", color=style.colour,
                markersize=2.6, markerfacecolor="white", markeredgewidth=0.6, zorder=3,
            )  # fmt: skip


def _set_scale(axes: Axes, axis: _Axis) -> None:
    names = [str(position) for position in axis.positions]
    if axis.kind == "size":
        axes.set_xscale("log")
        label_ticks(axes, [float(name) for name in names], names, 1.6)
        axes.minorticks_off()
    elif axis.kind == "ratio":
        axes.set_xlim(-0.05, 1.05)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
    else:
        short = [name.removeprefix("pure_").removeprefix("misaligned_") for name in names]
        label_ticks(axes, range(len(short)), short, 1.8)
        axes.set_xlim(-0.6, len(short) - 0.4)


def _add_line_legend(
    figure: Figure,
    axis: _Axis,
    styles: dict[object, LineStyle],
    *,
    untrained: bool,
    subjects: dict[str, LineStyle],
) -> None:
    from matplotlib.lines import Line2D

    handles, labels = [], []
    for line, style in styles.items():
        linestyle: Any = "none" if axis.kind == "condition" else style.linestyle
        handles.append(Line2D([], [], color=style.colour, marker=style.marker, linestyle=linestyle))
        labels.append(axis.label(line))
    if untrained:
        handles.append(Line2D([], [], color=BASELINE, linestyle=":"))
        labels.append("untrained")
    for name, dashes in subjects.items():
        handles.append(Line2D([], [], color=dashes.colour, linestyle="-."))
        labels.append(name)
    add_legend(figure, labels, handles)
