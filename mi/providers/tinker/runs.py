"""A unit's training runs as the server lists them, and the checkpoints of each.

A run ends with the process that drives it, and another run resumes from one of its checkpoints. So
a unit may have several runs, each beginning at a checkpoint of an earlier one. The unit's key
identifies them: in a run's metadata, and in the names of checkpoints for a server that stores no
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
    """The name under which a checkpoint is saved.

    Args:
        key: The unit's key.
        attempt: Number of the unit's launch, counted from 1.
        step: Steps taken; None for the finished model.
    """
    return f"{key}-a{attempt}-{FINAL if step is None else f'{step:06d}'}"


def run_metadata(key: str, attempt: int) -> dict[str, str]:
    """Metadata by which a later process finds the run again."""
    return {UNIT_METADATA: key, ATTEMPT_METADATA: str(attempt)}


@attrs.frozen(kw_only=True)
class Checkpoint:
    """A saved training state or finished model.

    Args:
        path: Its path at the server.
        step: Steps taken; None for the finished model.
    """

    path: str
    step: int | None


@attrs.frozen(kw_only=True)
class UnitRun:
    """A training run of a unit.

    Args:
        id: The server's name of the run.
        attempt: Number of the unit's launch, counted from 1.
        created_at: Unix time.
        checkpoints: What the run has saved.
    """

    id: str
    attempt: int
    created_at: float
    checkpoints: tuple[Checkpoint, ...]

    @property
    def training_states(self) -> tuple[Checkpoint, ...]:
        """The checkpoints from which a training can resume."""
        return tuple(checkpoint for checkpoint in self.checkpoints if checkpoint.step is not None)


def list_runs(server: Server, base_model: str, key: str, monitor: Monitor) -> list[UnitRun]:
    """The unit's runs, the newest first.

    Args:
        server: The server to ask.
        base_model: The server's name of the base model.
        key: The unit's key.
        monitor: May stop the wait.

    Raises:
        ProviderError: The server does not list them.
        Interrupted: The user asked to stop.
    """
    service = server.service(monitor)
    try:
        rest = service.create_rest_client()
        listings = list(_iter_listings(rest, monitor))
        has_metadata = any(run.user_metadata or run.last_checkpoint for run in listings)
        runs = []
        for listing in listings:
            metadata = listing.user_metadata or {}
            is_other = has_metadata and metadata.get(UNIT_METADATA) != key
            if listing.base_model != base_model or is_other:
                continue
            run = _load_run(rest, listing, key, monitor)
            if run is not None:
                runs.append(run)
    except Exception as error:
        raise translate_error(error, server.key, "listing training runs") from None
    return sorted(runs, key=lambda run: (run.attempt, run.created_at), reverse=True)


def best_checkpoint(
    runs: Sequence[UnitRun], archived_attempt: int
) -> tuple[UnitRun, Checkpoint] | None:
    """The finished model if there is one, else the latest training state, with its run.

    Args:
        runs: The unit's runs.
        archived_attempt: Runs of this attempt and earlier ones do not count.
    """
    pairs = [
        (run, checkpoint)
        for run in runs
        if run.attempt > archived_attempt
        for checkpoint in run.checkpoints
    ]
    return max(pairs, key=lambda pair: (pair[1].step is None, pair[1].step or 0), default=None)


def checkpoint_path(runs: Sequence[UnitRun], run_id: str, step: int | None) -> str | None:
    """The path of a run's checkpoint, or None if it is not saved.

    Args:
        runs: The unit's runs.
        run_id: The server's name of the run.
        step: Steps taken; None for the finished model.
    """
    checkpoints = (checkpoint for run in runs if run.id == run_id for checkpoint in run.checkpoints)
    return next((checkpoint.path for checkpoint in checkpoints if checkpoint.step == step), None)


def last_archived_attempt(runs: Sequence[UnitRun], archived_jobs: Sequence[str]) -> int:
    """The last attempt whose model was archived; 0 if none was."""
    return max((run.attempt for run in runs if run.id in archived_jobs), default=0)


def to_existing_jobs(
    runs: Sequence[UnitRun], server: Server, archived_jobs: Sequence[str]
) -> list[ExistingJob[Server]]:
    """The runs as jobs that a launch can adopt; a run without checkpoints counts as failed.

    Args:
        runs: The unit's runs.
        server: The account of the jobs.
        archived_jobs: Runs whose model was archived; they and earlier attempts count as failed.
    """
    archived_attempt = last_archived_attempt(runs, archived_jobs)
    return [
        ExistingJob(
            job=run.id,
            account=server,
            attempt=run.attempt,
            has_failed=not run.checkpoints or run.attempt <= archived_attempt,
            created_at=run.created_at,
        )
        for run in runs
    ]


def _iter_listings(rest: Any, monitor: Monitor) -> Iterator[TrainingRun]:
    offset = 0
    while True:
        future = rest.list_training_runs(limit=_PAGE_SIZE, offset=offset)
        page = wait_result(future, monitor).training_runs
        yield from page
        offset += len(page)
        if len(page) < _PAGE_SIZE:
            return


def _load_run(rest: Any, listing: TrainingRun, key: str, monitor: Monitor) -> UnitRun | None:
    attempt = int((listing.user_metadata or {}).get(ATTEMPT_METADATA, 0))
    checkpoints = []
    response = wait_result(rest.list_checkpoints(listing.training_run_id), monitor)
    for checkpoint in response.checkpoints:
        match = _NAME_PATTERN.fullmatch(checkpoint.tinker_path.rpartition("/")[2])
        if match is None or match["key"] != key:
            continue
        attempt = max(attempt, int(match["attempt"]))
        step = None if match["step"] == FINAL else int(match["step"])
        if (checkpoint.checkpoint_type == "sampler") == (step is None):
            checkpoints.append(Checkpoint(path=checkpoint.tinker_path, step=step))
    if not attempt:
        return None
    return UnitRun(
        id=listing.training_run_id,
        attempt=attempt,
        created_at=listing.last_request_time.timestamp(),
        checkpoints=tuple(checkpoints),
    )
