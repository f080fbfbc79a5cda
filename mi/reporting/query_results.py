"""Rows of a query, printed as a table, CSV, JSON or Markdown."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from .tables import plain_table
from .terminal import escape_controls

Row = Sequence[Any]


def print_query_results(
    columns: Sequence[str], rows: Sequence[Row], format: str, console: Console
) -> None:
    """Print the rows of a query to the console's stream.

    Control characters of values are shown and not obeyed. Only CSV in a pipe has them as they are.

    Args:
        columns: Names of the columns.
        rows: One value per column each.
        format: `table`, `csv`, `json` or `markdown`.
        console: Where to print.
    """
    _PRINTERS[format](columns, rows, console)


def _print_table(columns: Sequence[str], rows: Sequence[Row], console: Console) -> None:
    table = plain_table(*columns)
    for index, name in enumerate(columns):
        if any(isinstance(row[index], (int, float)) for row in rows):
            table.columns[index].justify = "right"
        table.columns[index].header = name
    for row in rows:
        table.add_row(*(escape(_format_value(value)) for value in row))
    console.print(table, markup=False)
    print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}", file=console.file)


def _print_csv(columns: Sequence[str], rows: Sequence[Row], console: Console) -> None:
    writer = csv.writer(console.file, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(map(_escape_value, row) if console.is_terminal else row)


def _print_json(columns: Sequence[str], rows: Sequence[Row], console: Console) -> None:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    text = json.dumps(records, ensure_ascii=False, indent=1, default=str)
    print(escape_controls(text), file=console.file)


def _print_markdown(columns: Sequence[str], rows: Sequence[Row], console: Console) -> None:
    lines = [list(columns), ["---"] * len(columns)]
    lines += [[_format_value(value) for value in row] for row in rows]
    for line in lines:
        cells = (escape_controls(cell).replace("|", "\\|").replace("\n", " ") for cell in line)
        print(f"| {' | '.join(cells)} |", file=console.file)


def _escape_value(value: Any) -> Any:
    return escape_controls(value) if isinstance(value, str) else value


def _format_value(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


_PRINTERS: dict[str, Callable[[Sequence[str], Sequence[Row], Console], None]] = {
    "table": _print_table,
    "csv": _print_csv,
    "json": _print_json,
    "markdown": _print_markdown,
}
