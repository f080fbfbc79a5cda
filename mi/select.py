"""Selection: which cells the words on a command line mean.

A word is an experiment's id, a shell pattern over ids, a file of experiments, or a cell's id. The
cells keep the order of the words and of their experiments, each once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import attrs

from .collect import Collection
from .errors import NothingSelected, UsageError
from .grid import Cell, cells
from .names import is_pattern, nearest
from .spec import Experiment


@attrs.frozen
class Selected:
    """Cells of one experiment."""

    experiment: Experiment
    cells: tuple[Cell, ...]


def select(collection: Collection, words: Sequence[str], *, full: bool) -> list[Selected]:
    """The cells that `words` mean.

    Args:
        full: All declared cells; otherwise the pilot's, except for cells asked for by id.

    Raises:
        UsageError: A word names nothing; the nearest names are given.
        NothingSelected: A pattern matches nothing.
    """
    chosen: dict[str, tuple[Experiment, dict[str, Cell]]] = {}
    for word in words:
        for experiment, found in _meant(collection, word, full):
            _, there = chosen.setdefault(experiment.id, (experiment, {}))
            there.update((cell.id, cell) for cell in found)
    return [Selected(experiment, tuple(there.values())) for experiment, there in chosen.values()]


def _meant(
    collection: Collection, word: str, full: bool
) -> Iterator[tuple[Experiment, Sequence[Cell]]]:
    if "::" in word:
        yield _by_cell(collection, word)
    elif word.endswith(".py"):
        for experiment in _in_file(collection, Path(word)):
            yield experiment, tuple(cells(experiment, full=full))
    elif is_pattern(word):
        found = collection.select(word)
        if not found:
            raise NothingSelected(
                f"no experiment matches {word!r}", hint=nearest(word, collection.all())
            )
        for experiment in found:
            yield experiment, tuple(cells(experiment, full=full))
    else:
        experiment = collection.get(word)
        yield experiment, tuple(cells(experiment, full=full))


def _by_cell(collection: Collection, word: str) -> tuple[Experiment, Sequence[Cell]]:
    experiment = collection.get(word.partition("::")[0])
    everything = tuple(cells(experiment))
    found = [cell for cell in everything if cell.id == word or fnmatchcase(cell.id, word)]
    if not found:
        ids = [cell.id for cell in everything]
        raise NothingSelected(f"there is no cell {word!r}", hint=nearest(word, ids))
    return experiment, found


def _in_file(collection: Collection, path: Path) -> list[Experiment]:
    if not path.is_file():
        raise UsageError("there is no such file", where=str(path))
    collection.add([path])
    collection.all()
    file = path.resolve()
    found = [one.experiment for one in collection.found.values() if one.file == file]
    if not found:
        raise NothingSelected("declares no experiment", where=str(path))
    return found
