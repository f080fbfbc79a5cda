"""Files, whatever is in them: atomic writes, journals, serialization, the cache folder, downloads.

Nothing here knows what a unit is.
"""
