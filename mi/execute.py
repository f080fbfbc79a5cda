"""Executing a plan: each unit once, in an order in which its inputs come first.

Units run in threads: as many trainings and evals at a time as the provider can have under way, so
that hosted trainings wait for each other's slots and not for each other. One thread, the caller's,
starts them, hears of their ends and keeps the tally.

A unit that fails is said, and blocks only what needs it. When the user asks to stop, units at work
keep what they have and the run ends; the same command goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import attrs

from .doing import Bench, names, once
from .errors import Interrupted, Lost, MiError, OverBudget, Refused, StoreError
from .hands import Hands
from .plan import Plan, Planned
from .providers.base import Watch
from .store import Store
from .waiting import Waiting
from .watching import Told

KINDS = ("mix", "train", "eval")


class Where(Protocol):
    """Where units are done.

    Args:
        at_once: Units that may be under way at the same time; None: what their kinds allow.
    """

    at_once: int | None

    def room(self, kind: str) -> int:
        """How many units of a kind may be under way at the same time."""

    def do(self, planned: Planned, watch: Watch) -> bool:
        """Do a unit unless it is there by now; whether it was done for this run."""


class Observer(Protocol):
    """Hears of each unit of a run."""

    def begin(self, planned: Planned, index: int, total: int) -> Watch:
        """A unit begins, the `index`-th (from 1) of `total`."""

    def end(self, planned: Planned, outcome: str, detail: str = "") -> None:
        """A unit ended: `done`, `found` (another process did it), `failed` or `blocked`."""

    def check(self) -> None:
        """Raises `Interrupted` when the user has asked to stop."""


@attrs.frozen(kw_only=True)
class Pace:
    """How fast, and how far in spite of failures.

    Args:
        at_once: Units at work at the same time, at most; None: as many as the provider takes.
        max_failures: After so many failures nothing more is started; None: whatever fails.
    """

    at_once: int | None = None
    max_failures: int | None = None


@attrs.define
class Tally:
    """What a run did: keys by outcome. `stopped`: it was left early, after so many failures."""

    done: list[str] = attrs.field(factory=list)
    found: list[str] = attrs.field(factory=list)
    failed: dict[str, str] = attrs.field(factory=dict)
    blocked: dict[str, str] = attrs.field(factory=dict)
    stopped: int | None = None

    def made(self, kind: str) -> int:
        """How many units of a kind this run made."""
        return sum(key.startswith(f"{kind}-") for key in self.done)


def execute(
    plan: Plan,
    bench: Bench,
    store: Store,
    run: str,
    observer: Observer,
    published: Callable[[], None],
    tally: Tally,
    pace: Pace | None = None,
) -> None:
    """Do what the plan has to do, adding to `tally` as it goes.

    Args:
        published: Called after each unit that was published.

    Raises:
        Interrupted: The user asked to stop; everything done so far is kept.
        OverBudget: What may be spent is spent; everything done so far is kept.
        StoreError: The store cannot be written, so that nothing more can be done.
    """
    here = Here(bench, store, run)
    work(plan, bench, store, run, observer, published, tally, pace or Pace(), here)


def work(*how: Any) -> None:
    """`execute`, at the `Where` that comes last."""
    _Crew(*how).work()


@attrs.frozen
class Here:
    """This process: as much at a time as the provider takes."""

    bench: Bench
    store: Store
    run: str

    @property
    def at_once(self) -> int | None:
        serving = self.bench.provider
        return 1 if serving.trainings_at_once == serving.evals_at_once == 1 else None

    def room(self, kind: str) -> int:
        serving = self.bench.provider
        rooms = {"mix": 1, "train": serving.trainings_at_once, "eval": serving.evals_at_once}
        return rooms[kind]

    def do(self, planned: Planned, watch: Watch) -> bool:
        key = planned.unit.key
        try:
            told = Told(watch, self.store, key)
            return once(planned, self.bench, self.store, told, self.run)
        finally:
            self.store.end_progress(key)


@attrs.define
class _Crew:
    """The threads of a run and who is at what.

    Args:
        busy: Units under way, by key.
        held: What they have to themselves: their keys and journals.
        error: Why nothing more is started: the first of the errors that end a run.
    """

    plan: Plan
    bench: Bench
    store: Store
    run: str
    observer: Observer
    published: Callable[[], None]
    tally: Tally
    pace: Pace
    where: Where
    busy: dict[str, Planned] = attrs.field(factory=dict)
    held: set[str] = attrs.field(factory=set)
    error: BaseException | None = None
    _waiting: Waiting = attrs.field(init=False)
    _hands: Hands = attrs.field(factory=Hands)
    _at_work: Counter[str] = attrs.field(factory=Counter)
    _begun: int = 0
    _failures: int = 0

    def work(self) -> None:
        todo = self.plan.todo
        self._waiting = Waiting(todo, names)
        while True:
            self._start_all(len(todo))
            if not self.busy:
                break
            self._heard(*self._hands.ended.get())
        self._hands.close()
        if self.error is not None:
            raise self.error

    @property
    def _is_over(self) -> bool:
        """Whether nothing more is started."""
        return self.error is not None or self.tally.stopped is not None

    def _start_all(self, total: int) -> None:
        """Start whatever can begin now."""
        if self.error is None:
            try:
                self.observer.check()
                self.bench.purse.check()
            except (Interrupted, OverBudget) as error:
                self.error = error
        while not self._is_over and (planned := self._next()) is not None:
            self._start(planned, total)

    def _next(self) -> Planned | None:
        most = [number for number in (self.where.at_once, self.pace.at_once) if number]
        if most and len(self.busy) >= min(most):
            return None
        room = {kind: self.where.room(kind) - self._at_work[kind] for kind in KINDS}
        return self._waiting.take((kind for kind in room if room[kind] > 0), self.held)

    def _start(self, planned: Planned, total: int) -> None:
        unit = planned.unit
        if planned.settled is not None:
            self._fail(planned, planned.settled)
            return
        likely = self.bench.likely(unit)
        if not self.bench.purse.admit(unit.key, 0.0 if likely is None else likely):
            self.error = OverBudget(
                f"{unit.title} is likely to cost more than is left of --max-cost",
                hint="what is done is kept: the same command with a higher --max-cost goes on",
            )
            return
        self.busy[unit.key] = planned
        self._at_work[unit.kind] += 1
        self.held.update(names(unit))
        self._begun += 1
        watch = self.observer.begin(planned, self._begun, total)
        self._hands.call(lambda: self._work(planned, watch))

    def _work(self, planned: Planned, watch: Watch) -> tuple[Planned, bool | BaseException]:
        try:
            return planned, self.where.do(planned, watch)
        except BaseException as error:  # told to the thread that keeps the tally
            return planned, error

    def _heard(self, planned: Planned, made: bool | BaseException) -> None:
        unit = planned.unit
        del self.busy[unit.key]
        self._at_work[unit.kind] -= 1
        self.held.difference_update(names(unit))
        self.bench.purse.release(unit.key)
        if isinstance(made, bool):
            self._waiting.done(unit.key)
            (self.tally.done if made else self.tally.found).append(unit.key)
            self.observer.end(planned, "done" if made else "found")
            self.published()
        elif isinstance(made, Lost):  # who has it now will be waited for
            self.observer.end(planned, "left")
            self._waiting.again(planned)
        elif isinstance(made, (Interrupted, OverBudget, StoreError)):
            self.observer.end(planned, "left")
            self.error = self.error or made
        elif isinstance(made, MiError):
            permanent = isinstance(made, Refused)
            self._failures += 1
            if self._failures == self.pace.max_failures:
                self.tally.stopped = self._failures
            self.store.fail(unit.key, self.run, made.message, permanent=permanent)
            self._fail(planned, str(made))
        else:
            raise made

    def _fail(self, planned: Planned, message: str) -> None:
        self.tally.failed[planned.unit.key] = message
        self.observer.end(planned, "failed", message)
        for blocked, cause in self._waiting.failed(planned.unit.key):
            self.tally.blocked[blocked.unit.key] = cause
            self.observer.end(blocked, "blocked", f"{cause} is not there")
