"""A unit's training runs as the server lists them, and what was saved of each.

A run ends with the process that drives it, and another one goes on from what it saved. So a unit
may have several runs, of which each begins where an earlier one was saved. They are known by the
unit's key: in a run's metadata, and in the names of what is saved, for a server that keeps no
metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ..launch import ATTEMPT_METADATA, UNIT_METADATA, ExistingJob
from ..types import Monitor
from .client import Server
from .errors import translate_error
from .futures import wait_result

if TYPE_CHECKING:
    from tinker import TrainingRun

FINAL = "final"
_NAME_PATTERN = re.compile(r"(?P<key>.+)-a(?P<attempt>\d+)-(?P<step>\d+|final)")
_PAGE_SIZE = 100


def checkpoint_name(key: str, attempt: int, step: int | None) -> str:
    """What a state after so many steps is saved as, or the finished model (None)."""
    return f"{key}-a{attempt}-{FINAL if step is None else f'{step:06d}'}"


def run_metadata(key: str, attempt: int) -> dict[str, str]:
    """What a run carries, so that it is found again."""
    return {UNIT_METADATA: key, ATTEMPT_METADATA: str(attempt)}


@attrs.frozen(kw_only=True)
class Checkpoint:
    """Something that was saved: where, and after how many steps (None: the finished model)."""

    path: str
    step: int | None


@attrs.frozen(kw_only=True)
class UnitRun:
    """A training run of a unit."""

    id: str
    attempt: int
    created_at: float
    checkpoints: tuple[Checkpoint, ...]

    @property
    def training_states(self) -> tuple[Checkpoint, ...]:
        """What a training can go on from."""
        return tuple(one for one in self.checkpoints if one.step is not None)


def list_runs(server: Server, base_model: str, key: str, monitor: Monitor) -> list[UnitRun]:
    """The unit's runs, the newest first.

    Raises:
        ProviderError: The server does not list them.
    """
    service = server.service(monitor)
    try:
        rest = service.create_rest_client()
        listed = list(_iter_runs(rest, monitor))
        keeps = any(run.user_metadata or run.last_checkpoint for run in listed)
        found = []
        for run in listed:
            stated = run.user_metadata or {}
            if run.base_model != base_model or (keeps and stated.get(UNIT_METADATA) != key):
                continue
            made = _load_run(rest, run, key, monitor)
            if made is not None:
                found.append(made)
    except Exception as error:
        raise translate_error(error, server.key, "looking for the training") from None
    return sorted(found, key=lambda run: (run.attempt, run.created_at), reverse=True)


def best_checkpoint(
    runs: Sequence[UnitRun], retired_attempt: int
) -> tuple[UnitRun, Checkpoint] | None:
    """What there is to take up: the finished model, else the latest state; of attempts that were
    not retired."""
    there = [(run, one) for run in runs if run.attempt > retired_attempt for one in run.checkpoints]
    return max(there, key=lambda pair: (pair[1].step is None, pair[1].step or 0), default=None)


def checkpoint_path(runs: Sequence[UnitRun], run_id: str, step: int | None) -> str | None:
    """Where a run has saved its state after so many steps, or the finished model (None)."""
    saved = (one for its in runs if its.id == run_id for one in its.checkpoints)
    return next((one.path for one in saved if one.step == step), None)


def last_retired_attempt(runs: Sequence[UnitRun], earlier_jobs: Sequence[str]) -> int:
    """The last attempt whose model was put aside; 0 for none."""
    return max((run.attempt for run in runs if run.id in earlier_jobs), default=0)


def to_existing_jobs(
    runs: Sequence[UnitRun], server: Server, earlier_jobs: Sequence[str]
) -> list[ExistingJob[Server]]:
    """The runs as launching sees them: one that saved nothing has nothing to take up."""
    gone = last_retired_attempt(runs, earlier_jobs)
    return [
        ExistingJob(
            job=run.id,
            account=server,
            attempt=run.attempt,
            has_failed=not run.checkpoints or run.attempt <= gone,
            created_at=run.created_at,
        )
        for run in runs
    ]


def _iter_runs(rest: Any, monitor: Monitor) -> Iterator[TrainingRun]:
    offset = 0
    while True:
        page = wait_result(
            rest.list_training_runs(limit=_PAGE_SIZE, offset=offset), monitor
        ).training_runs
        yield from page
        offset += len(page)
        if len(page) < _PAGE_SIZE:
            return


def _load_run(rest: Any, listing: TrainingRun, key: str, monitor: Monitor) -> UnitRun | None:
    attempt = int((listing.user_metadata or {}).get(ATTEMPT_METADATA, 0))
    saved = []
    for one in wait_result(rest.list_checkpoints(listing.training_run_id), monitor).checkpoints:
        named = _NAME_PATTERN.fullmatch(one.tinker_path.rpartition("/")[2])
        if named is None or named["key"] != key:
            continue
        attempt = max(attempt, int(named["attempt"]))
        step = None if named["step"] == FINAL else int(named["step"])
        if (one.checkpoint_type == "sampler") == (step is None):
            saved.append(Checkpoint(path=one.tinker_path, step=step))
    if not attempt:
        return None
    return UnitRun(
        id=listing.training_run_id,
        attempt=attempt,
        created_at=listing.last_request_time.timestamp(),
        checkpoints=tuple(saved),
    )
