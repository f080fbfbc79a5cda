"""The worker: runs one unit, under its lock, at most once.

A unit is locked while it runs and looked up in the store once the lock is held, so two runs on one
store share the work instead of doing it twice.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import attrs

from ..errors import (
    BudgetExceeded,
    CorruptError,
    Interrupted,
    LeaseLost,
    MiError,
    UnexpectedError,
)
from ..files.atomic import system_error
from ..planning.plan import PlannedUnit
from ..planning.resources import Resources
from ..providers.types import Monitor
from ..store.base import UNIT_LOG, Store
from ..store.model_identity import ModelIdentity
from ..store.records import State
from ..units.unit import Unit
from .superseded import archive_stale_evals, archive_superseded, read_model
from .unit_kinds import UnitJob, lock_names, unit_kind

_LOGGER = logging.getLogger(__name__)


def run_unit(
    planned: PlannedUnit,
    resources: Resources,
    store: Store,
    monitor: Monitor,
    run_id: str,
    record_attempt: Callable[..., None] | None = None,
) -> bool:
    """Run a unit in this thread unless it is already published.

    Args:
        planned: The unit.
        resources: What it runs with.
        store: Where it is locked and published.
        monitor: Receives progress; raises when the run must stop.
        run_id: The run it belongs to.
        record_attempt: Records the start and end of the attempt; None: `store.log_attempt`.

    Returns:
        Whether this call produced the unit; False if another process did.

    Raises:
        Interrupted, BudgetExceeded: The work was stopped; the store keeps what was done.
        LeaseLost: Another process has taken over the unit.
        CorruptError: The unit or one of its needs is damaged and cannot be repaired for free.
        MiError: The unit failed.
    """
    attempt = _Attempt(planned, resources, store, monitor, run_id, record_attempt)
    unit = planned.unit
    try:
        with store.lock(*lock_names(unit), on_wait=_WaitMessage(monitor)):
            if store.is_published(unit.key) and not store.find_damage(unit.key):
                return False
            attempt.check_rebuild()
            is_published = attempt.run()
        if is_published and planned.stale_dependents and unit_kind(unit).yields_model:
            archive_stale_evals(planned, store, run_id, monitor)
    except MiError:
        raise
    except Exception as error:
        raise attempt.report_defect(error) from error
    return is_published


@attrs.define
class _WaitMessage:
    """Tells the user once for each lock that another run holds."""

    monitor: Monitor
    _names: set[str] = attrs.field(factory=set)

    def __call__(self, name: str) -> None:
        if name not in self._names:
            self._names.add(name)
            self.monitor.message(f"waiting for a lock on {name}: another run holds it")
        self.monitor.raise_if_stopped()


@attrs.frozen
class _Attempt:
    """One attempt at a unit whose locks are held."""

    planned: PlannedUnit
    resources: Resources
    store: Store
    monitor: Monitor
    run_id: str
    record_attempt: Callable[..., None] | None

    @property
    def unit(self) -> Unit:
        return self.planned.unit

    def check_rebuild(self) -> None:
        """Raise `CorruptError` if the unit is damaged and doing it again would cost money."""
        for name in self._journals().values():
            try:
                self.store.settle(name)
            except CorruptError as error:
                self._archive_journals(error)
                break
        if self.planned.state is State.CORRUPT and self._is_paid():
            raise CorruptError(
                f"is damaged in the store, and doing it again costs money ({self.planned.reason})",
                where=self.unit.key,
                hint="restore it from a backup; `mi run --force` with this key does it again, and "
                "pays again",
            )

    def _is_paid(self) -> bool:
        """Whether the unit, or a judge of its answers, costs money."""
        kind, payload = unit_kind(self.unit), self.unit.payload
        return kind.is_paid(self.resources.provider) or kind.has_paid_judge(payload)

    def _archive_journals(self, error: CorruptError) -> None:
        """Archive the unit's journals, one of which is damaged, if filling them costs nothing.

        Raises:
            CorruptError: Filling them again costs money.
        """
        if self._is_paid():
            raise error
        self.monitor.message(f"{self.unit.title}: {error.message}; archived, and made again")
        for name in self._journals().values():
            self.store.archive(f"{self.run_id}-damaged", "journals", f"{name}.jsonl")

    def run(self) -> bool:
        """Run and publish the unit; False if another process published it first."""
        start = time.monotonic()
        self._record("started")
        digest = self._begin()
        try:
            _check_needs(self.unit, self.store)
            outcome = self._work(digest)
            if not self._publish(outcome, digest, time.monotonic() - start):
                self._record("came late")
                return False
        except (Interrupted, BudgetExceeded, LeaseLost):
            self._record("interrupted")
            raise
        except MiError as error:
            self._record("failed", message=error.message)
            raise
        except Exception as error:
            if isinstance(error, OSError) and (failure := system_error(error)) is not None:
                raise failure from error  # nothing of the unit is wrong, and others would fail too
            raise self.report_defect(error) from error
        self._record("done", seconds=round(time.monotonic() - start, 3))
        return True

    def report_defect(self, error: Exception) -> UnexpectedError:
        """Log an exception that nothing has foreseen, and make it the failure of this unit alone.

        The traceback goes to the unit's own log, where it stays with the unit's other messages.
        """
        text = "".join(traceback.format_exception(error))
        with suppress(MiError, OSError):  # it may have failed before it began
            self.store.prepare_work_dir(self.unit.key)
        self.store.append_log(self.unit.key, text.rstrip("\n"))
        _LOGGER.error("%s: %s", self.unit.key, text)
        failure = UnexpectedError(
            f"failed unexpectedly ({_one_line(error)})",
            hint=f"the traceback is in {self.store.work_dir(self.unit.key) / UNIT_LOG}; the other "
            "units go on, and the next run tries this one again",
        )
        self._record("failed", message=failure.message)
        return failure

    def _record(self, event: str, **facts: Any) -> None:
        _LOGGER.info("%s: %s", self.unit.key, event)
        record = self.record_attempt or self.store.log_attempt
        record(self.run_id, self.unit.key, event, **facts)

    def _begin(self) -> str | None:
        """Mark the unit as begun; return the digest of the trained model that it reads."""
        model = self._model()
        journals = self._journals()
        digest = None if model is None else model.digest
        if model is not None:
            archive_superseded(
                model, self.unit, journals.values(), self.store, self.run_id, self.monitor
            )
        self.store.begin(self.unit, journals, digest)
        return digest

    def _work(self, digest: str | None) -> dict[str, Any]:
        kind, resources = unit_kind(self.unit), self.resources
        directory = self.store.prepare_work_dir(self.unit.key)
        if kind.uses_model and not resources.judge_only:
            model = resources.model_under_test(self.unit).model
            resources.provider.prepare(model, self.monitor)
        job = UnitJob(
            unit=self.unit,
            resources=resources,
            store=self.store,
            directory=directory,
            monitor=self.monitor,
            model_digest=digest,
            model_steps=self.planned.model_steps,
            replayed=self.planned.replayed,
        )
        return kind.run(self.unit.payload, job)

    def _publish(self, outcome: dict[str, Any], digest: str | None, seconds: float) -> bool:
        model = self._model()
        if digest != (None if model is None else model.digest):
            raise LeaseLost(f"{self.unit.key}: its training was done again in the meantime")
        return self.store.publish(
            self.unit,
            self.run_id,
            outcome,
            seconds,
            journals=self._journals(),
            model_digest=digest,
            scoring=unit_kind(self.unit).scoring(self.unit.payload),
        )

    def _journals(self) -> dict[str, str]:
        return unit_kind(self.unit).journal_names(self.unit.payload)

    def _model(self) -> ModelIdentity | None:
        key = unit_kind(self.unit).training_key(self.unit.payload)
        return read_model(key, self.store)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def _check_needs(unit: Unit, store: Store) -> None:
    """Verify the checksums of everything a unit is about to read.

    Raises:
        CorruptError: A need is damaged.
    """
    for need in unit.needs:
        if damage := store.find_damage(need):
            raise CorruptError(
                f"needs {need}, which is damaged: {damage}",
                where=unit.key,
                hint="the same command does it again if that costs nothing",
            )
