"""Extensions: providers, executors, evals and settings that other installed packages add.

A package lists what it adds as entry points of the groups below. It is imported only when a name is
asked for that is not built in.
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
    """The entry points of a group, by name.

    Raises:
        UsageError: Two packages add an entry point of the same name.
    """
    from importlib.metadata import entry_points

    entries: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        first = entries.setdefault(entry.name, entry)
        if first.value != entry.value:
            raise UsageError(
                f"two installed packages add a {group.removeprefix('mi.')[:-1]} {entry.name!r}",
                where=f"{distribution(first)} and {distribution(entry)}",
                hint="uninstall one of them",
            )
    return entries


def load_plugin(entry: EntryPoint) -> Any:
    """The object that an entry point names.

    Raises:
        UsageError: It cannot be imported.
    """
    try:
        return entry.load()
    except Exception as error:  # code of another package may raise anything
        raise UsageError(
            f"{entry.group} {entry.name!r} cannot be imported: {type(error).__name__}: {error}",
            where=distribution(entry),
            hint="fix or uninstall that package",
        ) from error


def distribution(entry: EntryPoint) -> str:
    """Name and version of the package that declares an entry point."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
