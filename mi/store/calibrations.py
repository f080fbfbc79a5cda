"""Calibrations: labels of stored answers, by which a judge's errors are known.

A calibration is written once and never changed. Its name is the sha256 of its file, as that of a
registration. It holds the labels and how they were drawn, and no number: what follows from them is
computed from the stored scores, so answers that are scored later are corrected too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from ..errors import CorruptError
from ..files import atomic, gate
from ..files.serialize import converter, from_json
from ..units.identity import digest
from ..units.labels import LabelDesign, is_answer_id, judge_name
from .layout import CALIBRATIONS, StoreLayout, list_names

_LOGGER = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class CalibrationRecord:
    """Labels by which a judge is calibrated.

    Args:
        judge: The judge, as it stands in the payload of an eval.
        metric: The metric that is 1 for a positive verdict.
        labels: Answer (`JOURNAL/QUESTION/SAMPLE`) → whether it is labelled positive.
        design: How the labelled answers were drawn; None: nobody says.
        source: The name of the file that the labels came in.
        time: When it was stored, in UTC.
        commit: The git commit of the project; None outside a repository.
        host: The name of the machine.
        format: Version of this record.
    """

    judge: dict[str, Any]
    metric: str
    labels: dict[str, bool]
    design: LabelDesign | None
    source: str
    time: str
    commit: str | None
    host: str
    format: int = 1

    @property
    def identity(self) -> str:
        """What is stored once: the judge and the labels with their design."""
        values = converter().unstructure(self)
        names = ("judge", "metric", "labels", "design")
        return digest(json.dumps({name: values[name] for name in names}, sort_keys=True))

    @property
    def judge_name(self) -> str:
        """The model that judges, or the kind of judge: `openai:gpt-4o-2024-08-06`, `Bandit`."""
        return judge_name(self.judge)

    @property
    def text(self) -> str:
        """The content of its file."""
        return json.dumps(converter().unstructure(self), ensure_ascii=False, indent=1) + "\n"

    @property
    def name(self) -> str:
        """The sha256 of its file, which is its name."""
        return digest(self.text)


@attrs.frozen
class CalibrationFiles:
    """The calibrations below the root of a store on this machine."""

    layout: StoreLayout

    def save(self, record: CalibrationRecord) -> str:
        """Write a calibration, unless an intact one of its name exists. Returns its name."""
        name, text = record.name, record.text
        self.layout.ensure_dir(CALIBRATIONS)
        path = self.layout.calibration_file(name)
        if not path.exists() or path.read_bytes() != text.encode():
            atomic.write_atomic(path, text)
        return name

    def names(self) -> list[str]:
        """The names of all calibrations, damaged ones included."""
        files = list_names(self.layout.root / CALIBRATIONS)
        return sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))

    def read_all(self) -> dict[str, CalibrationRecord]:
        """The intact calibrations by name, oldest first."""
        return dict(sorted(self._readable(), key=lambda item: (item[1].time, item[0])))

    def faults(self) -> dict[str, str]:
        """The damaged calibrations by name, and what is wrong with each."""
        faults = {}
        for name in self.names():
            try:
                read_calibration(self.layout.calibration_file(name))
            except CorruptError as error:
                faults[name] = error.message
        return faults

    def _readable(self) -> Iterator[tuple[str, CalibrationRecord]]:
        for name in self.names():
            try:
                yield name, read_calibration(self.layout.calibration_file(name))
            except CorruptError as error:
                _LOGGER.warning("a calibration is left out: %s", error)


def read_calibration(path: Path) -> CalibrationRecord:
    """The calibration in a file.

    Raises:
        CorruptError: The file is not what was written, or of a later version.
    """
    try:
        content = gate.read_file(path)
        if digest(content) == path.stem:
            gate.parse_object(content, gate.MAX_RECORD)
    except FileNotFoundError:
        raise CorruptError("cannot be read (No such file or directory)", where=str(path)) from None
    except gate.Refused as error:
        raise CorruptError(str(error), where=str(path)) from None
    if digest(content) != path.stem:
        raise CorruptError(
            "is not what was written: its name is the sha256 of its content",
            where=str(path),
            hint="restore it from a copy, or run `mi calibrate` with its labels again",
        )
    record = from_json(content, CalibrationRecord, path)
    if problem := _problem(record):
        raise CorruptError(problem, where=str(path))
    return record


def _problem(record: CalibrationRecord) -> str | None:
    """What is wrong with a record whose fields have the right types."""
    if record.format != 1:
        return f"is of format {record.format}, and this version knows 1"
    if not record.labels:
        return "holds no label"
    for answer in record.labels:
        if not is_answer_id(answer):
            return f"holds a label of {gate.clean_text(answer)[:100]!r}, which names no answer"
    return gate.timestamp(record.time) and "has a time that is none"
