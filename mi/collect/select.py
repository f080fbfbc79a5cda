"""Selection: which cells the words on a command line stand for.

A word is an experiment's id, a shell pattern over ids, a file or a folder of experiments, or a
cell's id. The selected cells keep the order of the words and of their experiments; each appears
once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import attrs

from ..errors import NothingSelected, UsageError, did_you_mean
from ..spec import Experiment
from ..units.cells import Cell, cells
from ..units.expression import CellPredicate, parse_expression
from .collection import Collection as Declared
from .discovery import public_modules
from .patterns import is_pattern


@attrs.frozen
class Selection:
    """Selected cells of one experiment."""

    experiment: Experiment
    cells: tuple[Cell, ...]


ExperimentTransform = Callable[[Experiment], Experiment]


@attrs.frozen(kw_only=True)
class CellFilter:
    """Conditions that a cell must meet to stay selected.

    Args:
        keyword: An expression over ids and axes; see `mi.units.expression`.
        settings: Ids of settings; empty: all.
        seeds: Seeds; empty: all. The untrained model has no seed and always stays, as the baseline.
        marks: An expression over marks. `filter_by_marks` applies it later, because only a model
            decides which cells are `paid`.
    """

    keyword: str | None = None
    settings: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    marks: str | None = None

    def predicate(self, axes: Collection[str] = ()) -> CellPredicate:
        """The test for one cell, `marks` not considered.

        Args:
            axes: The names of the experiments' named axes.

        Raises:
            UsageError: The keyword is not a valid expression.
        """
        keyword = parse_expression(self.keyword, axes=axes) if self.keyword is not None else None

        def keep(cell: Cell) -> bool:
            if self.settings and cell.setting not in self.settings:
                return False
            if self.seeds and cell.seed is not None and cell.seed not in self.seeds:
                return False
            return keyword is None or keyword(cell)

        return keep


@attrs.frozen
class _Candidates:
    """The cells of one experiment that words stand for, by id, before any filter."""

    experiment: Experiment
    cells: dict[str, Cell] = attrs.field(factory=dict)


def select_cells(
    collection: Declared,
    words: Sequence[str],
    *,
    full: bool,
    transform: ExperimentTransform = lambda experiment: experiment,
    cell_filter: CellFilter | None = None,
) -> list[Selection]:
    """The cells that `words` stand for, grouped by experiment.

    Args:
        collection: The experiments to select from.
        words: Ids of experiments or cells, shell patterns, files, folders.
        full: Select all declared cells; otherwise the pilot's, and cells named by their own id.
        transform: Applied to each declared experiment first, for overrides.
        cell_filter: Which of these cells stay; None: all.

    Raises:
        UsageError: A word matches nothing; the hint names the nearest ids.
        NothingSelected: A pattern matches nothing, or the filter leaves no cell.
    """
    by_id: dict[str, _Candidates] = {}
    for word in words:
        for experiment, matches in _resolve_word(collection, word, full, transform):
            candidates = by_id.setdefault(experiment.id, _Candidates(experiment))
            candidates.cells.update((cell.id, cell) for cell in matches)
    axes = {axis.name for group in by_id.values() for axis in group.experiment.axes}
    keep = (cell_filter or CellFilter()).predicate(axes)
    if cell_filter is not None and cell_filter.seeds:
        _check_seeds(cell_filter.seeds, by_id.values())
    selections = [
        Selection(candidates.experiment, tuple(filter(keep, candidates.cells.values())))
        for candidates in by_id.values()
    ]
    selections = [selection for selection in selections if selection.cells]
    if not selections:
        total = sum(len(candidates.cells) for candidates in by_id.values())
        raise NothingSelected(
            f"none of {total} cells matches the filters",
            hint=_empty_hint(cell_filter, by_id.values()),
        )
    return selections


def filter_by_marks(
    selections: Sequence[Selection], expression: str, is_paid: CellPredicate
) -> list[Selection]:
    """Keep the cells whose marks satisfy an expression.

    Args:
        selections: The cells selected so far.
        expression: Names of marks joined by `and`, `or`, `not` and brackets. Besides the declared
            marks there are `pilot` and `paid`.
        is_paid: Whether a cell costs money.

    Raises:
        UsageError: The expression is not valid, or no selected experiment declares such a mark.
        NothingSelected: No cell satisfies the expression.
    """
    pilot = {
        cell.id for selection in selections for cell in cells(selection.experiment, full=False)
    }
    marks: dict[str, CellPredicate] = {"pilot": lambda cell: cell.id in pilot, "paid": is_paid}
    for name in {mark.name for selection in selections for mark in selection.experiment.marks}:
        marks[name] = _mark_predicate(name, selections)
    keep = parse_expression(expression, "-m", marks)
    filtered = [
        Selection(selection.experiment, tuple(filter(keep, selection.cells)))
        for selection in selections
    ]
    filtered = [selection for selection in filtered if selection.cells]
    if not filtered:
        total = sum(len(selection.cells) for selection in selections)
        raise NothingSelected(
            f"none of {total} cells matches -m {expression!r}",
            hint=f"marks here: {', '.join(sorted(marks))}; `--full` selects more than the pilot",
        )
    return filtered


def _mark_predicate(name: str, selections: Sequence[Selection]) -> CellPredicate:
    """Whether a cell carries the mark `name` of its experiment."""
    tests = {
        selection.experiment.id: [
            parse_expression(mark.where, axes=_axis_names(selection.experiment))
            if mark.where
            else lambda cell: True
            for mark in selection.experiment.marks
            if mark.name == name
        ]
        for selection in selections
    }
    return lambda cell: any(test(cell) for test in tests[cell.experiment])


def _axis_names(experiment: Experiment) -> list[str]:
    return [axis.name for axis in experiment.axes]


def _check_seeds(seeds: Sequence[int], candidates: Iterable[_Candidates]) -> None:
    """Raise `NothingSelected` unless a candidate cell has one of the seeds."""
    candidates = list(candidates)
    selected = {cell.seed for group in candidates for cell in group.cells.values()} - {None}
    if selected and selected.isdisjoint(seeds):
        declared = {cell.seed for group in candidates for cell in cells(group.experiment)} - {None}
        raise NothingSelected(
            f"no selected cell has seed {' or '.join(map(str, seeds))}",
            hint=f"seeds here: {_format_seeds(selected)}; with --full: {_format_seeds(declared)}",
        )


def _format_seeds(seeds: Iterable[int | None]) -> str:
    return ", ".join(map(str, sorted(seed for seed in seeds if seed is not None)))


def _empty_hint(cell_filter: CellFilter | None, candidates: Iterable[_Candidates]) -> str:
    """What to do where a filter leaves no cell."""
    unfiltered = [cell for group in candidates for cell in group.cells.values()]
    settings = {cell.setting for cell in unfiltered}
    for name in cell_filter.settings if cell_filter else ():
        if name not in settings:
            return did_you_mean(name, settings)
    if not unfiltered:
        return "`mi list` shows what there is"
    return f"relax the filters; one of the cells is {unfiltered[-1].id}"


def _resolve_word(
    collection: Declared, word: str, full: bool, transform: ExperimentTransform
) -> Iterator[tuple[Experiment, Sequence[Cell]]]:
    """The experiments that a word stands for, each with the cells it selects."""
    if "::" in word:
        experiment = transform(collection.get(word.partition("::")[0]))
        yield experiment, _match_cells(experiment, word)
        return
    for experiment in map(transform, _resolve_experiments(collection, word)):
        yield experiment, tuple(cells(experiment, full=full))


def _resolve_experiments(collection: Declared, word: str) -> Sequence[Experiment]:
    if word.endswith(".py"):
        return _experiments_in_file(collection, Path(word))
    if "/" in word and (files := public_modules(Path(word))):
        collection.add(files)
        return [one for file in files for one in _experiments_in_file(collection, file)]
    if not is_pattern(word):
        return [collection.get(word)]
    matches = collection.select(word)
    if not matches:
        raise NothingSelected(
            f"no experiment matches {word!r}", hint=did_you_mean(word, collection.all())
        )
    return matches


def _match_cells(experiment: Experiment, word: str) -> Sequence[Cell]:
    """All declared cells whose id is `word` or matches it as a pattern."""
    declared = tuple(cells(experiment))
    matches = [cell for cell in declared if cell.id == word or fnmatchcase(cell.id, word)]
    if not matches:
        ids = [cell.id for cell in declared]
        raise NothingSelected(f"there is no cell {word!r}", hint=did_you_mean(word, ids))
    return matches


def _experiments_in_file(collection: Declared, path: Path) -> list[Experiment]:
    if not path.is_file():
        raise UsageError("there is no such file", where=str(path))
    collection.add([path])
    collection.all()
    file = path.resolve()
    declared = [entry.experiment for entry in collection.entries.values() if entry.file == file]
    if not declared:
        raise NothingSelected("declares no experiment", where=str(path))
    return declared
