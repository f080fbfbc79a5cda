"""The actor: a process of the cluster that runs units as the driver's machine would.

It receives everything that units run with once. Progress, messages, attempts and payments are kept
as events until the driver polls; a poll also tells the actor to stop.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ...data.datasets import Questions, Rows
from ...errors import BudgetExceeded, Interrupted, MiError, UsageError
from ...planning.plan import PlannedUnit
from ...planning.resources import Resources
from ...providers import Providers
from ...providers.budget import Budget
from ...providers.pricing import PriceTable
from ...providers.types import ClientOptions, ModelUnderTest
from ...spec import Model, is_url
from ...store import open_store
from ...store.base import Store
from ...units.unit import Base, DatasetName
from ...version import __version__
from ..watch import StoredMonitor
from ..worker import run_unit

Event = tuple[str, tuple[Any, ...], dict[str, Any]]
"""The name of an `EventRelay` method and the arguments of the call."""


@attrs.frozen(kw_only=True)
class ActorSetup:
    """What an actor needs to open the resources, in plain values; see `Resources`.

    Args:
        model: The model under test.
        subjects: The models that are evaluated untrained beside it, by their names in keys.
        client_options: How hosted providers are used.
        rows: Misaligned and control rows by setting.
        datasets: All rows that mixes are drawn from, by digest.
        questions: The evals' questions by digest.
        judges: `provider:name` of the judge models.
        prices: The price table.
        judge_only: Whether no request goes to the model under test.
        store: The store's address.
        lease_seconds: Seconds without a heartbeat after which the store's leases expire.
        run_id: The run's name in the store.
        host: The driver's host name.
        version: The driver's version of `mi`.
    """

    model: Model
    subjects: Mapping[Base, ModelUnderTest]
    client_options: ClientOptions
    rows: Mapping[str, tuple[Rows, Rows]]
    datasets: Mapping[DatasetName, Rows]
    questions: Mapping[str, Questions]
    judges: tuple[str, ...]
    prices: PriceTable
    judge_only: bool
    store: str
    lease_seconds: float
    run_id: str
    host: str = attrs.field(factory=socket.gethostname)
    version: str = __version__


@attrs.define
class EventRelay:
    """A monitor that keeps events for the driver, and stops the work when the driver asks.

    Args:
        events: Calls that the driver has not seen yet.
        stop_error: Raised in the unit, once set.
        granted: What the driver has reserved for the requests of the unit, in US dollars.
        is_asking: Whether the driver was asked for more and has not granted it.
    """

    events: list[Event] = attrs.field(factory=list)
    stop_error: MiError | None = None
    granted: float = 0.0
    is_asking: bool = False
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        """See `Monitor.start`, also for the arguments.

        Args:
            phase: What begins.
            total: Its length in units.
            unit: What is counted.
            done: Units done already.
        """
        self._add("start", phase, total, unit=unit, done=done)

    def advance(self, count: int = 1, **facts: float) -> None:
        with self._lock:
            if self.events and self.events[-1][0] == "advance":
                _, (earlier_count,), earlier_facts = self.events.pop()
                count, facts = count + earlier_count, {**earlier_facts, **facts}
            self.events.append(("advance", (count,), facts))

    def message(self, text: str) -> None:
        self._add("message", text)

    def record_attempt(self, run: str, unit: str, event: str, **facts: Any) -> None:
        """Keep an event of a unit's attempt.

        Args:
            run: The run.
            unit: The unit's key.
            event: `started`, `done`, `failed`, …
            facts: What is recorded with it.
        """
        self._add("record_attempt", run, unit, event, **facts)

    def record_payment(self, unit: str, cost: float) -> None:
        """Keep a payment, in US dollars."""
        self._add("record_payment", unit, cost)

    def record_loss(self, unit: str, amount: float) -> None:
        """Keep what a request that was never answered can have cost, in US dollars."""
        self._add("record_loss", unit, amount)

    def record_estimates(self, reasons: Sequence[str]) -> None:
        """Keep the reasons for usages that were estimated, one for each."""
        self._add("record_estimates", list(reasons))

    def request_funds(self, unit: str, amount: float) -> None:
        """Ask the driver to reserve an amount in US dollars, unless it was asked already."""
        if not self.is_asking:
            self.is_asking = True
            self._add("request_funds", unit, amount)

    def raise_if_stopped(self) -> None:
        if self.stop_error is not None:
            raise self.stop_error

    def drain(self) -> list[Event]:
        """Remove and return the events since the last call."""
        with self._lock:
            events, self.events = self.events, []
        return events

    def _add(self, name: str, *args: Any, **kwargs: Any) -> None:
        with self._lock:
            self.events.append((name, args, kwargs))


@attrs.define
class _RelayedBudget(Budget):
    """A budget that relays each payment to the driver, and spends only what the driver granted.

    So all actors of a run together keep its limit, as all threads of a process do.
    """

    relay: EventRelay = attrs.field(factory=EventRelay)

    def reserve_request(self, unit: str, amount: float, *, in_batch: bool = False) -> bool:
        """Admit a request if the driver has reserved enough; else ask it for more.

        Args:
            unit: Key of the unit.
            amount: The most that the request can cost.
            in_batch: Whether it is a line of a batch.
        """
        if amount > 0 and self.limit is not None:
            with self._lock:
                if self._committed() + amount > self.relay.granted:
                    self.relay.request_funds(unit, amount)
                    return False
        return Budget.reserve_request(self, unit, amount, in_batch=in_batch)

    def charge(self, unit: str, cost: float) -> None:
        Budget.charge(self, unit, cost)
        if cost:
            self.relay.record_payment(unit, cost)

    def lose_request(self, unit: str, amount: float) -> None:
        """Count a request as lost, here and at the driver.

        Args:
            unit: Key of the unit.
            amount: What was reserved for it.
        """
        Budget.lose_request(self, unit, amount)
        if amount:
            self.relay.record_loss(unit, amount)

    def add_estimates(self, reasons: Sequence[str]) -> None:
        Budget.add_estimates(self, reasons)
        if reasons:
            self.relay.record_estimates(reasons)


class UnitActor:
    """The actor. It runs one unit at a time, and may be polled meanwhile."""

    def __init__(self, setup: ActorSetup) -> None:
        self._setup = setup
        self._relay = EventRelay()
        self._opened_state: tuple[Store, Resources] | None = None

    def run(
        self, planned: PlannedUnit, budget_left: float | None
    ) -> tuple[bool | MiError, list[Event]]:
        """Run a unit.

        Args:
            planned: The unit.
            budget_left: What may be spent, in US dollars; None: nothing.

        Returns:
            Whether this run produced the unit, or the error; and the events not yet polled.
        """
        self._relay = relay = EventRelay()
        try:
            store, resources = self._open()
            resources = attrs.evolve(
                resources, budget=_RelayedBudget(limit=budget_left, relay=relay)
            )
            monitor = StoredMonitor(relay, store, planned.unit.key)
            result: bool | MiError = run_unit(
                planned, resources, store, monitor, self._setup.run_id, relay.record_attempt
            )
        except MiError as error:
            result = error
        return result, relay.drain()

    def poll(self, stop: str | None = None, grant: float = 0.0) -> list[Event]:
        """The events since the last poll.

        Args:
            stop: None, or why the unit should stop: `interrupted` or `spent`.
            grant: What the driver has reserved in addition, in US dollars.
        """
        if grant:
            self._relay.granted += grant
            self._relay.is_asking = False
        if stop is not None:
            kind = BudgetExceeded if stop == "spent" else Interrupted
            self._relay.stop_error = kind("interrupted; completed work is kept")
        return self._relay.drain()

    def _open(self) -> tuple[Store, Resources]:
        """The store and the resources, opened on the first call."""
        if self._opened_state is None:
            setup = self._setup
            check_same_code(setup)
            providers = Providers(setup.client_options)
            resources = Resources(
                model=setup.model,
                provider=providers.get(setup.model.provider),
                rows=setup.rows,
                datasets=setup.datasets,
                questions=setup.questions,
                judges={name: providers.for_model(name) for name in setup.judges},
                prices=setup.prices,
                budget=Budget(),
                estimate_cost=lambda unit: None,
                client_options=setup.client_options,
                subjects=setup.subjects,
                judge_only=setup.judge_only,
            )
            self._opened_state = open_store(setup.store, setup.lease_seconds), resources
        return self._opened_state


def check_same_code(setup: ActorSetup) -> None:
    """Raise `UsageError` if this machine cannot do what the driver's machine would."""
    host = socket.gethostname()
    if setup.version != __version__:
        raise UsageError(
            f"mi is {__version__} on {host} and {setup.version} on {setup.host}",
            hint="install the same version on all machines of the cluster",
        )
    if host != setup.host and not is_url(setup.store):
        raise UsageError(
            f"the store is a directory with locks of one machine, and {host} is another machine",
            where=setup.store,
            hint="--store file:///… for a directory that all machines share, or s3://…",
        )
