"""Tables for people: one row per condition, one column per eval."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..analysis.conditions import Point
from ..units.cells import ConditionAxes, format_ratio

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MAX_TABLE_ROWS = 500  # a longer list is not read on a screen


def results_table(points: Sequence[Point]) -> Table:
    """The points of one setting, for a terminal; cells as in `score_text`."""
    columns, rows = results_rows(points)
    table = plain_table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    return table


def results_rows(points: Sequence[Point]) -> tuple[list[str], list[list[str]]]:
    """The points of one setting as text: column names, and one row per condition."""
    series = list(dict.fromkeys(point.series for point in points))
    by_condition: dict[ConditionAxes, dict[str, Point]] = {}
    for point in points:
        by_condition.setdefault(point.condition_axes, {})[point.series] = point
    rows = []
    for by_series in by_condition.values():
        first = next(iter(by_series.values()))
        rows.append(
            [
                first.condition,
                "–" if first.total_samples is None else str(first.total_samples),
                "–" if first.misaligned_ratio is None else format_ratio(first.misaligned_ratio),
                str(first.seeds) if first.seeds else "–",
                *(score_text(by_series[name]) if name in by_series else "" for name in series),
            ]
        )
    return ["condition", "total", "ratio", "seeds", *series], rows


def score_text(point: Point) -> str:
    """`0.11 [0.06, 0.19] n=141`, and if some answers have no score, on a second line their share
    and the bounds of the mean over all answers: `12% broken: 0.10 to 0.22 of all`."""
    if point.mean is None:
        return f"– {point.unscored:.0%} {point.unscored_as}" if point.unscored else "–"
    has_interval = point.low is not None and point.high is not None
    interval = f"[{point.low:.2f}, {point.high:.2f}]" if has_interval else "[no interval]"
    text = f"{point.mean:.2f} {interval} n={point.n}"
    if point.of_all is not None:
        low, high = point.of_all
        text += f"\n{point.unscored:.0%} {point.unscored_as}: {low:.2f} to {high:.2f} of all"
    return text


def plain_table(*columns: str, **options: bool) -> Table:
    """A table without lines, for terminals and pipes alike."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(*columns, box=SIMPLE_HEAD, pad_edge=False, header_style="bold", **options)  # type: ignore[arg-type]


def print_listing(
    console: Console,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    styles: Sequence[str] = (),
) -> None:
    """Print a long list as a table.

    Above `MAX_TABLE_ROWS` it is written as plain text with the same layout, which takes a hundredth
    of the time.

    Args:
        console: Where to print.
        columns: Their names.
        rows: Rows × columns.
        styles: One rich style per row; empty for none.
    """
    if len(rows) > MAX_TABLE_ROWS:
        console.file.writelines(f"{line}\n" for line in aligned_lines(columns, rows))
        return
    table = plain_table(*columns)
    for index, row in enumerate(rows):
        table.add_row(*row, style=styles[index] if styles else "")
    console.print(table)


def aligned_lines(
    columns: Sequence[str], rows: Iterable[Sequence[str]], right_aligned: Collection[int] = ()
) -> Iterator[str]:
    """The lines of a table as plain text, each column as wide as its widest cell.

    Args:
        columns: Their names.
        rows: Rows × columns.
        right_aligned: Indices of the columns to align on the right.
    """
    lines = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = [">" if index in right_aligned else "<" for index in range(len(widths))]
    template = "   ".join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True))
    for index, row in enumerate(lines):
        yield f" {template.format(*row)}".rstrip()
        if not index:
            yield f" {'─' * (sum(widths) + 3 * (len(widths) - 1))}"


def interval_note(points: Sequence[Point], *, suffix: str = "") -> str:
    """What the intervals generalise to, and over how many groups of questions.

    Args:
        points: Of a table.
        suffix: Appended where conditions have a single seed.
    """
    trained = [point.seeds for point in points if point.seeds]
    groups = {point.series: point.groups for point in points if point.mean is not None}
    counts = ", ".join(f"{name} {count}" for name, count in groups.items())
    note = f"groups of questions: {counts}"
    if any(not count for count in groups.values()):
        note += " (0: stored without groups, so there is no interval)"
    if trained and min(trained) > 1:
        return f"intervals: 95 %, over {min(trained)} seeds and the groups they share; {note}"
    return (
        "intervals: 95 %, within-run (one seed): they speak of these models, not of the "
        f"conditions{suffix}; {note}"
    )
