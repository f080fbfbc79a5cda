"""Published units that were checked, remembered: what has not changed since is not hashed again.

Hashing every file of a hundred thousand units for each plan would take minutes. So a folder that
was found whole is remembered with a stamp of its files: names, sizes, and the times of their last
change, of which the system keeps one that no program can set back. A folder with another stamp is
hashed again; so is one that changed within moments of being looked at, for a clock that ticks every
few milliseconds cannot tell such changes apart. What a unit reads is hashed each time all the same
(`mi.doing`), and `mi doctor` hashes everything: a disk that forgets changes no time.

Beside the stamp stands what a plan tells of a done unit, so that no record is read for it. The
memory is a file in the store that may be lost or thrown away at any time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from . import journal, whole
from .identity import digest
from .plan import Done, Known, State

FILE = "checked.json"
_RACY_NS = 2_000_000_000
_DIGITS = 16


@attrs.define
class Checked:
    """What is remembered: key → stamp, seconds, US dollars, loss.

    Use it by `remembering`, which keeps what was learnt.
    """

    _facts: dict[str, list[Any]]
    _learnt: bool = False

    def look(self, folder: Path) -> Known:
        """The state of a published unit: done, or damaged and how."""
        stamp, changed = stamped(folder)
        there = self._facts.get(folder.name)
        if there is not None and there[0] == stamp:
            return Known(State.DONE, done=Done(*there[1:]))
        if fault := whole.fault(folder):
            return Known(State.CORRUPT, fault)
        done = _told(folder)
        if time.time_ns() - changed > _RACY_NS:
            self._facts[folder.name] = [stamp, done.seconds, done.cost_usd, done.loss]
            self._learnt = True
        return Known(State.DONE, done=done)


@contextmanager
def remembering(store: Path) -> Iterator[Checked]:
    """What was checked in a store before; what is checked now is remembered too."""
    path = store / FILE
    checked = Checked(_read(path))
    yield checked
    if checked._learnt:
        aside = journal.aside(path)
        with suppress(OSError):  # a store that cannot be written is hashed again the next time
            aside.write_text(json.dumps(checked._facts), encoding="utf-8")
            os.replace(aside, path)


def stamped(folder: Path) -> tuple[str, int]:
    """A text that differs when a file of the folder does, and when one last changed (ns)."""
    lines, newest, open_ = [], 0, [str(folder)]
    for path in open_:
        with suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    open_.append(entry.path)
                    continue
                facts = entry.stat()
                newest = max(newest, facts.st_ctime_ns)
                lines.append(
                    f"{entry.path} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns}"
                )
    start = len(str(folder))
    return digest("\n".join(sorted(line[start:] for line in lines)))[:_DIGITS], newest


def _told(folder: Path) -> Done:
    record = json.loads((folder / whole.RECORD).read_text(encoding="utf-8"))
    outcome = record["outcome"]
    return Done(
        seconds=record["seconds"],
        cost_usd=outcome.get("cost_usd") or 0.0,
        loss=outcome.get("loss"),
    )


def _read(path: Path) -> dict[str, list[Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
