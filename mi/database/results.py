"""Results as a table, from Python: `mi.results()`.

The database is opened for one read and closed again, so a notebook that keeps the table does not
lock the file.
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
    """Read a view of the results database as a table.

    Args:
        db: The file; None: `MI_DB`, or `results.duckdb` in the project's root, as for commands.
        view: `results`, `conditions`, `answers`, `trainings`, `spend` or `expectations`.
        experiment: Only rows of this experiment; None: of all.
        as_: `arrow` (a `pyarrow.Table`), `pandas` (a `DataFrame`) or `polars` (a `DataFrame`).

    Raises:
        UsageError: There is no such view or database, or the library is not installed.
        DatabaseBusy: Another process is writing to the database.
    """
    from ..config import read_config
    from . import VIEWS, Database

    if view not in VIEWS:
        raise UsageError(f"no such view: {view!r}", hint=f"views: {', '.join(VIEWS)}")
    if as_ not in _FETCH:
        raise UsageError(f"as_ must be one of {', '.join(_FETCH)}, not {as_!r}")
    library, fetch = _FETCH[as_]
    _require_library(library)
    path = Path(db) if db else read_config(Path.cwd()).db
    with Database(path).read_connection() as connection:
        query = f"FROM {view}"
        if experiment is not None:
            query += f" WHERE {_experiment_filter(view)}"
        relation = connection.sql(query, params=None if experiment is None else [experiment])
        table = getattr(relation, fetch)()
    return table


def _experiment_filter(view: str) -> str:
    has_list = view in ("trainings", "spend")
    return "list_contains(experiments, ?)" if has_list else "experiment = ?"


def _require_library(library: str) -> None:
    from importlib.util import find_spec

    if find_spec(library) is None:
        raise UsageError(f"{library} is not installed", hint=f"install it: `pip install {library}`")
