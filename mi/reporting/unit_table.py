"""The progress of units as a table that fits the terminal.

Titles and details give way when the terminal is narrow, and rows when it is low: the most urgent
units stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..planning.progress import DONE, FAILED, REMOTE, RUNNING, TODO, UnitProgress
from ..providers.pricing import format_cost
from .console import say
from .tables import MAX_TABLE_ROWS, aligned_lines, plain_table
from .text import format_clock

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

TABLE_OVERHEAD = 6
"""Lines of a table that are not rows of units."""
_NARROW_WIDTH = 130
_SHORT_KEY = 14
_MIN_WIDTH = 16
_COLUMNS = ("unit", "what", "state", "elapsed", "left", "loss", "cost", "detail")
_STATE_ORDER = (DONE, RUNNING, REMOTE, FAILED, TODO)
_URGENCY = (RUNNING, REMOTE, FAILED, TODO, DONE)
_STYLES = {DONE: "dim", FAILED: "red", RUNNING: "green", REMOTE: "green"}


def print_unit_table(units: Sequence[UnitProgress], model: str, console: Console) -> None:
    """Print the units as a table, or as plain aligned lines if they are very many.

    Args:
        units: The units, in order.
        model: The model's id, for the caption.
        console: Where to print.
    """
    if len(units) > MAX_TABLE_ROWS:
        columns, rows = _columns_and_rows(units, units, short=False)
        lines = aligned_lines(columns, rows, range(3, 6))
        console.file.writelines(f"{line}\n" for line in lines)
        say(console, _caption(units, 0, model))
    else:
        width = console.width if console.is_terminal else None
        console.print(unit_table(units, model, width=width))


def unit_table(
    units: Sequence[UnitProgress], model: str, *, width: int | None, max_rows: int | None = None
) -> Table:
    """The units as a table.

    Args:
        units: The units, in order.
        model: The model's id, for the caption.
        width: Columns of the terminal; a narrow one gets shortened keys. None: nothing is cut.
        max_rows: How many rows fit; None: all.
    """
    shown = _most_urgent(units, max_rows)
    short = width is not None and width < _NARROW_WIDTH
    columns, rows = _columns_and_rows(units, shown, short=short)
    table = plain_table(*columns)
    for column in table.columns[3:-1]:
        column.justify = "right"
    if width is not None:
        _set_widths(table, rows, width)
    for unit, row in zip(shown, rows, strict=True):
        table.add_row(*row, style=_STYLES.get(unit.state, ""))
    table.caption = _caption(units, len(units) - len(shown), model)
    table.caption_justify = "left"
    return table


def _columns_and_rows(
    units: Sequence[UnitProgress], shown: Sequence[UnitProgress], *, short: bool
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns and a row for each shown unit, without costs if nothing was spent."""
    rows = [_row(unit, short=short) for unit in shown]
    if any(unit.cost_usd for unit in units):
        return _COLUMNS, rows
    return (*_COLUMNS[:6], _COLUMNS[7]), [(*row[:6], row[7]) for row in rows]


def _row(unit: UnitProgress, *, short: bool) -> tuple[str, ...]:
    fraction = f" {unit.fraction:.0%}" if unit.fraction is not None else ""
    return (
        unit.key[:_SHORT_KEY] if short else unit.key,
        unit.title,
        f"{unit.state}{fraction}",
        format_clock(unit.elapsed) if unit.elapsed is not None else "–",
        format_clock(unit.remaining) if unit.remaining is not None else "–",
        f"{unit.loss:.3g}" if unit.loss is not None else "–",
        format_cost(unit.cost_usd),
        unit.detail.splitlines()[0] if unit.detail else "",
    )


def _caption(units: Sequence[UnitProgress], hidden: int, model: str) -> str:
    """One line for all units: how many are in each state, and what they have cost."""
    states = Counter(unit.state for unit in units)
    counts = ", ".join(f"{states[state]} {state}" for state in _STATE_ORDER if states[state])
    suffix = f" · {hidden} not shown" if hidden else ""
    return f"{model} · {counts} · {format_cost(sum(unit.cost_usd for unit in units))}{suffix}"


def _set_widths(table: Table, rows: Sequence[tuple[str, ...]], width: int) -> None:
    """Fit the columns into the width by cutting first the titles and then the details."""
    texts = zip(*([str(column.header) for column in table.columns], *rows), strict=True)
    widths = [max(map(len, column)) for column in texts]
    for column in table.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    spare = width - 3 * len(widths) - sum(widths) + widths[1] + widths[-1]
    title_width = min(widths[1], max(spare * 2 // 3, _MIN_WIDTH))
    table.columns[1].max_width = title_width
    table.columns[-1].max_width = max(spare - title_width, _MIN_WIDTH // 2)


def _most_urgent(units: Sequence[UnitProgress], max_rows: int | None) -> Sequence[UnitProgress]:
    """As many units as fit, in their order; running units are kept before finished ones."""
    if max_rows is None or len(units) <= max_rows:
        return units
    indices = sorted(
        range(len(units)), key=lambda index: (_URGENCY.index(units[index].state), index)
    )
    return [units[index] for index in sorted(indices[: max(max_rows, 1)])]
