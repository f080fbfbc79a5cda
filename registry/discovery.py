"""Packages of declarations: each declaration in their modules is found and addressed by its id.

A declaration is an attribute and an item of its package. Declarations that other installed packages
add as entry points are loaded when their id is asked for.
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
    """A package that is also a mapping from ids to the declarations in its modules."""

    _type: type[Any]
    _declarations: dict[str, Any]
    _group: str

    def __getitem__(self, id: str) -> Any:
        if id not in self:
            kind = self._type.__name__.lower()
            raise UsageError(f"there is no {kind} {id!r}", hint=did_you_mean(id, self))
        return self._declarations[id]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self:
            return self._declarations[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._declarations, *plugin_entries(self._group)}))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, id: object) -> bool:
        """Whether the id is declared; loads the entry point of that name if there is one.

        Raises:
            DeclarationError: The entry point is not a declaration with that id.
        """
        if id in self._declarations:
            return True
        if not isinstance(id, str) or id not in plugin_entries(self._group):
            return False
        entry = plugin_entries(self._group)[id]
        plugin = load_plugin(entry)
        if not isinstance(plugin, self._type) or getattr(plugin, "id", None) != id:
            kind = self._type.__name__
            raise DeclarationError(
                f"the entry point {id!r} of {self._group} must be a declared {kind} with that id",
                where=distribution(entry),
            )
        self._declarations[id] = plugin
        return True


def discover(package: str, declaration_type: type[Any], group: str) -> None:
    """Turn a package into a `DeclarationPackage` of the declarations in its modules.

    Args:
        package: The package's name; it is imported already.
        declaration_type: The class of the declarations; each has an `id`.
        group: The entry-point group by which other packages add declarations.
    """
    module = sys.modules[package]
    declarations = {}
    for submodule in iter_modules(module.__path__):
        for value in vars(import_module(f"{package}.{submodule.name}")).values():
            if isinstance(value, declaration_type):
                declarations[value.id] = value
    module.__class__ = DeclarationPackage
    vars(module).update(
        declarations, _type=declaration_type, _declarations=declarations, _group=group
    )
