"""The registry that ships with `mi`, and the extensions that other installed packages add.

A package lists what it adds as entry points of the groups below. It is imported only when a name is
asked for that is not built in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PROVIDERS, EXECUTORS = "mi.providers", "mi.executors"
EVALS, SETTINGS = "mi.evals", "mi.settings"
_REGISTRY = Path(__file__).resolve().parent.parent / "registry" / "__init__.py"
_NAME, _SECOND_NAME = "registry", "mi.registry"


def load_registry() -> ModuleType:
    """The package `registry` that ships with `mi`, also where a folder of that name goes before it.

    It is called `mi.registry` in a process that has imported another `registry` before.
    """
    for name in (_NAME, _SECOND_NAME):
        module = sys.modules.get(name)
        if module is not None and _is_shipped(module):
            return module
    name = _SECOND_NAME if _NAME in sys.modules else _NAME
    spec = spec_from_file_location(
        name, _REGISTRY, submodule_search_locations=[str(_REGISTRY.parent)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_shipped(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == _REGISTRY


@contextmanager
def registry_by_name() -> Iterator[None]:
    """Let `import registry` name the one that ships with `mi`, while a declaration is imported."""
    shipped = load_registry()
    if shipped.__name__ == _NAME:
        yield
        return
    others = _pop_modules(_NAME)
    for name, module in list(sys.modules.items()):
        if name == _SECOND_NAME or name.startswith(f"{_SECOND_NAME}."):
            sys.modules[name.removeprefix("mi.")] = module
    try:
        yield
    finally:
        _pop_modules(_NAME)
        sys.modules.update(others)


def _pop_modules(package: str) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name == package or name.startswith(f"{package}.")]
    return {name: sys.modules.pop(name) for name in names}


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
