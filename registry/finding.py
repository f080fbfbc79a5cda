"""Packages whose modules declare things: each found by being there, and asked for by its id."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from mi.errors import UsageError
from mi.names import nearest


class Named(ModuleType):
    """A module that can also be asked by name."""

    _kind: str
    _found: dict[str, Any]

    def __getitem__(self, id: str) -> Any:
        if id not in self._found:
            raise UsageError(f"there is no {self._kind} {id!r}", hint=nearest(id, self._found))
        return self._found[id]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._found))

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, id: object) -> bool:
        return id in self._found


def find(package: str, kind: type[Any]) -> None:
    """Make every `kind` that a package's modules declare an item and an attribute of the package.

    An attribute is called by the declaration's id.
    """
    module = sys.modules[package]
    found = {}
    for inner in iter_modules(module.__path__):
        for value in vars(import_module(f"{package}.{inner.name}")).values():
            if isinstance(value, kind):
                found[value.id] = value
    module.__class__ = Named
    vars(module).update(found, _kind=kind.__name__.lower(), _found=found)
