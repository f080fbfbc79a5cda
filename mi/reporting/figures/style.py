"""One look for every figure: fit for print, for colour-blind readers and for a grey copy.

Colours are Okabe and Ito's (2008), or steps of cividis (Nuñez, Anderton and Renslow 2018) where
there are more lines than those tell apart; markers and line styles say the same again. Titles and
notes are wrapped to the sheet and legends stand beside the panels, so that no text meets another.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE_VERSION = 1
"""Raise it when the look changes: figures are then drawn again."""

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
    """How one line looks: colour, marker and line style, each enough to know it by."""

    colour: Any
    marker: str
    linestyle: Any


def line_styles(number: int) -> list[LineStyle]:
    """Looks for `number` lines in order, no two alike."""
    colours: list[Any] = list(_COLOURS)
    if number > len(colours):
        from matplotlib import colormaps

        steps = max(number - 1, 1)
        colours = [colormaps["cividis"](0.92 * at / steps) for at in range(number)]
    return [
        LineStyle(colours[at], _MARKERS[at % 7], _LINES[(at + at // 7) % 7]) for at in range(number)
    ]


@contextmanager
def figure_style() -> Iterator[None]:
    """The look, while figures are made and saved."""
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
    """An empty figure of panels.

    Args:
        panel: Width and height of a panel with its labels, in inches.
        more: For `Figure.subplots`: `sharex`, `sharey`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = max(columns * panel_size[0], 3.4)
    heads, notes = wrap_text(title, width, 9), wrap_text(caption, width, 7)
    lines = 0.2 * (heads.count("\n") + 1) + 0.14 * (notes.count("\n") + 1)
    figure = Figure(figsize=(width, rows * panel_size[1] + lines))
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", w_pad=0.05, h_pad=0.05)
    figure.suptitle(heads, x=0.01, ha="left", fontsize=9, fontweight="bold")
    figure.supxlabel(notes, x=0.01, ha="left", fontsize=7, color="#444444")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, [list(row) for row in axes]


def wrap_text(text: str, width: float, size: float) -> str:
    """Lines that fit `width` inches at `size` points, for letters of three fifths of an em."""
    letters = max(int(width * 72 / (size * 0.62)), 12)
    return "\n".join(part for line in text.split("\n") for part in textwrap.wrap(line, letters))


def set_panel_title(axes: Axes, text: str, width: float) -> None:
    """The title of a panel of `width` inches."""
    axes.set_title(wrap_text(text, width, 8), loc="left")


def add_legend(
    figure: Figure, labels: Sequence[str], handles: Sequence[Any], title: str = ""
) -> None:
    """A legend beside the panels; the sheet grows for it, so that no panel shrinks."""
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


def label_ticks(axes: Axes, positions: Sequence[float], names: Sequence[str], width: float) -> None:
    """Name places on the x axis, upright where the names would meet in `width` inches."""
    longest = max((len(name) for name in names), default=0)
    room = width / max(len(names), 1)
    if longest * 0.075 < room:
        axes.set_xticks(positions, names)
    elif room > 0.25:
        axes.set_xticks(positions, names, rotation=40, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(positions, names, rotation=90, fontsize=min(7.5, room * 72 * 0.8))
