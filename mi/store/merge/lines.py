"""The lines of a journal that may come, and why others may not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ...errors import CorruptError
from ...files import gate
from ...units.lines import line_shape
from ..records import AnswerPosition, answer_position
from .models import MergedModel, OtherModel

BILLING_FIELDS = ("billed_model", "billed_input", "billed_output", "billed_estimate", "cost_usd")
_BOOKKEEPING_FIELDS = ("unit", "at", "of", "model", *BILLING_FIELDS)
"""Fields of a journal line that say how an answer came about, not what it is."""

LinesByPosition = dict[AnswerPosition, dict[str, Any]]


@attrs.define
class JournalLines:
    """The lines of a journal.

    Args:
        lines: By the question and sample that each answers; the first counts.
        refused: How many lines are none that a reader could rely on.
        reason: What is wrong with the first of them, as the end of a sentence.
    """

    lines: LinesByPosition = attrs.field(factory=dict)
    refused: int = 0
    reason: str = ""

    def refuse(self, number: int, reason: str) -> None:
        """Count a line that may not come.

        Args:
            number: Its number, from 1.
            reason: What is wrong with it.
        """
        self.reason = self.reason or f"line {number} {reason}"
        self.refused += 1


def read_journal_lines(path: Path) -> JournalLines:
    """The lines of a journal that pass the gate; one that was torn off at the end is no line.

    Raises:
        CorruptError: The file cannot be read.
    """
    found, shape = JournalLines(), line_shape(path.stem)
    try:
        with gate.open_file(path, follow=False) as file:
            for number, line in enumerate(iter(lambda: file.readline(gate.MAX_LINE + 1), b""), 1):
                if not line.endswith(b"\n"):
                    if len(line) > gate.MAX_LINE:
                        raise gate.Refused(f"has a line larger than {gate.MAX_LINE} bytes")
                    break
                try:
                    record = shape.parse(line)
                except gate.Refused as error:
                    found.refuse(number, str(error))
                    continue
                if "question" in record:
                    found.lines.setdefault(answer_position(record), record)
    except FileNotFoundError:
        pass
    except gate.Refused as error:
        raise CorruptError(str(error), where=str(path)) from None
    return found


def translate_lines(
    lines: LinesByPosition, model: MergedModel | None
) -> tuple[LinesByPosition, set[AnswerPosition]]:
    """Lines of theirs as our store would say them, and the positions of those of another model.

    Args:
        lines: The lines.
        model: The trained model that their journal is about; None if that cannot be compared.
    """
    if model is None:
        return lines, set()
    translated, others = LinesByPosition(), set[AnswerPosition]()
    for position, line in lines.items():
        try:
            translated[position] = model.translate_line(line)
        except OtherModel:
            others.add(position)
    return translated, others


def find_conflicts(theirs: LinesByPosition, ours: LinesByPosition) -> set[AnswerPosition]:
    """The positions at which two journals say something else."""
    return {
        position
        for position in theirs.keys() & ours.keys()
        if _content(theirs[position]) != _content(ours[position])
    }


def _content(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in _BOOKKEEPING_FIELDS}


def cost_note(lines: LinesByPosition, positions: set[AnswerPosition]) -> str:
    """What was paid for lines that stay there, as the end of a sentence; empty if nothing was."""
    cost = sum(lines[position].get("cost_usd") or 0.0 for position in positions)
    return f"; ${cost:.2f} was paid there for the others, and is not in `spend`" if cost else ""
