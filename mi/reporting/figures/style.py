"""One style for every figure: fit for print, for colour-blind readers and for a grey copy.

Colours are Okabe and Ito's (2008), or steps of cividis (Nuñez, Anderton and Renslow 2018) if there
are more lines than those colours; markers and line styles repeat the distinction. Titles and
captions are wrapped to the width of the figure and legends stand beside the panels, so that no text
overlaps another.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE_VERSION = 1
"""Raise it when the style changes, so that saved figures are drawn again."""

BASELINE = "#555555"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = "osD^vPX"
_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
_RC = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 8,
    "errorbar.capsize": 2.5,
    "figure.dpi": 100,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
    "svg.hashsalt": "mi",
    "xtick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.labelsize": 7.5,
    "ytick.major.width": 0.6,
}


@attrs.frozen
class LineStyle:
    """The colour, marker and line style of one line; each of them identifies it."""

    colour: Any
    marker: str
    linestyle: Any


def line_styles(number: int) -> list[LineStyle]:
    """Styles for `number` lines, in order, all different."""
    colours: list[Any] = list(_COLOURS)
    if number > len(colours):
        from matplotlib import colormaps

        steps = max(number - 1, 1)
        colours = [colormaps["cividis"](0.92 * index / steps) for index in range(number)]
    return [LineStyle(colours[i], _MARKERS[i % 7], _LINES[(i + i // 7) % 7]) for i in range(number)]


@contextmanager
def figure_style() -> Iterator[None]:
    """The style, while figures are drawn and saved."""
    from matplotlib import rc_context

    with rc_context(_RC):  # type: ignore[arg-type]
        yield


def new_figure(
    rows: int,
    columns: int,
    *,
    title: str,
    caption: str,
    panel_size: tuple[float, float],
    **options: Any,
) -> tuple[Figure, list[list[Axes]]]:
    """An empty figure with a grid of panels, rows × columns.

    Args:
        rows: Number of rows of panels.
        columns: Number of panels per row.
        title: Above the panels.
        caption: Below them.
        panel_size: Width and height of a panel with its labels, in inches.
        options: For `Figure.subplots`: `sharex`, `sharey`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = max(columns * panel_size[0], 3.4)
    title, caption = wrap_text(title, width, 9), wrap_text(caption, width, 7)
    text_height = 0.2 * (title.count("\n") + 1) + 0.14 * (caption.count("\n") + 1)
    figure = Figure(figsize=(width, rows * panel_size[1] + text_height))
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", w_pad=0.05, h_pad=0.05)
    figure.suptitle(title, x=0.01, ha="left", fontsize=9, fontweight="bold")
    figure.supxlabel(caption, x=0.01, ha="left", fontsize=7, color="#444444")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, [list(row) for row in axes]


def wrap_text(text: str, width: float, size: float) -> str:
    """Wrap text to a width, for letters of three fifths of an em.

    Args:
        text: May have several lines; each is wrapped.
        width: In inches.
        size: Of the letters, in points.
    """
    letters = max(int(width * 72 / (size * 0.62)), 12)
    return "\n".join(part for line in text.split("\n") for part in textwrap.wrap(line, letters))


def set_panel_title(axes: Axes, text: str, width: float) -> None:
    """Set and wrap the title of a panel.

    Args:
        axes: The panel.
        text: Its title.
        width: Of the panel, in inches.
    """
    axes.set_title(wrap_text(text, width, 8), loc="left")


def mark_empty(axes: Axes) -> None:
    """Say in a panel that its eval has no scores in its setting."""
    axes.text(0.5, 0.5, "no scores", ha="center", color=BASELINE, transform=axes.transAxes)


def add_legend(
    figure: Figure, labels: Sequence[str], handles: Sequence[Any], title: str = ""
) -> None:
    """Add a legend beside the panels; the figure grows for it, so that no panel shrinks.

    Args:
        figure: Whose width grows.
        labels: One per line; none adds no legend.
        handles: Matplotlib artists, one per label.
        title: Of the legend.
    """
    if not labels:
        return
    width = 0.6 + max(len(label) for label in (*labels, title)) * 0.075
    rows = max(int((figure.get_figheight() - 0.6) / 0.18), 4)
    columns = -(-len(labels) // rows)
    figure.set_figwidth(figure.get_figwidth() + width * columns)
    figure.legend(
        handles, labels, loc="outside right center", title=title or None, ncols=columns,
        title_fontsize=7.5, alignment="left", handlelength=3,
    )  # fmt: skip


def _narrowest_gap(axes: Axes, positions: Sequence[float]) -> float:
    """The smallest distance between neighbouring ticks, as a part of the axis; 1 for one tick."""
    is_log = axes.get_xscale() == "log"
    places = sorted(math.log(position) if is_log else position for position in positions)
    if len(places) < 2:
        return 1.0
    gap = min(high - low for low, high in pairwise(places))
    return 0.9 * gap / (places[-1] - places[0])


def label_ticks(axes: Axes, positions: Sequence[float], names: Sequence[str], width: float) -> None:
    """Label ticks of the x axis, rotated if the labels would overlap.

    Args:
        axes: The panel.
        positions: Of the ticks, on the x axis.
        names: One label per tick.
        width: Of the axis, in inches.
    """
    longest = max((len(name) for name in names), default=0)
    spacing = min(width / max(len(names), 1), _narrowest_gap(axes, positions) * width)
    if longest * 0.075 < spacing:
        axes.set_xticks(positions, names)
    elif spacing > 0.25:
        axes.set_xticks(positions, names, rotation=40, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(positions, names, rotation=90, fontsize=min(7.5, spacing * 72 * 0.8))
