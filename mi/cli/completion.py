"""Shell completion of ids, keys, models and fields."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

Completer = Callable[..., Iterable[str]]


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell and exit if it asks for completions; otherwise return."""
    import argcomplete

    for action in _actions(parser):
        completer = _COMPLETERS.get(action.dest)
        if completer is not None:
            action.completer = completer  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options=False)


def _actions(parser: argparse.ArgumentParser) -> Iterable[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)
        else:
            yield action


def _ids(prefix: str, **_: Any) -> Iterable[str]:
    """Experiments; after `ID::`, the cells of that experiment."""
    from .. import registry
    from ..units.cells import cells

    experiments = registry.collect().all()
    id, separator, _cell = prefix.partition("::")
    if separator and id in experiments:
        return [cell.id for cell in cells(experiments[id])]
    return list(experiments)


def _ids_and_keys(prefix: str, **options: Any) -> Iterable[str]:
    return [*_ids(prefix, **options), *_keys(prefix, **options)]


def _keys(prefix: str, **_: Any) -> Iterable[str]:
    from pathlib import Path

    from ..config import read_config
    from ..store import open_store

    return open_store(read_config(Path.cwd()).store).published_keys()


def _models(prefix: str, **_: Any) -> Iterable[str]:
    from .. import registry

    return list(registry.models)


def _settings(prefix: str, **_: Any) -> Iterable[str]:
    from .. import registry

    return list(registry.settings)


def _fields(prefix: str, **_: Any) -> Iterable[str]:
    from ..collect.override import override_fields

    return [f"{name}=" for name in override_fields()]


_COMPLETERS: dict[str, Completer] = {
    "words": _ids,
    "word": _ids_and_keys,
    "old": _keys,
    "new": _keys,
    "force": _keys,
    "model": _models,
    "judge": _models,
    "setting": _settings,
    "set": _fields,
}
