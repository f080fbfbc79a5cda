"""Bringing the database up to date with the store.

DuckDB reads the store's own JSONL files, two hundred thousand rows a second, so no row passes
through Python. The database remembers what it loaded with the fingerprint of its file or directory.
What changed since is deleted and loaded again, except logs that only grew: their new lines are
added. All of it is one transaction: a reader sees the old state or the new one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from ..errors import CorruptError
from ..store.base import Store
from ..store.journal_checks import JOURNAL_HINT
from . import journals
from .calibrations import load_calibration, summarise_corrections
from .connection import LOCK_TIMEOUT, Database, DatabaseDamaged
from .fingerprints import (
    ATTEMPTS,
    CALIBRATION,
    EVAL,
    JOURNAL,
    MIX,
    REGISTRATION,
    REPLAY,
    RETIRED,
    RUN,
    SELECTION,
    TRAIN,
    UNIT_PREFIXES,
    list_fingerprints,
    listing_digest,
)
from .journals import LOG_PREFIXES, LoadedPart, Log, loadable_kinds
from .jsonl_reader import DamagedFiles, FileChanged, JsonlReader
from .load import insert_rows, load_retired_training, load_run, load_selection, load_units
from .registrations import load_registration, load_run_registrations, load_selection_terms
from .summaries import summarise_conditions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

logger = logging.getLogger(__name__)


@attrs.frozen
class SyncResult:
    """The outcome of a synchronisation.

    Args:
        loaded_count: How many units, logs and records were loaded or deleted.
        faults: A message for each damaged thing in the store that was left out.
    """

    loaded_count: int
    faults: tuple[str, ...]


def sync_database(database: Database, store: Store, *, timeout: float = LOCK_TIMEOUT) -> SyncResult:
    """Load what the store has and the database does not have yet.

    If nothing changed, nothing is written, and other processes can read meanwhile.

    Args:
        database: The database.
        store: The store.
        timeout: Seconds to wait for another process to close the database.

    A damaged database is renamed and filled again, because the store holds everything.

    Raises:
        DatabaseBusy: Another process holds the database; nothing was changed.
        StoreError: The database cannot be written, or is a file of another kind.
    """
    store.refresh()
    try:
        return _sync(database, store, timeout)
    except DatabaseDamaged as error:
        kept = database.set_aside()
        result = _sync(database, store, timeout)
        note = (
            f"{error.where}: {error.message}; it was filled again from the store; the old file is "
            f"now {kept.name}"
        )
        return attrs.evolve(result, faults=(note, *result.faults))


def _sync(database: Database, store: Store, timeout: float) -> SyncResult:
    if database.loaded_digest(timeout=timeout) == listing_digest(list_fingerprints(store)):
        return SyncResult(0, ())
    faults: dict[str, str] = {}
    exact = False
    while True:
        try:
            with database.transaction(timeout=timeout) as connection:
                count = _update(JsonlReader(connection=connection, exact=exact), store, faults)
            return SyncResult(count, tuple(faults.values()))
        except DamagedFiles as error:  # the transaction is lost: try again without these files
            faults.update(error.faults)
        except FileChanged:
            logger.debug("a file changed while it was read; reading copies of the files")
            exact = True


def _update(reader: JsonlReader, store: Store, faults: dict[str, str]) -> int:
    """Load what changed; returns how many things were loaded or deleted.

    Args:
        reader: Reads into the database.
        store: The store.
        faults: What is known to be damaged, by name; damaged units are added.
    """
    connection = reader.connection
    fingerprints = list_fingerprints(store)
    rows = connection.execute("SELECT name, stamp, size, digest FROM _loaded").fetchall()
    loaded = {name: stamp for name, stamp, _, _ in rows}
    parts = {name: LoadedPart(size, digest) for name, _, size, digest in rows if digest is not None}
    outdated = [
        name
        for name, fingerprint in fingerprints.items()
        if loaded.get(name) != fingerprint and name not in faults
    ]
    faults.update(_find_damaged_units(store, outdated))
    faults.update(_find_damaged_journals(store))
    changed = [name for name in outdated if name not in faults]
    logs = {
        name: journals.find_log(store, name, parts.get(name))
        for name in changed
        if name.startswith(LOG_PREFIXES)
    }
    deleted = [name for name in loaded if name not in fingerprints]
    _forget(connection, deleted)
    _forget(connection, [name for name in changed if name in loaded], logs)
    _load(reader, store, changed, logs)
    if changed or deleted:
        summarise_conditions(connection)
        summarise_corrections(connection)
    _remember(connection, fingerprints, changed, logs)
    connection.execute("DELETE FROM _mark")
    if not faults:
        insert_rows(connection, "_mark", [(listing_digest(fingerprints),)])
    return len(changed) + len(deleted)


def _find_damaged_units(store: Store, names: Iterable[str]) -> dict[str, str]:
    """The units among `names` whose files are not what was written, with a message each."""
    damaged = store.find_damaged([name for name in names if name.startswith(UNIT_PREFIXES)])
    return {
        name: f"{name} is damaged in the store and left out: {fault}"
        for name, fault in damaged.items()
    }


def _find_damaged_journals(store: Store) -> dict[str, str]:
    """The journals that are not what was written, or have lines from elsewhere."""
    return {
        f"{JOURNAL}{name}": str(
            CorruptError(
                f"the journal {name} {check.damage or check.unsettled}; it is left out",
                where=str(store.journal(name)),
                hint=JOURNAL_HINT if check.damage else "`mi run` sets these lines aside",
            )
        )
        for name, check in store.journal_problems().items()
    }


def _load(
    reader: JsonlReader, store: Store, changed: Iterable[str], logs: Mapping[str, Log]
) -> None:
    """Load what changed.

    Args:
        reader: Reads into the database.
        store: The store.
        changed: Names of units, logs, runs, selections, registrations and archived records.
        logs: The logs among them.
    """
    load_units(reader, store, [name for name in changed if name.startswith(UNIT_PREFIXES)])
    journals.load_logs(reader, list(logs.values()))
    archived_journals = {}
    for name in changed:
        with _report_damage(name):
            if name.startswith(RUN):
                directory = store.root / "runs" / name.removeprefix(RUN)
                load_run(reader.connection, directory)
                load_run_registrations(reader.connection, directory)
            elif name.startswith(SELECTION):
                load_selection(reader, store.root / "cells" / name)
                load_selection_terms(reader.connection, store.root / "cells" / name)
            elif name.startswith(REGISTRATION):
                file_name = f"{name.removeprefix(REGISTRATION)}.json"
                load_registration(reader.connection, store.root / "registrations" / file_name)
            elif name.startswith(CALIBRATION):
                file_name = f"{name.removeprefix(CALIBRATION)}.json"
                load_calibration(reader.connection, store.root / "calibrations" / file_name)
            elif name.startswith(RETIRED):
                path = store.root / "retired" / name.removeprefix(RETIRED)
                if path.suffix == ".jsonl":
                    archived_journals[name.removeprefix(RETIRED)] = path
                else:
                    load_retired_training(reader.connection, name.removeprefix(RETIRED), path)
    journals.load_retired_journals(reader, archived_journals)


@contextmanager
def _report_damage(name: str) -> Iterator[None]:
    """Report what cannot be loaded under `name` as damaged, so that it is left out."""
    try:
        yield
    except DamagedFiles:
        raise
    except (CorruptError, OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFiles(
            {name: f"{name} is damaged in the store and left out: {error}"}
        ) from None


def _remember(
    connection: DuckDBPyConnection,
    fingerprints: Mapping[str, str],
    changed: Iterable[str],
    logs: Mapping[str, Log],
) -> None:
    """Write down what was loaded.

    Args:
        connection: A connection in a transaction.
        fingerprints: Name → fingerprint of everything in the store.
        changed: Names of what was loaded.
        logs: The logs among them.
    """
    rows = [
        (name, fingerprints[name], logs[name].loaded.size, logs[name].loaded.digest)
        if name in logs
        else (name, fingerprints[name], None, None)
        for name in changed
    ]
    insert_rows(connection, "_loaded", rows)


def _owned_tables() -> dict[str, tuple[str, tuple[str, ...]]]:
    """What names begin with → the column that holds the name, and the tables with such rows."""
    of_unit = ("unit", "unit_journal")
    return {
        SELECTION: (
            "selection",
            ("experiment", "expectation", "expectation_term", "cell", "cell_unit", "cell_eval"),
        ),
        RUN: ("run", ("run", "run_registration")),
        REGISTRATION: (
            "registration",
            ("registration", "registration_term", "registration_existing"),
        ),
        CALIBRATION: ("calibration", ("calibration", "calibration_label")),
        ATTEMPTS: ("run", ("_attempt",)),
        RETIRED: ("retired", ("retired",)),
        MIX: ("unit", (*of_unit, "mix")),
        TRAIN: ("unit", (*of_unit, "training", "training_metric")),
        REPLAY: ("unit", of_unit),
        EVAL: ("unit", (*of_unit, "question", "score", "unit_group", "unit_metric")),
        **{journals.log_prefix(kind): ("journal", (kind.table,)) for kind in loadable_kinds()},
    }


def _forget(
    connection: DuckDBPyConnection, names: list[str], logs: Mapping[str, Log] | None = None
) -> None:
    """Delete what was loaded from `names`, except the rows of logs that only grew.

    Args:
        connection: A connection in a transaction.
        names: Names of what was loaded.
        logs: The logs among them as the store has them now; None: all of them are gone.
    """
    for prefix, (column, tables) in _owned_tables().items():
        owners = [
            name.rpartition(":")[2]
            for name in names
            if name.startswith(prefix) and not (logs and name in logs and logs[name].is_extension)
        ]
        for table in tables if owners else ():
            connection.execute(
                f"DELETE FROM {table} WHERE {column} IN (SELECT unnest(?))", [owners]
            )
    if names:
        connection.execute("DELETE FROM _loaded WHERE name IN (SELECT unnest(?))", [names])
