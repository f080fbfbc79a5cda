"""In-distribution against out-of-distribution: does what was taught spread?

Only evals of like kind are set against each other: judged answers against judged answers,
preferences against preferences, for their shares mean different things.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...analysis.conditions import Point
from .curves import describe_intervals
from .drawing import Drawing, csv_text
from .style import BASELINE, add_legend, line_styles, new_figure, set_panel_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (2.5, 2.5)


@attrs.frozen(kw_only=True)
class IdOodPair:
    """A condition by an ID and an OOD eval; ends of 95 % intervals as in `Point`."""

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
    """ID against OOD; None where no two evals of like kind have scores."""
    pairs = _pairs([point for point in points if point.mean is not None])
    if not pairs:
        return None
    headed = f"{experiment}: in and out of distribution. {title}"
    caption = (
        f"A point a condition; bars: {describe_intervals(points)}. "
        "On the dashed line both shares are equal."
    )
    return Drawing(
        name=f"{experiment}-id-ood",
        title=headed,
        caption=caption,
        csv=csv_text(IdOodPair, pairs),
        draw=lambda: _draw(headed, caption, pairs),
    )


def _pairs(points: Sequence[Point]) -> list[IdOodPair]:
    found = []
    for inside in points:
        for outside in points:
            alike = (inside.setting, inside.condition_axes, inside.sampled) == (
                outside.setting, outside.condition_axes, outside.sampled,
            )  # fmt: skip
            if alike and (inside.distribution, outside.distribution) == ("ID", "OOD"):
                found.append(_pair(inside, outside))
    return found


def _pair(inside: Point, outside: Point) -> IdOodPair:
    return IdOodPair(
        setting=inside.setting,
        condition=inside.condition,
        id_eval=inside.title,
        ood_eval=outside.title,
        trained=bool(inside.seeds),
        id_mean=inside.mean or 0.0,
        id_low=inside.low or 0.0,
        id_high=inside.high or 0.0,
        ood_mean=outside.mean or 0.0,
        ood_low=outside.low or 0.0,
        ood_high=outside.high or 0.0,
    )


def _draw(title: str, note: str, pairs: Sequence[IdOodPair]) -> Figure:
    from matplotlib.lines import Line2D

    panels = list(dict.fromkeys((one.setting, one.id_eval, one.ood_eval) for one in pairs))
    several = len({setting for setting, _, _ in panels}) > 1
    names = list(dict.fromkeys(one.condition for one in pairs if one.trained))
    looks = dict(zip(names, line_styles(len(names)), strict=True))
    columns = min(len(panels), 4)
    rows = -(-len(panels) // columns)
    figure, grid = new_figure(rows, columns, title=title, caption=note, panel_size=_PANEL)
    places = [axes for row in grid for axes in row]
    for axes, panel in zip(places, panels, strict=False):
        for one in pairs:
            if (one.setting, one.id_eval, one.ood_eval) == panel:
                look = looks.get(one.condition)
                _draw_point(
                    axes, one, look.colour if look else BASELINE, look.marker if look else "*"
                )
        _draw_frame(axes, panel, several=several)
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, linestyle="none")
        for look in looks.values()
    ]
    if any(not one.trained for one in pairs):
        names = ["untrained", *names]
        handles.insert(
            0, Line2D([], [], color=BASELINE, marker="*", markersize=8, linestyle="none")
        )
    add_legend(figure, names, handles)
    return figure


def _draw_point(axes: Axes, pair: IdOodPair, colour: Any, marker: str) -> None:
    axes.errorbar(
        [pair.id_mean],
        [pair.ood_mean],
        xerr=[[max(pair.id_mean - pair.id_low, 0)], [max(pair.id_high - pair.id_mean, 0)]],
        yerr=[[max(pair.ood_mean - pair.ood_low, 0)], [max(pair.ood_high - pair.ood_mean, 0)]],
        color=colour,
        marker=marker,
        markersize=8 if marker == "*" else 4.5,
        linestyle="none",
        elinewidth=0.8,
    )


def _draw_frame(axes: Axes, panel: tuple[str, str, str], *, several: bool) -> None:
    setting, inside, outside = panel
    axes.plot([0, 1], [0, 1], color=BASELINE, linestyle="--", linewidth=0.6, zorder=0)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_aspect("equal")
    axes.set_xlabel("ID share")
    axes.set_ylabel("OOD share")
    set_panel_title(
        axes, f"{inside} → {outside}" + (f" ({setting})" if several else ""), _PANEL[0] - 0.55
    )
