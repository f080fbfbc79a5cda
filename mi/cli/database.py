"""`mi plot`, `mi sql`, `mi rebuild`: what has been found out."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

from ..database import VIEWS, Database, sync_database
from ..errors import UsageError
from ..reporting.figures import all_figures, save_drawing
from .common import configured_store, console, load_session, progress_bar, run_options
from .scope import result_scope


def plot(args: argparse.Namespace) -> int:
    """Draw the figures of each experiment, and of all together, from the database."""
    args.full = True
    session = load_session(args, args.words)
    titles = {one.experiment.id: one.experiment.title for one in session.selection}
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        figures = all_figures(connection, scope, titles)
    with progress_bar(len(figures), "draw") as step:
        for drawing in figures:
            for file in save_drawing(drawing, session.options.figures):
                print(file)
            step()
    return 0


def sql(args: argparse.Namespace) -> int:
    """Print the answer to a query."""
    import duckdb

    with Database(run_options(args).db).read_connection() as connection:
        try:
            answer = connection.execute(args.query)
            columns = [column[0] for column in answer.description or ()]
            rows = answer.fetchall()
        except duckdb.Error as error:
            raise UsageError(str(error).strip(), hint=f"views: {', '.join(VIEWS)}") from None
    _FORMATS[args.format](columns, rows)
    return 0


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from ..reporting.tables import plain_table

    table = plain_table(*columns)
    for column, name in enumerate(columns):
        if any(isinstance(row[column], (int, float)) for row in rows):
            table.columns[column].justify = "right"
        table.columns[column].header = name
    for row in rows:
        table.add_row(*(_escape(value) for value in row))
    console().print(table, markup=False)
    print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def _escape(value: Any) -> str:
    from rich.markup import escape

    return escape(_format_value(value))


def _format_value(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _print_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def _print_json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    print(json.dumps(records, ensure_ascii=False, indent=1, default=str))


def _print_markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    lines = [list(columns), ["---"] * len(columns)]
    lines += [[_format_value(value) for value in row] for row in rows]
    for line in lines:
        cells = (cell.replace("|", "\\|").replace("\n", " ") for cell in line)
        print(f"| {' | '.join(cells)} |")


_FORMATS = {
    "table": _print_table,
    "csv": _print_csv,
    "json": _print_json,
    "markdown": _print_markdown,
}


def rebuild(args: argparse.Namespace) -> int:
    """Make the database anew from the store."""
    options = run_options(args)
    store, database = configured_store(args), Database(options.db)
    if not store.root.is_dir():
        raise UsageError(
            "there is no store", where=str(store.root), hint="`mi run EXPERIMENT` makes one"
        )
    with database.transaction() as connection:  # held by others? then nothing is touched
        connection.execute("DELETE FROM _schema")
        connection.execute("INSERT INTO _schema VALUES (-1)")
    for fault in sync_database(database, store).faults:
        print(f"mi: {fault}", file=sys.stderr)
    with database.read_connection() as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM unit), (SELECT count(*) FROM results)"
        ).fetchone()
    assert found is not None
    print(f"{options.db.name}: {found[0]} units, {found[1]} rows of results")
    return 0
