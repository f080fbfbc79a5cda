"""Results as a table, from Python: `mi.results()`.

The database is opened for the moment of reading and closed again, so that a notebook that holds a
table holds nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from ..errors import UsageError

TableKind = Literal["arrow", "pandas", "polars"]
_FETCH = {
    "arrow": ("pyarrow", "to_arrow_table"),
    "pandas": ("pandas", "df"),
    "polars": ("polars", "pl"),
}


def results(
    db: str | os.PathLike[str] | None = None,
    *,
    view: str = "results",
    experiment: str | None = None,
    as_: TableKind = "arrow",
) -> Any:
    """A view of the results database.

    Args:
        db: The file; None: `MI_DB`, or `results.duckdb` in the project's root, as commands have it.
        view: `results`, `conditions`, `answers`, `trainings`, `spend` or `expectations`.
        experiment: Rows of this experiment only; None: of all.
        as_: `arrow` (a `pyarrow.Table`), `pandas` (a `DataFrame`) or `polars` (a `DataFrame`).

    Raises:
        UsageError: There is no such view or database, or the library is not installed.
        Busy: Another process is writing to the database.
    """
    from ..config import read_config
    from . import VIEWS, Database

    if view not in VIEWS:
        raise UsageError(f"there is no view {view!r}", hint=f"views: {', '.join(VIEWS)}")
    if as_ not in _FETCH:
        raise UsageError(f"as_={as_!r} is not one of {', '.join(_FETCH)}")
    library, fetch = _FETCH[as_]
    _require_library(library)
    path = Path(db) if db else read_config(Path.cwd()).db
    with Database(path).read_connection() as connection:
        query = f"FROM {view}"
        if experiment is not None:
            query += f" WHERE {_experiment_filter(view)}"
        found = connection.sql(query, params=None if experiment is None else [experiment])
        table = getattr(found, fetch)()
    return table


def _experiment_filter(view: str) -> str:
    several = view in ("trainings", "spend")
    return "list_contains(experiments, ?)" if several else "experiment = ?"


def _require_library(library: str) -> None:
    from importlib.util import find_spec

    if find_spec(library) is None:
        raise UsageError(f"{library} is not installed", hint=f"pip install {library}")
