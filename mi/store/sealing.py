"""From a working directory to a unit that can be published: its record and its checksums."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ..errors import CorruptError
from ..files import atomic, gate, secrets
from ..files.clock import utc_timestamp
from ..files.seal import Seal
from ..files.serialize import to_json
from ..units.identity import SCHEME, json_form
from ..units.unit import Mix, Unit
from . import checksums
from .checksums import RECORD_FILE
from .records import BEGUN_FILE, FAILURE_FILE, BegunRecord, UnitRecord


def write_begun(
    directory: Path, unit: Unit, journals: Mapping[str, str], model_digest: str | None
) -> None:
    """Write `begun.json`, which says which unit a working directory belongs to.

    Args:
        directory: The unit's working directory.
        unit: The unit.
        journals: Role → name of the journals it reads.
        model_digest: Digest of the trained model that an eval samples.

    Raises:
        StoreError: The file cannot be written.
    """
    record = BegunRecord(
        key=unit.key,
        kind=unit.kind,
        title=unit.title,
        setting=unit.setting,
        payload=json_form(unit.payload),
        journals=dict(journals),
        model_digest=model_digest,
    )
    atomic.write_atomic(directory / BEGUN_FILE, to_json(record) + "\n")


def published_record(
    unit: Unit,
    run: str,
    outcome: Mapping[str, Any],
    seconds: float,
    journals: Mapping[str, str],
    model_digest: str | None,
    scoring: int,
    seals: Mapping[str, Seal],
) -> UnitRecord:
    """The record of a unit that a run has just finished.

    Args:
        unit: The unit.
        run: The run that finished it.
        outcome: What its step reported, as JSON values.
        seconds: Wall time of this attempt.
        journals: Role → name of the journals it read.
        model_digest: Digest of the trained model that an eval sampled.
        scoring: The version of the rules that an eval's scores were made with.
        seals: Role → what the journal holds.

    Raises:
        CorruptError: The step reported something that no reader could rely on.
    """
    loss = outcome.get("loss")
    if isinstance(loss, float) and not math.isfinite(loss):  # a training that diverged
        outcome = {**outcome, "loss": None}
    try:
        return UnitRecord(
            key=unit.key,
            kind=unit.kind,
            scheme=SCHEME,
            title=unit.title,
            setting=unit.setting,
            payload=json_form(unit.payload),
            outcome=dict(outcome),
            journals=dict(journals),
            model_digest=model_digest,
            run=run,
            finished=utc_timestamp(),
            seconds=round(seconds, 3),
            scoring=scoring,
            seals=dict(seals),
        )
    except gate.Refused as error:
        raise CorruptError(
            f"cannot be recorded: it {error}",
            where=unit.key,
            hint="what was paid for is kept; look into the provider or step that reported it",
        ) from None


def seal(directory: Path, record: UnitRecord) -> None:
    """Complete a working directory: it gets its record and the checksums of all its files.

    What is not training data loses the secrets of this process that a provider's file may hold, and
    in a private store every file is private.

    Raises:
        OSError: A file cannot be written.
    """
    for name in (FAILURE_FILE, BEGUN_FILE):
        (directory / name).unlink(missing_ok=True)
    if record.kind != Mix.kind:
        secrets.redact_files(directory)
    record = attrs.evolve(record, files=checksums.list_files(directory))
    (directory / RECORD_FILE).write_text(to_json(record) + "\n", encoding="utf-8")
    checksums.write_checksums(directory)
    atomic.close_to_others(directory)
