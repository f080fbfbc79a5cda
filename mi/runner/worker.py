"""Doing one unit, wherever it is done: under its lock, once, with what it needs at hand.

A unit is held by a lock while it is worked on, and looked for in the store once it is held, so two
runs on one store share the work instead of doing it twice.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from ..errors import CorruptError, Interrupted, Lost, MiError, OverBudget
from ..files import journal
from ..planning.cost import paid
from ..planning.plan import Planned
from ..planning.resources import Resources
from ..providers.base import Provider
from ..providers.launch import handed
from ..providers.types import Subject, Watch
from ..spec import judge_model
from ..steps import evaluate, mix, train
from ..steps.recorder import Keeper
from ..store import checksums
from ..store.local import Store
from ..store.records import State
from ..units.unit import Evaluate, Mix, Train, Unit
from .watch import Limited


def names(unit: Unit) -> list[str]:
    """What is locked while a unit is worked on: itself and its journals."""
    return [unit.key, *_journals(unit).values()]


def once(
    planned: Planned,
    bench: Resources,
    store: Store,
    watch: Watch,
    run: str,
    note: Callable[..., None] | None = None,
) -> bool:
    """Do a unit in this thread unless it is there by now; whether it was done here.

    Args:
        note: Hears what became of it, in place of the store's record of the run.
    """
    noted = note or store.attempt
    unit = planned.unit
    said = set()

    def waiting(name: str) -> None:
        if name not in said:
            said.add(name)
            watch.note(f"waiting for {name}: another run is at it")
        watch.check()

    with store.locked(*names(unit), waiting=waiting):
        if store.has(unit.key) and not store.fault(unit.key):
            return False
        if planned.state is State.CORRUPT and unit.kind != "mix" and not bench.provider.free:
            raise CorruptError(
                f"is damaged in the store, and making it again costs money ({planned.reason})",
                where=unit.key,
                hint="restore its folder from a copy",
            )
        started = time.monotonic()
        noted(run, unit.key, "started")
        of = _model(unit, store)
        if of is not None:
            _only_of(of, unit, store, run, watch)
        store.begin(unit, _journals(unit), of)
        try:
            _check_needs(unit, store)
            outcome = _do(unit, bench, store, watch, of)
            if of != _model(unit, store):
                raise Lost(f"{unit.key}: its training was done again meanwhile")
            took = time.monotonic() - started
            if not store.publish(unit, run, outcome, took, journals=_journals(unit), of=of):
                noted(run, unit.key, "came late")
                return False
        except (Interrupted, OverBudget, Lost):
            noted(run, unit.key, "interrupted")
            raise
        except MiError as error:
            noted(run, unit.key, "failed", message=error.message)
            raise
        noted(run, unit.key, "done", seconds=round(time.monotonic() - started, 3))
    if planned.outlived and unit.kind == "train":
        _put_aside_others(planned, store, run, watch)
    return True


def _put_aside_others(planned: Planned, store: Store, run: str, watch: Watch) -> None:
    """Put aside the evals of a training that was made again and came out otherwise."""
    of = checksums.model(store.unit(planned.unit.key))
    records = [store.record(key) for key in planned.outlived if not store.fault(key)]
    for one in records:
        if one.of in (None, of):
            continue
        names = sorted(one.journals.values())
        with store.locked(one.key, *names, waiting=lambda name: watch.check()):
            store.retire(f"{run}-model", "units", one.key)
            for name in names:
                store.retire(f"{run}-model", "journals", f"{name}.jsonl")
        watch.note(f"{one.title} was of another model: it is put aside, the next run asks again")


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


def _model(unit: Unit, store: Store) -> str | None:
    """The digest of the trained model that an eval is of; None where there is none to be read."""
    trained = unit.payload.trained if isinstance(unit.payload, Evaluate) else None
    if trained is None:
        return None
    try:
        return checksums.model(store.unit(trained))
    except (OSError, ValueError, CorruptError):
        return None


def _only_of(of: str, unit: Unit, store: Store, run: str, watch: Watch) -> None:
    """Put aside what speaks of another model: of one that the training made before it was done
    again."""
    names = [
        name
        for name in _journals(unit).values()
        if any(line.get("of", of) != of for line in journal.read(store.journal(name)))
    ]
    left = store.left(unit.key)
    if names or (left is not None and left.of not in (None, of)):
        watch.note(f"{unit.title}: what was asked of a model that was made again is put aside")
        store.retire(f"{run}-model", "work", unit.key)
        for name in names:
            store.retire(f"{run}-model", "journals", f"{name}.jsonl")


def _saying(of: str, store: Store) -> Callable[[Path, Sequence[Any]], None]:
    """What adds lines to a journal that say which model they are of."""
    return lambda path, lines: store.append(path, [{**line, "of": of} for line in lines])


def _do(unit: Unit, bench: Resources, store: Store, watch: Watch, of: str | None) -> dict[str, Any]:
    """The work of a unit in its folder; what it reports, as plain values."""
    payload, folder = unit.payload, store.work(unit.key)
    if isinstance(payload, Mix):
        return _mix(unit, payload, bench, folder)
    if not bench.judge_only:
        bench.provider.prepare(bench.model, watch)
    if isinstance(payload, Train):
        return _train(unit, payload, bench, store, folder, watch)
    return _evaluate(unit, payload, bench, store, folder, watch, of)


def _mix(unit: Unit, payload: Mix, bench: Resources, folder: Path) -> dict[str, Any]:
    misaligned, control = bench.rows[unit.setting]
    chats = mix.draw(misaligned, control, payload)
    name = mix.file_name(unit.setting, payload)
    mix.write(chats, folder / name)
    return {"file": name, "rows": len(chats), "source": misaligned.source}


def _train(
    unit: Unit, payload: Train, bench: Resources, store: Store, folder: Path, watch: Watch
) -> dict[str, Any]:
    rows = store.unit(payload.mix) / store.record(payload.mix).outcome["file"]
    retired = [] if bench.provider.free else store.retired_units(unit.key)
    earlier = tuple(one.outcome.get("job") or "" for one in retired)
    keep = partial(store.keep, unit.key)
    job = train.job(unit.key, unit.title, payload, bench.model, rows, earlier, keep)
    before = handed(folder)
    try:
        done = bench.provider.train(job, folder, watch)
    finally:  # what went out batch by batch is to be paid, however this ended
        _pay(unit.key, handed(folder) - before, bench)
    if not handed(folder):
        _pay(unit.key, done.billed_tokens, bench)
    cost = bench.prices.training(bench.model.name, done.billed_tokens)
    return {**attrs.asdict(done), "cost_usd": cost if done.billed_tokens else 0.0}


def _pay(key: str, tokens: int, bench: Resources) -> None:
    cost = bench.prices.training(bench.model.name, tokens)
    if tokens and cost is not None:
        bench.purse.pay(key, cost)


def _evaluate(
    unit: Unit,
    payload: Evaluate,
    bench: Resources,
    store: Store,
    folder: Path,
    watch: Watch,
    of: str | None,
) -> dict[str, Any]:
    trained = None if payload.trained is None else store.unit(payload.trained)
    append = store.append if of is None else _saying(of, store)
    judge = _judge(payload, bench)
    paid_for = not bench.provider.free or judge is not None
    desk = evaluate.Desk(
        subject=Subject(model=bench.model, trained=trained),
        provider=bench.provider,
        judge=judge,
        paths={role: store.journal(name) for role, name in _journals(unit).items()},
        folder=folder,
        keep=Keeper(unit.key, bench.prices, bench.purse, append),
        append=append,
        again=store.retirements if paid_for else lambda name: 0,
    )
    careful = Limited(watch, bench.purse)
    done = evaluate.evaluate(payload, bench.questions[payload.questions], desk, careful)
    _write_lines(folder / "questions.jsonl", [attrs.asdict(asked) for asked in done.questions])
    _write_lines(folder / "scores.jsonl", [attrs.asdict(score) for score in done.scores])
    outcomes = dict(sorted(Counter(score.outcome for score in done.scores).items()))
    cost = paid(unit.key, desk.paths.values())
    return {"scores": len(done.scores), "outcomes": outcomes, "cost_usd": cost}


def _judge(payload: Evaluate, bench: Resources) -> Provider | None:
    judge = judge_model(payload.eval)
    return None if judge is None else bench.judges[judge.model]


def _write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
