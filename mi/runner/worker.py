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

from ..errors import BudgetExceeded, CorruptError, Interrupted, LeaseLost, MiError
from ..files import journal
from ..planning.cost import journal_cost
from ..planning.plan import PlannedUnit
from ..planning.resources import Resources
from ..providers.base import Provider
from ..providers.launch import sent_tokens
from ..providers.pricing import book_usage
from ..providers.types import ModelUnderTest, Monitor, Usage
from ..spec import judge_model
from ..steps import evaluate, mix, train
from ..steps.context import EvalContext
from ..steps.recorder import AnswerRecorder
from ..store import checksums
from ..store.base import Store
from ..store.records import State
from ..units.unit import Evaluate, Mix, Train, Unit
from .watch import BudgetMonitor


def lock_names(unit: Unit) -> list[str]:
    """What is locked while a unit is worked on: itself and its journals."""
    return [unit.key, *_journals(unit).values()]


def run_unit(
    planned: PlannedUnit,
    resources: Resources,
    store: Store,
    monitor: Monitor,
    run_id: str,
    record_attempt: Callable[..., None] | None = None,
) -> bool:
    """Do a unit in this thread unless it is there by now; whether it was done here.

    Args:
        note: Hears what became of it, in place of the store's record of the run.
    """
    noted = record_attempt or store.log_attempt
    unit = planned.unit
    said = set()

    def waiting(name: str) -> None:
        if name not in said:
            said.add(name)
            monitor.message(f"waiting for {name}: another run is at it")
        monitor.raise_if_stopped()

    with store.lock(*lock_names(unit), on_wait=waiting):
        if store.is_published(unit.key) and not store.find_damage(unit.key):
            return False
        if planned.state is State.CORRUPT and unit.kind != "mix" and not resources.provider.is_free:
            raise CorruptError(
                f"is damaged in the store, and making it again costs money ({planned.reason})",
                where=unit.key,
                hint="restore its folder from a copy",
            )
        started = time.monotonic()
        noted(run_id, unit.key, "started")
        of = _model_digest(unit, store)
        if of is not None:
            _archive_superseded(of, unit, store, run_id, monitor)
        store.begin(unit, _journals(unit), of)
        try:
            _check_needs(unit, store)
            outcome = _run_steps(unit, resources, store, monitor, of)
            if of != _model_digest(unit, store):
                raise LeaseLost(f"{unit.key}: its training was done again meanwhile")
            took = time.monotonic() - started
            if not store.publish(
                unit, run_id, outcome, took, journals=_journals(unit), model_digest=of
            ):
                noted(run_id, unit.key, "came late")
                return False
        except (Interrupted, BudgetExceeded, LeaseLost):
            noted(run_id, unit.key, "interrupted")
            raise
        except MiError as error:
            noted(run_id, unit.key, "failed", message=error.message)
            raise
        noted(run_id, unit.key, "done", seconds=round(time.monotonic() - started, 3))
    if planned.stale_dependents and unit.kind == "train":
        _archive_stale_evals(planned, store, run_id, monitor)
    return True


def _archive_stale_evals(planned: PlannedUnit, store: Store, run_id: str, monitor: Monitor) -> None:
    """Put aside the evals of a training that was made again and came out otherwise."""
    of = checksums.model_digest(store.unit_dir(planned.unit.key))
    records = [store.record(key) for key in planned.stale_dependents if not store.find_damage(key)]
    for one in records:
        if one.model_digest in (None, of):
            continue
        names = sorted(one.journals.values())
        with store.lock(one.key, *names, on_wait=lambda name: monitor.raise_if_stopped()):
            store.archive(f"{run_id}-model", "units", one.key)
            for name in names:
                store.archive(f"{run_id}-model", "journals", f"{name}.jsonl")
        monitor.message(
            f"{one.title} was of another model: it is put aside, the next run asks again"
        )


def _check_needs(unit: Unit, store: Store) -> None:
    """Hash what a unit is about to read, whenever it was hashed before.

    Raises:
        CorruptError: It is not what was written.
    """
    for need in unit.needs:
        if fault := store.find_damage(need):
            raise CorruptError(
                f"needs {need}, which is damaged: {fault}",
                where=unit.key,
                hint="the same command makes it again where that costs nothing",
            )


def _journals(unit: Unit) -> dict[str, str]:
    return evaluate.journal_names(unit.payload) if isinstance(unit.payload, Evaluate) else {}


def _model_digest(unit: Unit, store: Store) -> str | None:
    """The digest of the trained model that an eval is of; None where there is none to be read."""
    trained = unit.payload.training_key if isinstance(unit.payload, Evaluate) else None
    if trained is None:
        return None
    try:
        return checksums.model_digest(store.unit_dir(trained))
    except (OSError, ValueError, CorruptError):
        return None


