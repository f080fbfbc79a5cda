"""Doing units on the cluster, seen from the driver.

A unit whose worker or machine is lost is begun again on another one, where it finds what was kept:
checkpoints, answers, or the unit itself, finished. Two workers never do it both, since each works
under the store's claim and the one that is late cannot publish.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from textwrap import shorten
from typing import Any

import attrs

from ...errors import Interrupted, MiError, OverBudget, ProviderError, UsageError
from ...planning.plan import Planned
from ...planning.resources import Resources
from ...providers.types import Watch
from ...spec import Cluster, Share
from ...store.local import Store
from ...store.shared.store import SharedStore
from ..scheduler import Crew, Work
from ..watch import Told
from .actor import Event, Kit, Worker
from .actor_pool import Pool, options

_LOOK = (0.3, 3.0)  # seconds between looks at a unit, at first and later on
_PATIENCE = 15.0  # seconds a worker that should stop is given before it is ended
_LOST = (
    "RayActorError",
    "ObjectLostError",
    "OutOfMemoryError",
    "NodeDiedError",
    "WorkerCrashedError",
)
"""What Ray says where a worker or its machine is gone: each is a family of its own."""
_NOWHERE = ("ActorUnschedulableError", "RuntimeEnvSetupError")
"""What it says where no worker can be."""


def execute(work: Work, cluster: Cluster) -> None:
    """`mi.runner.scheduler.execute` on a Ray cluster.

    Raises:
        UsageError: Ray is not installed, or there is no cluster at the address.
    """
    with connected(cluster) as ray:
        kit = ray.put(_kit(work.bench, work.store, work.run))
        away = Away(ray, work.bench, work.store, cluster, pool(ray, kit))
        try:
            Crew(work, away).do()
        finally:
            away.pool.close()


@contextmanager
def connected(cluster: Cluster) -> Iterator[Any]:
    """Ray, connected to the cluster; one is started on this machine where none is named."""
    host = (cluster.address or "").rpartition("//")[2].partition(":")[0]
    if host == "localhost" or host.startswith("127."):
        # Ray takes this for the machine's outer address, where such a cluster does not listen.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UsageError("--executor ray needs Ray", hint="pip install 'mi[ray]'") from None
    ours = not ray.is_initialized()
    if ours:
        with _own_signals():
            try:
                _reach(cluster.address)
                ray.init(
                    cluster.address,
                    namespace="mi",
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            except (OSError, ValueError, RuntimeError) as error:
                raise UsageError(
                    f"there is no Ray cluster to be reached ({str(error).splitlines()[0]})",
                    where=cluster.address,
                    hint="`ray start --head` starts one; --ray-address names another",
                ) from None
    try:
        yield ray
    finally:
        if ours:
            ray.shutdown()


def _reach(address: str | None) -> None:
    """Raises `OSError` where nobody listens, which Ray takes minutes to find out."""
    host, _, port = (address or "").removeprefix("ray://").partition(":")
    if port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray would end the process at a SIGTERM; a run stops at the next safe place."""
    ours = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    if threading.current_thread() is threading.main_thread():
        for number, handler in ours.items():
            signal.signal(number, handler)


def _kit(bench: Resources, store: Store, run: str) -> Kit:
    return Kit(
        model=bench.model,
        terms=bench.terms,
        rows=bench.rows,
        questions=bench.questions,
        judges=tuple(bench.judges),
        prices=bench.prices,
        judge_only=bench.judge_only,
        store=store.address,
        claim=store.claims.seconds if isinstance(store, SharedStore) else 0.0,
        run=run,
    )


def pool(ray: Any, kit: Any, worker: type[Worker] = Worker) -> Pool:
    """Actors on a cluster, made as they are needed.

    Args:
        kit: A reference to what `worker` takes.
    """
    remote = ray.remote(worker)

    def make(share: Share) -> Any:
        return remote.options(max_concurrency=2, **options(share)).remote(kit)

    def kill(actor: Any) -> None:
        with suppress(Exception):
            ray.kill(actor)

    def nodes() -> list[dict[str, float]]:
        return [node["Resources"] for node in ray.nodes() if node["Alive"]]

    return Pool(make, kill, nodes, ray.available_resources)


class _Again(Enum):
    """Why a unit has to be begun with another worker: this one was lost, or has no machine yet."""

    LOST = "lost"
    ELSEWHERE = "elsewhere"


