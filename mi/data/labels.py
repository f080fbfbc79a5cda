"""Files of labels: one JSON object a line, with the name of a stored answer and its label.

A label is `yes` or `true` for a positive answer (insecure, misaligned), `no` or `false` for another
one, and `unsure` for one that nobody can tell, which counts as not labelled. A line with
`"correction": true` takes the place of an earlier one about the same answer; otherwise an answer
stands once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from ..errors import DataError
from ..files import gate
from ..units.labels import is_answer_id
from .faults import Fault
from .jsonl import parse_lines

YES, NO, UNSURE = "yes", "no", "unsure"
_VALUES: dict[Any, bool | None] = {YES: True, NO: False, UNSURE: None, True: True, False: False}
_LABEL_HINT = "write yes, no or unsure"


@attrs.frozen(kw_only=True)
class AnswerLabel:
    """A label of an answer.

    Args:
        answer: `JOURNAL/QUESTION/SAMPLE`.
        is_positive: The label; None: unsure.
        line: Where it stands in its file, from 1.
    """

    answer: str
    is_positive: bool | None
    line: int


def read_labels(path: Path) -> dict[str, AnswerLabel]:
    """The labels of a file by answer, in the order of their lines.

    Raises:
        DataError: The file cannot be read or is empty, or lines cannot be used: those that are no
            label, or label an answer again; counts them and shows the first.
    """
    try:
        raw = gate.read_file(path)
    except FileNotFoundError:
        raise DataError(
            "there is no such file",
            where=str(path),
            hint="`mi label EXPERIMENT --labels FILE` writes one",
        ) from None
    except gate.Refused as error:
        raise DataError(str(error), where=str(path)) from None
    labels: dict[str, AnswerLabel] = {}
    parse_lines(raw, str(path), lambda line, record: _add(labels, line, record))
    return labels


def _add(labels: dict[str, AnswerLabel], line: int, record: dict[str, Any]) -> None:
    """Add the label of a line.

    Raises:
        Fault: It is none, or its answer has one.
    """
    answer, value = record.get("answer"), record.get("label")
    if not isinstance(answer, str):
        raise Fault("has no `answer`", 'write "answer": "JOURNAL/QUESTION/SAMPLE"')
    if not is_answer_id(answer):
        raise Fault(
            f"names no answer: {gate.clean_text(answer)[:100]!r}",
            "an answer is named JOURNAL/QUESTION/SAMPLE, as `mi label` writes it",
        )
    if isinstance(value, str):
        value = value.strip().lower()
    if not isinstance(value, str | bool) or value not in _VALUES:
        found = "none" if value is None else repr(gate.clean_text(str(value))[:100])
        raise Fault(f"has no label that is known: {found}", _LABEL_HINT)
    label = AnswerLabel(answer=answer, is_positive=_VALUES[value], line=line)
    earlier = labels.get(answer)
    if earlier is not None and record.get("correction") is not True:
        if earlier.is_positive == label.is_positive:
            raise Fault(f"labels the answer of line {earlier.line} again", "remove one of them")
        raise Fault(
            f"contradicts line {earlier.line}, which labels the same answer otherwise",
            'remove one of them, or add "correction": true to the line that counts',
        )
    labels[answer] = label
