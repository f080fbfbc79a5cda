"""Figures: score against size, ratio or condition, a panel for each eval, the baseline as a line.

Colours are Okabe and Ito's, which colour-blind readers tell apart; markers and line styles say the
same again, so a grey print says it too. The points drawn stand beside each figure as CSV, and a
figure is drawn again only when they change.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from .errors import StoreError
from .store import write_whole
from .summary import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLES = {"ID": ("#0072B2", "o", "-"), "OOD": ("#D55E00", "s", "--")}
_BASELINE = "#555555"
_SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def plot(experiment: str, title: str, points: Sequence[Point], folder: Path) -> list[Path]:
    """Draw an experiment's points as PNG and PDF; returns the files, the PNG first.

    Raises:
        StoreError: The folder cannot be written.
    """
    files = [folder / f"{experiment}.{kind}" for kind in ("png", "pdf")]
    data = folder / f"{experiment}.csv"
    text = _csv(points)
    current = data.exists() and data.read_text(encoding="utf-8") == text
    if current and all(file.exists() for file in files):
        return files
    try:
        folder.mkdir(parents=True, exist_ok=True)
        figure = _draw(f"{experiment}: {title}", points)
        for file in files:
            aside = file.with_name(f".{file.name}")
            figure.savefig(aside, format=file.suffix[1:], dpi=200)
            aside.replace(file)
    except OSError as error:
        raise StoreError(f"cannot be written ({error.strerror})", where=str(folder)) from None
    write_whole(data, text)
    return files


def _csv(points: Sequence[Point]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(attribute.name for attribute in attrs.fields(Point))
    writer.writerows(attrs.astuple(point) for point in points)
    return out.getvalue()


def _draw(title: str, points: Sequence[Point]) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings = list(dict.fromkeys(point.setting for point in points))
    series = list(dict.fromkeys(point.series for point in points))
    figure = Figure(figsize=(3.1 * len(series) + 0.6, 3.0 * len(settings) + 0.7))
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained")
    axes = figure.subplots(len(settings), len(series), sharey=True, squeeze=False)
    for row, setting in enumerate(settings):
        for column, name in enumerate(series):
            part = [p for p in points if p.setting == setting and p.series == name]
            _panel(axes[row][column], part)
            axes[row][column].set_title(f"{name}\n({setting})" if len(settings) > 1 else name)
        axes[row][0].set_ylabel("share misaligned")
    figure.suptitle(f"{title}\nbars: 95 % intervals ({_replicates(points)})", fontsize=10)
    return figure


def _replicates(points: Sequence[Point]) -> str:
    most = max((point.seeds for point in points), default=0)
    return "within-run, one seed" if most <= 1 else f"over {most} seeds and questions"


def _panel(axes: Axes, points: Sequence[Point]) -> None:
    points = [point for point in points if point.mean is not None]
    trained = [point for point in points if point.seeds]
    sizes = {point.total_samples for point in trained}
    ratios = sorted({point.misaligned_ratio or 0.0 for point in trained})
    by_size = len(sizes) > 1
    for point in points:
        if not point.seeds:
            axes.axhspan(
                point.low or 0.0, point.high or 0.0, color=_BASELINE, alpha=0.15, linewidth=0
            )
            axes.axhline(point.mean or 0.0, color=_BASELINE, linestyle=":", label="baseline")
    places = {(point.total_samples, point.misaligned_ratio) for point in trained}
    if len(places) < len(trained):
        _by_condition(axes, trained)
    elif by_size:
        for index, ratio in enumerate(ratios):
            line = [point for point in trained if (point.misaligned_ratio or 0.0) == ratio]
            label = f"ratio {ratio:g}" if len(ratios) > 1 else "trained"
            _line(axes, line, [p.total_samples or 0 for p in line], label, index, len(ratios))
        axes.set_xscale("log")
        ticks = sorted(size for size in sizes if size)
        axes.set_xticks(ticks, [str(tick) for tick in ticks], rotation=45 if len(ticks) > 4 else 0)
        axes.minorticks_off()
        axes.set_xlabel("training rows")
    else:
        _line(axes, trained, [p.misaligned_ratio or 0.0 for p in trained], "trained", 0, 1)
        axes.set_xlim(-0.05, 1.05)
        axes.set_xlabel("misaligned ratio")
    axes.set_ylim(-0.02, 1.02)
    axes.grid(alpha=0.25, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="best")


def _by_condition(axes: Axes, trained: Sequence[Point]) -> None:
    """Conditions side by side, where neither size nor ratio tells them apart."""
    for at, point in enumerate(trained):
        _line(axes, [point], [at], "trained" if at == 0 else "_nolegend_", 0, 1)
    names = [point.condition.removeprefix("pure_").removeprefix("misaligned_") for point in trained]
    axes.set_xticks(range(len(names)), [name.replace("_", "\n") for name in names], fontsize=7)
    axes.set_xlim(-0.5, len(names) - 0.5)


def _line(
    axes: Axes, points: Sequence[Point], x: Sequence[float], label: str, index: int, lines: int
) -> None:
    if not points:
        return
    color, marker, style = _STYLES[points[0].distribution]
    if lines > 1:
        color = _SERIES[index % len(_SERIES)]
    order = sorted(range(len(points)), key=lambda at: x[at])
    means = [points[at].mean or 0.0 for at in order]
    below = [max(mean - (points[at].low or 0.0), 0) for at, mean in zip(order, means, strict=True)]
    above = [max((points[at].high or 0.0) - mean, 0) for at, mean in zip(order, means, strict=True)]
    axes.errorbar(
        [x[at] for at in order],
        means,
        yerr=[below, above],
        color=color,
        marker=marker,
        linestyle=style,
        markersize=5,
        capsize=3,
        linewidth=1.5,
        label=label,
    )
