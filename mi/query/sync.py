"""Bringing the database up to date with the store.

DuckDB reads the store's own JSONL files, a hundred thousand rows a second, so nothing passes
through Python row by row. What has been loaded is remembered with the time stamp of its file or
folder; what has changed since is taken out and loaded again. All in one transaction: a reader sees
the old state or the new one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import CorruptError
from ..provenance import command
from ..store import Store, UnitRecord
from .database import Database

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH = 500
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
        except _Damaged as damage:  # the transaction is gone: once more, without this one
            faults[damage.name] = str(damage)


class _Damaged(CorruptError):
    """A journal or record that DuckDB could not read."""

    name = ""


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
    for start in range(0, len(units), _BATCH):
        _load_units(connection, store, units[start : start + _BATCH])
    for name in fresh:
        if not name.startswith(_UNITS):
            _load_other(connection, store, name)
    _insert(connection, "_loaded", [(name, there[name]) for name in fresh])
    return len(fresh) + len(gone)


def _load_other(connection: DuckDBPyConnection, store: Store, name: str) -> None:
    kind, _, rest = name.rpartition(":")
    try:
        if kind == "run":
            _load_run(connection, store.root / "runs" / rest)
        elif kind == "journal":
            _load_journal(connection, store.journal(rest))
        else:
            _load_selection(connection, store.root / "cells" / name)
    except _Damaged as damage:
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


def _stamp(path: Path) -> str:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return "absent"
    return f"{facts.st_size}:{facts.st_mtime_ns}"


_OWNED = {
    "selection-": ("selection", ("experiment", "cell", "cell_unit", "cell_eval")),
    "run:": ("run", ("run", "attempt")),
    "journal:answers-": ("journal", ("answer",)),
    "journal:judgments-": ("journal", ("judgment",)),
    "mix-": ("unit", ("unit", "mix")),
    "train-": ("unit", ("unit", "training", "training_metric")),
    "eval-": ("unit", ("unit", "question", "score")),
}


def _forget(connection: DuckDBPyConnection, names: list[str]) -> None:
    """Take out what was loaded from `names`."""
    for name in names:
        column, tables = next(owned for prefix, owned in _OWNED.items() if name.startswith(prefix))
        value = name.rpartition(":")[2]
        for table in tables:
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", [value])
        connection.execute("DELETE FROM _loaded WHERE name = ?", [name])


def _load_units(connection: DuckDBPyConnection, store: Store, keys: list[str]) -> None:
    records = [store.record(key) for key in keys]
    _insert(connection, "unit", [_unit_row(record) for record in records])
    mixes = [record for record in records if record.kind == "mix"]
    trainings = [record for record in records if record.kind == "train"]
    evals = [record.key for record in records if record.kind == "eval"]
    _insert(connection, "mix", [_mix_row(record) for record in mixes])
    _insert(connection, "training", [_training_row(record) for record in trainings])
    for record in trainings:
        _load_metrics(connection, record.key, store.unit(record.key) / "metrics.jsonl")
    _copy(
        connection,
        "INSERT INTO question SELECT parse_path(filename)[-2], question, id, prompt",
        [store.unit(key) / "questions.jsonl" for key in evals],
        {"question": "VARCHAR", "id": "VARCHAR", "prompt": "VARCHAR"},
    )
    _copy(
        connection,
        "INSERT INTO score SELECT parse_path(filename)[-2], question, sample, outcome, metrics",
        [store.unit(key) / "scores.jsonl" for key in evals],
        {
            "question": "VARCHAR",
            "sample": "BIGINT",
            "outcome": "VARCHAR",
            "metrics": "MAP(VARCHAR, DOUBLE)",
        },
    )


def _load_metrics(connection: DuckDBPyConnection, key: str, path: Path) -> None:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        facts = json.loads(line)
        step = facts.pop("step")
        rows += [(key, step, metric, float(value)) for metric, value in facts.items()]
    _insert(connection, "training_metric", rows)


def _load_selection(connection: DuckDBPyConnection, path: Path) -> None:
    head = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    selection = path.name
    experiments = [
        (selection, one["id"], one["title"], one["question"], one["file"], _json(one["declared"]))
        for one in head["experiments"]
    ]
    _insert(connection, "experiment", experiments)
    evals = [
        (selection, e["setting"], place, e["eval"], e["title"], e["distribution"], e["headline"])
        for place, e in enumerate(head["evals"])
    ]
    _insert(connection, "cell_eval", evals)
    columns = {
        "cell": "VARCHAR",
        "experiment": "VARCHAR",
        "setting": "VARCHAR",
        "condition": "VARCHAR",
        "misaligned_ratio": "DOUBLE",
        "total_samples": "BIGINT",
        "seed": "BIGINT",
        "model": "VARCHAR",
        "data": "VARCHAR",
        "units": "MAP(VARCHAR, VARCHAR)",
    }
    lines = [path.with_suffix(".jsonl")]
    plain = ", ".join(name for name in columns if name != "units")
    _copy(connection, f"INSERT INTO cell SELECT '{selection}', {plain}", lines, columns)
    _copy(
        connection,
        f"INSERT INTO cell_unit SELECT '{selection}', cell, entry.key, entry.value "
        "FROM (SELECT cell, unnest(map_entries(units)) AS entry",
        lines,
        columns,
        end=")",
    )


def _load_run(connection: DuckDBPyConnection, folder: Path) -> None:
    facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    made = facts["provenance"]
    row = (
        folder.name,
        facts["selection"],
        made["started"],
        facts.get("ended"),
        facts.get("outcome"),
        command(tuple(made["argv"])),
        facts["model"],
        made["commit"],
        made["dirty"],
        made["host"],
        made["python"],
        _json(made["versions"]),
    )
    _insert(connection, "run", [row])
    attempts = folder / "attempts.jsonl"
    _copy(
        connection,
        f"INSERT INTO attempt SELECT '{folder.name}', unit, event, \"at\", seconds, message",
        [attempts] if attempts.exists() else [],
        {
            "unit": "VARCHAR",
            "event": "VARCHAR",
            "at": "TIMESTAMP",
            "seconds": "DOUBLE",
            "message": "VARCHAR",
        },
    )


def _load_journal(connection: DuckDBPyConnection, path: Path) -> None:
    columns = {"question": "VARCHAR", "sample": "BIGINT"}
    if path.name.startswith("answers-"):
        table = "answer"
        columns |= {
            "text": "VARCHAR",
            "finish": "VARCHAR",
            "prompt_tokens": "BIGINT",
            "answer_tokens": "BIGINT",
        }
    else:
        table = "judgment"
        columns |= {"verdict": "JSON"}
    names = ", ".join(columns)
    with _whole_lines(path) as whole:
        _copy(connection, f"INSERT INTO {table} SELECT '{path.stem}', {names}", [whole], columns)


@contextmanager
def _whole_lines(path: Path) -> Iterator[Path]:
    """The journal without a torn last line: it may be under way, or a crash may have left it."""
    raw = path.read_bytes()
    if not raw or raw.endswith(b"\n"):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mi-journal-") as folder:
        copy = Path(folder, path.name)
        copy.write_bytes(raw[: raw.rfind(b"\n") + 1])
        yield copy


def _copy(
    connection: DuckDBPyConnection,
    insert: str,
    paths: list[Path],
    columns: dict[str, str],
    *,
    end: str = "",
) -> None:
    """Insert the rows of JSONL files, read by DuckDB itself."""
    import duckdb

    if not paths:
        return
    try:
        connection.execute(
            f"{insert} FROM read_json(?, columns = {_struct(columns)}, "
            f"format = 'newline_delimited', filename = true){end}",
            [[str(path) for path in paths]],
        )
    except duckdb.Error as error:
        raise _Damaged(
            f"is damaged and left out: {str(error).splitlines()[0]}",
            where=str(paths[0]),
            hint="restore it from a copy, or mend the line",
        ) from None


def _struct(columns: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items()) + "}"


def _insert(connection: DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert a few rows: many to a statement, since each statement costs a millisecond."""
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        marks = ", ".join(f"({', '.join('?' * len(part[0]))})" for _ in part)
        values = [value for row in part for value in row]
        connection.execute(f"INSERT INTO {table} VALUES {marks}", values)


def _unit_row(record: UnitRecord) -> tuple[Any, ...]:
    return (
        record.key,
        record.kind,
        record.title,
        record.setting,
        _json(record.payload),
        _json(record.outcome),
        record.journals.get("answers"),
        record.journals.get("judgments"),
        record.journals.get("likelihoods"),
        record.run,
        record.finished,
        record.seconds,
    )


def _mix_row(record: UnitRecord) -> tuple[Any, ...]:
    made, done = record.payload, record.outcome
    numbers = (made["misaligned_ratio"], made["total_samples"], made["seed"])
    return (record.key, *numbers, done["file"], done["source"])


def _training_row(record: UnitRecord) -> tuple[Any, ...]:
    made, done = record.payload, record.outcome
    return (
        record.key,
        made["mix"],
        made["base"]["weights"],
        made["seed"],
        _json(made["hyperparameters"]),
        done["steps"],
        done["tokens"],
        done["trained_tokens"],
        done["loss"],
        done["seconds"],
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