def _archive_superseded(
    digest: str, unit: Unit, store: Store, run_id: str, monitor: Monitor
) -> None:
    """Put aside what speaks of another model: of one that the training made before it was done
    again."""
    names = [
        name
        for name in _journals(unit).values()
        if any(
            line.get("of", digest) != digest for line in journal.read_records(store.journal(name))
        )
    ]
    left = store.begun_record(unit.key)
    if names or (left is not None and left.model_digest not in (None, digest)):
        monitor.message(f"{unit.title}: what was asked of a model that was made again is put aside")
        store.archive(f"{run_id}-model", "work", unit.key)
        for name in names:
            store.archive(f"{run_id}-model", "journals", f"{name}.jsonl")


def _tagging_append(digest: str, store: Store) -> Callable[[Path, Sequence[Any]], None]:
    """What adds lines to a journal that say which model they are of."""
    return lambda path, lines: store.append(path, [{**line, "of": digest} for line in lines])


def _run_steps(
    unit: Unit, resources: Resources, store: Store, monitor: Monitor, digest: str | None
) -> dict[str, Any]:
    """The work of a unit in its folder; what it reports, as plain values."""
    payload, folder = unit.payload, store.prepare_work_dir(unit.key)
    if isinstance(payload, Mix):
        return _run_mix(unit, payload, resources, folder)
    if not resources.judge_only:
        resources.provider.prepare(resources.model, monitor)
    if isinstance(payload, Train):
        return _run_train(unit, payload, resources, store, folder, monitor)
    return _run_eval(unit, payload, resources, store, folder, monitor, digest)


def _run_mix(unit: Unit, payload: Mix, resources: Resources, folder: Path) -> dict[str, Any]:
    misaligned, control = resources.rows[unit.setting]
    chats = mix.draw_mix(misaligned, control, payload)
    name = mix.file_name(unit.setting, payload)
    mix.write_mix(chats, folder / name)
    return {"file": name, "rows": len(chats), "source": misaligned.source}


def _run_train(
    unit: Unit, payload: Train, resources: Resources, store: Store, folder: Path, monitor: Monitor
) -> dict[str, Any]:
    rows = store.unit_dir(payload.mix) / store.record(payload.mix).outcome["file"]
    retired = [] if resources.provider.is_free else store.archived_records(unit.key)
    earlier = tuple(one.outcome.get("job") or "" for one in retired)
    keep = partial(store.checkpoint, unit.key)
    job = train.build_job(unit.key, unit.title, payload, resources.model, rows, earlier, keep)
    before = sent_tokens(folder)
    try:
        done = resources.provider.train(job, folder, monitor)
    finally:  # what went out batch by batch is to be paid, however this ended
        _book_training(unit.key, sent_tokens(folder) - before, resources)
    if not sent_tokens(folder):
        _book_training(unit.key, done.billed_tokens, resources)
    cost = resources.prices.training_cost(resources.model.name, done.billed_tokens)
    return {**attrs.asdict(done), "cost_usd": cost if done.billed_tokens else 0.0}


def _book_training(key: str, tokens: int, resources: Resources) -> None:
    usage = Usage(model=resources.model.name, training=tokens)
    book_usage(key, [usage], resources.prices, resources.budget)


def _run_eval(
    unit: Unit,
    payload: Evaluate,
    resources: Resources,
    store: Store,
    folder: Path,
    monitor: Monitor,
    digest: str | None,
) -> dict[str, Any]:
    trained = None if payload.training_key is None else store.unit_dir(payload.training_key)
    append = store.append if digest is None else _tagging_append(digest, store)
    judge = _judge(payload, resources)
    paid_for = not resources.provider.is_free or judge is not None
    desk = EvalContext(
        subject=ModelUnderTest(model=resources.model, trained=trained),
        provider=resources.provider,
        judge=judge,
        paths={role: store.journal(name) for role, name in _journals(unit).items()},
        directory=folder,
        record=AnswerRecorder(unit.key, resources.prices, resources.budget, append),
        append=append,
        archive_count=store.archive_count if paid_for else lambda name: 0,
    )
    careful = BudgetMonitor(monitor, resources.budget)
    done = evaluate.evaluate(payload, resources.questions[payload.questions], desk, careful)
    _write_lines(folder / "questions.jsonl", [attrs.asdict(asked) for asked in done.questions])
    _write_lines(folder / "scores.jsonl", [attrs.asdict(score) for score in done.scores])
    outcomes = dict(sorted(Counter(score.outcome for score in done.scores).items()))
    cost = journal_cost(unit.key, desk.paths.values())
    return {"scores": len(done.scores), "outcomes": outcomes, "cost_usd": cost}


def _judge(payload: Evaluate, resources: Resources) -> Provider | None:
    judge = judge_model(payload.eval)
    return None if judge is None else resources.judges[judge.model]


def _write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
