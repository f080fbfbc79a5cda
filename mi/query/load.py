"""Loading the store's files into tables, a function for each kind.

DuckDB reads JSONL itself; only what is small (records, heads of selections) passes through Python.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..convert import load
from ..errors import CorruptError
from ..provenance import command
from ..store import Store, UnitRecord

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH = 500


class Damaged(CorruptError):
    """A journal or record that DuckDB could not read."""

    name = ""


def load_units(connection: DuckDBPyConnection, store: Store, keys: list[str]) -> None:
    """Units of every kind, with what stands in their folders."""
    records = [store.record(key) for key in keys]
    insert(connection, "unit", [_unit_row(record) for record in records])
    journals = [
        (record.key, role, name) for record in records for role, name in record.journals.items()
    ]
    insert(connection, "unit_journal", journals)
    mixes = [record for record in records if record.kind == "mix"]
    trainings = [record for record in records if record.kind == "train"]
    evals = [record.key for record in records if record.kind == "eval"]
    insert(connection, "mix", [_mix_row(record) for record in mixes])
    insert(connection, "training", [_training_row(record) for record in trainings])
    for record in trainings:
        _load_metrics(connection, record.key, store.unit(record.key) / "metrics.jsonl")
    copy(
        connection,
        "INSERT INTO question SELECT parse_path(filename)[-2], question, id, prompt, system",
        [store.unit(key) / "questions.jsonl" for key in evals],
        {
            "question": "VARCHAR",
            "id": "VARCHAR",
            "prompt": "VARCHAR",
            "system": "VARCHAR",
        },
    )
    copy(
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
    insert(connection, "training_metric", rows)


def load_selection(connection: DuckDBPyConnection, path: Path) -> None:
    """What a run selected: experiments, evals, cells and their units."""
    head = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    selection = path.name
    experiments = [
        (selection, one["id"], one["title"], one["question"], one["file"], _json(one["declared"]))
        for one in head["experiments"]
    ]
    insert(connection, "experiment", experiments)
    expectations = [
        (selection, one["id"], place, e["expectation"], e["says"], _json(e["claims"]))
        for one in head["experiments"]
        for place, e in enumerate(one.get("expectations", ()))
    ]
    insert(connection, "expectation", expectations)
    evals = [
        (selection, e["setting"], place, e["eval"], e["title"], e["distribution"], e["headline"])
        for place, e in enumerate(head["evals"])
    ]
    insert(connection, "cell_eval", evals)
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
    lines = [path.with_suffix(".jsonl")]
    plain = ", ".join(name for name in columns if name != "units")
    copy(connection, f"INSERT INTO cell SELECT '{selection}', {plain}", lines, columns)
    copy(
        connection,
        f"INSERT INTO cell_unit SELECT '{selection}', cell, entry.key, entry.value "
        "FROM (SELECT cell, unnest(map_entries(units)) AS entry",
        lines,
        columns,
        end=")",
    )


def load_run(connection: DuckDBPyConnection, folder: Path) -> None:
    """A run and its attempts."""
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
    insert(connection, "run", [row])
    attempts = folder / "attempts.jsonl"
    copy(
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


_PAID = {
    "model": "VARCHAR",
    "unit": "VARCHAR",
    "at": "TIMESTAMP",
    "billed_model": "VARCHAR",
    "billed_input": "BIGINT",
    "billed_output": "BIGINT",
    "cost_usd": "DOUBLE",
}
_JOURNALS = {
    "answer": {
        "question": "VARCHAR",
        "sample": "BIGINT",
        "text": "VARCHAR",
        "finish": "VARCHAR",
        "refusal": "VARCHAR",
        "prompt_tokens": "BIGINT",
        "answer_tokens": "BIGINT",
        **_PAID,
    },
    "judgment": {"question": "VARCHAR", "sample": "BIGINT", "verdict": "JSON", **_PAID},
}


def load_journal(connection: DuckDBPyConnection, path: Path) -> None:
    """Answers, or a judge's verdicts on them."""
    table = "answer" if path.name.startswith("answers-") else "judgment"
    columns = _JOURNALS[table]
    names = ", ".join(f'"{name}"' for name in columns)
    with _whole_lines(path) as whole:
        copy(connection, f"INSERT INTO {table} SELECT '{path.stem}', {names}", [whole], columns)


_SPENT = """
INSERT INTO retired
SELECT '{name}', unit, '{activity}', billed_model, "at"::DATE, count(*), sum(billed_input),
       sum(billed_output), NULL, sum(cost_usd)
FROM (SELECT *
"""


def load_retired(connection: DuckDBPyConnection, path: Path, name: str) -> None:
    """What was paid for a unit or a journal that was put aside."""
    if path.suffix == ".jsonl":
        activity = "sample" if path.name.startswith("answers-") else "judge"
        spent = _SPENT.format(name=name, activity=activity)
        end = ") WHERE unit IS NOT NULL GROUP BY ALL"
        with _whole_lines(path) as whole:
            copy(connection, spent, [whole], _PAID, end=end)
        return
    record = load(path.read_text("utf-8"), UnitRecord, path)
    if record.kind == "train":
        told, base = record.outcome, record.payload["base"]
        facts = ("train", base.get("weights"), record.finished[:10], 1)
        paid = (told.get("billed_tokens"), 0, told.get("seconds"), told.get("cost_usd") or 0.0)
        insert(connection, "retired", [(name, record.key, *facts, *paid)])


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


def copy(
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
        raise Damaged(
            f"is damaged and left out: {str(error).splitlines()[0]}",
            where=str(paths[0]),
            hint="restore it from a copy, or mend the line",
        ) from None


def _struct(columns: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items()) + "}"


def insert(connection: DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert a few rows: many to a statement, since each statement costs a millisecond."""
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
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
        done.get("model"),
        done.get("job"),
        done.get("billed_tokens"),
        done.get("cost_usd"),
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
