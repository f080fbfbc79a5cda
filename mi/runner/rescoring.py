"""Scoring stored answers again, by rules that are newer than a published eval.

What follows from stored answers and verdicts is not part of a unit's key. So when the rules of
scoring change, the unit stays done: its journals are read, no model is asked, and the unit is
published again with new scores under the same key. Its record keeps when and by which run the work
was done, and says when it was scored. An eval whose journals are incomplete keeps its scores.

A published eval whose files are damaged is mended the same way, if its journals hold everything.
"""

from __future__ import annotations

import logging
from contextlib import suppress

import attrs

from ..data.datasets import Questions
from ..errors import CorruptError, Interrupted, LeaseLost, MiError, StoreError
from ..files.clock import utc_timestamp
from ..planning.cost import journal_cost
from ..planning.plan import Plan, PlannedUnit, Rescoring
from ..planning.prepare import PreparedPlan
from ..steps import evaluate
from ..steps.context import Journals
from ..store.base import Store
from ..store.model_identity import ModelIdentity
from ..store.records import State
from ..store.verification import intact_record
from ..units.unit import Evaluate
from .superseded import digest_appender, has_other_model, read_model
from .types import Observer, RunResult
from .unit_kinds import SCORES_FILE, count_outcomes, lock_names, result_files, score_lines

_LOGGER = logging.getLogger(__name__)


def rescore_units(
    prepared: PreparedPlan, run_id: str, result: RunResult, observer: Observer
) -> MiError | None:
    """Score the stored answers of every done eval of a plan whose scores are of older rules.

    Args:
        prepared: The plan.
        run_id: The run, for the log of attempts and the archive.
        result: Receives what was scored again, and why what was not.
        observer: May stop the run between two units.

    Returns:
        The error that ended the work early: the user interrupted it, or the store cannot be
        written. None if every unit was tried.
    """
    store = prepared.session.store
    questions = prepared.session.eval_resolver.questions_by_digest()
    damaged = damaged_evals(prepared.plan)
    for planned in (*prepared.plan.outdated_scores, *damaged):
        is_damaged = planned in damaged
        try:
            observer.raise_if_stopped()
            if is_damaged:
                if _mend(planned, questions, store, run_id, observer):
                    result.mended_units.append(planned.unit.key)
                continue
            versions = _rescore(planned, questions, store, run_id, observer)
        except (Interrupted, StoreError) as error:
            return error
        except LeaseLost as error:  # another run has it: the next run looks again
            _LOGGER.info("%s: %s", planned.unit.key, error.message)
        except MiError as error:
            if is_damaged:  # the unit's own attempt reports what has to be done
                _LOGGER.info("%s cannot be mended: %s", planned.unit.key, error)
                continue
            where = f"{error.where}: " if error.where else ""
            result.rescoring_problems[planned.unit.key] = f"{where}{error.message}"
        except Exception as error:  # of this unit alone, like one of an attempt
            _LOGGER.exception("%s cannot be scored again", planned.unit.key)
            if not is_damaged:
                text = f"scoring failed unexpectedly ({type(error).__name__}: {error})"
                result.rescoring_problems[planned.unit.key] = text
        else:
            if versions is not None:
                result.rescored_units[planned.unit.key] = versions
    return None


def damaged_evals(plan: Plan) -> list[PlannedUnit]:
    """The published evals whose files are damaged."""
    return [
        planned
        for planned in plan.units
        if planned.state is State.CORRUPT and isinstance(planned.unit.payload, Evaluate)
    ]


def settle_journals(store: Store, observer: Observer) -> dict[str, int]:
    """Set aside lines that do not belong to the store's journals, and seal what is left.

    Args:
        store: The store.
        observer: May stop the wait for a lock.

    Returns:
        Journal → the number of lines set aside.

    Raises:
        StoreError: A journal cannot be written.
    """
    counts = {}
    for name, check in store.journal_problems().items():
        if check.unsettled and not check.damage:
            with (
                store.lock(name, on_wait=lambda _: observer.raise_if_stopped()),
                suppress(CorruptError),  # damaged since it was looked at: the next look says so
            ):
                counts[name] = store.settle(name)
    return {name: count for name, count in counts.items() if count}


