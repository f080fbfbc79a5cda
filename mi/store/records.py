"""What a store records of a unit: its state, and why it failed or how it was made.

The classes below are written to disk as JSON objects with one key per field. A field whose name on
disk differs declares it with `stored_as`; stored names never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

from ..files.serialize import omit_default, stored_as

FAILURE_FILE = "failure.json"
BEGUN_FILE = "begun.json"

AnswerPosition = tuple[str, int]
"""The question that a line of a journal answers, and the number of the sample."""


class State(Enum):
    """The state of a unit in a store."""

    TODO = "todo"
    DONE = "done"
    FAILED = "failed"
    CORRUPT = "corrupt"


@attrs.frozen
class UnitSummary:
    """What a published unit took.

    Args:
        seconds: Wall time of the attempt that finished it.
        cost_usd: US dollars.
        loss: The last training loss; None for other units.
        scoring: The version of the rules that its scores were made with; 1 for other units.
    """

    seconds: float
    cost_usd: float = 0.0
    loss: float | None = None
    scoring: int = 1


@attrs.frozen
class UnitStatus:
    """A unit's state in the store.

    Args:
        state: Its state.
        detail: For a failed or corrupt unit, what is wrong with it.
        permanent: Whether a failed unit would fail the same way again.
        summary: What a published unit took.
    """

    state: State
    detail: str = ""
    permanent: bool = False
    summary: UnitSummary | None = None


@attrs.frozen(kw_only=True)
class BegunRecord:
    """What is recorded of a unit when a run starts work on it.

    Args:
        key: Its key.
        kind: `mix`, `train` or `eval`.
        title: Its name in messages.
        setting: The id of its setting.
        payload: The values its key is computed from, as plain JSON.
        journals: The journals it reads: role → name.
        model_digest: Digest of the trained model that an eval samples. None for the untrained
            model, for other units, and in records made before this was known.
    """

    key: str
    kind: str
    title: str
    setting: str
    payload: dict[str, Any]
    journals: dict[str, str]
    model_digest: str | None = attrs.field(default=None, metadata=stored_as("of"))

    @property
    def training_key(self) -> str | None:
        """The training whose model an eval samples; None for the untrained model and other units.

        Evals of the untrained model have no subject, and neither have mixes and trainings.
        """
        subject = self.payload.get("subject")
        return subject if isinstance(subject, str) else None


@attrs.frozen(kw_only=True)
class UnitRecord(BegunRecord):
    """The content of a published unit's `unit.json`.

    Args:
        scheme: Number of the identity scheme that its key follows.
        outcome: What the step reported, by name.
        run: The run that finished it.
        finished: When it was finished, in UTC.
        seconds: Wall time of the attempt that finished it.
        scoring: The version of the rules that an eval's scores were made with. It is no part of the
            key: newer rules score the stored answers again. Records from before this was stored
            lack it, which means 1.
        scored: When the answers were last scored, in UTC, if that was after the unit was finished.
    """

    scheme: int
    outcome: dict[str, Any]
    run: str
    finished: str
    seconds: float
    scoring: int = attrs.field(default=1, metadata=omit_default())
    scored: str | None = attrs.field(default=None, metadata=omit_default())


@attrs.frozen(kw_only=True)
class FailureRecord:
    """Why the last attempt at a unit failed.

    Args:
        run: The run that attempted it.
        time: When it failed, in UTC.
        message: The error.
        permanent: Whether another attempt would fail the same way.
    """

    run: str
    time: str = attrs.field(metadata=stored_as("at"))
    message: str
    permanent: bool = False


def answer_position(line: Mapping[str, Any]) -> AnswerPosition:
    """The question and sample number that a line of a journal answers."""
    return line["question"], line.get("sample", 0)
