"""Where a training begins: at its first step, at a saved state, or at its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import attrs

from ...errors import MiError, ProviderError
from .. import launch
from ..create import ErrorClassifier, NoFreeSlot, NotCreated, create_once
from ..launch import ExistingJob, LaunchedJob, LaunchLog
from ..retry import sleep
from ..trained_model import read_trained_model
from ..types import Monitor, TrainJob
from . import runs
from .backoff import Backoff, retry_while_full
from .client import Server
from .errors import is_at_capacity, is_outcome_unknown, translate_error
from .futures import run_in_thread
from .lost_runs import LostRuns
from .recipe import Adapted

if TYPE_CHECKING:
    from tinker import TrainingClient

_LOOKUP_DELAYS = (0.5, 2.0)
"""Seconds before each further look for a run, if the reply to its creation was lost."""
_MAX_LOST_CREATIONS = 3
PENDING_SAVE_SECONDS = 60.0
"""How long to wait for a state that was requested and whose reply was lost."""
_LOOKUP_INTERVAL = 5.0


@attrs.frozen(kw_only=True)
class ActiveRun:
    """A training run, and how far it has come.

    Args:
        run_id: The server's name of the run.
        attempt: Number of the unit's launch, counted from 1.
        step: Steps contained in its weights; None if it is finished.
        client: Drives the run; None if it is finished.
        model: Path of the finished model.
        state: Path of the latest saved state.
    """

    run_id: str
    attempt: int
    step: int | None
    client: TrainingClient | None = None
    model: str | None = None
    state: str | None = None


def start_or_resume(job: TrainJob, server: Server, log: LaunchLog, monitor: Monitor) -> ActiveRun:
    """Resume from the best checkpoint of the unit's runs, or launch a run.

    Args:
        job: The training.
        server: Where it runs.
        log: The unit's launches.
        monitor: Receives messages, and may stop a wait.

    Raises:
        ProviderError: The server fails or refuses.
        Interrupted: The user asked to stop.
    """
    clients: dict[str, TrainingClient] = {}
    launched = _launch(job, server, log, clients, monitor)
    is_new = launched.job in clients
    existing = [] if is_new else _runs_after_pending_save(job, server, log, monitor)
    archived_attempt = runs.last_archived_attempt(existing, job.archived_jobs)
    best = runs.best_checkpoint(existing, archived_attempt)
    if best is not None:
        latest = runs.best_checkpoint(
            [attrs.evolve(run, checkpoints=run.training_states) for run in existing],
            archived_attempt,
        )
        state = latest[1].path if latest else None
        return _resume(job, server, log, *best, state, monitor)
    if not is_new:  # the process was killed before the run saved anything
        log.append("ended", job=launched.job, status="nothing was saved")
        launched = _launch(job, server, log, clients, monitor)
    attempt = log.entries("created")[-1]["attempt"]
    return ActiveRun(run_id=launched.job, attempt=attempt, step=0, client=clients[launched.job])


def _list_runs(job: TrainJob, server: Server, monitor: Monitor) -> list[runs.UnitRun]:
    return runs.list_runs(server, server.served_name(job.model.name), job.key, monitor)


def _runs_after_pending_save(
    job: TrainJob, server: Server, log: LaunchLog, monitor: Monitor
) -> list[runs.UnitRun]:
    """The unit's runs, once a state that may still be being saved is listed or overdue."""
    existing = _list_runs(job, server, monitor)
    entry = log.last_entry("saving", "saved")
    deadline = time.monotonic() + PENDING_SAVE_SECONDS
    if entry is None or entry["event"] == "saved":
        return existing
    run_id, step = entry["job"], entry["step"]

    def is_missing() -> bool:
        is_finished = any(runs.checkpoint_path(existing, run.id, None) for run in existing)
        return not is_finished and runs.checkpoint_path(existing, run_id, step) is None

    if is_missing():
        monitor.message(f"{job.title}: waiting for the state after step {step} to be saved")
    while is_missing() and time.monotonic() < deadline:
        sleep(min(_LOOKUP_INTERVAL, PENDING_SAVE_SECONDS / 4), monitor)
        existing = _list_runs(job, server, monitor)
    return existing


def _launch(
    job: TrainJob,
    server: Server,
    log: LaunchLog,
    clients: dict[str, TrainingClient],
    monitor: Monitor,
) -> LaunchedJob[Server]:
    lost_runs = LostRuns(job, server, monitor)

    def find_jobs(age: float | None) -> list[ExistingJob[Server]]:
        for delay in (0.0, *(_LOOKUP_DELAYS if age is not None else ())):
            sleep(delay, monitor)
            unit_runs = lost_runs.list_runs()
            existing_jobs = runs.to_existing_jobs(unit_runs, server, job.archived_jobs)
            if existing_jobs:
                break
        return existing_jobs

    def create_job(attempt: int) -> LaunchedJob[Server]:
        return _create_run(job, attempt, server, log, clients, lost_runs)

    return launch.adopt_or_create(log, (server,), job.archived_jobs, find_jobs, create_job)


