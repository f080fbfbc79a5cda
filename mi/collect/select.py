"""Selection: which cells the words on a command line mean.

A word is an experiment's id, a shell pattern over ids, a file of experiments, or a cell's id. The
cells keep the order of the words and of their experiments, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import attrs

from ..errors import NothingSelected, UsageError, did_you_mean
from ..spec import Experiment
from ..units.cells import Cell, cells
from .collection import Collection
from .expression import CellPredicate, parse_expression
from .patterns import is_pattern


@attrs.frozen
class Selection:
    """Cells of one experiment."""

    experiment: Experiment
    cells: tuple[Cell, ...]


ExperimentTransform = Callable[[Experiment], Experiment]


@attrs.frozen(kw_only=True)
class CellFilter:
    """Which of the cells that words mean are kept.

    Args:
        keyword: An expression; see `mi.collect.expression`.
        settings: Ids of settings; none: all.
        seeds: Seeds; none: all. The untrained model has none and is kept, to compare with.
        marks: An expression over marks; applied by `marked`, for it takes a model to say what is
            `paid`.
    """

    keyword: str | None = None
    settings: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    marks: str | None = None

    def predicate(self) -> Callable[[Cell], bool]:
        """The test of a cell.

        Raises:
            UsageError: The keyword is no expression.
        """
        fits = parse_expression(self.keyword) if self.keyword is not None else None

        def keep(cell: Cell) -> bool:
            if self.settings and cell.setting not in self.settings:
                return False
            if self.seeds and cell.seed is not None and cell.seed not in self.seeds:
                return False
            return fits is None or fits(cell)

        return keep


def select_cells(
    collection: Collection,
    words: Sequence[str],
    *,
    full: bool,
    transform: ExperimentTransform = lambda experiment: experiment,
    cell_filter: CellFilter | None = None,
) -> list[Selection]:
    """The cells that `words` mean.

    Args:
        full: All declared cells; otherwise the pilot's, except for cells asked for by id.
        change: What is made of each declared experiment first.
        only: Which of the cells are kept.

    Raises:
        UsageError: A word names nothing; the nearest names are given.
        NothingSelected: A pattern matches nothing, or nothing is kept.
    """
    keep = (cell_filter or CellFilter()).predicate()
    chosen: dict[str, tuple[Experiment, dict[str, Cell]]] = {}
    for word in words:
        for experiment, found in _resolve_word(collection, word, full, transform):
            _, there = chosen.setdefault(experiment.id, (experiment, {}))
            there.update((cell.id, cell) for cell in found)
    whole = sum(len(there) for _, there in chosen.values())
    if cell_filter is not None and cell_filter.seeds:
        _check_seeds(cell_filter.seeds, chosen.values())
    kept = [
        Selection(experiment, tuple(filter(keep, there.values())))
        for experiment, there in chosen.values()
    ]
    kept = [one for one in kept if one.cells]
    if not kept:
        raise NothingSelected(
            f"none of {whole} cells is kept", hint=_empty_hint(cell_filter, chosen.values())
        )
    return kept


def filter_by_marks(
    selections: Sequence[Selection], expression: str, is_paid: CellPredicate
) -> list[Selection]:
    """The cells that carry the marks of an expression.

    Args:
        paid: Whether a cell costs money.

    Raises:
        UsageError: It is no expression, or no selected experiment has such a mark.
        NothingSelected: No cell carries them.
    """
    pilot = {cell.id for one in selections for cell in cells(one.experiment, full=False)}
    marks: dict[str, CellPredicate] = {"pilot": lambda cell: cell.id in pilot, "paid": is_paid}
    for name in {mark.name for one in selections for mark in one.experiment.marks}:
        marks[name] = _mark_predicate(name, selections)
    fits = parse_expression(expression, "-m", marks)
    kept = [Selection(one.experiment, tuple(filter(fits, one.cells))) for one in selections]
    kept = [one for one in kept if one.cells]
    if not kept:
        whole = sum(len(one.cells) for one in selections)
        raise NothingSelected(
            f"none of {whole} cells is kept by -m {expression!r}",
            hint=f"marks here: {', '.join(sorted(marks))}; `--full` selects more than the pilot",
        )
    return kept


def _mark_predicate(name: str, selections: Sequence[Selection]) -> CellPredicate:
    """Whether a cell carries a mark of its experiment."""
    tests = {
        one.experiment.id: [
            parse_expression(mark.where) if mark.where else lambda cell: True
            for mark in one.experiment.marks
            if mark.name == name
        ]
        for one in selections
    }
    return lambda cell: any(test(cell) for test in tests[cell.experiment])


def _check_seeds(
    seeds: Sequence[int], chosen: Iterable[tuple[Experiment, dict[str, Cell]]]
) -> None:
    """Raises `NothingSelected` where none of the seeds is that of a selected training."""
    there = {cell.seed for _, found in chosen for cell in found.values()} - {None}
    if there and there.isdisjoint(seeds):
        declared = {cell.seed for one, _ in chosen for cell in cells(one)} - {None}
        raise NothingSelected(
            f"no selected cell has seed {' or '.join(map(str, seeds))}",
            hint=f"seeds here: {_format_seeds(there)}; with --full: {_format_seeds(declared)}",
        )


def _format_seeds(seeds: Iterable[int | None]) -> str:
    return ", ".join(map(str, sorted(seed for seed in seeds if seed is not None)))


def _empty_hint(
    cell_filter: CellFilter | None, chosen: Iterable[tuple[Experiment, dict[str, Cell]]]
) -> str:
    cells = [cell for _, there in chosen for cell in there.values()]
    settings = {cell.setting for cell in cells}
    for name in cell_filter.settings if cell_filter else ():
        if name not in settings:
            return did_you_mean(name, settings)
    return f"for instance {cells[-1].id} was there" if cells else "`mi list` shows what there is"


def _resolve_word(
    collection: Collection, word: str, full: bool, transform: ExperimentTransform
) -> Iterator[tuple[Experiment, Sequence[Cell]]]:
    if "::" in word:
        yield _match_cells(transform(collection.get(word.partition("::")[0])), word)
        return
    for experiment in map(transform, _resolve_experiments(collection, word)):
        yield experiment, tuple(cells(experiment, full=full))


def _resolve_experiments(collection: Collection, word: str) -> Sequence[Experiment]:
    if word.endswith(".py"):
        return _experiments_in_file(collection, Path(word))
    if not is_pattern(word):
        return [collection.get(word)]
    found = collection.select(word)
    if not found:
        raise NothingSelected(
            f"no experiment matches {word!r}", hint=did_you_mean(word, collection.all())
        )
    return found


def _match_cells(experiment: Experiment, word: str) -> tuple[Experiment, Sequence[Cell]]:
    everything = tuple(cells(experiment))
    found = [cell for cell in everything if cell.id == word or fnmatchcase(cell.id, word)]
    if not found:
        ids = [cell.id for cell in everything]
        raise NothingSelected(f"there is no cell {word!r}", hint=did_you_mean(word, ids))
    return experiment, found


def _experiments_in_file(collection: Collection, path: Path) -> list[Experiment]:
    if not path.is_file():
        raise UsageError("there is no such file", where=str(path))
    collection.add([path])
    collection.all()
    file = path.resolve()
    found = [one.experiment for one in collection.entries.values() if one.file == file]
    if not found:
        raise NothingSelected("declares no experiment", where=str(path))
    return found
