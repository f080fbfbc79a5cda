"""Selection: which cells the words on a command line mean.

A word is an experiment's id, a shell pattern over ids, a file of experiments, or a cell's id. The
cells keep the order of the words and of their experiments, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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


Change = Callable[[Experiment], Experiment]


def select(
    collection: Collection,
    words: Sequence[str],
    *,
    full: bool,
    change: Change = lambda experiment: experiment,
) -> list[Selected]:
    """The cells that `words` mean.

    Args:
        full: All declared cells; otherwise the pilot's, except for cells asked for by id.
        change: What is made of each declared experiment first.

    Raises:
        UsageError: A word names nothing; the nearest names are given.
        NothingSelected: A pattern matches nothing.
    """
    chosen: dict[str, tuple[Experiment, dict[str, Cell]]] = {}
    for word in words:
        for experiment, found in _meant(collection, word, full, change):
            _, there = chosen.setdefault(experiment.id, (experiment, {}))
            there.update((cell.id, cell) for cell in found)
    return [Selected(experiment, tuple(there.values())) for experiment, there in chosen.values()]


def _meant(
    collection: Collection, word: str, full: bool, change: Change
) -> Iterator[tuple[Experiment, Sequence[Cell]]]:
    if "::" in word:
        yield _by_cell(change(collection.get(word.partition("::")[0])), word)
        return
    for experiment in map(change, _experiments(collection, word)):
        yield experiment, tuple(cells(experiment, full=full))


def _experiments(collection: Collection, word: str) -> Sequence[Experiment]:
    if word.endswith(".py"):
        return _in_file(collection, Path(word))
    if not is_pattern(word):
        return [collection.get(word)]
    found = collection.select(word)
    if not found:
        raise NothingSelected(
            f"no experiment matches {word!r}", hint=nearest(word, collection.all())
        )
    return found


def _by_cell(experiment: Experiment, word: str) -> tuple[Experiment, Sequence[Cell]]:
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
