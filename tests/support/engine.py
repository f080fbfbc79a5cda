"""Experiments run in this process on the fake provider, and their results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mi.database import Database, sync_database
from mi.planning.manifest import run_manifest
from mi.planning.session import Session
from mi.runner.types import RunResult
from tests.support.fake_provider import FACTS, Books, Silent, carry_out, experiment, session


def run_experiment(
    folder: Path, books: Books, observer: Any = None, run_name: str = "r", **changes: Any
) -> tuple[Session, RunResult]:
    opened = session(folder, experiment(**changes), books=books)
    opened.store.save_run(run_name, _facts(opened, run_name))
    return opened, carry_out(opened, run=run_name, observer=observer or Silent())


def _facts(opened: Session, name: str) -> dict[str, Any]:
    made = opened.plan()
    return {
        "model": opened.model.id,
        "experiments": ["T1"],
        "selection": opened.store.save_selection(*run_manifest(opened, made)),
        "provenance": {**FACTS, "started": f"2026-01-01T00:00:00.{ord(name[-1])}Z"},
    }


def result_rows(opened: Session) -> list[Any]:
    database = Database(opened.options.db)
    sync_database(database, opened.store)
    with database.read_connection() as connection:
        return connection.execute("SELECT * FROM results").fetchall()
