"""Queries that can read the results database and nothing else.

A query may be copied from anywhere. A read-only database alone does not keep it from writing other
files (`COPY … TO`, `EXPORT`, a profile), reading any file (`read_text`), attaching databases,
loading extensions or using the network, so DuckDB's own switch for all of these is turned off and
the configuration is locked: no statement can turn it on again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SETTINGS = (
    "enable_external_access = false",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
    "python_enable_replacements = false",
    "lock_configuration = true",
)
"""In this order: nothing can be set once the configuration is locked."""


def confine(connection: DuckDBPyConnection) -> None:
    """Keep a connection from everything but its database, for as long as it is open."""
    for setting in _SETTINGS:
        connection.execute(f"SET {setting}")


def is_confinement(error: Exception) -> bool:
    """Whether a query failed because its connection is confined."""
    import duckdb

    text = str(error)
    return isinstance(error, duckdb.PermissionException) or "configuration has been locked" in text
