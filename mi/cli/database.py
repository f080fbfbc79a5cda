"""`mi plot`, `mi sql`, `mi rebuild`: figures and answers from the results database."""

from __future__ import annotations

import argparse
import sys

from ..database import VIEWS, Database, sync_database
from ..database.confine import confine, is_confinement
from ..database.connection import DatabaseDamaged
from ..database.export import quote_formula
from ..errors import UsageError
from ..reporting.figures import all_figures, save_drawing
from ..reporting.query_results import print_query_results
from .common import configured_store, console, load_session, progress_bar, run_options
from .scope import result_scope

_UNSAFE_HINT = (
    "`mi sql` reads the results database and nothing else; --unsafe lets your own query use files, "
    "extensions and settings"
)


def plot(args: argparse.Namespace) -> int:
    """Draw the figures of each experiment, and of all together, and print their paths."""
    args.full = True
    session = load_session(args, args.words)
    titles = {
        selection.experiment.id: selection.experiment.title for selection in session.selection
    }
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        figures = all_figures(connection, scope, titles)
    with progress_bar(len(figures), "draw") as advance:
        for drawing in figures:
            for path in save_drawing(drawing, session.options.figures):
                print(path)
            advance()
    return 0


def sql(args: argparse.Namespace) -> int:
    """Print the result of a query."""
    import duckdb

    with Database(run_options(args).db).read_connection() as connection:
        if not args.unsafe:
            confine(connection)
        try:
            result = connection.execute(args.query)
            columns = [column[0] for column in result.description or ()]
            rows = result.fetchall()
        except duckdb.Error as error:
            hint = f"views: {', '.join(VIEWS)}"
            if not args.unsafe and is_confinement(error):
                hint = _UNSAFE_HINT
            raise UsageError(str(error).strip(), hint=hint) from None
    if args.quote_formulas and args.format == "csv":
        rows = [tuple(map(quote_formula, row)) for row in rows]
    print_query_results(columns, rows, args.format, console())
    return 0


def rebuild(args: argparse.Namespace) -> int:
    """Rebuild the database from the store."""
    options = run_options(args)
    store, database = configured_store(args), Database(options.db)
    if not store.root.is_dir():
        raise UsageError(
            "there is no store",
            where=str(store.root),
            hint="`mi run EXPERIMENT` creates one; --store names another",
        )
    # The transaction fails if another process holds the database, before anything has changed.
    try:
        with database.transaction() as connection:
            connection.execute("DELETE FROM _schema")
            connection.execute("INSERT INTO _schema VALUES (-1)")
    except DatabaseDamaged as error:
        print(
            f"mi: {error.where}: {error.message}; it is now {database.set_aside().name}",
            file=sys.stderr,
        )
    for fault in sync_database(database, store).faults:
        print(f"mi: {fault}", file=sys.stderr)
    with database.read_connection() as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM unit), (SELECT count(*) FROM results)"
        ).fetchone()
    assert counts is not None
    print(f"{options.db.name}: {counts[0]} units, {counts[1]} rows of results")
    return 0
