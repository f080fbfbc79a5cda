"""What a store records of a unit: its state, and why it failed or how it was made.

The classes below are written to disk as JSON objects with one key per field. A field whose name on
disk differs declares it with `stored_as`; stored names never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

from ..files import gate
from ..files.seal import Seal
from ..files.serialize import omit_default, stored_as
from ..units.journals import ANSWERS, JUDGMENTS, LIKELIHOODS

FAILURE_FILE = "failure.json"
BEGUN_FILE = "begun.json"

_TEXTLESS = frozenset({"refusal", "filtered", "empty"})
"""Outcomes of answers without text, on which no judge model gives a verdict."""

AnswerPosition = tuple[str, int]
"""The question that a line of a journal answers, and the number of the sample."""


class State(Enum):
    """The state of a unit in a store."""

    TODO = "todo"
    DONE = "done"
    FAILED = "failed"
    CORRUPT = "corrupt"


_OUTCOME = gate.Shape(
    noun="an outcome",
    required={},
    allowed={
        "file": gate.path_name,
        "source": gate.text,
        "model": gate.text,
        "job": gate.text,
        "loss": gate.number,
        "seconds": gate.amount,
        "cost_usd": gate.amount,
        "outcomes": gate.map_of(gate.text, gate.count),
        **dict.fromkeys(("rows", "steps", "tokens", "trained_tokens", "billed_tokens"), gate.count),
    },
)
_BEGUN = gate.Shape(
    noun="the record of a unit",
    required={
        "key": gate.path_name,
        "kind": gate.path_name,
        "payload": gate.json_value,
        "journals": gate.map_of(gate.text, gate.path_name),
    },
    allowed={"model_digest": gate.path_name},
    is_open=False,
)
_FINISHED = gate.Shape(
    noun="the record of a unit",
    required={
        "outcome": _OUTCOME.as_check(),
        "run": gate.path_name,
        "finished": gate.timestamp,
        "seconds": gate.amount,
    },
    allowed={
        "scoring": gate.count,
        "scored": gate.timestamp,
        "model_aliases": gate.list_of(gate.path_name),
    },
    is_open=False,
)


def _check_fields(record: BegunRecord, shape: gate.Shape) -> None:
    """Check the fields of a record that end in paths, sums and tables.

    Raises:
        Refused: One of them is not what it must be.
    """
    fields = {name: getattr(record, name) for name in (*shape.required, *shape.allowed)}
    if problem := shape.problem(fields):
        raise gate.Refused(problem)


@attrs.frozen
class JournalNeed:
    """The lines of a journal that an eval was scored from.

    Args:
        journal: The journal's name.
        size: How many bytes it had.
        digest: sha256 of these bytes; empty in evals of a version that did not record it, which
            need the journal to exist.
    """

    journal: str
    size: int = 0
    digest: str = ""


@attrs.frozen
class UnitSummary:
    """What a published unit took.

    Args:
        seconds: Wall time of the attempt that finished it.
        cost_usd: US dollars.
        loss: The last training loss; None for other units.
        scoring: The version of the rules that its scores were made with; 1 for other units.
        journals: What it was scored from.
    """

    seconds: float
    cost_usd: float = 0.0
    loss: float | None = None
    scoring: int = 1
    journals: tuple[JournalNeed, ...] = ()


@attrs.frozen
class UnitStatus:
    """A unit's state in the store.

    Args:
        state: Its state.
        detail: For a failed or corrupt unit, what is wrong with it; for one that is done, what is
            wrong with its journals.
        permanent: Whether a failed unit would fail the same way again.
        summary: What a published unit took.
        unsettled: What is in its journals that does not belong there, if it is done.
    """

    state: State
    detail: str = ""
    permanent: bool = False
    summary: UnitSummary | None = None
    unsettled: str = ""


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
        model_digest: Digest of the trained model that an eval samples or a training continues. None
            without one, and in records made before this was known.
    """

    key: str
    kind: str
    title: str
    setting: str
    payload: dict[str, Any]
    journals: dict[str, str]
    model_digest: str | None = attrs.field(default=None, metadata=stored_as("of"))

    def __attrs_post_init__(self) -> None:
        _check_fields(self, _BEGUN)

    @property
    def training_key(self) -> str | None:
        """The training that an eval or a replay is about, or that a training continues; else None.

        Evals of the untrained model have no subject, and neither have mixes.
        """
        names = ("subject", "training", "continues")
        subject = next((self.payload[name] for name in names if name in self.payload), None)
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
        seals: Role → what the journal held when the answers were scored. Records of earlier
            versions have none.
        files: The names of the unit's files but this one and their checksums, sorted.
        model_aliases: Digests by which evals of earlier publications of a training call the model
            that it produced again (`mi.store.model_identity`).
    """

    scheme: int
    outcome: dict[str, Any]
    run: str
    finished: str
    seconds: float
    scoring: int = attrs.field(default=1, metadata=omit_default())
    scored: str | None = attrs.field(default=None, metadata=omit_default())
    seals: dict[str, Seal] = attrs.field(factory=dict, metadata=omit_default())
    files: list[str] = attrs.field(factory=list, metadata=omit_default())
    model_aliases: list[str] = attrs.field(factory=list, metadata=omit_default())

    @property
    def journal_needs(self) -> tuple[JournalNeed, ...]:
        """The lines that an eval was scored from."""
        if self.seals:
            return tuple(
                JournalNeed(self.journals[role], seal.size, seal.digest)
                for role, seal in self.seals.items()
                if role in self.journals
            )
        outcomes = self.outcome.get("outcomes") or {}
        is_judged = not _TEXTLESS.issuperset(outcomes)
        roles = (role for role in self.journals if self.outcome.get("scores"))
        return tuple(
            JournalNeed(self.journals[role])
            for role in roles
            if role in (ANSWERS.prefix, LIKELIHOODS.prefix)
            or (JUDGMENTS.has_role(role) and is_judged)
        )

    def __attrs_post_init__(self) -> None:
        BegunRecord.__attrs_post_init__(self)
        _check_fields(self, _FINISHED)


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
