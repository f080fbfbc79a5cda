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
from ...errors import Interrupted, MiError, OverBudget, UsageError
from ...planning.plan import Planned
from ...planning.resources import Resources
from ...providers import Providers
from ...providers.pricing import Prices, Purse
from ...providers.types import Terms
from ...spec import Model, is_url
from ...store import open_store
from ...store.local import Store
from ...version import __version__
from ..watch import Told
from ..worker import once

Event = tuple[str, tuple[Any, ...], dict[str, Any]]
"""A method of a watch, `noted` or `paid`, and its arguments."""


@attrs.frozen(kw_only=True)
class Kit:
    """What units are made of, in plain values; see `mi.planning.resources.Resources`.

    Args:
        judges: `provider:name` of the judge models.
        store: Its address.
        claim: Seconds of silence after which its claims end.
        host: Where the driver is.
        version: Of `mi` there.
    """

    model: Model
    terms: Terms
    rows: Mapping[str, tuple[Rows, Rows]]
    questions: Mapping[str, Questions]
    judges: tuple[str, ...]
    prices: Prices
    judge_only: bool
    store: str
    claim: float
    run: str
    host: str = attrs.field(factory=socket.gethostname)
    version: str = __version__


@attrs.define
class Relay:
    """A watch that keeps what it hears for the driver, and stops when the driver says so."""

    events: list[Event] = attrs.field(factory=list)
    stop: MiError | None = None
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def start(self, what: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        self._add("start", what, total, unit=unit, done=done)

    def advance(self, n: int = 1, **facts: float) -> None:
        with self._lock:
            if self.events and self.events[-1][0] == "advance":
                _, (before,), known = self.events.pop()
                n, facts = n + before, {**known, **facts}
            self.events.append(("advance", (n,), facts))

    def note(self, text: str) -> None:
        self._add("note", text)

    def noted(self, run: str, unit: str, event: str, **facts: Any) -> None:
        """Something became of a unit."""
        self._add("noted", run, unit, event, **facts)

    def paid(self, unit: str, cost: float) -> None:
        """Money was spent."""
        self._add("paid", unit, cost)

    def check(self) -> None:
        if self.stop is not None:
            raise self.stop

    def take(self) -> list[Event]:
        """What was heard since the last time."""
        with self._lock:
            taken, self.events = self.events, []
        return taken

    def _add(self, name: str, *words: Any, **more: Any) -> None:
        with self._lock:
            self.events.append((name, words, more))


@attrs.define
class _Till(Purse):
    """A purse whose owner hears of each payment."""

    relay: Relay = attrs.field(factory=Relay)

    def pay(self, unit: str, cost: float) -> None:
        Purse.pay(self, unit, cost)
        if cost:
            self.relay.paid(unit, cost)


class Worker:
    """The actor. One unit at a time; `heard` may be called meanwhile."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._relay = Relay()
        self._made: tuple[Store, Resources] | None = None

    def do(self, planned: Planned, left: float | None) -> tuple[bool | MiError, list[Event]]:
        """Do a unit; whether it was done for this run, or why not, and what is still to be heard.

        Args:
            left: What may be spent, in US dollars; None: nothing.
        """
        self._relay = relay = Relay()
        try:
            store, bench = self._ready()
            bench = attrs.evolve(bench, purse=_Till(limit=left, relay=relay))
            told = Told(relay, store, planned.unit.key)
            made: bool | MiError = once(planned, bench, store, told, self._kit.run, relay.noted)
        except MiError as error:
            made = error
        return made, relay.take()

    def heard(self, stop: str | None = None) -> list[Event]:
        """What happened since the last time.

        Args:
            stop: Why the unit should stop: `interrupted` or `spent`.
        """
        if stop is not None:
            kind = OverBudget if stop == "spent" else Interrupted
            self._relay.stop = kind("interrupted; what is done is kept")
        return self._relay.take()

    def _ready(self) -> tuple[Store, Resources]:
        """The store and the bench, made when first needed."""
        if self._made is None:
            kit = self._kit
            same_code(kit)
            providers = Providers(kit.terms)
            bench = Resources(
                model=kit.model,
                provider=providers.called(kit.model.provider),
                rows=kit.rows,
                questions=kit.questions,
                judges={name: providers.named(name) for name in kit.judges},
                prices=kit.prices,
                purse=Purse(),
                likely=lambda unit: None,
                terms=kit.terms,
                judge_only=kit.judge_only,
            )
            self._made = open_store(kit.store, kit.claim), bench
        return self._made


def same_code(kit: Kit) -> None:
    """Raises `UsageError` where this machine cannot do what the driver's would."""
    host = socket.gethostname()
    if kit.version != __version__:
        raise UsageError(
            f"mi is {__version__} on {host} and {kit.version} on {kit.host}",
            hint="install the same version on all machines of the cluster",
        )
    if host != kit.host and not is_url(kit.store):
        raise UsageError(
            f"the store is a folder with locks of one machine, and {host} is another one",
            where=kit.store,
            hint="--store file:///… for a folder that all machines see, or s3://…",
        )
