"""Archiving what belongs to a model that no longer exists.

A training that is done again may give another model under the same key. Answers, scores and work in
progress of the old model must not be mixed with those of the new one, so lines of journals and
records of evals carry the digest of their model, and what carries another digest is archived.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from ..errors import CorruptError
from ..files.atomic import system_error
from ..planning.plan import PlannedUnit
from ..providers.types import Monitor
from ..steps.context import journal_lines
from ..store.base import Store
from ..store.model_identity import ModelIdentity, read_identity
from ..units.unit import Unit

Append = Callable[[Path, Sequence[Any]], None]


def read_model(training_key: str | None, store: Store) -> ModelIdentity | None:
    """The identity of a trained model; None for the base model, or if it cannot be read.

    Raises:
        StoreError: This process has too many open files to look.
    """
    if training_key is None:
        return None
    try:
        return read_identity(store.unit_dir(training_key))
    except OSError as error:
        if (failure := system_error(error)) is not None:
            raise failure from None
        return None
    except (ValueError, CorruptError):
        return None


def digest_appender(digest: str | None, store: Store) -> Append:
    """The function that appends lines to a journal, with the digest of their model if any."""
    if digest is None:
        return store.append
    return lambda path, lines: store.append(path, [{**line, "of": digest} for line in lines])


def archive_superseded(
    model: ModelIdentity,
    unit: Unit,
    journals: Collection[str],
    store: Store,
    run_id: str,
    monitor: Monitor,
) -> None:
    """Archive a unit's journals and work if they belong to an earlier model.

    Args:
        model: The present model.
        unit: The eval, or the training that continues the model's.
        journals: The names of its journals.
        store: Where they are.
        run_id: The run that archives them.
        monitor: Receives a message about what was archived.
    """
    stale = [name for name in journals if has_other_model(store.journal(name), model)]
    begun = store.begun_record(unit.key)
    if stale or (begun is not None and not model.matches(begun.model_digest)):
        work = "the answers of" if journals else "what was begun on"
        monitor.message(f"{unit.title}: archived {work} an earlier model")
        store.archive(f"{run_id}-model", "work", unit.key)
        for name in stale:
            store.archive(f"{run_id}-model", "journals", f"{name}.jsonl")


def archive_stale_evals(planned: PlannedUnit, store: Store, run_id: str, monitor: Monitor) -> None:
    """Archive the evals, and the next stages, of a training that now gave another model.

    Args:
        planned: The training, which has just been published.
        store: Where they are.
        run_id: The run that archives them.
        monitor: Receives a message about what was archived; may stop the wait for a lock.
    """
    model = read_identity(store.unit_dir(planned.unit.key))
    records = [store.record(key) for key in planned.stale_dependents if not store.find_damage(key)]
    for record in records:
        if model.matches(record.model_digest):
            continue
        journals = sorted(record.journals.values())
        with store.lock(record.key, *journals, on_wait=lambda name: monitor.raise_if_stopped()):
            store.archive(f"{run_id}-model", "units", record.key)
            for name in journals:
                store.archive(f"{run_id}-model", "journals", f"{name}.jsonl")
        monitor.message(
            f"{record.title}: archived, because its model was trained again; "
            "the next run repeats it"
        )


def has_other_model(path: Path, model: ModelIdentity) -> bool:
    """Whether a journal has lines about another trained model than this one."""
    return not all(model.matches(line.get("of")) for line in journal_lines(path))
