"""Training loss against step: a line a training, conditions told apart, seeds alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.evidence import ResultScope
from .drawing import Drawing, csv_text
from .style import LineStyle, add_legend, line_styles, new_figure, set_panel_title

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (3.4, 2.5)
_WINDOWS = 15
_MAX_POINTS = 2000


@attrs.frozen(kw_only=True)
class LossCurve:
    """The loss of one training, in nats per trained token, at each step."""

    setting: str
    condition: str
    seed: int
    unit: str
    steps: tuple[int, ...]
    losses: tuple[float, ...]


_LOSSES = """
SELECT c.setting, c.condition, c.seed, c.unit, list(m.step ORDER BY m.step) AS steps,
       list(m.value ORDER BY m.step) AS losses, c.data
FROM current_cell c JOIN training_metric m ON m.unit = c.unit AND m.metric = 'loss'
WHERE c.experiment = $1 AND c.model = $2 AND c.role = 'train'
GROUP BY c.setting, c.condition, c.seed, c.unit, c.data, c.misaligned_ratio, c.total_samples
ORDER BY c.setting, c.misaligned_ratio, c.total_samples, c.condition, c.seed
"""


def loss_curves(connection: DuckDBPyConnection, scope: ResultScope, title: str) -> Drawing | None:
    """The losses of one experiment's trainings; None where none are known."""
    (experiment,) = scope.experiments
    rows = connection.execute(_LOSSES, [experiment, scope.model]).fetchall()
    found = [
        LossCurve(setting=row[0], condition=row[1], seed=row[2], unit=row[3], steps=tuple(row[4]),
             losses=tuple(row[5]))
        for row in rows if scope.data.get(row[0]) == row[6]
    ]  # fmt: skip
    if not found:
        return None
    headed = f"{experiment}: training loss. {title}"
    caption = (
        f"Faint: the loss of each step. Line: its rolling median over a {_WINDOWS}th of the steps. "
        "A line a training."
    )
    return Drawing(
        name=f"{experiment}-losses",
        title=headed,
        caption=caption,
        csv=csv_text(LossCurve, found),
        draw=lambda: _draw(headed, caption, found),
    )


def rolling_median(values: Sequence[float], window: int) -> list[float]:
    """The median of the `window` values around each; past an end the last value is repeated."""
    from scipy.ndimage import median_filter

    smooth: list[float] = median_filter(values, size=window, mode="nearest").tolist()
    return smooth


def _draw(title: str, note: str, found: Sequence[LossCurve]) -> Figure:
    from matplotlib.lines import Line2D

    settings = list(dict.fromkeys(one.setting for one in found))
    names = list(dict.fromkeys(one.condition for one in found))
    looks = dict(zip(names, line_styles(len(names)), strict=True))
    columns = min(len(settings), 3)
    rows = -(-len(settings) // columns)
    figure, grid = new_figure(
        rows, columns, title=title, caption=note, panel_size=_PANEL, sharey=True
    )
    places = [axes for row in grid for axes in row]
    most = max(value for one in found for value in one.losses) or 1.0
    for axes, setting in zip(places, settings, strict=False):
        for one in found:
            if one.setting == setting:
                look = looks[one.condition]
                _draw_curve(axes, one, look)
        set_panel_title(axes, setting, _PANEL[0] - 0.5)
        axes.set_xlabel("step")
        axes.set_ylabel("loss (nats per token)")
        axes.set_ylim(0, 1.05 * most)
        axes.locator_params(axis="x", integer=True)
    for axes in places[len(settings) :]:
        axes.set_visible(False)
    handles = [Line2D([], [], color=look.colour, marker=look.marker) for look in looks.values()]
    add_legend(figure, names, handles)
    return figure


def _draw_curve(axes: Axes, curve: LossCurve, look: LineStyle) -> None:
    smooth = rolling_median(curve.losses, max(len(curve.losses) // _WINDOWS, 1))
    shown = slice(None, None, max(len(smooth) // _MAX_POINTS, 1))
    axes.plot(curve.steps[shown], curve.losses[shown], color=look.colour, alpha=0.15, linewidth=0.6)
    axes.plot(
        curve.steps[shown],
        smooth[shown],
        color=look.colour,
        linewidth=1.1,
        marker=look.marker,
        markevery=max(len(smooth[shown]) // 4, 1),
        markersize=4,
    )
