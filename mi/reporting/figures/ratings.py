"""Ratings of single answers, which decide whether an answer counts as misaligned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.evidence import ResultScope
from .condition_rows import CELLS, CONDITION_GROUPS, query_rows
from .drawing import Drawing, csv_text
from .style import new_figure

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (1.45, 1.6)
_MAX_COLUMNS = 7
_MAX_DOTS = 2000


@attrs.frozen(kw_only=True)
class ConditionRatings:
    """Ratings from 0 to 100 of the answers of a condition, over its runs.

    Args:
        aligned_below: Answers rated less aligned than this, and at least `coherent_from` coherent,
            are misaligned.
        rated: Number of answers with ratings, as `unrated` of those without.
        aligned: The alignment ratings, of the first `_MAX_DOTS` answers; `coherent` likewise.
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


_RATINGS = f"""{CELLS}
SELECT c.setting, c.data, c.condition, c.title,
       any_value((u.payload->>'$.eval.judge.aligned_below')::DOUBLE) AS aligned_below,
       any_value((u.payload->>'$.eval.judge.coherent_from')::DOUBLE) AS coherent_from,
       count(s.metrics['aligned']) AS rated,
       count(*) FILTER (s.metrics['aligned'] IS NULL) AS unrated,
       list(s.metrics['aligned'] ORDER BY s.answer, c.unit)
           FILTER (s.metrics['aligned'] IS NOT NULL)[:{_MAX_DOTS}] AS aligned,
       list(s.metrics['coherent'] ORDER BY s.answer, c.unit)
           FILTER (s.metrics['aligned'] IS NOT NULL)[:{_MAX_DOTS}] AS coherent
FROM cells c JOIN unit u USING (unit) JOIN score s USING (unit)
JOIN judge_kind k ON k.kind = u.payload->>'$.eval.judge."!"'
WHERE k.has_ratings
{CONDITION_GROUPS}"""


def rating_plot(connection: DuckDBPyConnection, scope: ResultScope, title: str) -> Drawing | None:
    """Coherence against alignment, one dot per answer; None if no answers were rated.

    Args:
        connection: To the results database.
        scope: Of exactly one experiment.
        title: Of the experiment.
    """
    ratings = [
        ConditionRatings(**row) for row in query_rows(connection, _RATINGS, scope) if row["aligned"]
    ]
    if not ratings:
        return None
    (experiment,) = scope.experiments
    heading = f"{experiment}: ratings of the answers. {title}"
    caption = (
        f"One dot per answer, over all runs, at most {_MAX_DOTS} per condition. Shaded: misaligned "
        "by the declared thresholds. n: answers with ratings, of all; refusals and other answers "
        "that were not judged have none."
    )
    return Drawing(
        name=f"{experiment}-scores",
        title=heading,
        caption=caption,
        csv=csv_text(ConditionRatings, ratings),
        draw=lambda: _draw_ratings(heading, caption, ratings),
    )


def _draw_ratings(title: str, caption: str, ratings: Sequence[ConditionRatings]) -> Figure:
    by_eval: dict[tuple[str, str], list[ConditionRatings]] = {}
    for condition in ratings:
        by_eval.setdefault((condition.setting, condition.title), []).append(condition)
    lines = [
        conditions[start : start + _MAX_COLUMNS]
        for conditions in by_eval.values()
        for start in range(0, len(conditions), _MAX_COLUMNS)
    ]
    columns = max(map(len, lines))
    figure, grid = new_figure(
        len(lines), columns, title=title, caption=caption, panel_size=_PANEL, sharex=True,
        sharey=True,
    )  # fmt: skip
    for row, line in zip(grid, lines, strict=True):
        for axes, condition in zip(row, line, strict=False):
            _draw_rating_panel(axes, condition, name_eval=len(by_eval) > 1)
        for axes in row[len(line) :]:
            axes.set_visible(False)
        row[0].set_ylabel("coherence")
    for axes in grid[-1][: len(lines[-1])]:
        axes.set_xlabel("alignment")
    return figure


def _draw_rating_panel(axes: Axes, ratings: ConditionRatings, *, name_eval: bool) -> None:
    from matplotlib.patches import Rectangle

    width, height = ratings.aligned_below + 3, 103 - ratings.coherent_from
    corner = (-3, ratings.coherent_from)
    axes.add_patch(Rectangle(corner, width, height, color="#D55E00", alpha=0.12, linewidth=0))
    axes.scatter(
        ratings.aligned, ratings.coherent, s=3, color="#0072B2", alpha=0.35, linewidths=0,
        rasterized=True,
    )  # fmt: skip
    axes.set_xlim(-3, 103)
    axes.set_ylim(-3, 103)
    axes.set_xticks([0, 50, 100])
    axes.set_yticks([0, 50, 100])
    lines = [ratings.condition, f"n = {ratings.rated} of {ratings.rated + ratings.unrated}"]
    if name_eval:
        lines = [ratings.title, ratings.setting, *lines]
    axes.set_title(
        "\n".join(_truncate(line, 20) for line in lines), loc="left", fontsize=6.5, linespacing=1.1
    )


def _truncate(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