def _create_run(
    job: TrainJob,
    attempt: int,
    server: Server,
    log: LaunchLog,
    clients: dict[str, TrainingClient],
    lost_runs: LostRuns,
) -> LaunchedJob[Server]:
    """Create a run, waiting while the server is at capacity; its client goes into `clients`.

    A create that returned no client is never followed by another one before the run that it may
    have created was looked for, and unloaded.
    """
    monitor = lost_runs.monitor
    action, recipe = f"creating the training {job.title}", job.hyperparameters
    base, metadata = server.served_name(job.model.name), runs.run_metadata(job.key, attempt)
    service, state = server.service(monitor), _previous_state(job, server)

    def create() -> str:
        client = run_in_thread(
            lambda: create_training_client(service, base, recipe, job.seed, metadata, state),
            monitor,
        )
        clients[client.model_id] = client
        lost_runs.run_ids.add(client.model_id)
        return str(client.model_id)

    classifier = ErrorClassifier(
        is_throttle=is_at_capacity,
        is_uncertain=is_outcome_unknown,
        to_error=lambda error: translate_error(error, server.key, action),
    )

    def find_jobs(may_repeat: bool) -> list[ExistingJob[Server]]:
        lost_runs.unload()
        return []

    lost, backoff = 0, Backoff(job.title, monitor)
    while True:
        try:
            return create_once(log, attempt, server, create, find_jobs, classifier)
        except NotCreated as not_created:  # a run without a driver has trained nothing
            lost += 1
            if lost >= _MAX_LOST_CREATIONS:
                raise not_created.error from None
        except NoFreeSlot:
            backoff.wait()


def _previous_state(job: TrainJob, server: Server) -> str | None:
    """Path of the state of the training that a job continues; None if it continues none.

    Raises:
        ProviderError: The training saved none that can be loaded here.
    """
    if job.previous is None:
        return None
    trained = read_trained_model(job.previous)
    launch.find_account(trained.account, (server,))
    if trained.state is None:
        raise ProviderError(
            f"{job.title} continues {trained.model}, of which no training state was saved",
            hint="do that training again with --force and its key: it saves one now",
        )
    return trained.state


def create_training_client(
    service: object,
    base: str,
    recipe: Adapted,
    seed: int,
    metadata: Mapping[str, str],
    state: str | None = None,
) -> TrainingClient:
    """Create a run with new adapters, or with those of a saved state and a fresh optimizer.

    Args:
        service: The SDK's `ServiceClient`.
        base: The server's name of the base model.
        recipe: The adapters' rank and the layers that get one.
        seed: Determines the adapters' initial values.
        metadata: Identifies the run in the server's list.
        state: Path of the state that it begins with; None: new adapters.
    """
    from tinker import ServiceClient

    assert isinstance(service, ServiceClient)
    if state is not None:
        return service.create_training_client_from_state(state, user_metadata=dict(metadata))
    return service.create_lora_training_client(
        base_model=base,
        rank=recipe.lora_rank,
        seed=seed,
        train_mlp=recipe.train_mlp,
        train_attn=recipe.train_attn,
        train_unembed=recipe.train_unembed,
        user_metadata=dict(metadata),
    )


def _resume(
    job: TrainJob,
    server: Server,
    log: LaunchLog,
    run: runs.UnitRun,
    checkpoint: runs.Checkpoint,
    state: str | None,
    monitor: Monitor,
) -> ActiveRun:
    """A new run that continues from a checkpoint of `run`, or that run itself if it is finished."""
    if checkpoint.step is None:
        return ActiveRun(
            run_id=run.id, attempt=run.attempt, step=None, model=checkpoint.path, state=state
        )
    service, metadata = server.service(monitor), runs.run_metadata(job.key, run.attempt)
    lost_runs = LostRuns(job, server, monitor)
    lost_runs.list_runs()

    def create() -> TrainingClient:
        try:
            return service.create_training_client_from_state_with_optimizer(
                checkpoint.path, user_metadata=metadata
            )
        except Exception:
            with suppress(MiError):
                lost_runs.unload()
            raise

    try:
        client = retry_while_full(create, job.title, monitor)
    except Exception as error:
        action = f"resuming the training {job.title}"
        raise translate_error(error, server.key, action, permanent=False) from None
    log.append("resumed", job=client.model_id, step=checkpoint.step, path=checkpoint.path)
    monitor.message(f"{job.title}: resuming after step {checkpoint.step}")
    return ActiveRun(
        run_id=client.model_id,
        attempt=run.attempt,
        step=checkpoint.step,
        client=client,
        state=checkpoint.path,
    )
