"""Settings: one module each, found by being here.

A module of this package declares one or more `Setting`s; each is an attribute of this package and
an item of it: `from registry.settings import insecure_code`, `registry.settings["insecure_code"]`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

from mi.errors import UsageError
from mi.names import nearest
from mi.spec import Setting

if TYPE_CHECKING:  # what the loop below finds, for those who read types
    from .insecure_code import insecure_code as insecure_code

_found: dict[str, Setting] = {}

for _module in iter_modules(__path__):
    for _value in vars(import_module(f"{__name__}.{_module.name}")).values():
        if isinstance(_value, Setting):
            _found[_value.id] = _value


class _Settings(ModuleType):
    """This module, which can also be asked by name."""

    def __getitem__(self, id: str) -> Setting:
        if id not in _found:
            raise UsageError(f"there is no setting {id!r}", hint=nearest(id, _found))
        return _found[id]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(_found))

    def __len__(self) -> int:
        return len(_found)


sys.modules[__name__].__class__ = _Settings
globals().update(_found)
