"""What a server of commands imports so that a run of it does its own work and little else.

The registry is imported, and a run does not show its results: it brings the database up to date and
writes what it knows of its money to the file that MI_TEST_REPORT names.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from mi.cli import summary
from mi.cli.summary import RunReport
from mi.database import Database, sync_database
from mi.database.connection import DatabaseBusy
from mi.store.books import StoreBooks

REPORT = "MI_TEST_REPORT"

for _module in ("registry", "scipy.special", "mi.database.sync", "mi.planning.prepare"):
    import_module(_module)


@attrs.frozen(kw_only=True)
class Report:
    """What a run knows of its money, in US dollars.

    Args:
        cost: What it spent.
        lost: What may have been billed for answers that never came.
        spend: The sum of the database's view `spend`; None: another run held the database.
        books: The sum of the store's records.
        faults: What could not be loaded into the database.
        failures: Unit → error.
    """

    cost: float
    lost: float
    spend: float | None
    books: float
    faults: tuple[str, ...]
    failures: dict[str, str]


def _report(report: RunReport, out: Any, args: Any) -> None:
    """In place of `mi.cli.summary.show`."""
    session, database = report.session, Database(report.session.options.db)
    spend, faults = None, ()
    with suppress(DatabaseBusy):  # another run holds it; the next one catches up
        faults = sync_database(database, session.store).faults
        with database.read_connection() as connection:
            [spend] = connection.execute("SELECT coalesce(sum(cost_usd), 0) FROM spend").fetchall()
    facts = Report(
        cost=report.cost,
        lost=report.budget.lost,
        spend=None if spend is None else spend[0],
        books=StoreBooks(session.store).total(),
        faults=faults,
        failures=report.result.failures,
    )
    Path(os.environ[REPORT]).write_text(json.dumps(attrs.asdict(facts)), encoding="utf-8")


summary.show = _report
