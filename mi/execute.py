"""Executing a plan: each unit once, in an order in which its inputs come first.

Units run in threads: as many trainings and evals at a time as the provider can have under way, so
that hosted trainings wait for each other's slots and not for each other. One thread, the caller's,
starts them, hears of their ends and keeps the tally.

A unit is held by a lock while it is worked on, so two runs on one store share the work instead of
doing it twice. A unit that fails is said, and blocks only what needs it. When the user asks to
stop, units at work keep what they have and the run ends; the same command goes on from there.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import attrs

from .cost import paid
from .data import Questions, Rows
from .errors import CorruptError, Interrupted, MiError, OverBudget, Refused, StoreError
from .money import Prices, Purse
from .plan import Plan, Planned, State
from .providers.base import Provider, Subject, Watch
from .spec import Model, judge_model
from .steps import evaluate, mix, train
from .steps.keep import Keeper
from .store import Store
from .units import Evaluate, Mix, Train, Unit
from .waiting import Waiting
from .watching import Told


class Observer(Protocol):
    """Hears of each unit of a run."""

    def begin(self, planned: Planned, index: int, total: int) -> Watch:
        """A unit begins, the `index`-th (from 1) of `total`."""

    def end(self, planned: Planned, outcome: str, detail: str = "") -> None:
        """A unit ended: `done`, `found` (another process did it), `failed` or `blocked`."""

    def check(self) -> None:
        """Raises `Interrupted` when the user has asked to stop."""


@attrs.frozen(kw_only=True)
class Bench:
    """What the units of a plan are made of, by the names their payloads use.

    Args:
        rows: Datasets by setting: misaligned and control.
        questions: What evals ask, by digest.
        judges: Who serves judge models, by `provider:name`.
        prices: What tokens cost.
        purse: What may be spent.
        likely: What a unit is likely to cost, in US dollars; None: not known.
        judge_only: Whether the model under test is asked nothing, so need not be there.
    """

    model: Model
    provider: Provider
    rows: Mapping[str, tuple[Rows, Rows]]
    questions: Mapping[str, Questions]
    judges: Mapping[str, Provider]
    prices: Prices
    purse: Purse
    likely: Callable[[Unit], float | None]
    judge_only: bool = False


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
    _Crew(plan, bench, store, run, observer, published, tally, pace or Pace()).work()


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
    busy: dict[str, Planned] = attrs.field(factory=dict)
    held: set[str] = attrs.field(factory=set)
    error: BaseException | None = None
    _waiting: Waiting = attrs.field(init=False)
    _ended: queue.SimpleQueue[tuple[Planned, bool | BaseException]] = attrs.field(
        factory=queue.SimpleQueue
    )
    _begun: int = 0
    _failures: int = 0

    def work(self) -> None:
        todo = self.plan.todo
        self._waiting = Waiting(todo, _names)
        while True:
            self._start_all(len(todo))
            if not self.busy:
                break
            self._heard(*self._ended.get())
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
        serving = self.bench.provider
        alone = serving.trainings_at_once == serving.evals_at_once == 1
        most = 1 if alone else self.pace.at_once
        if most is not None and len(self.busy) >= most:
            return None
        room = Counter(mix=1, train=serving.trainings_at_once, eval=serving.evals_at_once)
        room.subtract(one.unit.kind for one in self.busy.values())
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
        self.held.update(_names(unit))
        self._begun += 1
        watch = self.observer.begin(planned, self._begun, total)
        threading.Thread(
            target=self._work, args=(planned, watch), name=unit.key, daemon=True
        ).start()

    def _work(self, planned: Planned, watch: Watch) -> None:
        told = Told(watch, self.store, planned.unit.key)
        try:
            made: bool | BaseException = _once(planned, self.bench, self.store, self.run, told)
        except BaseException as error:  # told to the thread that keeps the tally
            made = error
        self.store.end_progress(planned.unit.key)
        self._ended.put((planned, made))

    def _heard(self, planned: Planned, made: bool | BaseException) -> None:
        unit = planned.unit
        del self.busy[unit.key]
        self.held.difference_update(_names(unit))
        self.bench.purse.release(unit.key)
        if isinstance(made, bool):
            self._waiting.done(unit.key)
            (self.tally.done if made else self.tally.found).append(unit.key)
            self.observer.end(planned, "done" if made else "found")
            self.published()
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


def _names(unit: Unit) -> list[str]:
    """What is locked while a unit is worked on: itself and its journals."""
    return [unit.key, *_journals(unit).values()]


def _once(planned: Planned, bench: Bench, store: Store, run: str, watch: Watch) -> bool:
    """Do a unit unless it is there by now; whether it was done here."""
    unit = planned.unit
    said = set()

    def waiting(name: str) -> None:
        if name not in said:
            said.add(name)
            watch.note(f"waiting for {name}: another run is at it")
        watch.check()

    with store.locked(*_names(unit), waiting=waiting):
        if store.unit(unit.key).exists() and not store.fault(unit.key):
            return False
        if planned.state is State.CORRUPT and unit.kind != "mix" and not bench.provider.free:
            raise CorruptError(
                f"is damaged in the store, and making it again costs money ({planned.reason})",
                where=unit.key,
                hint="restore its folder from a copy",
            )
        started = time.monotonic()
        store.attempt(run, unit.key, "started")
        store.begin(unit, _journals(unit))
        try:
            _check_needs(unit, store)
            outcome = _do(unit, bench, store, watch)
            store.publish(unit, run, outcome, time.monotonic() - started, journals=_journals(unit))
        except (Interrupted, OverBudget):
            store.attempt(run, unit.key, "interrupted")
            raise
        except MiError as error:
            store.attempt(run, unit.key, "failed", message=error.message)
            raise
        store.attempt(run, unit.key, "done", seconds=round(time.monotonic() - started, 3))
    return True


def _check_needs(unit: Unit, store: Store) -> None:
    """Hash what a unit is about to read, whenever it was hashed before.

    Raises:
        CorruptError: It is not what was written.
    """
    for need in unit.needs:
        if fault := store.fault(need):
            raise CorruptError(
                f"needs {need}, which is damaged: {fault}",
                where=unit.key,
                hint="the same command makes it again where that costs nothing",
            )


def _journals(unit: Unit) -> dict[str, str]:
    return evaluate.journals(unit.payload) if isinstance(unit.payload, Evaluate) else {}


def _do(unit: Unit, bench: Bench, store: Store, watch: Watch) -> dict[str, Any]:
    """The work of a unit in its folder; what it reports, as plain values."""
    payload, folder = unit.payload, store.work(unit.key)
    if isinstance(payload, Mix):
        return _mix(unit, payload, bench, folder)
    if not bench.judge_only:
        bench.provider.prepare(bench.model, watch)
    if isinstance(payload, Train):
        return _train(unit, payload, bench, store, folder, watch)
    return _evaluate(unit, payload, bench, store, folder, watch)


def _mix(unit: Unit, payload: Mix, bench: Bench, folder: Path) -> dict[str, Any]:
    misaligned, control = bench.rows[unit.setting]
    chats = mix.draw(misaligned, control, payload)
    name = mix.file_name(unit.setting, payload)
    mix.write(chats, folder / name)
    return {"file": name, "rows": len(chats), "source": misaligned.source}


def _train(
    unit: Unit, payload: Train, bench: Bench, store: Store, folder: Path, watch: Watch
) -> dict[str, Any]:
    rows = store.unit(payload.mix) / store.record(payload.mix).outcome["file"]
    earlier = tuple(one.outcome.get("job") or "" for one in store.retired_units(unit.key))
    job = train.job(unit.key, unit.title, payload, bench.model, rows, earlier)
    done = bench.provider.train(job, folder, watch)
    cost = bench.prices.training(bench.model.name, done.billed_tokens)
    if done.billed_tokens and cost is not None:
        bench.purse.pay(unit.key, cost)
    return {**attrs.asdict(done), "cost_usd": cost if done.billed_tokens else 0.0}


def _evaluate(
    unit: Unit, payload: Evaluate, bench: Bench, store: Store, folder: Path, watch: Watch
) -> dict[str, Any]:
    trained = store.unit(payload.subject) if isinstance(payload.subject, str) else None
    desk = evaluate.Desk(
        subject=Subject(model=bench.model, trained=trained),
        provider=bench.provider,
        judge=_judge(payload, bench),
        paths={role: store.journal(name) for role, name in _journals(unit).items()},
        folder=folder,
        keep=Keeper(unit.key, bench.prices, bench.purse),
    )
    done = evaluate.evaluate(payload, bench.questions[payload.questions], desk, watch)
    _write_lines(folder / "questions.jsonl", [attrs.asdict(asked) for asked in done.questions])
    _write_lines(folder / "scores.jsonl", [attrs.asdict(score) for score in done.scores])
    outcomes = dict(sorted(Counter(score.outcome for score in done.scores).items()))
    cost = paid(unit.key, desk.paths.values())
    return {"scores": len(done.scores), "outcomes": outcomes, "cost_usd": cost}


def _judge(payload: Evaluate, bench: Bench) -> Provider | None:
    judge = judge_model(payload.eval)
    return None if judge is None else bench.judges[judge.model]


def _write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
