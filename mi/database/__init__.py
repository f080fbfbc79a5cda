"""`results.duckdb`: the index over the store, and questions asked of it.

The database holds nothing that the store does not: it can be deleted at any time and rebuilt. It is
opened for one short transaction and closed again, because an open DuckDB file shuts out every other
process.
"""

from .connection import VIEWS, Database, DatabaseBusy
from .sync import SyncResult, sync_database

__all__ = ["VIEWS", "Database", "DatabaseBusy", "SyncResult", "sync_database"]
