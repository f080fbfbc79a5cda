"""Bringing the database up to date with the store.

DuckDB reads the store's own JSONL files, a hundred thousand rows a second, so nothing passes
through Python row by row. What has been loaded is remembered with the time stamp of its file or
folder; what has changed since is taken out and loaded again. All in one transaction: a reader sees
the old state or the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ..store import Store
from .database import Database
from .load import (
    BATCH,
    Damaged,
    insert,
    load_journal,
    load_retired,
    load_run,
    load_selection,
    load_units,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_UNITS = ("mix-", "train-", "eval-")


@attrs.frozen
class Synced:
    """How many things were loaded, and what is damaged in the store and was left out."""

    loaded: int
    faults: tuple[str, ...]


def bring_up_to_date(database: Database, store: Store, *, patience: float = 2.0) -> Synced:
    """Load what the store has and the database has not.

    Raises:
        Busy: Another process holds the database; nothing was changed.
    """
    faults: dict[str, str] = {}
    while True:
        try:
            with database.writing(patience=patience) as connection:
                loaded = _update(connection, store, faults)
            return Synced(loaded, tuple(faults.values()))
        except Damaged as damage:  # the transaction is gone: once more, without this one
            faults[damage.name] = str(damage)


def _update(connection: DuckDBPyConnection, store: Store, faults: dict[str, str]) -> int:
    loaded = dict(connection.execute("SELECT name, stamp FROM _loaded").fetchall())
    there = dict(_stamps(store))
    fresh = []
    for name, stamp in there.items():
        if loaded.get(name) == stamp or name in faults:
            continue
        if name.startswith(_UNITS) and (fault := store.fault(name)):
            faults[name] = f"{name} is damaged in the store and left out: {fault}"
            continue
        fresh.append(name)
    gone = [name for name in loaded if name not in there]
    _forget(connection, [*gone, *(name for name in fresh if name in loaded)])
    units = [name for name in fresh if name.startswith(_UNITS)]
    for start in range(0, len(units), BATCH):
        load_units(connection, store, units[start : start + BATCH])
    for name in fresh:
        if not name.startswith(_UNITS):
            _load_other(connection, store, name)
    insert(connection, "_loaded", [(name, there[name]) for name in fresh])
    return len(fresh) + len(gone)


def _load_other(connection: DuckDBPyConnection, store: Store, name: str) -> None:
    kind, _, rest = name.rpartition(":")
    try:
        if kind == "run":
            load_run(connection, store.root / "runs" / rest)
        elif kind == "retired":
            load_retired(connection, store.root / "retired" / rest, rest)
        elif kind == "journal":
            load_journal(connection, store.journal(rest))
        else:
            load_selection(connection, store.root / "cells" / name)
    except Damaged as damage:
        damage.name = name
        raise


def _stamps(store: Store) -> Iterator[tuple[str, str]]:
    """Everything there is to load, by name, with a stamp that changes when it does."""
    for key in store.published():
        yield key, _stamp(store.unit(key) / "SHA256SUMS")
    for path in sorted((store.root / "cells").glob("selection-*.json")):
        yield path.stem, _stamp(path)
    for path in sorted((store.root / "runs").glob("*/run.json")):
        attempts = path.with_name("attempts.jsonl")
        yield f"run:{path.parent.name}", f"{_stamp(path)} {_stamp(attempts)}"
    for path in sorted((store.root / "journals").glob("*.jsonl")):
        if not path.name.startswith("likelihoods-"):  # scores hold all there is to know of them
            yield f"journal:{path.stem}", _stamp(path)

    for pattern in ("units/*/unit.json", "journals/*.jsonl"):
        for path in sorted((store.root / "retired").glob(f"*/{pattern}")):
            name = path.relative_to(store.root / "retired").as_posix()
            if not path.name.startswith("likelihoods-"):
                yield f"retired:{name}", _stamp(path)


def _stamp(path: Path) -> str:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return "absent"
    return f"{facts.st_size}:{facts.st_mtime_ns}"


_OWNED = {
    "selection-": ("selection", ("experiment", "expectation", "cell", "cell_unit", "cell_eval")),
    "run:": ("run", ("run", "attempt")),
    "retired:": ("retired", ("retired",)),
    "journal:answers-": ("journal", ("answer",)),
    "journal:judgments-": ("journal", ("judgment",)),
    "mix-": ("unit", ("unit", "unit_journal", "mix")),
    "train-": ("unit", ("unit", "unit_journal", "training", "training_metric")),
    "eval-": ("unit", ("unit", "unit_journal", "question", "score")),
}


def _forget(connection: DuckDBPyConnection, names: list[str]) -> None:
    """Take out what was loaded from `names`."""
    for name in names:
        column, tables = next(owned for prefix, owned in _OWNED.items() if name.startswith(prefix))
        value = name.rpartition(":")[2]
        for table in tables:
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", [value])
        connection.execute("DELETE FROM _loaded WHERE name = ?", [name])
