"""`results.duckdb`: an index over the store, and queries against it.

The database holds nothing that the store does not: it can be deleted at any time and rebuilt. It is
opened for one short transaction and closed again, because an open DuckDB file locks out every other
process.
"""

from .connection import Database, DatabaseBusy
from .schema import VIEWS
from .sync import SyncResult, sync_database

__all__ = ["VIEWS", "Database", "DatabaseBusy", "SyncResult", "sync_database"]
