"""Behind the shares: every answer's two ratings, and every pair's margin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...analysis.evidence import ResultScope
from .drawing import Drawing, csv_text
from .style import BASELINE, label_ticks, line_styles, new_figure, set_panel_title

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (1.45, 1.6)
_MAX_COLUMNS = 7
_DOTS = 2000


@attrs.frozen(kw_only=True)
class ConditionRatings:
    """Ratings from 0 to 100 of the answers of a condition, over its runs.

    Args:
        below: Answers rated less aligned than this, and at least `from_` coherent, are misaligned.
        rated: How many answers have ratings, and `unrated` how many have none.
        aligned: The ratings, of some of them where there are very many; `coherent` likewise.
    """

    setting: str
    condition: str
    title: str
    aligned_below: float = attrs.field(metadata={"column": "below"})
    coherent_from: float = attrs.field(metadata={"column": "from_"})
    rated: int
    unrated: int
    aligned: tuple[float, ...]
    coherent: tuple[float, ...]


@attrs.frozen(kw_only=True)
class ConditionMargins:
    """Margins of a condition's pairs over its runs, misaligned less aligned, in nats per token."""

    setting: str
    condition: str
    series: str
    trained: bool
    margins: tuple[float, ...]


_CELLS = """
WITH cells AS (
    SELECT DISTINCT c.setting, c.data, c.condition, c.misaligned_ratio, c.total_samples,
           c.inoculation, e.title, e.distribution, e.position, c.unit
    FROM current_cell c
    JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                    AND c.role = 'eval:' || e.eval
    WHERE c.experiment = $1 AND c.model = $2
)
"""
_ORDER = """
GROUP BY c.setting, c.data, c.condition, c.misaligned_ratio, c.total_samples, c.inoculation,
         c.title, c.distribution, c.position
ORDER BY c.setting, c.position, c.misaligned_ratio NULLS FIRST, c.total_samples NULLS FIRST,
         c.inoculation NULLS FIRST
"""
_RATINGS = f"""{_CELLS}
SELECT c.setting, c.data, c.condition, c.title,
       any_value((u.payload->>'$.eval.judge.aligned_below')::DOUBLE) AS aligned_below,
       any_value((u.payload->>'$.eval.judge.coherent_from')::DOUBLE) AS coherent_from,
       count(s.metrics['aligned']) AS rated,
       count(*) FILTER (s.metrics['aligned'] IS NULL) AS unrated,
       list(s.metrics['aligned'] ORDER BY s.answer, c.unit)
           FILTER (s.metrics['aligned'] IS NOT NULL)[:{_DOTS}] AS aligned,
       list(s.metrics['coherent'] ORDER BY s.answer, c.unit)
           FILTER (s.metrics['aligned'] IS NOT NULL)[:{_DOTS}] AS coherent
FROM cells c JOIN unit u USING (unit) JOIN score s USING (unit)
WHERE u.payload->>'$.eval.judge."!"' = 'Misalignment'
{_ORDER}"""
_MARGINS = f"""{_CELLS}
SELECT c.setting, c.data, c.condition, c.distribution || ' ' || c.title AS series,
       c.total_samples IS NOT NULL AS trained,
       list(s.metrics['margin'] ORDER BY c.unit, s.question, s.sample) AS margins
FROM cells c JOIN unit u USING (unit) JOIN score s USING (unit)
WHERE u.payload->>'$.eval."!"' = 'Preference'
{_ORDER}"""


def rating_plot(connection: DuckDBPyConnection, scope: ResultScope, title: str) -> Drawing | None:
    """Alignment against coherence, answer by answer; None where no answers were rated."""
    found = [
        ConditionRatings(**row)
        for row in _query_rows(connection, _RATINGS, scope)
        if row["aligned"]
    ]
    if not found:
        return None
    (experiment,) = scope.experiments
    headed = f"{experiment}: ratings of the answers. {title}"
    caption = (
        f"A dot an answer, over all runs, {_DOTS} of a condition at most. Shaded: what counts as "
        "misaligned, by the declared thresholds. n: answers with ratings, of all; refusals and the "
        "like have none."
    )
    return Drawing(
        name=f"{experiment}-scores",
        title=headed,
        caption=caption,
        csv=csv_text(ConditionRatings, found),
        draw=lambda: _draw_ratings(headed, caption, found),
    )


def margin_plot(connection: DuckDBPyConnection, scope: ResultScope, title: str) -> Drawing | None:
    """Margins of preference evals by condition; None where there are none."""
    found = [ConditionMargins(**row) for row in _query_rows(connection, _MARGINS, scope)]
    if not found:
        return None
    (experiment,) = scope.experiments
    headed = f"{experiment}: preference margins. {title}"
    caption = (
        "Log-probability per token of the misaligned answer less that of the aligned one. Box: "
        "quartiles and median; whiskers: 5 to 95 %; diamond: mean; dots: pairs, at most 200 of a "
        "condition."
    )
    return Drawing(
        name=f"{experiment}-margins",
        title=headed,
        caption=caption,
        csv=csv_text(ConditionMargins, found),
        draw=lambda: _draw_margins(headed, caption, found),
    )


