"""Names: shell patterns over ids, and the nearest ones to a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fnmatch import fnmatchcase

GLOB = frozenset("*?[")


def matching(pattern: str, ids: Iterable[str]) -> list[str]:
    """The ids that match a shell pattern, case-sensitively, sorted."""
    return sorted(id for id in ids if fnmatchcase(id, pattern))


def is_pattern(text: str) -> bool:
    """Whether `text` has a wildcard of shell patterns."""
    return not GLOB.isdisjoint(text)


def nearest(
    name: str,
    known: Iterable[str],
    *,
    none: str = "nothing is declared here",
    many: str = "`mi list` shows what there is",
) -> str:
    """A hint for a name that does not exist: the nearest ones, or all of them when few.

    Args:
        none: What is said where nothing is known.
        many: What is said where many are, and none is near.
    """
    names = sorted(known)
    folded = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(folded[match] for match in close)}?"
    if not names:
        return none
    return f"there are {', '.join(names)}" if len(names) <= 12 else many
