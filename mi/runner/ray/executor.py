"""Running units on the cluster, from the driver's side.

If an actor or its machine is lost, the unit is started again on another one, where it finds what
was stored: checkpoints, answers, or the finished unit. Two actors never both produce a unit: each
works under the store's lease, and the later one cannot publish.
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

from ...errors import BudgetExceeded, Interrupted, MiError, ProviderError, UsageError
from ...files.secrets import restore_credentials
from ...planning.plan import PlannedUnit
from ...planning.resources import Resources
from ...providers.budget import Budget
from ...providers.types import Monitor
from ...spec import Cluster, ResourceRequest
from ...store.base import Store
from ...store.shared.store import SharedStore
from ...version import install_command
from ..scheduler import Scheduler
from ..types import Run
from ..watch import StoredMonitor
from .actor import ActorSetup, Event, UnitActor
from .actor_pool import ActorPool, ray_options

_POLL_INTERVALS = (0.3, 3.0)  # seconds between two polls of a unit: the first, and the longest
_STOP_TIMEOUT = 15.0  # seconds an actor may take to stop before it is killed
_LOST_ERRORS = (
    "RayActorError",
    "ObjectLostError",
    "OutOfMemoryError",
    "NodeDiedError",
    "WorkerCrashedError",
)
"""Ray's errors for a lost actor or machine; they have no common base class."""
_UNPLACEABLE_ERRORS = ("ActorUnschedulableError", "RuntimeEnvSetupError")
"""Ray's errors for an actor that can never be placed."""


def execute_on_ray(run: Run, cluster: Cluster) -> None:
    """Run the units on a Ray cluster.

    Raises:
        UsageError: Ray is not installed, or there is no cluster at the address.
    """
    with connect(cluster) as ray:
        setup = ray.put(_actor_setup(run.resources, run.store, run.run_id))
        runner = RayRunner(ray, run.resources, run.store, cluster, create_pool(ray, setup))
        try:
            Scheduler(run, runner).execute()
        finally:
            runner.pool.close()


