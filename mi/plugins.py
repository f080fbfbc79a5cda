"""What other installed packages add: providers, executors, evals and settings.

A package names what it adds as entry points of the groups below, and is looked into when somebody
asks for a name that is not known here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PROVIDERS, EXECUTORS = "mi.providers", "mi.executors"
EVALS, SETTINGS = "mi.evals", "mi.settings"


@cache
def plugin_entries(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name.

    Raises:
        UsageError: Two packages add something of one name.
    """
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for one in entry_points(group=group):
        there = found.setdefault(one.name, one)
        if there.value != one.value:
            raise UsageError(
                f"two installed packages add a {group.removeprefix('mi.')[:-1]} {one.name!r}",
                where=f"{distribution(there)} and {distribution(one)}",
                hint="uninstall one of them",
            )
    return found


def load_plugin(entry: EntryPoint) -> Any:
    """What an entry point names.

    Raises:
        UsageError: It cannot be imported.
    """
    try:
        return entry.load()
    except Exception as error:  # somebody else's code: whatever it raises is told
        raise UsageError(
            f"{entry.group} {entry.name!r} cannot be imported: {type(error).__name__}: {error}",
            where=distribution(entry),
            hint="mend or uninstall that package",
        ) from error


def distribution(entry: EntryPoint) -> str:
    """The package that an entry point belongs to."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
