"""Shell patterns over ids: `*`, `?` and `[…]`, case-sensitive."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

WILDCARDS = frozenset("*?[")


def match_ids(pattern: str, ids: Iterable[str]) -> list[str]:
    """The ids that match a shell pattern, sorted."""
    return sorted(id for id in ids if fnmatchcase(id, pattern))


def is_pattern(text: str) -> bool:
    """Whether `text` contains a wildcard of shell patterns."""
    return not WILDCARDS.isdisjoint(text)