@contextmanager
def connect(cluster: Cluster) -> Iterator[Any]:
    """Connect to the cluster; without an address, start one on this machine."""
    host = (cluster.address or "").rpartition("//")[2].partition(":")[0]
    if host == "localhost" or host.startswith("127."):
        # Ray takes this for the machine's outer address, where such a cluster does not listen.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UsageError("--executor ray needs Ray", hint=install_command("ray")) from None
    ours = not ray.is_initialized()
    if ours:
        with _keep_signal_handlers():
            try:
                _check_reachable(cluster.address)
                ray.init(
                    cluster.address,
                    namespace="mi",
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            except (OSError, ValueError, RuntimeError) as error:
                raise UsageError(
                    f"cannot connect to a Ray cluster ({str(error).splitlines()[0]})",
                    where=cluster.address,
                    hint="`ray start --head` starts one; --ray-address names another",
                ) from None
    try:
        yield ray
    finally:
        if ours:
            ray.shutdown()


def _check_reachable(address: str | None) -> None:
    """Raise `OSError` if nothing listens at the address; Ray would take minutes to find out."""
    host, _, port = (address or "").removeprefix("ray://").partition(":")
    if port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


@contextmanager
def _keep_signal_handlers() -> Iterator[None]:
    """Keep this process's signal handlers: Ray's would end it at once on SIGTERM."""
    ours = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    if threading.current_thread() is threading.main_thread():
        for number, handler in ours.items():
            signal.signal(number, handler)


def _actor_setup(resources: Resources, store: Store, run_id: str) -> ActorSetup:
    return ActorSetup(
        model=resources.model,
        subjects=resources.subjects,
        client_options=resources.client_options,
        rows=resources.rows,
        datasets=resources.datasets,
        questions=resources.questions,
        judges=tuple(resources.judges),
        prices=resources.prices,
        judge_only=resources.judge_only,
        store=restore_credentials(store.address),
        lease_seconds=store.leases.lease_seconds if isinstance(store, SharedStore) else 0.0,
        run_id=run_id,
    )


def create_pool(ray: Any, setup: Any, worker: type[UnitActor] = UnitActor) -> ActorPool:
    """The pool of a run's actors.

    Args:
        ray: The connected `ray` module.
        setup: A reference to the argument of `worker`.
        worker: The class of the actors.
    """
    remote = ray.remote(worker)

    def make(share: ResourceRequest) -> Any:
        return remote.options(max_concurrency=2, **ray_options(share)).remote(setup)

    def kill(actor: Any) -> None:
        with suppress(Exception):
            ray.kill(actor)

    def nodes() -> list[dict[str, float]]:
        return [node["Resources"] for node in ray.nodes() if node["Alive"]]

    return ActorPool(make, kill, nodes, ray.available_resources)


@attrs.define
class _Funds:
    """What the driver has reserved for the requests that an actor makes for a unit.

    Args:
        budget: The run's budget.
        unit: Key of the unit.
        requested: What the actor has asked for and not got yet, in US dollars.
    """

    budget: Budget
    unit: str
    requested: float = 0.0

    def reserve(self) -> float:
        """Reserve what the actor has asked for, or more while much is left; 0 if there is no room.

        Raises:
            BudgetExceeded: The limit allows no payment at all.
        """
        amount = max(self.requested, min(self.budget.room() / 8, self.requested * 256))
        if not amount or not self.budget.reserve_request(self.unit, amount):
            return 0.0
        self.requested = 0.0
        return amount

    def request_funds(self, unit: str, amount: float) -> None:
        """The actor asks for an amount; see `EventRelay.request_funds`."""
        self.requested = amount

    def record_payment(self, unit: str, cost: float) -> None:
        """The actor has paid, out of what was reserved."""
        self.budget.settle_request(unit, cost, cost)
        self.budget.charge(unit, cost)

    def record_loss(self, unit: str, amount: float) -> None:
        """A request of the actor was never answered."""
        self.budget.lose_request(unit, amount)

    def record_estimates(self, reasons: Sequence[str]) -> None:
        """Usages that the actor booked are estimates."""
        self.budget.add_estimates(reasons)


_FUND_EVENTS = ("request_funds", "record_payment", "record_loss", "record_estimates")


class _Retry(Enum):
    """Why a unit needs another actor: this one was lost, or has no machine yet."""

    LOST = "lost"
    ELSEWHERE = "elsewhere"


@attrs.define
class RayRunner:
    """Runs units on the cluster; a `mi.runner.types.UnitRunner`."""

    ray: Any
    resources: Resources
    store: Store
    cluster: Cluster
    pool: ActorPool
    max_concurrent: int | None = None

    def capacity(self, kind: str) -> int:
        return self.pool.capacity(self.cluster.request(kind))

    def run(self, planned: PlannedUnit, monitor: Monitor) -> bool:
        stored = StoredMonitor(monitor, self.store, planned.unit.key, writes_log=False)
        try:
            lost = 0
            while lost < self.cluster.tries:
                result = self._attempt(planned, stored)
                if isinstance(result, MiError):
                    raise result
                if isinstance(result, bool):
                    return result
                lost += result is _Retry.LOST
        finally:
            self.store.clear_progress(planned.unit.key)
        raise ProviderError(
            f"{planned.unit.title}: the cluster lost {self.cluster.tries} workers that ran it",
            hint="`ray status` and the logs of Ray say why; a unit may need more memory",
        )

    def _attempt(self, planned: PlannedUnit, monitor: StoredMonitor) -> bool | MiError | _Retry:
        """Run the unit once on an actor of the pool."""
        share = self.cluster.request(planned.unit.kind)
        actor = self.pool.acquire(share)
        try:
            result = self.follow(actor, planned, monitor)
        except self._ray_errors(_UNPLACEABLE_ERRORS) as error:
            self.pool.discard(actor)
            raise ProviderError(
                f"{planned.unit.title}: no worker can be made for it ({shorten(str(error), 200)})",
                hint=f"see what [tool.mi.ray] asks for {planned.unit.kind}, and `ray status`",
            ) from None
        except self._ray_errors(_LOST_ERRORS) as error:
            self.pool.discard(actor)
            monitor.message(
                f"{planned.unit.title}: its worker was lost ({type(error).__name__}); it "
                "continues on another one"
            )
            return _Retry.LOST
        except BaseException:
            self.pool.discard(actor)
            raise
        if result is _Retry.ELSEWHERE:
            self.pool.discard(actor)
        else:
            self.pool.release(share, actor)
        return result

    def _ray_errors(self, names: Sequence[str]) -> tuple[type[Exception], ...]:
        """The error classes of these names that the installed Ray has."""
        classes = (getattr(self.ray.exceptions, name, None) for name in names)
        return tuple(error for error in classes if error is not None)

    def follow(
        self, actor: Any, planned: PlannedUnit, monitor: StoredMonitor
    ) -> bool | MiError | _Retry:
        """Poll an actor until its unit ends, and replay its events to the monitor.

        Args:
            actor: The Ray actor that runs the unit.
            planned: The unit.
            monitor: Receives the actor's events; raises when the run must stop.

        Returns:
            Whether the actor produced the unit, the error it ended with, or how to try again.
        """
        budget, ray = self.resources.budget, self.ray
        share = self.cluster.request(planned.unit.kind)
        budget_left = None if budget.limit is None else budget.limit - budget.spent
        result_ref, poll = actor.run.remote(planned, budget_left), None
        pause, stop, silent_seconds = _POLL_INTERVALS[0], None, 0.0
        funds = _Funds(budget, planned.unit.key)
        while (ended := self._poll_result(result_ref, pause)) is None:
            if self.pool.reap(share, actor):
                return _Retry.ELSEWHERE
            silent_seconds = silent_seconds + pause if stop else 0.0
            if silent_seconds > _STOP_TIMEOUT and poll is not None:  # not even placed, or stuck
                self.pool.discard(actor)
                raise Interrupted("interrupted; completed work is kept")
            stop = stop or self._stop_reason(monitor)
            if poll is not None and ray.wait([poll], timeout=0)[0]:
                self._replay(ray.get(poll), monitor, funds)
                self.pool.mark_placed(actor)
                poll, silent_seconds = None, 0.0
            if poll is None:
                grant = funds.reserve()
                poll = actor.poll.remote(stop, grant)
            pause = (
                _POLL_INTERVALS[0]
                if stop or funds.requested
                else min(pause * 1.5, _POLL_INTERVALS[1])
            )
        if poll is not None:
            self._replay(ray.get(poll), monitor, funds)
        result, events = ended
        self.pool.mark_placed(actor)
        self._replay(events, monitor, funds)
        budget.cancel_requests(planned.unit.key)
        return result

    def _poll_result(self, end: Any, seconds: float) -> tuple[bool | MiError, list[Event]] | None:
        """The result and last events of an actor's unit; None while it runs."""
        try:
            result: tuple[bool | MiError, list[Event]] = self.ray.get(end, timeout=seconds)
        except self.ray.exceptions.GetTimeoutError:
            return None
        return result

    def _stop_reason(self, monitor: StoredMonitor) -> str | None:
        try:
            monitor.raise_if_stopped()
            self.resources.budget.raise_if_exceeded()
        except BudgetExceeded:
            return "spent"
        except Interrupted:
            return "interrupted"
        return None

    def _replay(self, events: list[Event], monitor: StoredMonitor, funds: _Funds) -> None:
        for name, args, kwargs in events:
            if name == "record_attempt":
                self.store.log_attempt(*args, **kwargs)
            elif name in _FUND_EVENTS:
                getattr(funds, name)(*args, **kwargs)
            else:
                getattr(monitor, name)(*args, **kwargs)
