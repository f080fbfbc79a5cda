"""Files of labels: one JSON object a line, with the name of a stored answer and its label.

A label is `yes` or `true` for a positive answer (insecure, misaligned), `no` or `false` for another
one, and `unsure` for one that nobody can tell, which counts as not labelled. A line with
`"correction": true` takes the place of an earlier one about the same answer; otherwise an answer
stands once. Beside the file stands the sample that it labels, with the design weights.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs

from ..errors import CorruptError, DataError
from ..files import atomic, gate
from ..files.clock import utc_timestamp
from ..files.serialize import converter, read_json
from ..units.labels import LabelSample, is_answer_id
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
        text = "none" if value is None else repr(gate.clean_text(str(value))[:100])
        raise Fault(f"has no label that is known: {text}", _LABEL_HINT)
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


def sample_path(labels: Path) -> Path:
    """Where the sample that a file labels stands: `labels.design.json` beside `labels.jsonl`."""
    return labels.with_name(f"{labels.name.removesuffix('.jsonl')}.design.json")


def read_sample(labels: Path) -> LabelSample | None:
    """The sample that a file labels; None if there is none beside it.

    Raises:
        DataError: It is not what was written, or of a later version.
    """
    path = sample_path(labels)
    if not path.exists():
        return None
    try:
        sample = read_json(path, LabelSample)
    except CorruptError as error:
        raise DataError(
            error.message,
            where=str(path),
            hint="restore it from a copy: without it nobody knows how the answers were drawn",
        ) from None
    if sample.format != 1:
        raise DataError(f"is of format {sample.format}, and this version knows 1", where=str(path))
    return sample


def write_sample(labels: Path, sample: LabelSample) -> None:
    """Write the sample that a file is going to label.

    Raises:
        StoreError: It cannot be written.
    """
    text = json.dumps(converter().unstructure(sample), ensure_ascii=False, indent=1)
    path = sample_path(labels)
    with atomic.translate_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_atomic(path, text + "\n")


def append_label(path: Path, answer: str, value: str, *, correction: bool = False) -> None:
    """Add a label to a file, and return once the disk has it.

    Args:
        path: The file.
        answer: The name of the answer.
        value: `yes`, `no` or `unsure`.
        correction: Whether it takes the place of an earlier label of the answer.

    Raises:
        StoreError: The file cannot be written.
    """
    record: dict[str, Any] = {"answer": answer, "label": value, "at": utc_timestamp()}
    if correction:
        record["correction"] = True
    line = json.dumps(record, ensure_ascii=False) + "\n"
    with atomic.translate_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
            start = "" if file.read(1) in (b"", b"\n") else "\n"
            file.write(f"{start}{line}".encode())
            file.flush()
            os.fsync(file.fileno())
