"""The schema of `results.duckdb`: created where it is missing, replaced where its version differs.

A database carries the version of the schema it was filled under: a digest of the SQL that defines
its tables and of the code that fills them. No one has to bump a number: after any change there, the
next write drops what the file holds and fills it again from the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING

from ..errors import StoreError
from .journals import loadable_kinds

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VIEWS = ("results", "conditions", "answers", "trainings", "spend", "expectations", "corrected")
"""The views that users query."""
_SQL_FILES = ("schema.sql", "comments.sql")
_STORED_GROUPS = "stored_groups.jsonl"
_LOADERS = (
    "load.py", "registrations.py", "journals.py", "jsonl_reader.py", "summaries.py",
    "calibrations.py", _STORED_GROUPS,
)  # fmt: skip
_STATISTICS = (
    "calibration.py", "intervals.py", "runs.py", "scores.py", "seed_variance.py", "study.py",
)  # fmt: skip
_CORRECTIONS = ("answers.py", "sums.py", "corrected.py")
"""The code of the intervals that the tables hold."""


_MAX_SHOWN = 3
"""Tables of another program that are named in a message."""


def schema_sql() -> str:
    """The statements that create an empty database."""
    return "\n".join(_read_source(name) for name in _SQL_FILES)


def schema_version() -> int:
    """The version of the schema as this code has it."""
    sources = [_read_source(name) for name in (*_SQL_FILES, *_LOADERS)]
    sources += [_read_source(name, "mi.analysis.stats") for name in _STATISTICS]
    sources += [_read_source(name, "mi.analysis.calibrations") for name in _CORRECTIONS]
    return digest_schema(sources, loadable_kinds(), _eval_kinds(), _judge_kinds())


def digest_schema(sources: Iterable[str], *kinds: Iterable[object]) -> int:
    """A digest of what shapes the tables.

    Args:
        sources: The text of the files that define and fill the tables.
        kinds: The kinds of journal with their columns, and the rows of `eval_kind` and
            `judge_kind`.

    Returns:
        31 bits, because the stored version is a signed 32-bit integer. It is only compared with the
        versions that one file has had, so that two of them are equal with a chance of 5e-10.
    """
    digest = sha256()
    for text in (*sources, *(repr(kind) for group in kinds for kind in group)):
        digest.update(sha256(text.encode()).digest())
    return int.from_bytes(digest.digest()[:4], "big") >> 1


def _eval_kinds() -> list[tuple[str, bool, str | None, str | None, str | None]]:
    """The rows of `eval_kind`; imported late, because reading a table takes no engine."""
    from ..steps.evals import KINDS

    return [
        (
            declared.__name__,
            kind.is_sampled,
            kind.contrast_metric,
            declared.measure,
            kind.margin_metric,
        )
        for declared, kind in KINDS.items()
    ]


def _judge_kinds() -> list[tuple[str, bool]]:
    """The rows of `judge_kind`; imported late, as those of `eval_kind`."""
    from ..steps.scorers import SCORERS

    return [(declared.__name__, declared.has_ratings) for declared in SCORERS]


def _stored_groups() -> list[tuple[str, str, str]]:
    """The rows of `_stored_group`: the digest of a question set, a question, its group."""
    return [
        (record["questions"], question, group)
        for record in map(json.loads, _read_source(_STORED_GROUPS).splitlines())
        for question, group in record["groups"].items()
    ]


@cache
def _read_source(name: str, package: str = "mi.database") -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def ensure_schema(connection: DuckDBPyConnection) -> None:
    """Create the schema, in place of another version of it: the store holds all the data.

    Raises:
        StoreError: The tables are another program's.
    """
    _check_owner(connection)
    connection.execute("CREATE TABLE IF NOT EXISTS _schema (version INTEGER)")
    row = connection.execute("SELECT max(version) FROM _schema").fetchone()
    existing, version = row[0] if row else None, schema_version()
    if existing == version:
        return
    if existing is not None:
        _drop_schema(connection)
    connection.execute(schema_sql())
    connection.executemany("INSERT INTO eval_kind VALUES (?, ?, ?, ?, ?)", _eval_kinds())
    connection.executemany("INSERT INTO judge_kind VALUES (?, ?)", _judge_kinds())
    columns = [list(column) for column in zip(*_stored_groups(), strict=True)]
    connection.execute("INSERT INTO _stored_group SELECT unnest(?), unnest(?), unnest(?)", columns)
    connection.execute("DELETE FROM _schema")
    connection.execute("INSERT INTO _schema VALUES (?)", [version])


def _check_owner(connection: DuckDBPyConnection) -> None:
    """Check that a database is empty or has a version of this schema.

    Raises:
        StoreError: It has tables of another program, which nothing is added to.
    """
    tables = "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
    names = [name for (name,) in connection.execute(tables).fetchall()]
    columns = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '_schema'"
    ).fetchall()
    if names and columns != [("version", "INTEGER")]:
        shown = ", ".join(names[:_MAX_SHOWN]) + (", …" if len(names) > _MAX_SHOWN else "")
        raise StoreError(
            f"the database holds tables of another program ({shown}); nothing was added to it",
            hint="name another file with --db, MI_DB or db in [tool.mi]",
        )


def is_current(connection: DuckDBPyConnection) -> bool:
    """Whether a database has the schema that this code defines."""
    import duckdb

    try:
        row = connection.execute("SELECT max(version) FROM _schema").fetchone()
    except duckdb.Error:  # another program's database has no such table
        return False
    return row is not None and row[0] == schema_version()


def _drop_schema(connection: DuckDBPyConnection) -> None:
    """Drop all views, tables and macros but the table that holds the version."""
    views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal")
    for (name,) in views.fetchall():
        connection.execute(f'DROP VIEW IF EXISTS "{name}" CASCADE')
    tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    macros = connection.execute(
        "SELECT function_name FROM duckdb_functions() WHERE NOT internal"
    ).fetchall()
    for (name,) in tables:
        if name != "_schema":
            connection.execute(f'DROP TABLE IF EXISTS "{name}" CASCADE')
    for (name,) in macros:
        connection.execute(f'DROP MACRO IF EXISTS "{name}"')
