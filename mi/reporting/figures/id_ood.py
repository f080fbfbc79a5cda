"""In-distribution against out-of-distribution scores: does the trained behaviour generalise?

Only evals of the same measure are compared, harmful answers with harmful answers and preferences
with preferences, because their shares mean different things. An eval without a measure is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.conditions import Point
from ...units.cells import BASELINE as UNTRAINED
from .curves import describe_intervals
from .drawing import Drawing, csv_text
from .style import BASELINE, LineStyle, add_legend, line_styles, new_figure, set_panel_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (2.5, 2.5)


@attrs.frozen(kw_only=True)
class IdOodPair:
    """The scores of one condition on an ID and an OOD eval; intervals as in `Point`."""

    setting: str
    condition: str
    id_eval: str = attrs.field(metadata={"column": "inside"})
    ood_eval: str = attrs.field(metadata={"column": "outside"})
    trained: bool
    id_mean: float
    id_low: float
    id_high: float
    ood_mean: float
    ood_low: float
    ood_high: float


def id_ood_plot(experiment: str, title: str, points: Sequence[Point]) -> Drawing | None:
    """OOD score against ID score; None if no two evals of one measure have scores.

    Args:
        experiment: Id of the experiment.
        title: Of the experiment.
        points: Its headline scores.
    """
    pairs = _pairs([point for point in points if point.mean is not None])
    if not pairs:
        return None
    heading = f"{experiment}: in and out of distribution. {title}"
    caption = (
        f"One point per condition; bars: {describe_intervals(points)}. On the dashed line both "
        "shares are equal."
    )
    return Drawing(
        name=f"{experiment}-id-ood",
        title=heading,
        caption=caption,
        csv=csv_text(IdOodPair, pairs),
        draw=lambda: _draw(heading, caption, pairs),
    )


def _pairs(points: Sequence[Point]) -> list[IdOodPair]:
    return [
        _pair(id_point, ood_point)
        for id_point in points
        for ood_point in points
        if (id_point.distribution, ood_point.distribution) == ("ID", "OOD")
        and id_point.setting == ood_point.setting
        and id_point.condition_axes == ood_point.condition_axes
        and id_point.measure is not None
        and id_point.measure == ood_point.measure
    ]


def _pair(id_point: Point, ood_point: Point) -> IdOodPair:
    return IdOodPair(
        setting=id_point.setting,
        condition=id_point.condition,
        id_eval=id_point.title,
        ood_eval=ood_point.title,
        trained=bool(id_point.seeds),
        id_mean=id_point.mean or 0.0,
        id_low=id_point.interval[0],
        id_high=id_point.interval[1],
        ood_mean=ood_point.mean or 0.0,
        ood_low=ood_point.interval[0],
        ood_high=ood_point.interval[1],
    )


def _draw(title: str, caption: str, pairs: Sequence[IdOodPair]) -> Figure:
    panels = list(dict.fromkeys((pair.setting, pair.id_eval, pair.ood_eval) for pair in pairs))
    name_setting = len({setting for setting, _, _ in panels}) > 1
    names = list(dict.fromkeys(pair.condition for pair in pairs if pair.condition != UNTRAINED))
    styles = dict(zip(names, line_styles(len(names)), strict=True))
    columns = min(len(panels), 4)
    rows = -(-len(panels) // columns)
    figure, grid = new_figure(rows, columns, title=title, caption=caption, panel_size=_PANEL)
    all_axes = [axes for row in grid for axes in row]
    for axes, panel in zip(all_axes, panels, strict=False):
        for pair in pairs:
            if (pair.setting, pair.id_eval, pair.ood_eval) == panel:
                _draw_point(axes, pair, styles.get(pair.condition))
        _draw_frame(axes, panel, name_setting=name_setting)
    for axes in all_axes[len(panels) :]:
        axes.set_visible(False)
    _add_condition_legend(
        figure, styles, untrained=any(pair.condition == UNTRAINED for pair in pairs)
    )
    return figure


def _add_condition_legend(figure: Figure, styles: dict[str, LineStyle], *, untrained: bool) -> None:
    from matplotlib.lines import Line2D

    names = list(styles)
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, linestyle="none")
        for style in styles.values()
    ]
    if untrained:
        names = ["untrained", *names]
        star = Line2D([], [], color=BASELINE, marker="*", markersize=8, linestyle="none")
        handles = [star, *handles]
    add_legend(figure, names, handles)


def _draw_point(axes: Axes, pair: IdOodPair, style: LineStyle | None) -> None:
    """Draw a condition with both intervals; without a style it is the untrained model."""
    axes.errorbar(
        [pair.id_mean],
        [pair.ood_mean],
        xerr=[[max(pair.id_mean - pair.id_low, 0)], [max(pair.id_high - pair.id_mean, 0)]],
        yerr=[[max(pair.ood_mean - pair.ood_low, 0)], [max(pair.ood_high - pair.ood_mean, 0)]],
        color=style.colour if style else BASELINE,
        marker=style.marker if style else "*",
        markersize=4.5 if style else 8,
        linestyle="none",
        elinewidth=0.8,
    )


def _draw_frame(axes: Axes, panel: tuple[str, str, str], *, name_setting: bool) -> None:
    setting, id_eval, ood_eval = panel
    axes.plot([0, 1], [0, 1], color=BASELINE, linestyle="--", linewidth=0.6, zorder=0)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_aspect("equal")
    axes.set_xlabel("ID share")
    axes.set_ylabel("OOD share")
    title = f"{id_eval} → {ood_eval}" + (f" ({setting})" if name_setting else "")
    set_panel_title(axes, title, _PANEL[0] - 0.55)
