"""The worker: a process of the cluster that does units as this machine would.

Everything that units are made of comes to it once. How far a unit is, what is said, noted and paid
is kept until the driver asks, which is also when it hears that it should stop.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Any

import attrs

from ...data.datasets import Questions, Rows
from ...errors import BudgetExceeded, Interrupted, MiError, UsageError
from ...planning.plan import PlannedUnit
from ...planning.resources import Resources
from ...providers import Providers
from ...providers.pricing import Budget, PriceTable
from ...providers.types import ClientOptions
from ...spec import Model, is_url
from ...store import open_store
from ...store.base import Store
from ...version import __version__
from ..watch import StoredMonitor
from ..worker import run_unit

Event = tuple[str, tuple[Any, ...], dict[str, Any]]
"""A method of a watch, `noted` or `paid`, and its arguments."""


@attrs.frozen(kw_only=True)
class ActorSetup:
    """What units are made of, in plain values; see `mi.planning.resources.Resources`.

    Args:
        judges: `provider:name` of the judge models.
        store: Its address.
        claim: Seconds of silence after which its claims end.
        host: Where the driver is.
        version: Of `mi` there.
    """

    model: Model
    client_options: ClientOptions
    rows: Mapping[str, tuple[Rows, Rows]]
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
    """A watch that keeps what it hears for the driver, and stops when the driver says so."""

    events: list[Event] = attrs.field(factory=list)
    stop_error: MiError | None = None
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        self._add("start", phase, total, unit=unit, done=done)

    def advance(self, count: int = 1, **facts: float) -> None:
        with self._lock:
            if self.events and self.events[-1][0] == "advance":
                _, (before,), known = self.events.pop()
                count, facts = count + before, {**known, **facts}
            self.events.append(("advance", (count,), facts))

    def message(self, text: str) -> None:
        self._add("message", text)

    def record_attempt(self, run: str, unit: str, event: str, **facts: Any) -> None:
        """Something became of a unit."""
        self._add("record_attempt", run, unit, event, **facts)

    def record_payment(self, unit: str, cost: float) -> None:
        """Money was spent."""
        self._add("record_payment", unit, cost)

    def raise_if_stopped(self) -> None:
        if self.stop_error is not None:
            raise self.stop_error

    def drain(self) -> list[Event]:
        """What was heard since the last time."""
        with self._lock:
            taken, self.events = self.events, []
        return taken

    def _add(self, name: str, *words: Any, **more: Any) -> None:
        with self._lock:
            self.events.append((name, words, more))


@attrs.define
class _RelayedBudget(Budget):
    """A purse whose owner hears of each payment."""

    relay: EventRelay = attrs.field(factory=EventRelay)

    def charge(self, unit: str, cost: float) -> None:
        Budget.charge(self, unit, cost)
        if cost:
            self.relay.record_payment(unit, cost)


class UnitActor:
    """The actor. One unit at a time; `heard` may be called meanwhile."""

    def __init__(self, setup: ActorSetup) -> None:
        self._setup = setup
        self._relay = EventRelay()
        self._opened_state: tuple[Store, Resources] | None = None

    def run(
        self, planned: PlannedUnit, budget_left: float | None
    ) -> tuple[bool | MiError, list[Event]]:
        """Do a unit; whether it was done for this run, or why not, and what is still to be heard.

        Args:
            left: What may be spent, in US dollars; None: nothing.
        """
        self._relay = relay = EventRelay()
        try:
            store, bench = self._open()
            bench = attrs.evolve(bench, budget=_RelayedBudget(limit=budget_left, relay=relay))
            told = StoredMonitor(relay, store, planned.unit.key)
            made: bool | MiError = run_unit(
                planned, bench, store, told, self._setup.run_id, relay.record_attempt
            )
        except MiError as error:
            made = error
        return made, relay.drain()

    def poll(self, stop: str | None = None) -> list[Event]:
        """What happened since the last time.

        Args:
            stop: Why the unit should stop: `interrupted` or `spent`.
        """
        if stop is not None:
            kind = BudgetExceeded if stop == "spent" else Interrupted
            self._relay.stop_error = kind("interrupted; what is done is kept")
        return self._relay.drain()

    def _open(self) -> tuple[Store, Resources]:
        """The store and the bench, made when first needed."""
        if self._opened_state is None:
            kit = self._setup
            check_same_code(kit)
            providers = Providers(kit.client_options)
            bench = Resources(
                model=kit.model,
                provider=providers.get(kit.model.provider),
                rows=kit.rows,
                questions=kit.questions,
                judges={name: providers.for_model(name) for name in kit.judges},
                prices=kit.prices,
                budget=Budget(),
                estimate_cost=lambda unit: None,
                client_options=kit.client_options,
                judge_only=kit.judge_only,
            )
            self._opened_state = open_store(kit.store, kit.lease_seconds), bench
        return self._opened_state


def check_same_code(setup: ActorSetup) -> None:
    """Raises `UsageError` where this machine cannot do what the driver's would."""
    host = socket.gethostname()
    if setup.version != __version__:
        raise UsageError(
            f"mi is {__version__} on {host} and {setup.version} on {setup.host}",
            hint="install the same version on all machines of the cluster",
        )
    if host != setup.host and not is_url(setup.store):
        raise UsageError(
            f"the store is a folder with locks of one machine, and {host} is another one",
            where=setup.store,
            hint="--store file:///… for a folder that all machines see, or s3://…",
        )
