"""`mi power`: how precise the results are, and what a narrower interval would take."""

from __future__ import annotations

import argparse

from ..analysis.evidence import load_evidence
from ..analysis.precision import Precision, precision
from ..database import Database
from ..errors import NothingSelected
from ..reporting.console import say
from ..reporting.tables import plain_table
from .common import console, load_session
from .scope import result_scope

_COLUMNS = (
    "eval", "condition", "seeds", "groups", "width", "detectable", "needed seeds",
    "needed samples",
)  # fmt: skip


def power(args: argparse.Namespace) -> int:
    """Print interval widths, detectable differences, and the seeds or samples for `--width`."""
    args.full = True
    session = load_session(args, args.words)
    with Database(session.options.db).read_connection() as connection:
        evidence = load_evidence(connection, result_scope(args, session, connection))
    rows = [row for measured in evidence for row in precision(measured, args.width)]
    if not rows:
        raise NothingSelected(
            "no trained condition has scores", hint="`mi run` trains and evaluates them"
        )
    table = plain_table(*_COLUMNS)
    for row in rows:
        table.add_row(*_cells(row))
    out = console()
    out.print(table)
    say(
        out,
        "width: of the present 95 % interval; detectable: the smallest difference between two "
        "conditions that a test detects with 80 % power; needed seeds, needed samples: how "
        f"many (answers per group) give a width of {args.width:g} if all else stays as it is "
        "(none: other noise alone is wider)",
        "dim",
    )
    if all(row.seeds < 2 for row in rows):
        say(
            out,
            "one seed does not show how much seeds differ: more of them may be needed",
            "yellow",
        )
    return 0


def _cells(row: Precision) -> tuple[str, ...]:
    samples = str(row.required_samples or "none") if row.is_sampled else "–"
    return (
        row.eval,
        row.condition,
        str(row.seeds),
        str(row.groups),
        f"{row.width:.3f}",
        f"{row.detectable:.3f}",
        str(row.required_seeds or "none"),
        samples,
    )
