"""The joint heatmap: the score at each size and ratio that any of several experiments trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.conditions import Point
from .drawing import Drawing, csv_text
from .style import mark_empty, new_figure, set_panel_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CELL = (0.56, 0.36)


@attrs.frozen(kw_only=True)
class HeatmapCell:
    """The score of an eval at a size and ratio; both are None for the untrained model.

    Args:
        experiments: Ids of the experiments that have this cell.
    """

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
    """Size × ratio over several experiments; None if they have fewer than two sizes or ratios.

    Args:
        points: Experiment id → its headline scores.
    """
    points = {experiment: own_points for experiment, own_points in points.items() if own_points}
    cells = _heatmap_cells(points)
    sizes = {cell.total_samples for cell in cells if cell.seeds}
    ratios = {cell.misaligned_ratio for cell in cells if cell.seeds}
    if len(points) < 2 or len(sizes) < 2 or len(ratios) < 2:
        return None
    title = f"{' and '.join(points)} together: share misaligned at each size and ratio"
    caption = (
        "Numbers: means over runs, in per cent; that of the untrained model is below each panel."
    )
    return Drawing(
        name=f"{'+'.join(points)}-joined",
        title=title,
        caption=caption,
        csv=csv_text(HeatmapCell, cells),
        draw=lambda: _draw(title, caption, cells),
    )


def _heatmap_cells(points: Mapping[str, Sequence[Point]]) -> list[HeatmapCell]:
    """One cell per eval, size and ratio; of several experiments the one with most seeds counts."""
    cells: dict[tuple[object, ...], HeatmapCell] = {}
    for experiment, own_points in points.items():
        for point in own_points:
            if point.mean is None or point.inoculation is not None or point.axes is not None:
                continue
            key = (point.setting, point.series, point.total_samples, point.misaligned_ratio)
            previous = cells.get(key)
            experiments = (*(previous.experiments if previous else ()), experiment)
            if previous is not None and previous.seeds >= point.seeds:
                cells[key] = attrs.evolve(previous, experiments=experiments)
                continue
            cells[key] = HeatmapCell(
                setting=point.setting,
                series=point.series,
                total_samples=point.total_samples,
                misaligned_ratio=point.misaligned_ratio,
                mean=point.mean,
                low=point.interval[0],
                high=point.interval[1],
                seeds=point.seeds,
                experiments=experiments,
            )
    return list(cells.values())


def _draw(title: str, caption: str, cells: Sequence[HeatmapCell]) -> Figure:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    settings = list(dict.fromkeys(cell.setting for cell in cells))
    series = list(dict.fromkeys(cell.series for cell in cells))
    sizes = sorted({cell.total_samples for cell in cells if cell.total_samples is not None})
    ratios = sorted({cell.misaligned_ratio for cell in cells if cell.misaligned_ratio is not None})
    max_mean = math.ceil(10 * max(cell.mean for cell in cells if cell.seeds)) / 10 or 0.1
    panel_size = (max(len(sizes) * _CELL[0] + 0.75, 2.0), len(ratios) * _CELL[1] + 1.15)
    figure, grid = new_figure(
        len(settings), len(series), title=title, caption=caption, panel_size=panel_size,
        sharex=True, sharey=True,
    )  # fmt: skip
    for row, setting in zip(grid, settings, strict=True):
        for axes, name in zip(row, series, strict=True):
            own_cells = [cell for cell in cells if (cell.setting, cell.series) == (setting, name)]
            _draw_panel(axes, own_cells, sizes, ratios, max_mean)
            panel_title = f"{name}\n{setting}" if len(settings) > 1 else name
            set_panel_title(axes, panel_title, panel_size[0] - 0.6)
        row[0].set_ylabel("misaligned ratio")
    figure.set_figwidth(figure.get_figwidth() + 0.8)
    shades = ScalarMappable(Normalize(0, max_mean), "cividis")
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
    for cell in cells:
        if cell.total_samples is not None and cell.misaligned_ratio is not None:
            x, y = sizes.index(cell.total_samples), ratios.index(cell.misaligned_ratio)
            _draw_cell(axes, x, y, cell.mean, max_mean)
    untrained = [cell for cell in cells if not cell.seeds]
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
        mark_empty(axes)


def _draw_cell(axes: Axes, x: int, y: int, mean: float, max_mean: float) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    colour = colormaps["cividis"](mean / max_mean)
    axes.add_patch(Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, color=colour))
    ink = "white" if mean < 0.55 * max_mean else "black"
    axes.text(x, y, f"{100 * mean:.0f}", ha="center", va="center", color=ink, fontsize=7.5)
