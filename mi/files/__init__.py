"""Plain files: atomic writes, append-only journals, JSON records, the cache, downloads.

Nothing here knows what a unit is.
"""
