"""The progress of the units of a session, as the store and the provider report it.

This only reads: the store records what is finished, failed, locked or begun, its progress files
show how far a running unit is, and the provider reports the state of a job.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import attrs

from ..errors import CorruptError, MiError
from ..providers.types import RemoteJob
from ..providers.watch import NullMonitor
from ..store.records import State
from ..units.unit import Evaluate
from .cost import cost_so_far
from .plan import PlannedUnit
from .prepare import prepare_plan
from .session import Session

DONE, RUNNING, REMOTE, FAILED, TODO = "done", "running", "remote", "failed", "to do"
UNPROBED = "unprobed"
"""What is said of an eval that was done before its server was probed."""
_JSON_KEYS = {"fraction": "done", "remaining": "left"}
_JSON_STATES = {RUNNING: "at work", REMOTE: "at the provider"}
"""States that scripts read under another name than people do."""


@attrs.frozen(kw_only=True)
class UnitProgress:
    """The progress of a unit.

    Args:
        state: One of the five states above.
        fraction: The finished share of the current phase, in [0, 1].
        elapsed: Seconds so far, or the seconds that a finished unit took.
        remaining: Estimated seconds to the end.
        cost_usd: US dollars paid so far.
    """

    key: str
    kind: str
    title: str
    state: str
    detail: str = ""
    fraction: float | None = None
    elapsed: float | None = None
    remaining: float | None = None
    loss: float | None = None
    cost_usd: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The values under the names that scripts read."""
        values = attrs.asdict(self) | {"state": _JSON_STATES.get(self.state, self.state)}
        return {_JSON_KEYS.get(name, name): value for name, value in values.items()}


def unit_progress(session: Session) -> list[UnitProgress]:
    """The progress of every unit of the session, in the plan's order."""
    jobs = _RemoteJobs(session)
    return [_progress(session, planned, jobs) for planned in prepare_plan(session).units]


@attrs.define
class _RemoteJobs:
    """Asks the provider about jobs, until it fails to answer once."""

    session: Session
    unavailable: bool = False

    def find(self, planned: PlannedUnit) -> RemoteJob | None:
        key, session = planned.unit.key, self.session
        if self.unavailable or session.provider.is_free or not session.store.is_begun(key):
            return None
        try:
            return session.provider.remote_job(session.store.work_dir(key), NullMonitor())
        except MiError:  # no credentials or no answer here: the store's information has to do
            self.unavailable = True
            return None


def _progress(session: Session, planned: PlannedUnit, jobs: _RemoteJobs) -> UnitProgress:
    unit, store = planned.unit, session.store
    facts: dict[str, Any] = {"key": unit.key, "kind": unit.kind, "title": unit.title}
    facts["cost_usd"] = cost_so_far(store, planned)
    if (summary := planned.completion) is not None:
        detail = UNPROBED if is_unprobed(session, planned) else ""
        return UnitProgress(
            **facts, state=DONE, detail=detail, elapsed=summary.seconds, loss=summary.loss
        )
    stored = store.load_progress(unit.key)
    job = jobs.find(planned)
    if store.is_locked(unit.key):
        return UnitProgress(**facts, state=RUNNING, **_running(stored or {}, job))
    if job is not None and not job.is_finished:
        return UnitProgress(**facts, state=REMOTE, **_remote(job))
    if planned.state is State.FAILED:
        failure = store.failure(unit.key)
        return UnitProgress(**facts, state=FAILED, detail=failure.message if failure else "")
    if store.is_published(unit.key):  # another process finished it in the meantime
        status = store.states((unit.key,)).get(unit.key)
        if status is not None and status.summary is not None:
            finished = attrs.evolve(planned, state=status.state, completion=status.summary)
            return _progress(session, finished, jobs)
    return UnitProgress(**facts, state=TODO, detail="begun" if store.is_begun(unit.key) else "")


def is_unprobed(session: Session, planned: PlannedUnit) -> bool:
    """Whether an eval was done at a server that had not been probed."""
    payload = planned.unit.payload
    if not session.provider.has_probe or not isinstance(payload, Evaluate):
        return False
    if payload.eval.needs != "sample" or planned.completion is None:
        return False
    with suppress(CorruptError):  # reported where the unit is needed
        return "probe" not in session.store.record(planned.unit.key).outcome
    return False


def _running(stored: dict[str, Any], job: RemoteJob | None) -> dict[str, Any]:
    """The progress of a unit that a run works on, from its progress file and its job."""
    done, total = stored.get("done", 0), stored.get("total", 0)
    elapsed = time.time() - stored["began"] if "began" in stored else None
    fresh = done - stored.get("skipped", 0)
    remaining = elapsed / fresh * (total - done) if elapsed and fresh else None
    detail = f"{stored.get('what', '')} {done}/{total}" if total else stored.get("note", "")
    if job is not None:
        detail = f"{job.job} {job.status} {detail}".strip()
        if elapsed is None and job.created_at:
            elapsed = time.time() - job.created_at
        if job.estimated_finish:
            remaining = max(job.estimated_finish - time.time(), 0.0)
    return {
        "detail": detail,
        "fraction": done / total if total else None,
        "elapsed": elapsed,
        "remaining": remaining,
        "loss": stored.get("loss"),
    }


def _remote(job: RemoteJob) -> dict[str, Any]:
    """The progress of a job that no run waits for."""
    now = time.time()
    return {
        "detail": f"{job.job} {job.status}; `mi run` resumes it",
        "elapsed": now - job.created_at if job.created_at else None,
        "remaining": max(job.estimated_finish - now, 0.0) if job.estimated_finish else None,
    }
