"""Experiments together: the score at each size and ratio that any of them trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.conditions import Point
from .drawing import Drawing, csv_text
from .style import BASELINE, new_figure, set_panel_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CELL = (0.56, 0.36)


@attrs.frozen(kw_only=True)
class HeatmapCell:
    """An eval at a size and ratio, and who trained it; size and ratio None: the untrained model."""

    setting: str
    series: str
    total_samples: int | None
    misaligned_ratio: float | None
    mean: float
    low: float
    high: float
    seeds: int
    experiments: tuple[str, ...]


def joint_heatmap(points: Mapping[str, Sequence[Point]]) -> Drawing | None:
    """Size × ratio over several experiments; None where they do not span two of each.

    Args:
        points: Of each experiment.
    """
    points = {name: found for name, found in points.items() if found}
    squares = _heatmap_cells(points)
    sizes = {one.total_samples for one in squares if one.seeds}
    ratios = {one.misaligned_ratio for one in squares if one.seeds}
    if len(points) < 2 or len(sizes) < 2 or len(ratios) < 2:
        return None
    title = f"{' and '.join(points)} together: share misaligned at each size and ratio"
    caption = "Numbers: means over runs, in per cent; below each panel that of the untrained model."
    return Drawing(
        name=f"{'+'.join(points)}-joined",
        title=title,
        caption=caption,
        csv=csv_text(HeatmapCell, squares),
        draw=lambda: _draw(title, caption, squares),
    )


def _heatmap_cells(points: Mapping[str, Sequence[Point]]) -> list[HeatmapCell]:
    found: dict[tuple[object, ...], HeatmapCell] = {}
    for experiment, own in points.items():
        for point in own:
            if point.mean is None or point.inoculation is not None:
                continue
            at = (point.setting, point.series, point.total_samples, point.misaligned_ratio)
            before = found.get(at)
            if before is not None and before.seeds >= point.seeds:
                found[at] = attrs.evolve(before, experiments=(*before.experiments, experiment))
                continue
            found[at] = HeatmapCell(
                setting=point.setting,
                series=point.series,
                total_samples=point.total_samples,
                misaligned_ratio=point.misaligned_ratio,
                mean=point.mean,
                low=point.low or 0.0,
                high=point.high or 0.0,
                seeds=point.seeds,
                experiments=(*(before.experiments if before else ()), experiment),
            )
    return list(found.values())


def _draw(title: str, note: str, cells: Sequence[HeatmapCell]) -> Figure:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    settings = list(dict.fromkeys(one.setting for one in cells))
    series = list(dict.fromkeys(one.series for one in cells))
    sizes = sorted({one.total_samples for one in cells if one.total_samples is not None})
    ratios = sorted({one.misaligned_ratio for one in cells if one.misaligned_ratio is not None})
    most = math.ceil(10 * max(one.mean for one in cells if one.seeds)) / 10 or 0.1
    panel = (max(len(sizes) * _CELL[0] + 0.75, 2.0), len(ratios) * _CELL[1] + 1.15)
    figure, grid = new_figure(
        len(settings),
        len(series),
        title=title,
        caption=note,
        panel_size=panel,
        sharex=True,
        sharey=True,
    )
    for row, setting in zip(grid, settings, strict=True):
        for axes, name in zip(row, series, strict=True):
            part = [one for one in cells if (one.setting, one.series) == (setting, name)]
            _draw_panel(axes, part, sizes, ratios, most)
            set_panel_title(
                axes, f"{name}\n{setting}" if len(settings) > 1 else name, panel[0] - 0.6
            )
        row[0].set_ylabel("misaligned ratio")
    figure.set_figwidth(figure.get_figwidth() + 0.8)
    shades = ScalarMappable(Normalize(0, most), "cividis")
    bar = figure.colorbar(shades, ax=[axes for row in grid for axes in row], aspect=30, pad=0.02)
    bar.set_label("share misaligned")
    return figure


def _draw_panel(
    axes: Axes,
    cells: Sequence[HeatmapCell],
    sizes: Sequence[int],
    ratios: Sequence[float],
    max_mean: float,
) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    shades = colormaps["cividis"]
    for one in cells:
        if one.total_samples is None or one.misaligned_ratio is None:
            continue
        x, y = sizes.index(one.total_samples), ratios.index(one.misaligned_ratio)
        axes.add_patch(
            Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, color=shades(one.mean / max_mean))
        )
        ink = "white" if one.mean < 0.55 * max_mean else "black"
        axes.text(x, y, f"{100 * one.mean:.0f}", ha="center", va="center", color=ink, fontsize=7.5)
    untrained = [one for one in cells if not one.seeds]
    label = "training rows"
    if untrained:
        label += f"\nuntrained: {100 * untrained[0].mean:.0f}"
    axes.set_xlabel(label)
    axes.grid(visible=False)
    axes.set_xlim(-0.6, len(sizes) - 0.4)
    axes.set_ylim(-0.6, len(ratios) - 0.4)
    axes.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    axes.tick_params(labelbottom=True)
    axes.set_yticks(range(len(ratios)), [f"{ratio:g}" for ratio in ratios])
    if not cells:
        axes.text(0.5, 0.5, "not asked here", ha="center", color=BASELINE, transform=axes.transAxes)