def _mend(
    planned: PlannedUnit,
    questions: dict[str, Questions],
    store: Store,
    run_id: str,
    observer: Observer,
) -> bool:
    """Score the stored answers of a damaged unit, and publish it in place of what is left of it.

    Args:
        planned: The unit.
        questions: The evals' questions by digest.
        store: Where it is published.
        run_id: The run that does it.
        observer: May stop the wait for a lock.

    Returns:
        Whether it was mended; False if another run was faster.

    Raises:
        CorruptError: Its journals are damaged, lack something, or belong to another model.
        StoreError: The store cannot be written; the unit stays as it is.
    """
    unit, payload = planned.unit, planned.unit.payload
    assert isinstance(payload, Evaluate)
    with store.lock(*lock_names(unit), on_wait=lambda name: observer.raise_if_stopped()):
        if not store.is_published(unit.key) or not store.find_damage(unit.key):
            return False
        names = evaluate.journal_names(payload)
        for name in names.values():
            store.settle(name)
        record = None
        with suppress(CorruptError):  # a file of it could not be downloaded whole
            record = intact_record(store.unit_dir(unit.key))
        if record is not None and (damage := store.journal_damage(record)):
            raise CorruptError(damage, where=unit.key)
        model = read_model(payload.training_key, store)
        if payload.training_key is not None and model is None:
            raise CorruptError("its training is missing", where=unit.key)
        paths = {role: store.journal(name) for role, name in names.items()}
        if model is not None and any(has_other_model(path, model) for path in paths.values()):
            raise CorruptError("its journals are about a model that was trained again")
        digest = None if model is None else model.digest
        journals = Journals(paths=paths, append=digest_appender(digest, store))
        result = evaluate.rescore(payload, questions[payload.questions], journals)
        directory = store.prepare_work_dir(unit.key)
        for file, content in result_files(result).items():
            (directory / file).write_text(content, encoding="utf-8")
        cost = journal_cost(unit.key, paths.values())
        outcome = {**count_outcomes(result.scores), "cost_usd": cost}
        version = evaluate.scoring_version(payload)
        store.publish(
            unit, run_id, outcome, 0.0, journals=names, model_digest=digest, scoring=version
        )
    store.log_attempt(run_id, unit.key, "scored again")
    _LOGGER.info("%s: was damaged, and scored again from its journals", unit.key)
    return True


def _rescore(
    planned: PlannedUnit,
    questions: dict[str, Questions],
    store: Store,
    run_id: str,
    observer: Observer,
) -> Rescoring | None:
    """Score the stored answers of a unit under its locks, and publish it again.

    Args:
        planned: The unit.
        questions: The evals' questions by digest.
        store: Where it is published.
        run_id: The run, for the log of attempts and the archive.
        observer: May stop the wait for a lock.

    Returns:
        The versions of the rules; None if another run has scored or archived it in the meantime.

    Raises:
        CorruptError: Its journals lack something, or belong to another model.
        StoreError: The store cannot be written; the unit stays as it is.
    """
    unit, payload = planned.unit, planned.unit.payload
    assert isinstance(payload, Evaluate)
    current = evaluate.scoring_version(payload)
    with store.lock(*lock_names(unit), on_wait=lambda name: observer.raise_if_stopped()):
        if not store.is_published(unit.key) or store.find_damage(unit.key):
            return None
        record = store.record(unit.key)
        if record.scoring >= current:
            return None
        paths = {role: store.journal(name) for role, name in record.journals.items()}
        if damage := store.journal_damage(record, absent=False):
            raise CorruptError(damage)
        digest = record.model_digest
        if digest is not None:
            model = _scored_model(digest, payload, store)
            if any(has_other_model(path, model) for path in paths.values()):
                raise CorruptError("its journals are about a model that was trained again")
        journals = Journals(paths=paths, append=digest_appender(digest, store))
        scores = evaluate.rescore(payload, questions[payload.questions], journals).scores
        rescored = attrs.evolve(
            record,
            outcome={**record.outcome, **count_outcomes(scores)},
            scoring=current,
            scored=utc_timestamp(),
            seals=store.seals(record.journals),
        )
        store.replace(rescored, {SCORES_FILE: score_lines(scores)}, f"{run_id}-scoring")
    store.log_attempt(run_id, unit.key, "scored again")
    _LOGGER.info("%s: scored again (scoring %d → %d)", unit.key, record.scoring, current)
    return record.scoring, current


def _scored_model(digest: str, payload: Evaluate, store: Store) -> ModelIdentity:
    """The model that an eval was scored from, with its other digests if it is still there.

    Args:
        digest: The digest in the record of the eval.
        payload: The eval.
        store: Where its training is.
    """
    model = read_model(payload.training_key, store)
    return model if model is not None and model.matches(digest) else ModelIdentity(digest)
