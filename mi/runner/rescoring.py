"""Scoring stored answers again, by rules that are newer than a published eval.

What follows from stored answers and verdicts is not part of a unit's key. So when the rules of
scoring change, the unit stays done: its journals are read, no model is asked, and the unit is
published again with new scores under the same key. Its record keeps when and by which run the work
was done, and says when it was scored. An eval whose journals are incomplete keeps its scores.
"""

from __future__ import annotations

import logging

import attrs

from ..data.datasets import Questions
from ..errors import CorruptError, Interrupted, LeaseLost, MiError, StoreError
from ..files.clock import utc_timestamp
from ..planning.plan import PlannedUnit, Rescoring
from ..planning.prepare import PreparedPlan
from ..steps import evaluate
from ..steps.context import Journals
from ..store.base import Store
from ..units.unit import Evaluate
from .superseded import digest_appender, has_other_model
from .types import Observer, RunResult
from .unit_kinds import SCORES_FILE, count_outcomes, lock_names, score_lines

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
    for planned in prepared.plan.outdated_scores:
        try:
            observer.raise_if_stopped()
            versions = _rescore(planned, questions, store, run_id, observer)
        except (Interrupted, StoreError) as error:
            return error
        except LeaseLost as error:  # another run has it: the next run looks again
            _LOGGER.info("%s: %s", planned.unit.key, error.message)
        except MiError as error:
            where = f"{error.where}: " if error.where else ""
            result.rescoring_problems[planned.unit.key] = f"{where}{error.message}"
        else:
            if versions is not None:
                result.rescored_units[planned.unit.key] = versions
    return None


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
        digest = record.model_digest
        if digest is not None and any(has_other_model(path, digest) for path in paths.values()):
            raise CorruptError("its journals are about a model that was trained again")
        journals = Journals(paths=paths, append=digest_appender(digest, store))
        scores = evaluate.rescore(payload, questions[payload.questions], journals).scores
        rescored = attrs.evolve(
            record,
            outcome={**record.outcome, **count_outcomes(scores)},
            scoring=current,
            scored=utc_timestamp(),
        )
        store.replace(rescored, {SCORES_FILE: score_lines(scores)}, f"{run_id}-scoring")
    store.log_attempt(run_id, unit.key, "scored again")
    _LOGGER.info("%s: scored again (scoring %d → %d)", unit.key, record.scoring, current)
    return record.scoring, current
