"""Loading units, selections and runs into tables.

No row passes through Python: DuckDB reads the records itself, those of all units in one statement.
The schema's version covers this file, so a change here fills every database again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..files.serialize import read_json
from ..store.base import Store
from ..store.checksums import RECORD_FILE
from ..store.provenance import command_line
from ..store.records import UnitRecord
from ..units.journals import ANSWERS
from ..units.unit import Train
from .fingerprints import EVAL, TRAIN
from .jsonl_reader import DamagedFiles, FileSlice, JsonlReader
from .summaries import summarise_units

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RECORD = {
    "key": "VARCHAR",
    "kind": "VARCHAR",
    "title": "VARCHAR",
    "setting": "VARCHAR",
    "payload": "JSON",
    "outcome": "JSON",
    "journals": "MAP(VARCHAR, VARCHAR)",
    "run": "VARCHAR",
    "finished": "TIMESTAMP",
    "seconds": "DOUBLE",
}
_QUESTION = {
    "question": "VARCHAR",
    "id": "VARCHAR",
    "prompt": "VARCHAR",
    "system": "VARCHAR",
    "context": "JSON",
    "scenario": "VARCHAR",
    "group": "VARCHAR",
}
_SCORE = {
    "question": "VARCHAR",
    "sample": "BIGINT",
    "outcome": "VARCHAR",
    "metrics": "MAP(VARCHAR, DOUBLE)",
}
_EVAL_FIELDS = ("eval", "title", "distribution", "headline")
_CELL = {
    "cell": "VARCHAR",
    "experiment": "VARCHAR",
    "setting": "VARCHAR",
    "condition": "VARCHAR",
    "misaligned_ratio": "DOUBLE",
    "total_samples": "BIGINT",
    "seed": "BIGINT",
    "inoculation": "VARCHAR",
    "axes": "VARCHAR",
    "model": "VARCHAR",
    "data": "VARCHAR",
    "units": "MAP(VARCHAR, VARCHAR)",
}
# Distributes the records in `fresh` over the tables.
_DISTRIBUTE = """
INSERT INTO unit
SELECT key, kind, title, setting, payload, outcome, run, finished, seconds,
       payload->>'$.subject', regime(kind, payload) FROM fresh;
INSERT INTO unit_journal
SELECT key, entry.key, entry.value
FROM (SELECT key, unnest(map_entries(journals)) AS entry FROM fresh);
INSERT INTO mix
SELECT key, try_cast(payload->>'misaligned_ratio' AS DOUBLE),
       coalesce(try_cast(payload->>'total_samples' AS BIGINT),
                try_cast(outcome->>'rows' AS BIGINT)),
       try_cast(payload->>'seed' AS BIGINT), outcome->>'file', outcome->>'source'
FROM fresh WHERE kind = 'mix';
INSERT INTO training
SELECT key, payload->>'mix', payload->>'$.base.weights', try_cast(payload->>'seed' AS BIGINT),
       payload->'hyperparameters', try_cast(outcome->>'steps' AS BIGINT),
       try_cast(outcome->>'tokens' AS BIGINT),
       try_cast(outcome->>'trained_tokens' AS BIGINT), try_cast(outcome->>'loss' AS DOUBLE),
       try_cast(outcome->>'seconds' AS DOUBLE), outcome->>'model', outcome->>'job',
       try_cast(outcome->>'billed_tokens' AS BIGINT), try_cast(outcome->>'cost_usd' AS DOUBLE)
