"""What a store says of a unit: its state, and the record of one that is done, begun or failed."""

from __future__ import annotations

from enum import Enum
from typing import Any

import attrs

FAILURE_FILE = "failure.json"
BEGUN_FILE = "begun.json"


class State(Enum):
    """What the store holds of a unit."""

    TODO = "todo"
    DONE = "done"
    FAILED = "failed"
    CORRUPT = "corrupt"


@attrs.frozen
class UnitSummary:
    """What a done unit took: seconds and US dollars, and a training's last loss."""

    seconds: float
    cost_usd: float = 0.0
    loss: float | None = None


@attrs.frozen
class UnitStatus:
    """A unit's state in the store, and for a failure or a damage what was wrong.

    Args:
        permanent: The failure is one that trying again would meet again.
        done: What it took, where it is done.
    """

    state: State
    detail: str = ""
    permanent: bool = False
    summary: UnitSummary | None = None


@attrs.frozen(kw_only=True)
class BegunRecord:
    """What is known of a unit before it is done.

    Args:
        payload: What its key was made from, as plain values.
        journals: Journals it is made from: role → name.
        of: Digest of the trained model that it is of; None where there is none, or it is not known.
    """

    key: str
    kind: str
    title: str
    setting: str
    payload: dict[str, Any]
    journals: dict[str, str]
    of: str | None = None

    @property
    def training_key(self) -> str | None:
        """The training whose model an eval is of; None for the untrained model, and other units."""
        found = self.payload.get("subject")
        return found if isinstance(found, str) else None


@attrs.frozen(kw_only=True)
class UnitRecord(BegunRecord):
    """What a published unit says of itself.

    Args:
        outcome: What the step reported, by name.
        run: The run that finished it.
        seconds: Wall time of the attempt that finished it.
    """

    scheme: int
    outcome: dict[str, Any]
    run: str
    finished: str
    seconds: float


@attrs.frozen(kw_only=True)
class FailureRecord:
    """Why a unit failed the last time, and whether trying again would meet the same."""

    run: str
    at: str
    message: str
    permanent: bool = False
