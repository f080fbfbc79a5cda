"""What done units took, remembered on this machine, so that a plan fetches no record twice."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from .. import journal
from ..errors import StoreError
from ..plan import Done, Known, State


@attrs.define
class Told:
    """Key → stamp, seconds, US dollars, loss."""

    path: Path
    _facts: dict[str, list[Any]] = attrs.field(init=False)
    _faults: dict[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        try:
            self._facts = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._facts = {}

    def has(self, key: str, stamp: str) -> bool:
        return key in self._facts and self._facts[key][0] == stamp

    def learn(self, key: str, stamp: str, found: Done | str) -> None:
        if isinstance(found, str):
            self._faults[key] = found
        else:
            self._facts[key] = [stamp, found.seconds, found.cost_usd, found.loss]

    def state(self, key: str) -> Known:
        if key in self._faults:
            return Known(State.CORRUPT, self._faults[key])
        return Known(State.DONE, done=Done(*self._facts[key][1:]))

    def keep(self) -> None:
        with suppress(OSError, StoreError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            aside = journal.aside(self.path)
            aside.write_text(json.dumps(self._facts), encoding="utf-8")
            os.replace(aside, self.path)
