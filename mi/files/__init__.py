"""Plain files: atomic writes, append-only journals, JSON records, the cache, downloads.

Nothing here knows what a unit is.
"""

from . import secrets as secrets  # errors of any module are without secrets from here on
