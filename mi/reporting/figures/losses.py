"""Training loss against step: a line a training, conditions told apart, seeds alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.evidence import Subject
from .drawing import Drawing, table
from .style import Mark, head, legend, marks, sheet

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (3.4, 2.5)
_PART = 15
_MOST = 2000


@attrs.frozen(kw_only=True)
class Loss:
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


def losses(connection: DuckDBPyConnection, subject: Subject, title: str) -> Drawing | None:
    """The losses of one experiment's trainings; None where none are known."""
    (experiment,) = subject.experiments
    rows = connection.execute(_LOSSES, [experiment, subject.model]).fetchall()
    found = [
        Loss(setting=row[0], condition=row[1], seed=row[2], unit=row[3], steps=tuple(row[4]),
             losses=tuple(row[5]))
        for row in rows if subject.data.get(row[0]) == row[6]
    ]  # fmt: skip
    if not found:
        return None
    headed = f"{experiment}: training loss. {title}"
    caption = (
        f"Faint: the loss of each step. Line: its rolling median over a {_PART}th of the steps. "
        "A line a training."
    )
    return Drawing(
        name=f"{experiment}-losses",
        title=headed,
        caption=caption,
        csv=table(Loss, found),
        draw=lambda: _figure(headed, caption, found),
    )


def rolling_median(values: Sequence[float], window: int) -> list[float]:
    """The median of the `window` values around each; past an end the last value is repeated."""
    from scipy.ndimage import median_filter

    smooth: list[float] = median_filter(values, size=window, mode="nearest").tolist()
    return smooth


def _figure(title: str, note: str, found: Sequence[Loss]) -> Figure:
    from matplotlib.lines import Line2D

    settings = list(dict.fromkeys(one.setting for one in found))
    names = list(dict.fromkeys(one.condition for one in found))
    looks = dict(zip(names, marks(len(names)), strict=True))
    columns = min(len(settings), 3)
    rows = -(-len(settings) // columns)
    figure, grid = sheet(rows, columns, title=title, note=note, panel=_PANEL, sharey=True)
    places = [axes for row in grid for axes in row]
    most = max(value for one in found for value in one.losses) or 1.0
    for axes, setting in zip(places, settings, strict=False):
        for one in found:
            if one.setting == setting:
                look = looks[one.condition]
                _line(axes, one, look)
        head(axes, setting, _PANEL[0] - 0.5)
        axes.set_xlabel("step")
        axes.set_ylabel("loss (nats per token)")
        axes.set_ylim(0, 1.05 * most)
        axes.locator_params(axis="x", integer=True)
    for axes in places[len(settings) :]:
        axes.set_visible(False)
    handles = [Line2D([], [], color=look.colour, marker=look.marker) for look in looks.values()]
    legend(figure, names, handles)
    return figure


def _line(axes: Axes, one: Loss, look: Mark) -> None:
    smooth = rolling_median(one.losses, max(len(one.losses) // _PART, 1))
    shown = slice(None, None, max(len(smooth) // _MOST, 1))
    axes.plot(one.steps[shown], one.losses[shown], color=look.colour, alpha=0.15, linewidth=0.6)
    axes.plot(
        one.steps[shown],
        smooth[shown],
        color=look.colour,
        linewidth=1.1,
        marker=look.marker,
        markevery=max(len(smooth[shown]) // 4, 1),
        markersize=4,
    )
