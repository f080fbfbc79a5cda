"""Margins of single preference pairs, the scores behind the share of preferences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.evidence import ResultScope
from .condition_rows import CELLS, CONDITION_GROUPS, query_rows
from .drawing import Drawing, csv_text
from .style import BASELINE, label_ticks, line_styles, new_figure, set_panel_title

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@attrs.frozen(kw_only=True)
class ConditionMargins:
    """Margins of the preference pairs of a condition over its runs: the log-probability of the
    misaligned answer less that of the aligned one, in nats per token."""

    setting: str
    condition: str
    series: str
    trained: bool
    margins: tuple[float, ...]


_MARGINS = f"""{CELLS}
SELECT c.setting, c.data, c.condition, c.distribution || ' ' || c.title AS series,
       c.total_samples IS NOT NULL AS trained,
       list(s.metrics[k.margin_metric] ORDER BY c.unit, s.question, s.sample) AS margins
FROM cells c JOIN unit u USING (unit) JOIN score s USING (unit)
JOIN eval_kind k ON k.kind = u.payload->>'$.eval."!"'
WHERE k.margin_metric IS NOT NULL
{CONDITION_GROUPS}"""


def margin_plot(connection: DuckDBPyConnection, scope: ResultScope, title: str) -> Drawing | None:
    """Margins of preference evals by condition; None if the experiment has no such evals.

    Args:
        connection: To the results database.
        scope: Of exactly one experiment.
        title: Of the experiment.
    """
    margins = [ConditionMargins(**row) for row in query_rows(connection, _MARGINS, scope)]
    if not margins:
        return None
    (experiment,) = scope.experiments
    heading = f"{experiment}: preference margins. {title}"
    caption = (
        "Log-probability per token of the misaligned answer less that of the aligned one. Box: "
        "quartiles and median; whiskers: 5 to 95 %; diamond: mean; dots: pairs, at most 200 per "
        "condition."
    )
    return Drawing(
        name=f"{experiment}-margins",
        title=heading,
        caption=caption,
        csv=csv_text(ConditionMargins, margins),
        draw=lambda: _draw_margins(heading, caption, margins),
    )


def _draw_margins(title: str, caption: str, margins: Sequence[ConditionMargins]) -> Figure:
    panels: dict[tuple[str, str], list[ConditionMargins]] = {}
    for condition in margins:
        panels.setdefault((condition.setting, condition.series), []).append(condition)
    settings = list(dict.fromkeys(setting for setting, _ in panels))
    width = max(0.42 * max(map(len, panels.values())) + 0.8, 2.4)
    columns = max(sum(setting == name for setting, _ in panels) for name in settings)
    figure, grid = new_figure(
        len(settings), columns, title=title, caption=caption, panel_size=(width, 2.5)
    )
    for row, setting in zip(grid, settings, strict=True):
        own_series = [series for name, series in panels if name == setting]
        for axes, series in zip(row, own_series, strict=False):
            _draw_boxes(axes, panels[setting, series], width - 0.7)
            panel_title = f"{series}\n{setting}" if len(settings) > 1 else series
            set_panel_title(axes, panel_title, width - 0.6)
        for axes in row[len(own_series) :]:
            axes.set_visible(False)
        row[0].set_ylabel("margin (nats per token)")
    return figure


def _draw_boxes(axes: Axes, conditions: Sequence[ConditionMargins], width: float) -> None:
    import numpy as np

    (style,) = line_styles(1)
    for index, condition in enumerate(conditions):
        margins = condition.margins
        colour = style.colour if condition.trained else BASELINE
        dots = margins[:: max(len(margins) // 200, 1)][:200]
        x = index + np.linspace(-0.28, 0.28, len(dots)) if len(dots) > 1 else [index]
        axes.plot(x, dots, ".", color=colour, markersize=1.6, alpha=0.35, zorder=1)
        axes.boxplot(
            [margins], positions=[index], widths=0.62, whis=(5, 95), showfliers=False,
            showmeans=True, manage_ticks=False,
            medianprops={"color": colour, "linewidth": 1.4},
            boxprops={"color": colour, "linewidth": 0.8},
            whiskerprops={"color": colour, "linewidth": 0.8},
            capprops={"color": colour, "linewidth": 0.8},
            meanprops={"marker": "D", "markersize": 3.5, "markerfacecolor": "white",
                       "markeredgecolor": colour},
        )  # fmt: skip
    axes.axhline(0, color=BASELINE, linewidth=0.6)
    label_ticks(axes, range(len(conditions)), [c.condition for c in conditions], width)
    axes.set_xlim(-0.6, len(conditions) - 0.4)
