"""Loading units, selections and runs into tables, a function for each kind.

Nothing passes through Python row by row: DuckDB reads the records themselves, and all units there
are to load in one go.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..files.serialize import read_json
from ..store.base import Store
from ..store.checksums import RECORD_FILE
from ..store.provenance import command_line
from ..store.records import UnitRecord
from .jsonl_reader import DamagedFiles, FileSlice, JsonlReader

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
_QUESTION = {"question": "VARCHAR", "id": "VARCHAR", "prompt": "VARCHAR", "system": "VARCHAR"}
_SCORE = {
    "question": "VARCHAR",
    "sample": "BIGINT",
    "outcome": "VARCHAR",
    "metrics": "MAP(VARCHAR, DOUBLE)",
}
# What records say, each part in its table; `fresh` has the records that were just read.
_RECORDED = """
INSERT INTO unit
SELECT key, kind, title, setting, payload, outcome, run, finished, seconds,
       payload->>'$.subject', regime(kind, payload) FROM fresh;
INSERT INTO unit_journal
SELECT key, entry.key, entry.value
FROM (SELECT key, unnest(map_entries(journals)) AS entry FROM fresh);
INSERT INTO mix
SELECT key, (payload->>'misaligned_ratio')::DOUBLE, (payload->>'total_samples')::BIGINT,
       (payload->>'seed')::BIGINT, outcome->>'file', outcome->>'source'
FROM fresh WHERE kind = 'mix';
INSERT INTO training
SELECT key, payload->>'mix', payload->>'$.base.weights', (payload->>'seed')::BIGINT,
       payload->'hyperparameters', (outcome->>'steps')::BIGINT, (outcome->>'tokens')::BIGINT,
       (outcome->>'trained_tokens')::BIGINT, (outcome->>'loss')::DOUBLE,
       (outcome->>'seconds')::DOUBLE, outcome->>'model', outcome->>'job',
       (outcome->>'billed_tokens')::BIGINT, (outcome->>'cost_usd')::DOUBLE
