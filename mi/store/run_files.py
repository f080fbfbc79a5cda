"""What runs selected and did: the files below `runs/` and `cells/`.

These are plain files on this machine. A folder store writes them in place; a shared store writes
its own copies elsewhere and reads the files that it has downloaded.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import attrs

from ..errors import CorruptError
from ..files import atomic, gate, journal
from ..units.identity import digest
from .layout import ATTEMPTS_FILE, CELLS, RUN_FILE, RUNS, StoreLayout, list_names
from .records import UnitRecord

_APPEND_LOCK = threading.Lock()
_log = logging.getLogger(__name__)


AttemptEvent = TypedDict(  # noqa: UP013 - "at" is a stored key, and no name for a field
    "AttemptEvent",
    {
        "run": NotRequired[str],
        "unit": str,
        "event": str,
        "at": str,
        "seconds": NotRequired[float],
        "message": NotRequired[str],
    },
)
"""One line of `attempts.jsonl`: what a run did with a unit, and when. The file says which run it
was; `run` is added when events of several runs are read together."""


class RunRecord(TypedDict):
    """The content of `run.json`: where a run came from, what it selected and how it ended.

    `registrations` names those that the store held before the run's first unit. Runs of earlier
    versions lack it, and their selections count as registrations.
    """

    run: str
    provenance: dict[str, Any]
    model: str
    experiments: list[str]
    selection: str
    outcome: str
    ended: NotRequired[str | None]
    registrations: NotRequired[list[str]]


class SelectionHeader(TypedDict):
    """The declarations behind a selection, in the words they had when they were run."""

    experiments: list[dict[str, Any]]
    evals: list[dict[str, Any]]


class SelectedCell(TypedDict):
    """One cell of a selection; it also holds the cell's own fields, such as its seed.

    Args:
        units: Role → key of the unit.
    """

    cell: str
    experiment: str
    setting: str
    model: str
    data: str
    units: dict[str, str]


_ATTEMPT = gate.Shape(
    noun="an event",
    required={"unit": gate.path_name, "event": gate.text, "at": gate.timestamp},
    allowed={"run": gate.path_name, "seconds": gate.amount, "message": gate.text},
)
_RUN = gate.Shape(
    noun="the record of a run",
    required={
        "provenance": gate.Shape(
            noun="a provenance",
            required={"started": gate.timestamp, "argv": gate.list_of(gate.text)},
        ).as_check(),
        "model": gate.text,
        "experiments": gate.list_of(gate.text),
        "selection": gate.path_name,
    },
    allowed={"run": gate.path_name, "outcome": gate.text, "ended": gate.timestamp},
)
_CELL = gate.Shape(
    noun="a cell",
    required={
        "cell": gate.text,
        "experiment": gate.text,
        "setting": gate.text,
        "units": gate.map_of(gate.text, gate.path_name),
    },
    allowed={"model": gate.text, "data": gate.text},
)


@attrs.frozen
class RunFiles:
    """Reads and writes the records of runs below a root."""

    layout: StoreLayout

    def append_attempts(self, run: str, events: Sequence[AttemptEvent]) -> None:
        """Add to a run's `attempts.jsonl`; threads of this process take turns."""
        with _APPEND_LOCK:
            journal.append_records(self.layout.run_dir(run) / ATTEMPTS_FILE, events)

    def attempts(self, key: str, record: UnitRecord | None) -> list[AttemptEvent]:
        """Events of a unit in all runs, oldest run first.

        A run that is killed between publishing a unit and logging that it is done leaves no event.
        The unit's own record then supplies it.

        Args:
            record: The record of the unit if it is published.
        """
        events = [
            cast(AttemptEvent, {"run": path.parent.name, **line})
            for path in sorted((self.layout.root / RUNS).glob(f"*/{ATTEMPTS_FILE}"))
            for line in read_attempts(path)
            if line["unit"] == key
        ]
        if record is not None:
            last = {"run": record.run, "unit": key, "event": "done"}
            if not any(last.items() <= event.items() for event in events):
                times = {"at": record.finished, "seconds": record.seconds}
                events.append(cast(AttemptEvent, {**last, **times}))
        return sorted(events, key=lambda event: event["run"])

    def save_run(self, run: str, record: RunRecord) -> None:
        """Write `run.json`."""
        path = self.layout.ensure_dir(RUNS, run) / RUN_FILE
        atomic.write_atomic(path, run_json(record))

    def runs(self) -> list[RunRecord]:
        """The records of all runs, newest first. What is no record of a run is left out."""
        records = []
        for name in sorted(list_names(self.layout.root / RUNS), reverse=True):
            try:
                records.append(read_run(self.layout.run_dir(name) / RUN_FILE))
            except FileNotFoundError:
                continue
            except CorruptError as error:
                _log.info("%s", error)
        return records

    def save_selection(self, header: SelectionHeader, cells: Sequence[SelectedCell]) -> str:
        """Write a selection, unless the same one exists. Returns its name."""
        name, head, text = selection_files(header, cells)
        self.layout.ensure_dir(CELLS)
        if not self.layout.selection_header(name).exists():
            # The header last: a selection whose header exists is complete.
            atomic.write_atomic(self.layout.selection_cells(name), text)
            atomic.write_atomic(self.layout.selection_header(name), head + "\n")
        return name

    def load_selection(self, name: str) -> Iterator[SelectedCell]:
        """The cells of a selection.

        Raises:
            CorruptError: A line of it is damaged.
        """
        for line in journal.read_records(self.layout.selection_cells(name), _CELL):
            yield cast(SelectedCell, line)


def selection_files(header: SelectionHeader, cells: Sequence[SelectedCell]) -> tuple[str, str, str]:
    """The name of a selection, which is a digest of its content, and the texts of its two files.

    Args:
        header: The declarations.
        cells: The cells.
    """
    text = "".join(json.dumps(cell, ensure_ascii=False) + "\n" for cell in cells)
    head = json.dumps(header, ensure_ascii=False)
    return f"selection-{digest(head + text)[:16]}", head, text


def run_json(record: RunRecord) -> str:
    """The text of `run.json`."""
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def read_run(path: Path) -> RunRecord:
    """The record in a `run.json`.

    Raises:
        FileNotFoundError: There is no such file.
        CorruptError: It is not the record of a run.
    """
    try:
        return cast(RunRecord, _RUN.parse(gate.read_file(path), gate.MAX_RECORD))
    except gate.Refused as error:
        raise CorruptError(
            str(error), where=str(path), hint="restore it from a copy, or move it away"
        ) from None


def read_attempts(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a run, as far as they can be read: they explain, and decide nothing."""
    try:
        yield from journal.read_records(path, _ATTEMPT)
    except CorruptError as error:
        _log.info("%s", error)
