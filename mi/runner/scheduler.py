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
from typing import Protocol

import attrs

from ..errors import Interrupted, Lost, MiError, OverBudget, Refused, StoreError
from ..planning.plan import Plan, Planned
from ..planning.resources import Resources
from ..providers.types import Watch
from ..store.local import Store
from .queue import Waiting
from .threads import Hands
from .watch import Told
from .worker import names, once

KINDS = ("mix", "train", "eval")


class Where(Protocol):
    """Where units are done."""

    @property
    def at_once(self) -> int | None:
        """Units that may be under way at the same time; None: what their kinds allow."""

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


@attrs.frozen(kw_only=True)
class Work:
    """What a run is to do, what it has to do it with, and who hears of it.

    Args:
        plan: Its `todo` is what there is to do.
        bench: What units are made of.
        store: Where they go.
        run: What the run is called.
        observer: Hears of each unit.
        published: Called after each unit that was published.
        tally: Has what was done, as it is done.
        pace: How fast, and how far in spite of failures.
    """

    plan: Plan
    bench: Resources
    store: Store
    run: str
    observer: Observer
    published: Callable[[], None]
    tally: Tally = attrs.field(factory=Tally)
    pace: Pace = Pace()


def execute(work: Work) -> None:
    """Do the work in this process.

    Raises:
        Interrupted: The user asked to stop; everything done so far is kept.
        OverBudget: What may be spent is spent; everything done so far is kept.
        StoreError: The store cannot be written, so that nothing more can be done.
    """
    Crew(work, Here(work.bench, work.store, work.run)).do()


@attrs.frozen
class Here:
    """This process: as much at a time as the provider takes."""

    bench: Resources
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
class Crew:
    """The threads of a run and who is at what.

    Args:
        where: Where the units are done.
        busy: Units under way, by key.
        held: What they have to themselves: their keys and journals.
        error: Why nothing more is started: the first of the errors that end a run.
    """

    work: Work
    where: Where
    busy: dict[str, Planned] = attrs.field(factory=dict)
    held: set[str] = attrs.field(factory=set)
    error: BaseException | None = None
    _waiting: Waiting = attrs.field(init=False)
    _hands: Hands = attrs.field(factory=Hands)
    _at_work: Counter[str] = attrs.field(factory=Counter)
    _begun: int = 0
    _failures: int = 0

    def do(self) -> None:
        """Do all of it that can be done; raises as `execute` does."""
        todo = self.work.plan.todo
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
        return self.error is not None or self.work.tally.stopped is not None

    def _start_all(self, total: int) -> None:
        """Start whatever can begin now."""
        if self.error is None:
            try:
                self.work.observer.check()
                self.work.bench.purse.check()
            except (Interrupted, OverBudget) as error:
                self.error = error
        while not self._is_over and (planned := self._next()) is not None:
            self._start(planned, total)

    def _next(self) -> Planned | None:
        most = [number for number in (self.where.at_once, self.work.pace.at_once) if number]
        if most and len(self.busy) >= min(most):
            return None
        room = {kind: self.where.room(kind) - self._at_work[kind] for kind in KINDS}
        return self._waiting.take((kind for kind in room if room[kind] > 0), self.held)

    def _start(self, planned: Planned, total: int) -> None:
        unit = planned.unit
        if planned.settled is not None:
            self._fail(planned, planned.settled)
            return
        likely = self.work.bench.likely(unit)
        if not self.work.bench.purse.admit(unit.key, 0.0 if likely is None else likely):
            self.error = OverBudget(
                f"{unit.title} is likely to cost more than is left of --max-cost",
                hint="what is done is kept: the same command with a higher --max-cost goes on",
            )
            return
        self.busy[unit.key] = planned
        self._at_work[unit.kind] += 1
        self.held.update(names(unit))
        self._begun += 1
        watch = self.work.observer.begin(planned, self._begun, total)
        self._hands.call(lambda: self._done(planned, watch))

    def _done(self, planned: Planned, watch: Watch) -> tuple[Planned, bool | BaseException]:
        try:
            return planned, self.where.do(planned, watch)
        except BaseException as error:  # told to the thread that keeps the tally
            return planned, error

    def _heard(self, planned: Planned, made: bool | BaseException) -> None:
        unit = planned.unit
        del self.busy[unit.key]
        self._at_work[unit.kind] -= 1
        self.held.difference_update(names(unit))
        self.work.bench.purse.release(unit.key)
        if isinstance(made, bool):
            self._waiting.done(unit.key)
            (self.work.tally.done if made else self.work.tally.found).append(unit.key)
            self.work.observer.end(planned, "done" if made else "found")
            self.work.published()
        elif isinstance(made, Lost):  # who has it now will be waited for
            self.work.observer.end(planned, "left")
            self._waiting.again(planned)
        elif isinstance(made, (Interrupted, OverBudget, StoreError)):
            self.work.observer.end(planned, "left")
            self.error = self.error or made
        elif isinstance(made, MiError):
            permanent = isinstance(made, Refused)
            self._failures += 1
            if self._failures == self.work.pace.max_failures:
                self.work.tally.stopped = self._failures
            self.work.store.fail(unit.key, self.work.run, made.message, permanent=permanent)
            self._fail(planned, str(made))
        else:
            raise made

    def _fail(self, planned: Planned, message: str) -> None:
        self.work.tally.failed[planned.unit.key] = message
        self.work.observer.end(planned, "failed", message)
        for blocked, cause in self._waiting.failed(planned.unit.key):
            self.work.tally.blocked[blocked.unit.key] = cause
            self.work.observer.end(blocked, "blocked", f"{cause} is not there")
