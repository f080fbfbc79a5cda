"""`--force`: doing a unit again, and what has to be archived with it.

A training that is done again gives another model, so everything about the old model (its evals,
their answers, work in progress) is archived too. Doing an eval again archives its answers and the
evals that share them. Nothing is deleted, and what was paid stays recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs

from ..errors import CorruptError, UsageError, did_you_mean
from ..steps.evaluate import journal_names
from ..store.base import Store
from ..store.records import BegunRecord, State
from ..units.unit import Evaluate
from .plan import Plan, PlannedUnit


@attrs.frozen(kw_only=True)
class Redo:
    """What is archived before units are done again.

    Args:
        targets: Keys of the units that the user named.
        evals: Keys of published evals.
        other_units: Keys of published trainings and mixes.
        journals: Names of journals.
        unfinished_units: Keys of units with work in progress.
    """

    targets: tuple[str, ...] = ()
    evals: tuple[str, ...] = ()
    other_units: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    unfinished_units: tuple[str, ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        """Keys of all published units, dependents first: an interruption then loses nothing."""
        return (*self.evals, *self.other_units)

    @property
    def lock_names(self) -> set[str]:
        """The names to lock while archiving."""
        return {*self.units, *self.journals, *self.unfinished_units}


@attrs.frozen
class _Eval:
    """An eval: the key of the training whose model it evaluates, if any, and its journals."""

    train_key: str | None
    journals: frozenset[str]


def plan_redo(words: Sequence[str], plan: Plan, store: Store) -> Redo:
    """What has to be archived to do units again.

    Args:
        words: Keys of units of the plan, or beginnings of keys.
        plan: The selected units.
        store: What is published and in progress.

    Raises:
        UsageError: A word names no unit of the plan, or several.
    """
    keys = [planned.unit.key for planned in plan.units]
    targets = tuple(_resolve_key(word, keys) for word in words)
    return _expand(targets, plan, store) if targets else Redo()


def _expand(targets: Sequence[str], plan: Plan, store: Store) -> Redo:
    """The redo of these units, as the store stands now."""
    known = dict(_known_evals(plan, store))
    evals = {
        key: entry for key, entry in known.items() if key in targets or entry.train_key in targets
    }
    names = frozenset().union(*(entry.journals for entry in evals.values()))
    evals |= {key: entry for key, entry in known.items() if not names.isdisjoint(entry.journals)}
    published = {key for key in (*evals, *targets) if store.is_published(key)}
    return Redo(
        targets=tuple(targets),
        evals=tuple(key for key in evals if key in published),
        other_units=tuple(key for key in targets if key in published and key not in evals),
        journals=tuple(sorted(frozenset().union(*(entry.journals for entry in evals.values())))),
        unfinished_units=tuple(key for key in evals if store.is_begun(key)),
    )


def _known_evals(plan: Plan, store: Store) -> Iterator[tuple[str, _Eval]]:
    """Every eval in the store, whatever its state, and every eval of the plan."""
    for record in _readable_records(store):
        if record.kind == "eval":
            yield record.key, _Eval(record.training_key, frozenset(record.journals.values()))
    for planned in plan.all_units:
        payload = planned.unit.payload
        if isinstance(payload, Evaluate):
            yield (
                planned.unit.key,
                _Eval(payload.training_key, frozenset(journal_names(payload).values())),
            )


def _readable_records(store: Store) -> Iterator[BegunRecord]:
    for key in store.published_keys():
        try:
            yield store.record(key)
        except CorruptError:  # its own experiment does it again
            continue
    yield from store.unfinished_units()


def _resolve_key(word: str, keys: Sequence[str]) -> str:
    matches = [key for key in keys if key.startswith(word)]
    if len(matches) != 1:
        problem = "several units begin" if matches else "no selected unit begins"
        raise UsageError(
            f"--force {word}: {problem} with that", hint=did_you_mean(word, matches or keys)
        )
    return matches[0]


def mark_redo(plan: Plan, redo: Redo) -> Plan:
    """The plan in which the archived units are to be done."""
    archived = {*redo.units, *redo.unfinished_units}

    def is_freed(planned: PlannedUnit) -> bool:
        """Whether what stood in the way of a unit was what its training is, or lacks."""
        return planned.is_todo and not archived.isdisjoint(planned.unit.needs)

    units = tuple(
        attrs.evolve(
            planned,
            state=State.TODO,
            reason="forced: done again",
            skip_reason=None,
            completion=None,
        )
        if planned.unit.key in archived
        else attrs.evolve(planned, skip_reason=None)
        if is_freed(planned)
        else planned
        for planned in plan.units
    )
    return attrs.evolve(plan, units=units)


def archive_redo(
    redo: Redo,
    plan: Plan,
    store: Store,
    run_id: str,
    on_wait: Callable[[str], None] = lambda name: None,
) -> None:
    """Archive a redo under locks, dependents first, so no result mixes two models.

    Other runs may hold some of the units, or may have begun or published more since the redo was
    planned. So once all names are locked the redo is computed again, until the locks cover it.

    Args:
        redo: What to archive.
        plan: The selected units.
        store: Where they are.
        run_id: The run that archives them.
        on_wait: Called with a name each second while another run holds its lock; may raise.
    """
    locked: set[str] = set()
    while not redo.lock_names <= locked:
        locked |= redo.lock_names
        with store.lock(*locked, on_wait=on_wait):
            redo = _expand(redo.targets, plan, store)
            if redo.lock_names <= locked:
                _archive(redo, store, run_id)


def _archive(redo: Redo, store: Store, run_id: str) -> None:
    for key in redo.unfinished_units:
        store.archive(run_id, "work", key)
    for key in redo.evals:
        _archive_unit(key, store, run_id)
    for name in redo.journals:
        store.archive(run_id, "journals", f"{name}.jsonl")
    for key in redo.other_units:
        _archive_unit(key, store, run_id)


def _archive_unit(key: str, store: Store, run_id: str) -> None:
    store.archive(run_id, "units", key)
    store.log_attempt(run_id, key, "put aside")