@attrs.define
class Away:
    """The cluster, as `mi.runner.scheduler.Where`."""

    ray: Any
    bench: Resources
    store: Store
    cluster: Cluster
    pool: Pool
    at_once: int | None = None

    def room(self, kind: str) -> int:
        return self.pool.room(self.cluster.share(kind))

    def do(self, planned: Planned, watch: Watch) -> bool:
        told = Told(watch, self.store, planned.unit.key, logs=False)
        try:
            lost = 0
            while lost < self.cluster.tries:
                made = self._try(planned, told)
                if isinstance(made, MiError):
                    raise made
                if isinstance(made, bool):
                    return made
                lost += made is _Again.LOST
        finally:
            self.store.end_progress(planned.unit.key)
        raise ProviderError(
            f"{planned.unit.title}: the cluster lost {self.cluster.tries} workers that were at it",
            hint="`ray status` and the logs of Ray say why; a unit may need more memory",
        )

    def _try(self, planned: Planned, watch: Told) -> bool | MiError | _Again:
        """Have a worker do it."""
        share = self.cluster.share(planned.unit.kind)
        actor = self.pool.take(share)
        try:
            made = self._followed(actor, planned, watch)
        except self._errors(_NOWHERE) as error:
            self.pool.drop(actor)
            raise ProviderError(
                f"{planned.unit.title}: no worker can be made for it ({shorten(str(error), 200)})",
                hint=f"see what [tool.mi.ray] asks for {planned.unit.kind}, and `ray status`",
            ) from None
        except self._errors(_LOST) as error:
            self.pool.drop(actor)
            watch.note(
                f"{planned.unit.title}: its worker was lost ({type(error).__name__}); it goes on "
                "with another one"
            )
            return _Again.LOST
        except BaseException:
            self.pool.drop(actor)
            raise
        if made is _Again.ELSEWHERE:
            self.pool.drop(actor)
        else:
            self.pool.give(share, actor)
        return made

    def _errors(self, names: Sequence[str]) -> tuple[type[Exception], ...]:
        """Those of Ray's errors that this version of it has."""
        found = (getattr(self.ray.exceptions, name, None) for name in names)
        return tuple(kind for kind in found if kind is not None)

    def _followed(self, actor: Any, planned: Planned, watch: Told) -> bool | MiError | _Again:
        """Wait for a worker's end with a unit, and let the watch hear what it says meanwhile."""
        purse, ray, share = self.bench.purse, self.ray, self.cluster.share(planned.unit.kind)
        left = None if purse.limit is None else purse.limit - purse.spent
        end, talk = actor.do.remote(planned, left), None
        pause, stop, silent = _LOOK[0], None, 0.0
        while (found := self._end(end, pause)) is None:
            if self.pool.tidy(share, actor):
                return _Again.ELSEWHERE
            silent = silent + pause if stop else 0.0
            if silent > _PATIENCE and talk is not None:  # not even placed, or stuck
                self.pool.drop(actor)
                raise Interrupted("interrupted; what is done is kept")
            stop = stop or self._stop(watch)
            if talk is not None and ray.wait([talk], timeout=0)[0]:
                self._hear(ray.get(talk), watch)
                self.pool.placed(actor)
                talk, silent = None, 0.0
            if talk is None:
                talk = actor.heard.remote(stop)
            pause = _LOOK[0] if stop else min(pause * 1.5, _LOOK[1])
        if talk is not None:
            self._hear(ray.get(talk), watch)
        made, events = found
        self.pool.placed(actor)
        self._hear(events, watch)
        return made

    def _end(self, end: Any, seconds: float) -> tuple[bool | MiError, list[Event]] | None:
        """What a worker says at the end; None where that is not yet."""
        try:
            found: tuple[bool | MiError, list[Event]] = self.ray.get(end, timeout=seconds)
        except self.ray.exceptions.GetTimeoutError:
            return None
        return found

    def _stop(self, watch: Told) -> str | None:
        try:
            watch.check()
            self.bench.purse.check()
        except OverBudget:
            return "spent"
        except Interrupted:
            return "interrupted"
        return None

    def _hear(self, events: list[Event], watch: Told) -> None:
        for name, words, more in events:
            if name == "noted":
                self.store.attempt(*words, **more)
            elif name == "paid":
                self.bench.purse.pay(*words, **more)
            else:
                getattr(watch, name)(*words, **more)