FROM fresh WHERE kind = 'train';
"""
_FIND_STORED_GROUPS = """
UPDATE question SET "group" = g."group" FROM _stored_group g, unit u
WHERE question."group" IS NULL AND question.unit IN (SELECT unnest(?)) AND u.unit = question.unit
AND g.questions = u.payload->>'$.questions' AND g.id = question.id
"""
_CURVE = """
INSERT INTO training_metric SELECT owner, try_cast(facts['step'] AS BIGINT), entry.key, entry.value
FROM (SELECT owner, facts, unnest(map_entries(facts)) AS entry
"""


def load_units(reader: JsonlReader, store: Store, keys: Sequence[str]) -> None:
    """Load units of every kind with their files, and summarise their scores.

    Args:
        reader: Reads into the database.
        store: The store.
        keys: Keys of the units.

    Raises:
        DamagedFiles: Some of their files cannot be read.
    """
    if not keys:
        return
    connection = reader.connection
    _load_records(reader, store, keys)
    connection.execute(_DISTRIBUTE)
    connection.execute("DROP TABLE fresh")
    _load_curves(reader, store, [key for key in keys if key.startswith(TRAIN)])
    evals = [key for key in keys if key.startswith(EVAL)]
    questions = _unit_slices(store, evals, "questions.jsonl")
    reader.insert(
        "INSERT INTO question SELECT owner, question, id, prompt, system, context, scenario, "
        '"group"',
        questions,
        _QUESTION,
    )
    connection.execute(_FIND_STORED_GROUPS, [evals])
    reader.insert(
        "INSERT INTO score SELECT owner, question, sample, outcome, metrics, "
        "answer_key(journal, question, sample)",
        _unit_slices(store, evals, "scores.jsonl"),
        _SCORE,
        suffix=" LEFT JOIN (SELECT unit, journal FROM unit_journal "
        f"WHERE role = '{ANSWERS.prefix}') ON unit = owner",
    )
    summarise_units(connection, evals)


def _load_records(reader: JsonlReader, store: Store, keys: Sequence[str]) -> None:
    reader.insert(
        "CREATE OR REPLACE TEMP TABLE fresh AS SELECT *",
        _unit_slices(store, keys, RECORD_FILE),
        _RECORD,
    )
    invalid = reader.connection.execute(
        "SELECT owner FROM fresh WHERE key IS DISTINCT FROM owner OR kind IS NULL "
        "OR payload IS NULL OR outcome IS NULL OR journals IS NULL OR finished IS NULL"
    ).fetchall()
    if invalid:
        raise DamagedFiles(
            {
                key: f"{store.unit_dir(key) / RECORD_FILE}: not the record of this unit"
                for (key,) in invalid
            }
        )


def _load_curves(reader: JsonlReader, store: Store, keys: Sequence[str]) -> None:
    """Load loss curves: a line has a step and any number of metrics."""
    slices = _unit_slices(store, keys, "metrics.jsonl")
    lines = [attrs.evolve(part, field="facts") for part in slices if part.path.exists()]
    columns = {"facts": "MAP(VARCHAR, DOUBLE)"}
    suffix = ") WHERE entry.key <> 'step' AND entry.value IS NOT NULL"
    reader.insert(_CURVE, lines, columns, suffix=suffix)


def _unit_slices(store: Store, keys: Sequence[str], name: str) -> list[FileSlice]:
    return [FileSlice(key, key, store.record_dir(key) / name) for key in keys]


def load_selection(reader: JsonlReader, path: Path) -> None:
    """Load what a run selected: experiments, expectations, evals, and cells with their units.

    Args:
        reader: Reads into the database.
        path: The selection's path without the suffixes of its two files.
    """
    record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    connection, selection = reader.connection, path.name
    for table, rows in _selection_rows(selection, record).items():
        insert_rows(connection, table, rows)
    lines = [FileSlice(selection, selection, path.with_suffix(".jsonl"))]
    names = ", ".join(name for name in _CELL if name != "units")
    reader.insert(f"INSERT INTO cell SELECT owner, {names}", lines, _CELL)
    reader.insert(
        "INSERT INTO cell_unit SELECT owner, cell, entry.key, entry.value "
        "FROM (SELECT owner, cell, unnest(map_entries(units)) AS entry",
        lines,
        _CELL,
        suffix=")",
    )


def _selection_rows(selection: str, record: Mapping[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Table → rows, from the record of a selection."""
    experiments = record["experiments"]
    return {
        "experiment": [
            (selection, e["id"], e["title"], e["question"], e["file"], _json(e["declared"]))
            for e in experiments
        ],
        "expectation": [
            (selection, e["id"], position, x["expectation"], x["says"], _json(x["claims"]))
            for e in experiments
            for position, x in enumerate(e.get("expectations", ()))
        ],
        "cell_eval": [
            (selection, e["setting"], position, *(e[name] for name in _EVAL_FIELDS))
            for position, e in enumerate(record["evals"])
        ],
    }


def load_run(connection: DuckDBPyConnection, directory: Path) -> None:
    """Load the record of a run."""
    record = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    provenance = record["provenance"]
    row = (
        directory.name,
        record["selection"],
        provenance["started"],
        record.get("ended"),
        record.get("outcome"),
        command_line(tuple(provenance["argv"])),
        record["model"],
        provenance["commit"],
        provenance["dirty"],
        provenance["host"],
        provenance["python"],
        _json(provenance["versions"]),
    )
    insert_rows(connection, "run", [row])


def load_retired_training(connection: DuckDBPyConnection, name: str, path: Path) -> None:
    """Load what was paid for an archived training; other units have their costs in journals.

    Args:
        connection: A connection in a transaction.
        name: The name the record is loaded under.
        path: The record, `unit.json`.

    Raises:
        CorruptError: The record cannot be read.
    """
    record = read_json(path, UnitRecord)
    if record.kind == Train.kind:
        outcome, base = record.outcome, record.payload["base"]
        activity = ("train", base.get("weights"), record.finished[:10], 1)
        tokens = (outcome.get("billed_tokens"), 0)
        usage = (*tokens, outcome.get("seconds"), outcome.get("cost_usd") or 0.0)
        insert_rows(connection, "retired", [(name, record.key, *activity, *usage)])


def insert_rows(
    connection: DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows from Python values, a column each, because a statement takes a millisecond.

    Args:
        connection: A connection in a transaction.
        table: The table.
        rows: A value for each column of the table.
    """
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        parameters = ", ".join(["unnest(?)"] * len(columns))
        connection.execute(f"INSERT INTO {table} SELECT {parameters}", columns)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
