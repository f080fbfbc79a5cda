"""Packages whose modules declare things: each found by being there, and asked for by its id.

What other installed packages add stands beside it, and is looked for when it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from mi.errors import DeclarationError, UsageError, did_you_mean
from mi.plugins import distribution, load_plugin, plugin_entries


class DeclarationPackage(ModuleType):
    """A module that can also be asked by name."""

    _kind: type[Any]
    _found: dict[str, Any]
    _group: str

    def __getitem__(self, id: str) -> Any:
        if id not in self:
            kind = self._kind.__name__.lower()
            raise UsageError(f"there is no {kind} {id!r}", hint=did_you_mean(id, self))
        return self._found[id]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self:
            return self._found[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._found, *plugin_entries(self._group)}))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, id: object) -> bool:
        if id in self._found:
            return True
        if not isinstance(id, str) or id not in plugin_entries(self._group):
            return False
        entry = plugin_entries(self._group)[id]
        added = load_plugin(entry)
        if not isinstance(added, self._kind) or getattr(added, "id", None) != id:
            raise DeclarationError(
                f"the entry point {id!r} of {self._group} is no {self._kind.__name__} of that id",
                where=distribution(entry),
            )
        self._found[id] = added
        return True


def discover(package: str, kind: type[Any], group: str) -> None:
    """Make every `kind` that a package's modules declare an item and an attribute of the package.

    Args:
        kind: What is looked for; an attribute is called by the declaration's id.
        group: The entry points by which other packages add some.
    """
    module = sys.modules[package]
    found = {}
    for inner in iter_modules(module.__path__):
        for value in vars(import_module(f"{package}.{inner.name}")).values():
            if isinstance(value, kind):
                found[value.id] = value
    module.__class__ = DeclarationPackage
    vars(module).update(found, _kind=kind, _found=found, _group=group)
