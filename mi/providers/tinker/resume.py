"""Where a training begins: anew, from a state that was saved, or at its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from .. import launch as shared
from ..launch import Found, Launched, Log, NotNow, NotThere, Reading
from ..retry import pause
from ..types import TrainJob, Watch
from . import runs
from .backoff import Queue, with_room
from .client import Server
from .errors import is_full, is_unsure, told
from .futures import waited
from .recipe import Adapted

if TYPE_CHECKING:
    from tinker import TrainingClient

_LOOKS = (0.5, 2.0)
"""Seconds after which a run is looked for whose creation was lost."""
_LOST = 3
LATE = 60.0
"""Seconds for which a state is waited for that was asked for and not heard of."""
_LOOK = 5.0


@attrs.frozen(kw_only=True)
class Begun:
    """A training run, and how far it is.

    Args:
        run: What the server calls it.
        attempt: Which of the unit's launches it belongs to.
        step: Steps that are in its weights; None where it is finished.
        client: What drives it; None where it is finished.
        model: Path of the finished model.
        state: Path of the state that is in its weights.
    """

    run: str
    attempt: int
    step: int | None
    client: TrainingClient | None = None
    model: str | None = None
    state: str | None = None


def begin(job: TrainJob, server: Server, log: Log, watch: Watch) -> Begun:
    """Take up what the unit's runs have saved, or launch one.

    Raises:
        ProviderError: The server fails, or refuses.
    """
    made: dict[str, TrainingClient] = {}
    launched = _launch(job, server, log, made, watch)
    found = [] if launched.job in made else _settled(job, server, log, watch)
    gone = runs.retired(found, job.earlier)
    there = runs.best(found, gone)
    if there is not None:
        latest = runs.best([attrs.evolve(run, saved=run.states) for run in found], gone)
        state = latest[1].path if latest else None
        return _taken_up(job, server, log, *there, state, watch)
    if launched.job not in made:  # it was killed before anything of it was saved
        log.add("ended", job=launched.job, status="nothing was saved")
        launched = _launch(job, server, log, made, watch)
    attempt = log.lines("created")[-1]["attempt"]
    return Begun(run=launched.job, attempt=attempt, step=0, client=made[launched.job])


def _runs(job: TrainJob, server: Server, watch: Watch) -> list[runs.Run]:
    return runs.runs(server, server.calls(job.model.name), job.key, watch)


def _settled(job: TrainJob, server: Server, log: Log, watch: Watch) -> list[runs.Run]:
    """The unit's runs, when a state that may be on its way is there, or does not come."""
    found = _runs(job, server, watch)
    asked, until = log.last("saving", "saved"), time.monotonic() + LATE
    if asked is None or asked["event"] == "saved":
        return found
    run, step = asked["job"], asked["step"]

    def is_due() -> bool:
        finished = any(runs.path(found, one.id, None) for one in found)
        return not finished and runs.path(found, run, step) is None

    if is_due():
        watch.note(f"{job.title}: the state after step {step} may be on its way")
    while is_due() and time.monotonic() < until:
        pause(min(_LOOK, LATE / 4), watch)
        found = _runs(job, server, watch)
    return found


def _launch(
    job: TrainJob, server: Server, log: Log, made: dict[str, TrainingClient], watch: Watch
) -> Launched[Server]:
    def find(unsure: bool) -> list[Found[Server]]:
        for wait in (0.0, *(_LOOKS if unsure else ())):
            pause(wait, watch)
            found = runs.as_found(_runs(job, server, watch), server, job.earlier)
            if found:
                break
        return found

    def create(attempt: int) -> Launched[Server]:
        return _create(job, attempt, server, log, made, watch)

    return shared.launch(log, (server,), job.earlier, find, create)


def _create(
    job: TrainJob,
    attempt: int,
    server: Server,
    log: Log,
    made: dict[str, TrainingClient],
    watch: Watch,
) -> Launched[Server]:
    """A new run; waits for room where the server has none."""
    doing, recipe = f"creating the training {job.title}", job.hyperparameters
    base, carried = server.calls(job.model.name), runs.metadata(job.key, attempt)

    def make() -> str:
        service = server.service(watch)
        client = waited(lambda: fresh(service, base, recipe, job.seed, carried), watch)
        made[client.model_id] = client
        return str(client.model_id)

    reading = Reading(
        is_throttle=is_full,
        is_unsure=is_unsure,
        told=lambda error: told(error, server.key, doing),
    )
    lost, queue = 0, Queue(job.title, watch)
    while True:
        try:
            return shared.once(log, attempt, server, make, lambda: [], reading)
        except NotThere as nothing:  # a run that nobody drives has done nothing
            lost += 1
            if lost >= _LOST:
                raise nothing.error from None
        except NotNow:
            queue.rest()


def fresh(
    service: object, base: str, recipe: Adapted, seed: int, carried: Mapping[str, str]
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
        user_metadata=dict(carried),
    )


def _taken_up(
    job: TrainJob,
    server: Server,
    log: Log,
    run: runs.Run,
    saved: runs.Saved,
    state: str | None,
    watch: Watch,
) -> Begun:
    if saved.step is None:
        return Begun(run=run.id, attempt=run.attempt, step=None, model=saved.path, state=state)
    service, carried = server.service(watch), runs.metadata(job.key, run.attempt)
    try:
        client = with_room(
            lambda: service.create_training_client_from_state_with_optimizer(
                saved.path, user_metadata=carried
            ),
            job.title,
            watch,
        )
    except Exception as error:
        doing = f"going on with the training {job.title}"
        raise told(error, server.key, doing, lasting=False) from None
    log.add("resumed", job=client.model_id, step=saved.step, path=saved.path)
    watch.note(f"{job.title}: goes on after step {saved.step}")
    return Begun(
        run=client.model_id,
        attempt=run.attempt,
        step=saved.step,
        client=client,
        state=saved.path,
    )
