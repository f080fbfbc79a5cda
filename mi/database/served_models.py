"""Models behind an alias: under which names a server answered for one model.

A name without a date may mean one model today and another tomorrow, or two at once. Each answer
keeps the name that the server gave with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SEVERAL = """
SELECT billed_model, list(DISTINCT model ORDER BY model) AS served
FROM (SELECT unit, billed_model, model FROM answer
      UNION ALL SELECT unit, billed_model, model FROM judgment)
WHERE billed_model IS NOT NULL AND model IS NOT NULL AND (? OR unit IN (SELECT unnest(?)))
GROUP BY billed_model HAVING count(DISTINCT model) > 1 ORDER BY billed_model
"""


def mixed_aliases(
    connection: DuckDBPyConnection, units: Sequence[str] | None = None
) -> list[tuple[str, list[str]]]:
    """Models that several models answered for: the name that was asked for, and their names.

    Args:
        connection: The database.
        units: Keys of the units that asked; None: of all.
    """
    parameters = [units is None, list(units or [""])]
    rows: list[tuple[str, list[str]]] = connection.execute(_SEVERAL, parameters).fetchall()
    return rows
