"""The log of an eval's batches, `batches.jsonl`.

A batch is `intent` before it is created, with its name, `created` with its id, and `fetched` when
its answers were taken over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from ...files import journal
from ..launch import entry_age

BATCH_LOG = "batches.jsonl"


@attrs.frozen
class BegunBatch:
    """A batch whose creation was begun, and of which no id was logged.

    Args:
        name: The batch's name, in its metadata.
        owner: Fingerprint of the account.
        age: Seconds since the last attempt.
    """

    name: str
    owner: str
    age: float


def unfetched_batches(log: Path) -> dict[str, str | None]:
    """Batches whose answers were not fetched, with their owner's fingerprint where it is known."""
    entries = list(journal.read_records(log))
    fetched = {entry["batch"] for entry in entries if entry["event"] == "fetched"}
    return {
        entry["batch"]: entry.get("account")
        for entry in entries
        if entry["event"] == "created" and entry["batch"] not in fetched
    }


def begun_batches(log: Path) -> list[BegunBatch]:
    """Batches that may exist although no id of theirs was logged, the last begun first.

    Their creation failed, or the run ended just then. One that was followed by another batch was
    looked for before that was created.
    """
    begun: dict[str, dict[str, Any]] = {}
    for entry in reversed(list(journal.read_records(log))):
        if entry["event"] != "intent":
            break
        begun.setdefault(entry["name"], entry)
    return [BegunBatch(name, entry["account"], entry_age(entry)) for name, entry in begun.items()]
