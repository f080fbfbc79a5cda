"""Where a training begins: anew, from a state that was saved, or at its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from .. import launch as shared
from ..launch import ErrorClassifier, ExistingJob, LaunchedJob, LaunchLog, NoFreeSlot, NotCreated
from ..retry import sleep
from ..types import Monitor, TrainJob
from . import runs
from .backoff import Backoff, retry_while_full
from .client import Server
from .errors import is_at_capacity, is_outcome_unknown, translate_error
from .futures import run_in_thread
from .recipe import Adapted

if TYPE_CHECKING:
    from tinker import TrainingClient

_LOOKUP_DELAYS = (0.5, 2.0)
"""Seconds after which a run is looked for whose creation was lost."""
_MAX_LOST_CREATIONS = 3
PENDING_SAVE_SECONDS = 60.0
"""Seconds for which a state is waited for that was asked for and not heard of."""
_LOOKUP_INTERVAL = 5.0


@attrs.frozen(kw_only=True)
class ActiveRun:
    """A training run, and how far it is.

    Args:
        run: What the server calls it.
        attempt: Which of the unit's launches it belongs to.
        step: Steps that are in its weights; None where it is finished.
        client: What drives it; None where it is finished.
        model: Path of the finished model.
        state: Path of the state that is in its weights.
    """

    run_id: str
    attempt: int
    step: int | None
    client: TrainingClient | None = None
    model: str | None = None
    state: str | None = None


def start_or_resume(job: TrainJob, server: Server, log: LaunchLog, monitor: Monitor) -> ActiveRun:
    """Take up what the unit's runs have saved, or launch one.

    Raises:
        ProviderError: The server fails, or refuses.
    """
    made: dict[str, TrainingClient] = {}
    launched = _launch(job, server, log, made, monitor)
    found = [] if launched.job in made else _runs_after_pending_save(job, server, log, monitor)
    gone = runs.last_retired_attempt(found, job.archived_jobs)
    there = runs.best_checkpoint(found, gone)
    if there is not None:
        latest = runs.best_checkpoint(
            [attrs.evolve(run, checkpoints=run.training_states) for run in found], gone
        )
        state = latest[1].path if latest else None
        return _resume(job, server, log, *there, state, monitor)
    if launched.job not in made:  # it was killed before anything of it was saved
        log.append("ended", job=launched.job, status="nothing was saved")
        launched = _launch(job, server, log, made, monitor)
    attempt = log.entries("created")[-1]["attempt"]
    return ActiveRun(run_id=launched.job, attempt=attempt, step=0, client=made[launched.job])


def _list_runs(job: TrainJob, server: Server, monitor: Monitor) -> list[runs.UnitRun]:
    return runs.list_runs(server, server.served_name(job.model.name), job.key, monitor)


def _runs_after_pending_save(
    job: TrainJob, server: Server, log: LaunchLog, monitor: Monitor
) -> list[runs.UnitRun]:
    """The unit's runs, when a state that may be on its way is there, or does not come."""
    found = _list_runs(job, server, monitor)
    asked, until = log.last_entry("saving", "saved"), time.monotonic() + PENDING_SAVE_SECONDS
    if asked is None or asked["event"] == "saved":
        return found
    run, step = asked["job"], asked["step"]

    def is_due() -> bool:
        finished = any(runs.checkpoint_path(found, one.id, None) for one in found)
        return not finished and runs.checkpoint_path(found, run, step) is None

    if is_due():
        monitor.message(f"{job.title}: the state after step {step} may be on its way")
    while is_due() and time.monotonic() < until:
        sleep(min(_LOOKUP_INTERVAL, PENDING_SAVE_SECONDS / 4), monitor)
        found = _list_runs(job, server, monitor)
    return found


def _launch(
    job: TrainJob,
    server: Server,
    log: LaunchLog,
    clients: dict[str, TrainingClient],
    monitor: Monitor,
) -> LaunchedJob[Server]:
    def find(unsure: bool) -> list[ExistingJob[Server]]:
        for wait in (0.0, *(_LOOKUP_DELAYS if unsure else ())):
            sleep(wait, monitor)
            found = runs.to_existing_jobs(
                _list_runs(job, server, monitor), server, job.archived_jobs
            )
            if found:
                break
        return found

    def create(attempt: int) -> LaunchedJob[Server]:
        return _create_run(job, attempt, server, log, clients, monitor)

    return shared.adopt_or_create(log, (server,), job.archived_jobs, find, create)


def _create_run(
    job: TrainJob,
    attempt: int,
    server: Server,
    log: LaunchLog,
    clients: dict[str, TrainingClient],
    monitor: Monitor,
) -> LaunchedJob[Server]:
    """A new run; waits for room where the server has none."""
    doing, recipe = f"creating the training {job.title}", job.hyperparameters
    base, carried = server.served_name(job.model.name), runs.run_metadata(job.key, attempt)

    def make() -> str:
        service = server.service(monitor)
        client = run_in_thread(
            lambda: create_training_client(service, base, recipe, job.seed, carried), monitor
        )
        clients[client.model_id] = client
        return str(client.model_id)

    reading = ErrorClassifier(
        is_throttle=is_at_capacity,
        is_uncertain=is_outcome_unknown,
        to_error=lambda error: translate_error(error, server.key, doing),
    )
    lost, queue = 0, Backoff(job.title, monitor)
    while True:
        try:
            return shared.create_once(log, attempt, server, make, lambda: [], reading)
        except NotCreated as nothing:  # a run that nobody drives has done nothing
            lost += 1
            if lost >= _MAX_LOST_CREATIONS:
                raise nothing.error from None
        except NoFreeSlot:
            queue.wait()


def create_training_client(
    service: object, base: str, recipe: Adapted, seed: int, metadata: Mapping[str, str]
) -> TrainingClient:
    """A run with new adapters."""
    from tinker import ServiceClient

    assert isinstance(service, ServiceClient)
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
    if checkpoint.step is None:
        return ActiveRun(
            run_id=run.id, attempt=run.attempt, step=None, model=checkpoint.path, state=state
        )
    service, carried = server.service(monitor), runs.run_metadata(job.key, run.attempt)
    try:
        client = retry_while_full(
            lambda: service.create_training_client_from_state_with_optimizer(
                checkpoint.path, user_metadata=carried
            ),
            job.title,
            monitor,
        )
    except Exception as error:
        doing = f"going on with the training {job.title}"
        raise translate_error(error, server.key, doing, permanent=False) from None
    log.append("resumed", job=client.model_id, step=checkpoint.step, path=checkpoint.path)
    monitor.message(f"{job.title}: goes on after step {checkpoint.step}")
    return ActiveRun(
        run_id=client.model_id,
        attempt=run.attempt,
        step=checkpoint.step,
        client=client,
        state=checkpoint.path,
    )
