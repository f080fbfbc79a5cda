"""What a step of an evaluation works with, and how it fills a journal.

A journal belongs to a model and the way it is asked, not to an eval. A step reads which of the
answers it requires are there, asks for the others alone, and reads the journal again, so that a
killed run goes on where it stopped and two evals that ask the same thing share their answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import attrs

from ..errors import CorruptError, ProviderError
from ..files import journal
from ..providers.base import Provider
from ..providers.types import Answer, Grade, Likelihood, ModelUnderTest, Monitor
from ..units.lines import line_shape

K = TypeVar("K")
ProviderResult: TypeAlias = Answer | Grade | Likelihood
AnswerId: TypeAlias = tuple[str, int]
"""Which answer a line is about: the question's digest, and the number of the sample."""


@attrs.frozen(kw_only=True)
class Journals:
    """The journals of an eval.

    Args:
        paths: The journals by role.
        append: Appends lines to the journal at a path.
    """

    paths: Mapping[str, Path]
    append: Callable[[Path, Sequence[Any]], None] = journal.append_records


@attrs.frozen(kw_only=True)
class EvalContext:
    """The services and paths that an evaluation works with.

    Args:
        subject: The model under test.
        provider: Serves the model under test.
        judge: Serves the judge model; None where no model judges.
        paths: The unit's journals by role.
        directory: Where providers keep the state that a resumed run needs.
        record: Writes results with their cost to the journal at a path, and charges the budget.
        append: Appends lines to the journal at a path.
        archive_count: How often the journal of a name was archived. A provider's state from before
            then is not resumed.
    """

    subject: ModelUnderTest
    provider: Provider
    judge: Provider | None
    paths: Mapping[str, Path]
    directory: Path
    record: Callable[[Path, Sequence[ProviderResult]], None]
    append: Callable[[Path, Sequence[Any]], None] = journal.append_records
    archive_count: Callable[[str], int] = lambda name: 0

    @property
    def journals(self) -> Journals:
        """The unit's journals, for work that asks no model."""
        return Journals(paths=self.paths, append=self.append)

    def state_path(self, role: str) -> Path:
        """Where a provider keeps its state about the requests behind a journal.

        The name depends on the journal alone, so that every unit that fills it finds the state.
        """
        name = self.paths[role].stem
        archived = self.archive_count(name)
        return self.directory / (f"{name}.{archived}" if archived else name)

    def record_all(
        self, batches: Iterator[Sequence[ProviderResult]], role: str, monitor: Monitor
    ) -> None:
        """Record every batch a provider yields in the journal of a role.

        Nothing is stopped here: the provider asks the monitor whether to stop, because it may have
        more requests under way that are paid for.

        Args:
            batches: Results as they arrive.
            role: The journal's role, a key of `paths`.
            monitor: Advanced by one for each result.
        """
        for batch in batches:
            self.record(self.paths[role], batch)
            monitor.advance(len(batch))


def journal_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal that passed the gate, in order.

    Where two lines answer the same thing, the first one counts.

    Raises:
        CorruptError: A line is damaged.
    """
    return journal.read_records(path, line_shape(path.stem))


def answer_id(line: Mapping[str, Any]) -> AnswerId:
    """The answer that a line of answers or judgments is about."""
    return line["question"], line["sample"]


def question_id(line: Mapping[str, Any]) -> str:
    """The digest of the question that a line of likelihoods is about."""
    question: str = line["question"]
    return question


def missing_ids(
    path: Path, required: Iterable[K], line_id: Callable[[Mapping[str, Any]], K]
) -> list[K]:
    """The ids that have no line in a journal yet, in the order given.

    Args:
        path: The journal; one that does not exist has no lines.
        required: Ids that need a line.
        line_id: The id of a line.
    """
    existing = {line_id(line) for line in journal_lines(path)}
    return [item for item in required if item not in existing]


def read_complete(
    path: Path, required: Collection[K], line_id: Callable[[Mapping[str, Any]], K], noun: str
) -> dict[K, dict[str, Any]]:
    """The lines of a journal by their ids.

    Args:
        path: The journal.
        required: Ids that must have a line.
        line_id: The id of a line.
        noun: What the lines are called in a message: `answers`.

    Raises:
        ProviderError: Some of the required lines are missing.
    """
    lines, missing = _read_required(path, required, line_id)
    if missing:
        raise ProviderError(
            f"{missing} {noun} did not come",
            hint="run the same command again: only these are asked for",
        )
    return lines


def read_stored(
    path: Path, required: Collection[K], line_id: Callable[[Mapping[str, Any]], K], noun: str
) -> dict[K, dict[str, Any]]:
    """As `read_complete`, where nothing that is missing can be asked for.

    Args:
        path: The journal.
        required: Ids that must have a line.
        line_id: The id of a line.
        noun: What the lines are called in a message: `answers`.

    Raises:
        CorruptError: Some of the required lines are missing.
    """
    lines, missing = _read_required(path, required, line_id)
    if missing:
        raise CorruptError(f"lacks {missing} of {len(required)} {noun}", where=path.name)
    return lines


def _read_required(
    path: Path, required: Collection[K], line_id: Callable[[Mapping[str, Any]], K]
) -> tuple[dict[K, dict[str, Any]], int]:
    """The lines of a journal by id, and how many of the required ones are missing."""
    lines: dict[K, dict[str, Any]] = {}
    for line in journal_lines(path):
        lines.setdefault(line_id(line), line)
    return lines, sum(item not in lines for item in required)