def _query_rows(
    connection: DuckDBPyConnection, query: str, scope: ResultScope
) -> Iterable[dict[str, Any]]:
    (experiment,) = scope.experiments
    answer = connection.execute(query, [experiment, scope.model])
    names = [column[0] for column in answer.description or ()]
    for row in answer.fetchall():
        one = dict(zip(names, row, strict=True))
        if scope.data.get(one["setting"]) == one.pop("data"):
            yield {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in one.items()
            }


def _draw_ratings(title: str, note: str, found: Sequence[ConditionRatings]) -> Figure:
    blocks: dict[tuple[str, str], list[ConditionRatings]] = {}
    for one in found:
        blocks.setdefault((one.setting, one.title), []).append(one)
    lines = [
        block[at : at + _MAX_COLUMNS]
        for block in blocks.values()
        for at in range(0, len(block), _MAX_COLUMNS)
    ]
    columns = max(map(len, lines))
    figure, grid = new_figure(
        len(lines), columns, title=title, caption=note, panel_size=_PANEL, sharex=True, sharey=True
    )
    several = len(blocks) > 1
    for row, line in zip(grid, lines, strict=True):
        for axes, one in zip(row, line, strict=False):
            _draw_rating_panel(axes, one, several=several)
        for axes in row[len(line) :]:
            axes.set_visible(False)
        row[0].set_ylabel("coherence")
    for axes in grid[-1][: len(lines[-1])]:
        axes.set_xlabel("alignment")
    return figure


def _draw_rating_panel(axes: Axes, ratings: ConditionRatings, *, several: bool) -> None:
    from matplotlib.patches import Rectangle

    width, height = ratings.aligned_below + 3, 103 - ratings.coherent_from
    corner = (-3, ratings.coherent_from)
    axes.add_patch(Rectangle(corner, width, height, color="#D55E00", alpha=0.12, linewidth=0))
    axes.scatter(
        ratings.aligned,
        ratings.coherent,
        s=3,
        color="#0072B2",
        alpha=0.35,
        linewidths=0,
        rasterized=True,
    )
    axes.set_xlim(-3, 103)
    axes.set_ylim(-3, 103)
    axes.set_xticks([0, 50, 100])
    axes.set_yticks([0, 50, 100])
    lines = [ratings.condition, f"n = {ratings.rated} of {ratings.rated + ratings.unrated}"]
    if several:
        lines = [ratings.title, ratings.setting, *lines]
    axes.set_title(
        "\n".join(_truncate(line, 20) for line in lines), loc="left", fontsize=6.5, linespacing=1.1
    )


def _truncate(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _draw_margins(title: str, note: str, found: Sequence[ConditionMargins]) -> Figure:
    panels = list(dict.fromkeys((one.setting, one.series) for one in found))
    settings = list(dict.fromkeys(setting for setting, _ in panels))
    most = max(sum((one.setting, one.series) == panel for one in found) for panel in panels)
    width = max(0.42 * most + 0.8, 2.4)
    columns = max(sum(setting == name for setting, _ in panels) for name in settings)
    figure, grid = new_figure(
        len(settings), columns, title=title, caption=note, panel_size=(width, 2.5)
    )
    for row, setting in zip(grid, settings, strict=True):
        own = [series for name, series in panels if name == setting]
        for axes, series in zip(row, own, strict=False):
            part = [one for one in found if (one.setting, one.series) == (setting, series)]
            _draw_boxes(axes, part, width - 0.7)
            set_panel_title(
                axes, f"{series}\n{setting}" if len(settings) > 1 else series, width - 0.6
            )
        for axes in row[len(own) :]:
            axes.set_visible(False)
        row[0].set_ylabel("margin (nats per token)")
    return figure


def _draw_boxes(axes: Axes, part: Sequence[ConditionMargins], width: float) -> None:
    import numpy as np

    (look,) = line_styles(1)
    for at, one in enumerate(part):
        colour = look.colour if one.trained else BASELINE
        shown = one.margins[:: max(len(one.margins) // 200, 1)][:200]
        spots = at + np.linspace(-0.28, 0.28, len(shown)) if len(shown) > 1 else [at]
        axes.plot(spots, shown, ".", color=colour, markersize=1.6, alpha=0.35, zorder=1)
        axes.boxplot(
            [one.margins], positions=[at], widths=0.62, whis=(5, 95), showfliers=False,
            showmeans=True, manage_ticks=False,
            medianprops={"color": colour, "linewidth": 1.4},
            boxprops={"color": colour, "linewidth": 0.8},
            whiskerprops={"color": colour, "linewidth": 0.8},
            capprops={"color": colour, "linewidth": 0.8},
            meanprops={"marker": "D", "markersize": 3.5, "markerfacecolor": "white",
                       "markeredgecolor": colour},
        )  # fmt: skip
    axes.axhline(0, color=BASELINE, linewidth=0.6)
    label_ticks(axes, range(len(part)), [one.condition for one in part], width)
    axes.set_xlim(-0.6, len(part) - 0.4)
