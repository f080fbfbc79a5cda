"""`results.duckdb`: the index over the store, and questions asked of it.

The database holds nothing that the store does not: it can be deleted at any time and rebuilt. It is
opened for one short transaction and closed again, because an open DuckDB file shuts out every other
process.
"""

from .connection import VIEWS, Busy, Database
from .sync import Synced, bring_up_to_date

__all__ = ["VIEWS", "Busy", "Database", "Synced", "bring_up_to_date"]
