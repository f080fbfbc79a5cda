"""Training loss against step: one line per run, one colour per condition."""

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
    """The loss of one training run at each step, in nats per trained token."""

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
    """The training losses of one experiment; None if no run recorded any.

    Args:
        connection: To the results database.
        scope: Of exactly one experiment.
        title: Of the experiment.
    """
    (experiment,) = scope.experiments
    curves = load_losses(connection, scope)
    if not curves:
        return None
    heading = f"{experiment}: training loss. {title}"
    caption = (
        f"Faint: the loss of each step. Line: its rolling median over a {_WINDOWS}th of the steps. "
        "One line per run."
    )
    return Drawing(
        name=f"{experiment}-losses",
        title=heading,
        caption=caption,
        csv=csv_text(LossCurve, curves),
        draw=lambda: _draw(heading, caption, curves),
    )


def load_losses(connection: DuckDBPyConnection, scope: ResultScope) -> list[LossCurve]:
    """The training losses of one experiment, run by run.

    Args:
        connection: To the results database.
        scope: Of exactly one experiment.
    """
    (experiment,) = scope.experiments
    rows = connection.execute(_LOSSES, [experiment, scope.model]).fetchall()
    return [
        LossCurve(setting=row[0], condition=row[1], seed=row[2], unit=row[3], steps=tuple(row[4]),
             losses=tuple(row[5]))
        for row in rows if scope.data.get(row[0]) == row[6]
    ]  # fmt: skip


def rolling_median(values: Sequence[float], window: int) -> list[float]:
    """The median of the `window` values around each; end values are repeated beyond the ends."""
    from scipy.ndimage import median_filter

    smooth: list[float] = median_filter(values, size=window, mode="nearest").tolist()
    return smooth


def _draw(title: str, caption: str, curves: Sequence[LossCurve]) -> Figure:
    from matplotlib.lines import Line2D

    settings = list(dict.fromkeys(curve.setting for curve in curves))
    names = list(dict.fromkeys(curve.condition for curve in curves))
    styles = dict(zip(names, line_styles(len(names)), strict=True))
    columns = min(len(settings), 3)
    rows = -(-len(settings) // columns)
    figure, grid = new_figure(
        rows, columns, title=title, caption=caption, panel_size=_PANEL, sharey=True
    )
    all_axes = [axes for row in grid for axes in row]
    max_loss = max(loss for curve in curves for loss in curve.losses) or 1.0
    for axes, setting in zip(all_axes, settings, strict=False):
        for curve in curves:
            if curve.setting == setting:
                _draw_curve(axes, curve, styles[curve.condition])
        set_panel_title(axes, setting, _PANEL[0] - 0.5)
        axes.set_xlabel("step")
        axes.set_ylabel("loss (nats per token)")
        axes.set_ylim(0, 1.05 * max_loss)
        axes.locator_params(axis="x", integer=True)
    for axes in all_axes[len(settings) :]:
        axes.set_visible(False)
    handles = [Line2D([], [], color=style.colour, marker=style.marker) for style in styles.values()]
    add_legend(figure, names, handles)
    return figure


def _draw_curve(axes: Axes, curve: LossCurve, style: LineStyle) -> None:
    smooth = rolling_median(curve.losses, max(len(curve.losses) // _WINDOWS, 1))
    thinned = slice(None, None, max(len(smooth) // _MAX_POINTS, 1))
    steps = curve.steps[thinned]
    axes.plot(steps, curve.losses[thinned], color=style.colour, alpha=0.15, linewidth=0.6)
    axes.plot(
        steps,
        smooth[thinned],
        color=style.colour,
        linewidth=1.1,
        marker=style.marker,
        markevery=max(len(steps) // 4, 1),
        markersize=4,
    )