FROM fresh WHERE kind = 'train';
"""
_CURVE = """
INSERT INTO training_metric SELECT owner, facts['step']::BIGINT, entry.key, entry.value
FROM (SELECT owner, facts, unnest(map_entries(facts)) AS entry
"""


def load_units(reader: JsonlReader, store: Store, keys: Sequence[str]) -> None:
    """Units of every kind, with what stands in their folders, and the sums over their scores."""
    if not keys:
        return
    connection = reader.connection
    _load_records(reader, store, keys)
    connection.execute(_RECORDED)
    connection.execute("DROP TABLE fresh")
    _load_curves(reader, store, [key for key in keys if key.startswith("train-")])
    evals = [key for key in keys if key.startswith("eval-")]
    names = ", ".join(("owner", *_QUESTION))
    asked = _unit_slices(store, evals, "questions.jsonl")
    reader.insert(f"INSERT INTO question SELECT {names}", asked, _QUESTION)
    reader.insert(
        "INSERT INTO score SELECT owner, question, sample, outcome, metrics, "
        "answer_key(journal, question, sample)",
        _unit_slices(store, evals, "scores.jsonl"),
        _SCORE,
        suffix=" LEFT JOIN (SELECT unit, journal FROM unit_journal WHERE role = 'answers') "
        "ON unit = owner",
    )
    summarise(connection, evals)


def summarise(connection: DuckDBPyConnection, units: Sequence[str]) -> None:
    """Fill in the sums and means of eval units whose scores are there."""
    connection.execute("INSERT INTO unit_question FROM question_sums(?)", [units])
    connection.execute("INSERT INTO unit_metric FROM metric_means(?)", [units])


def _load_records(reader: JsonlReader, store: Store, keys: Sequence[str]) -> None:
    reader.insert(
        "CREATE OR REPLACE TEMP TABLE fresh AS SELECT *",
        _unit_slices(store, keys, RECORD_FILE),
        _RECORD,
    )
    odd = reader.connection.execute(
        "SELECT owner FROM fresh WHERE key IS DISTINCT FROM owner OR kind IS NULL "
        "OR payload IS NULL OR outcome IS NULL OR journals IS NULL OR finished IS NULL"
    ).fetchall()
    if odd:
        raise DamagedFiles(
            {
                key: f"{store.unit_dir(key) / RECORD_FILE}: not the record of this unit"
                for (key,) in odd
            }
        )


def _load_curves(reader: JsonlReader, store: Store, keys: Sequence[str]) -> None:
    """Loss curves: a line has a step and any number of metrics."""
    there = [piece for piece in _unit_slices(store, keys, "metrics.jsonl") if piece.path.exists()]
    whole = [attrs.evolve(piece, field="facts") for piece in there]
    columns = {"facts": "MAP(VARCHAR, DOUBLE)"}
    reader.insert(_CURVE, whole, columns, suffix=") WHERE entry.key <> 'step'")


def _unit_slices(store: Store, keys: Sequence[str], name: str) -> list[FileSlice]:
    return [FileSlice(key, key, store.record_dir(key) / name) for key in keys]


def load_selection(reader: JsonlReader, path: Path) -> None:
    """What a run selected: experiments, evals, cells and their units."""
    head = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    connection, selection = reader.connection, path.name
    experiments = [
        (selection, one["id"], one["title"], one["question"], one["file"], _json(one["declared"]))
        for one in head["experiments"]
    ]
    insert_rows(connection, "experiment", experiments)
    expectations = [
        (selection, one["id"], place, e["expectation"], e["says"], _json(e["claims"]))
        for one in head["experiments"]
        for place, e in enumerate(one.get("expectations", ()))
    ]
    insert_rows(connection, "expectation", expectations)
    evals = [
        (selection, e["setting"], place, e["eval"], e["title"], e["distribution"], e["headline"])
        for place, e in enumerate(head["evals"])
    ]
    insert_rows(connection, "cell_eval", evals)
    columns = {
        "cell": "VARCHAR",
        "experiment": "VARCHAR",
        "setting": "VARCHAR",
        "condition": "VARCHAR",
        "misaligned_ratio": "DOUBLE",
        "total_samples": "BIGINT",
        "seed": "BIGINT",
        "inoculation": "VARCHAR",
        "model": "VARCHAR",
        "data": "VARCHAR",
        "units": "MAP(VARCHAR, VARCHAR)",
    }
    lines = [FileSlice(selection, selection, path.with_suffix(".jsonl"))]
    plain = ", ".join(name for name in columns if name != "units")
    reader.insert(f"INSERT INTO cell SELECT owner, {plain}", lines, columns)
    reader.insert(
        "INSERT INTO cell_unit SELECT owner, cell, entry.key, entry.value "
        "FROM (SELECT owner, cell, unnest(map_entries(units)) AS entry",
        lines,
        columns,
        suffix=")",
    )


def load_run(connection: DuckDBPyConnection, directory: Path) -> None:
    """What a run says of itself."""
    facts = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    made = facts["provenance"]
    row = (
        directory.name,
        facts["selection"],
        made["started"],
        facts.get("ended"),
        facts.get("outcome"),
        command_line(tuple(made["argv"])),
        facts["model"],
        made["commit"],
        made["dirty"],
        made["host"],
        made["python"],
        _json(made["versions"]),
    )
    insert_rows(connection, "run", [row])


def load_retired_training(connection: DuckDBPyConnection, name: str, path: Path) -> None:
    """What was paid for a training that was put aside.

    Raises:
        CorruptError: Its record cannot be read.
    """
    record = read_json(path, UnitRecord)
    if record.kind == "train":
        told, base = record.outcome, record.payload["base"]
        facts = ("train", base.get("weights"), record.finished[:10], 1)
        paid = (told.get("billed_tokens"), 0, told.get("seconds"), told.get("cost_usd") or 0.0)
        insert_rows(connection, "retired", [(name, record.key, *facts, *paid)])


def insert_rows(
    connection: DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows that Python holds, column by column: a statement costs a millisecond."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        marks = ", ".join(["unnest(?)"] * len(columns))
        connection.execute(f"INSERT INTO {table} SELECT {marks}", columns)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
