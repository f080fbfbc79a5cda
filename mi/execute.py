"""Executing a plan: each unit once, in an order in which its inputs come first.

A unit is held by a lock while it is worked on, so two runs on one store share the work instead of
doing it twice. A unit that fails is said, and blocks only what needs it. When the user asks to
stop, the unit at work keeps what it has and the run ends; the same command goes on from there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import attrs

from .data import Questions, Rows
from .errors import CorruptError, Interrupted, MiError, StoreError
from .plan import Plan, Planned, State
from .providers.base import Provider, Subject, Watch
from .spec import Model
from .steps import evaluate, mix, train
from .store import Store
from .units import Evaluate, Mix, Train, Unit


class Observer(Protocol):
    """Hears of each unit of a run."""

    def begin(self, planned: Planned, index: int, total: int) -> Watch:
        """A unit begins, the `index`-th (from 1) of `total`."""

    def end(self, planned: Planned, outcome: str, detail: str = "") -> None:
        """A unit ended: `done`, `found` (another process did it), `failed` or `blocked`."""


@attrs.frozen(kw_only=True)
class Bench:
    """What the units of a plan are made of, by the names their payloads use.

    Args:
        rows: Datasets by setting: misaligned and control.
        questions: What evals ask, by digest.
    """

    model: Model
    provider: Provider
    rows: Mapping[str, tuple[Rows, Rows]]
    questions: Mapping[str, Questions]


@attrs.define
class Tally:
    """What a run did: keys by outcome."""

    done: list[str] = attrs.field(factory=list)
    found: list[str] = attrs.field(factory=list)
    failed: dict[str, str] = attrs.field(factory=dict)
    blocked: dict[str, str] = attrs.field(factory=dict)

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
) -> None:
    """Do what the plan has to do, adding to `tally` as it goes.

    Args:
        published: Called after each unit that was published.

    Raises:
        Interrupted: The user asked to stop; everything done so far is kept.
        StoreError: The store cannot be written, so that nothing more can be done.
    """
    todo = plan.todo
    for index, planned in enumerate(todo, 1):
        unit = planned.unit
        cause = next(
            (need for need in unit.needs if need in tally.failed or need in tally.blocked), None
        )
        if cause is not None:
            tally.blocked[unit.key] = cause
            observer.end(planned, "blocked", f"{cause} is not there")
            continue
        watch = observer.begin(planned, index, len(todo))
        try:
            made = _once(planned, bench, store, run, watch)
        except (Interrupted, StoreError):
            raise
        except MiError as error:
            tally.failed[unit.key] = str(error)
            store.fail(unit.key, run, error.message)
            observer.end(planned, "failed", str(error))
            continue
        (tally.done if made else tally.found).append(unit.key)
        observer.end(planned, "done" if made else "found")
        published()


def _once(planned: Planned, bench: Bench, store: Store, run: str, watch: Watch) -> bool:
    """Do a unit unless it is there by now; whether it was done here."""
    unit = planned.unit
    names = [unit.key, *_journals(unit).values()]

    def waiting(name: str) -> None:
        watch.note(f"waiting for {name}: another run is at it")
        watch.check()

    with store.locked(*names, waiting=waiting):
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
        try:
            outcome = _do(unit, bench, store, watch)
            store.publish(unit, run, outcome, time.monotonic() - started, journals=_journals(unit))
        except Interrupted:
            store.attempt(run, unit.key, "interrupted")
            raise
        except MiError as error:
            store.attempt(run, unit.key, "failed", message=error.message)
            raise
        store.attempt(run, unit.key, "done", seconds=round(time.monotonic() - started, 3))
    return True


def _journals(unit: Unit) -> dict[str, str]:
    return evaluate.journals(unit.payload) if isinstance(unit.payload, Evaluate) else {}


def _do(unit: Unit, bench: Bench, store: Store, watch: Watch) -> dict[str, Any]:
    """The work of a unit in its folder; what it reports, as plain values."""
    payload, folder = unit.payload, store.work(unit.key)
    if isinstance(payload, Mix):
        return _mix(unit, payload, bench, folder)
    if isinstance(payload, Train):
        bench.provider.prepare(bench.model, watch)
        rows = store.unit(payload.mix) / _mix_file(store, payload.mix)
        done = train.train(unit.key, payload, bench.model, rows, folder, bench.provider, watch)
        return attrs.asdict(done)
    bench.provider.prepare(bench.model, watch)
    return _evaluate(unit, payload, bench, store, folder, watch)


def _mix(unit: Unit, payload: Mix, bench: Bench, folder: Path) -> dict[str, Any]:
    misaligned, control = bench.rows[unit.setting]
    chats = mix.draw(misaligned, control, payload)
    name = mix.file_name(unit.setting, payload)
    mix.write(chats, folder / name)
    return {"file": name, "rows": len(chats), "source": misaligned.source}


def _mix_file(store: Store, key: str) -> str:
    name: str = store.record(key).outcome["file"]
    return name


def _evaluate(
    unit: Unit, payload: Evaluate, bench: Bench, store: Store, folder: Path, watch: Watch
) -> dict[str, Any]:
    trained = store.unit(payload.subject) if isinstance(payload.subject, str) else None
    done = evaluate.evaluate(
        payload,
        bench.questions[payload.questions],
        Subject(model=bench.model, trained=trained),
        {role: store.journal(name) for role, name in _journals(unit).items()},
        bench.provider,
        watch,
    )
    _write_lines(folder / "questions.jsonl", [attrs.asdict(asked) for asked in done.questions])
    _write_lines(folder / "scores.jsonl", [attrs.asdict(score) for score in done.scores])
    outcomes: dict[str, int] = {}
    for score in done.scores:
        outcomes[score.outcome] = outcomes.get(score.outcome, 0) + 1
    return {"scores": len(done.scores), "outcomes": dict(sorted(outcomes.items()))}


def _write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
