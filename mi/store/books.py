"""The books of a store: everything that its records say was paid, as one sum.

The sum is read from the records themselves: the journals, which have the cost of each answer, and
the trainings, each with its archived ones. A line is written before anything else is done with its
answer, so the sum holds whatever was killed and whenever. It equals that of the view `spend`.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import attrs

from ..units.unit import Train
from .base import Store
from .checksums import RECORD_FILE
from .layout import JOURNALS, RETIRED, UNITS

_COST = re.compile(rb'"cost_usd": ([-+.0-9eE]+)[,}]')
"""The cost in a line. Inside a text the quotes would be escaped, so no text can look like it."""


@attrs.define
class _JournalSum:
    """How much of a journal was summed, and the sum in US dollars."""

    version: tuple[int, int, int]
    size: int = 0
    cost: float = 0.0


@attrs.define
class StoreBooks:
    """Sums what the records of a store say was paid. A later sum reads only what is new.

    Args:
        store: The store.
        _journals: The sums of journals, by path.
        _trainings: Version and cost of published trainings, by key.
        _archived: The costs of archived trainings, by the path of the record.
    """

    store: Store
    _journals: dict[str, _JournalSum] = attrs.field(factory=dict)
    _trainings: dict[str, tuple[str, float]] = attrs.field(factory=dict)
    _archived: dict[str, float] = attrs.field(factory=dict)

    def total(self) -> float:
        """What was paid, in US dollars.

        Raises:
            StoreError: The store does not answer.
        """
        self.store.refresh()
        archive = self.store.root / RETIRED
        journals = {
            str(path): self._journal_cost(path)
            for pattern in (f"{JOURNALS}/*.jsonl", f"{RETIRED}/*/{JOURNALS}/*.jsonl")
            for path in self.store.root.glob(pattern)
        }
        prefix = f"{Train.kind}-"
        trainings = [
            self._training_cost(key, version)
            for key, version in self.store.published_versions()
            if key.startswith(prefix)
        ]
        archived = [
            self._archived_cost(path) for path in archive.glob(f"*/{UNITS}/{prefix}*/{RECORD_FILE}")
        ]
        return math.fsum((*journals.values(), *trainings, *archived))

    def _journal_cost(self, path: Path) -> float:
        """The cost of the complete lines of a journal."""
        with suppress(FileNotFoundError), path.open("rb") as file:
            facts = os.fstat(file.fileno())
            version = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
            known = self._journals.get(str(path))
            if known is None or known.version[0] != facts.st_ino or known.size > facts.st_size:
                known = _JournalSum(version)  # another file has this name now
                known.version = (facts.st_ino, -1, -1)
            if known.version != version:
                file.seek(known.size)
                for line in _complete_lines(file):
                    known.size += len(line)
                    known.cost += _line_cost(line)
                known.version = version
            self._journals[str(path)] = known
            return known.cost
        return 0.0

    def _training_cost(self, key: str, version: str) -> float:
        if self._trainings.get(key, ("", 0.0))[0] != version:
            self._trainings[key] = version, _record_cost(self.store.record_dir(key) / RECORD_FILE)
        return self._trainings[key][1]

    def _archived_cost(self, path: Path) -> float:
        if str(path) not in self._archived:
            self._archived[str(path)] = _record_cost(path)
        return self._archived[str(path)]


def _complete_lines(file: IO[bytes]) -> Iterator[bytes]:
    for line in file:
        if line.endswith(b"\n"):
            yield line


def _line_cost(line: bytes) -> float:
    match = _COST.search(line)
    return _valid_cost(float(match[1])) if match else 0.0


def _record_cost(path: Path) -> float:
    """The cost in the record of a training; 0 if the record cannot be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return _valid_cost(json.loads(path.read_text("utf-8"))["outcome"].get("cost_usd"))
    return 0.0


def _valid_cost(cost: object) -> float:
    """A cost, or 0 for what cannot be one: it must not make room for anything else."""
    is_number = isinstance(cost, (int, float)) and not isinstance(cost, bool)
    return float(cost) if is_number and 0 <= cost < math.inf else 0.0  # type: ignore[operator, arg-type]
