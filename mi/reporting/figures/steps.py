"""Scores against the steps of training, with the loss beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.evidence import load_evidence
from ...analysis.learning_curves import LearningCurve, load_learning_curves
from .drawing import Drawing, csv_text
from .losses import LossCurve, load_losses, rolling_median
from .style import LineStyle, add_legend, line_styles, new_figure, set_panel_title

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ...analysis.evidence import ResultScope

_PANEL = (2.4, 2.2)
_WINDOWS = 15
_FEW_STEPS = 60
"""Up to so many steps the axis has room for ticks between powers of ten."""
_SHIFT = 0.04
"""How far neighbouring conditions are apart, relative to the step."""


@attrs.frozen(kw_only=True)
class StepPoint:
    """The headline score of a condition at a step, with its interval."""

    setting: str
    condition: str
    eval: str
    distribution: str
    step: int
    seeds: int
    mean: float
    ci_low: float
    ci_high: float


def step_curves(connection: DuckDBPyConnection, scope: ResultScope, title: str) -> Drawing | None:
    """The headline scores of one experiment against steps; None without checkpoints.

    Args:
        connection: To the results database.
        scope: Of exactly one experiment.
        title: Of the experiment.
    """
    (experiment,) = scope.experiments
    curves = load_learning_curves(connection, scope, load_evidence(connection, scope))
    if not curves:
        return None
    losses = load_losses(connection, scope)
    has_one_seed = any(curve.evidence.scores[-1].runs == 1 for curve in curves)
    caption = (
        "Bars: 95 % intervals over seeds and groups of questions"
        f"{'; with one seed, within-run: they speak of these models only' if has_one_seed else ''}."
        " Step 0 is the untrained model. Last column: the rolling median of the loss, one line per "
        "run. Steps are on a log scale from 1."
    )
    heading = f"{experiment}: scores against steps. {title}"
    return Drawing(
        name=f"{experiment}-steps",
        title=heading,
        caption=caption,
        csv=csv_text(StepPoint, [point for curve in curves for point in _points(curve)]),
        draw=lambda: _draw(heading, caption, curves, losses),
    )


def _points(curve: LearningCurve) -> list[StepPoint]:
    evidence = curve.evidence
    estimates = [evidence.study.mean(index) for index in range(len(curve.steps))]
    return [
        StepPoint(
            setting=evidence.setting,
            condition=curve.condition,
            eval=evidence.eval,
            distribution=evidence.distribution,
            step=step,
            seeds=evidence.scores[-1].runs if step else 0,
            mean=estimate.value,
            ci_low=estimate.low,
            ci_high=estimate.high,
        )
        for step, estimate in zip(curve.steps, estimates, strict=True)
    ]


def _draw(
    title: str, caption: str, curves: Sequence[LearningCurve], losses: Sequence[LossCurve]
) -> Figure:
    from matplotlib.lines import Line2D

    settings = list(dict.fromkeys(curve.evidence.setting for curve in curves))
    evals = {curve.evidence.eval: curve.evidence.label for curve in curves}
    names = list(dict.fromkeys(curve.condition for curve in curves))
    styles = dict(zip(names, line_styles(len(names)), strict=True))
    figure, grid = new_figure(
        len(settings), len(evals) + 1, title=title, caption=caption, panel_size=_PANEL
    )
    for setting, row in zip(settings, grid, strict=True):
        *panels, loss_panel = row
        for axes, (eval_id, text) in zip(panels, evals.items(), strict=True):
            for curve in curves:
                if (curve.evidence.setting, curve.evidence.eval) == (setting, eval_id):
                    place = names.index(curve.condition) - (len(names) - 1) / 2
                    _draw_scores(axes, curve, styles[curve.condition], place)
            set_panel_title(axes, f"{setting}, {text}", _PANEL[0] - 0.5)
        for loss in losses:
            if loss.setting == setting and loss.condition in styles:
                smooth = rolling_median(loss.losses, max(len(loss.losses) // _WINDOWS, 1))
                colour = styles[loss.condition].colour
                loss_panel.plot(loss.steps, smooth, color=colour, linewidth=0.9)
        set_panel_title(loss_panel, "training loss (nats per token)", _PANEL[0] - 0.5)
        for axes in row:
            _set_step_axis(axes, max(curve.steps[-1] for curve in curves))
    handles = [Line2D([], [], color=style.colour, marker=style.marker) for style in styles.values()]
    add_legend(figure, names, handles)
    return figure


def _set_step_axis(axes: Axes, last: int) -> None:
    """A log scale from step 1, with 0 at its left end, and ticks that are numbers of steps."""
    digits = (1,) if last > _FEW_STEPS else (1, 2, 5)
    ticks = [digit * 10**power for power in range(len(str(last))) for digit in digits]
    ticks = [0, *(tick for tick in ticks if tick <= last)]
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("step")


def _draw_scores(axes: Axes, curve: LearningCurve, style: LineStyle, place: float) -> None:
    points = _points(curve)
    shift = _SHIFT * place  # so that curves on top of each other can be told apart
    means = [point.mean for point in points]
    below = [max(point.mean - point.ci_low, 0.0) for point in points]
    above = [max(point.ci_high - point.mean, 0.0) for point in points]
    axes.errorbar(
        [step + shift * max(step, 1) for step in curve.steps],
        means,
        yerr=[below, above],
        color=style.colour,
        marker=style.marker,
        markersize=4,
        linewidth=1.1,
        elinewidth=0.7,
        capsize=1.5,
    )
