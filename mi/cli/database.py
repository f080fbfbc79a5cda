"""`mi plot`, `mi sql`, `mi rebuild`: what has been found out."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

from ..database import VIEWS, Database, bring_up_to_date
from ..errors import UsageError
from ..reporting.figures import drawings, save
from .common import bar, console, opened_store, options, session
from .scope import subject


def plot(parsed: argparse.Namespace) -> int:
    """Draw the figures of each experiment, and of all together, from the database."""
    parsed.full = True
    opened = session(parsed, parsed.words)
    titles = {one.experiment.id: one.experiment.title for one in opened.selected}
    with Database(opened.options.db).reading() as connection:
        about = subject(parsed, opened, connection)
        made = drawings(connection, about, titles)
    with bar(len(made), "draw") as step:
        for drawing in made:
            for file in save(drawing, opened.options.figures):
                print(file)
            step()
    return 0


def sql(parsed: argparse.Namespace) -> int:
    """Print the answer to a query."""
    import duckdb

    with Database(options(parsed).db).reading() as connection:
        try:
            answer = connection.execute(parsed.query)
            columns = [column[0] for column in answer.description or ()]
            rows = answer.fetchall()
        except duckdb.Error as error:
            raise UsageError(str(error).strip(), hint=f"views: {', '.join(VIEWS)}") from None
    _FORMATS[parsed.format](columns, rows)
    return 0


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from ..reporting.tables import plain_table

    table = plain_table(*columns)
    for column, name in enumerate(columns):
        if any(isinstance(row[column], (int, float)) for row in rows):
            table.columns[column].justify = "right"
        table.columns[column].header = name
    for row in rows:
        table.add_row(*(_escaped(value) for value in row))
    console().print(table, markup=False)
    print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def _escaped(value: Any) -> str:
    from rich.markup import escape

    return escape(_text(value))


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def _json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    print(json.dumps(records, ensure_ascii=False, indent=1, default=str))


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    lines = [list(columns), ["---"] * len(columns)]
    lines += [[_text(value) for value in row] for row in rows]
    for line in lines:
        cells = (cell.replace("|", "\\|").replace("\n", " ") for cell in line)
        print(f"| {' | '.join(cells)} |")


_FORMATS = {"table": _table, "csv": _csv, "json": _json, "markdown": _markdown}


def rebuild(parsed: argparse.Namespace) -> int:
    """Make the database anew from the store."""
    chosen = options(parsed)
    store, database = opened_store(parsed), Database(chosen.db)
    if not store.root.is_dir():
        raise UsageError(
            "there is no store", where=str(store.root), hint="`mi run EXPERIMENT` makes one"
        )
    with database.writing() as connection:  # held by others? then nothing is touched
        connection.execute("DELETE FROM _schema")
        connection.execute("INSERT INTO _schema VALUES (-1)")
    for fault in bring_up_to_date(database, store).faults:
        print(f"mi: {fault}", file=sys.stderr)
    with database.reading() as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM unit), (SELECT count(*) FROM results)"
        ).fetchone()
    assert found is not None
    print(f"{chosen.db.name}: {found[0]} units, {found[1]} rows of results")
    return 0
