"""Lines on their way into a journal: those that pass the gate, and those that are set aside.

A line that is refused was paid for all the same. It goes to `retired/refused/`, in the form in
which archived journals say what was paid, so the books stay whole and its text stays readable.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ..files import gate
from ..files.clock import utc_timestamp
from ..files.journal import encode_line
from ..units.lines import line_shape
from .layout import JOURNALS, RETIRED

_log = logging.getLogger(__name__)

_BILLING: Mapping[str, gate.Check] = {
    "unit": gate.path_name,
    "at": gate.timestamp,
    "billed_model": gate.text,
    "billed_input": gate.count,
    "billed_output": gate.count,
    "cost_usd": gate.amount,
}
_SHOWN = 2000
"""Characters of a refused line that are kept."""


@attrs.frozen
class RefusedLine:
    """A line that a journal does not take.

    Args:
        record: What it says; None if that cannot be read.
        text: The line.
        reason: Why it is refused, as the end of a sentence.
        is_copy: Whether the journal has the very same line, so that it was paid for but once.
    """

    record: Mapping[str, Any] | None
    text: str
    reason: str
    is_copy: bool = False

    def to_json(self) -> dict[str, Any]:
        """The line as the archive keeps it: what was paid, the reason, and how the line begins."""
        billing = {
            name: value
            for name, check in _BILLING.items()
            if not self.is_copy
            and (value := (self.record or {}).get(name)) is not None
            and check(value) is None
        }
        return {
            "at": utc_timestamp(),
            **billing,
            "refused": gate.clean_text(self.reason),
            "line": gate.clean_text(self.text[:_SHOWN]),
        }


@attrs.frozen
class CheckedLines:
    """Lines for a journal.

    Args:
        passed: The records that pass.
        lines: The same as lines.
        refused: The others.
    """

    passed: Sequence[Any]
    lines: Sequence[bytes]
    refused: Sequence[RefusedLine]


def check_lines(journal: str, records: Sequence[Any]) -> CheckedLines:
    """Check records before they are written.

    Args:
        journal: The name of the journal, which says what its lines look like.
        records: What is to be written, from whatever source.
    """
    shape = line_shape(journal)
    passed: list[Any] = []
    lines: list[bytes] = []
    refused = []
    for record in records:
        problem = "is not an object"
        if type(record) is dict or isinstance(record, Mapping):
            problem = shape.problem(record) or ""
            if not problem:
                line = encode_line(record)
                if len(line) <= gate.MAX_LINE:
                    passed.append(record)
                    lines.append(line)
                    continue
                problem = f"is larger than {gate.MAX_LINE} bytes"
        refused.append(_refuse(record, problem))
        _log.warning("%s: a line %s; it is set aside", journal, problem)
    return CheckedLines(passed, lines, refused)


def _refuse(record: Any, reason: str) -> RefusedLine:
    try:
        text = json.dumps(record, default=repr)
    except (TypeError, ValueError, RecursionError):
        text = repr(type(record))
    return RefusedLine(record if isinstance(record, Mapping) else None, text, reason)


def refused_file(journal: str, part: int | None = None) -> str:
    """The file in a store that holds what a journal refused.

    Args:
        journal: The name of the journal.
        part: Its number, where a file cannot be appended to.
    """
    suffix = "" if part is None else f".{part:08}"
    return f"{RETIRED}/refused/{JOURNALS}/{journal}.refused{suffix}.jsonl"
