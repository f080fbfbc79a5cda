"""Doing a unit again although it is done: what has to be put aside with it.

A training that is done again gives another model, so that whatever speaks of the old one (its
evals, their answers, what is under way) is put aside too; an eval takes its answers with it, and
the evals that share them. Nothing is thrown away, and what was paid stays in the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs

from ..errors import CorruptError, UsageError, did_you_mean
from ..steps.evaluate import journal_names
from ..store.base import Store
from ..store.records import BegunRecord, State
from ..units.unit import Evaluate
from .plan import Plan


@attrs.frozen(kw_only=True)
class Redo:
    """What is put aside: units in the order in which that loses nothing if it is cut off.

    Args:
        named: Keys of the units that are to be done again.
        units: Keys; what was made of a unit stands before it.
        journals: Names.
        begun: Keys of units under way.
    """

    targets: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    unfinished_units: tuple[str, ...] = ()

    @property
    def lock_names(self) -> set[str]:
        """What is held while it is put aside."""
        return {*self.units, *self.journals, *self.unfinished_units}


@attrs.frozen
class _Eval:
    """An eval: the training whose model it is of, if any, and its journals."""

    train_key: str | None
    journals: frozenset[str]


def plan_redo(words: Sequence[str], plan: Plan, store: Store) -> Redo:
    """What doing the units that `words` name again means.

    Args:
        words: Keys of units of the plan, or how they begin.

    Raises:
        UsageError: A word names no unit of the plan, or several.
    """
    keys = [one.unit.key for one in plan.units]
    named = tuple(_resolve_key(word, keys) for word in words)
    return _expand(named, plan, store) if named else Redo()


def _expand(targets: Sequence[str], plan: Plan, store: Store) -> Redo:
    """What goes with the units that are named, as the store is now."""
    known = dict(_known_evals(plan, store))
    evals = {key: one for key, one in known.items() if key in targets or one.train_key in targets}
    names = frozenset().union(*(one.journals for one in evals.values()))
    evals |= {key: one for key, one in known.items() if not names.isdisjoint(one.journals)}
    published = {key for key in (*evals, *targets) if store.is_published(key)}
    first = [key for key in evals if key in published]
    return Redo(
        targets=tuple(targets),
        units=(*first, *(key for key in targets if key in published and key not in evals)),
        journals=tuple(sorted(frozenset().union(*(one.journals for one in evals.values())))),
        unfinished_units=tuple(key for key in evals if store.is_begun(key)),
    )


def _known_evals(plan: Plan, store: Store) -> Iterator[tuple[str, _Eval]]:
    """Every eval that is known: by the store, whatever became of it, or by the plan."""
    for one in _readable_records(store):
        if one.kind == "eval":
            yield one.key, _Eval(one.training_key, frozenset(one.journals.values()))
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
        except CorruptError:  # nothing can be told of it; its own experiment does it again
            continue
    yield from store.unfinished_units()


def _resolve_key(word: str, keys: Sequence[str]) -> str:
    found = [key for key in keys if key.startswith(word)]
    if len(found) != 1:
        what = "several units begin" if found else "no selected unit begins"
        raise UsageError(
            f"--force {word}: {what} with that", hint=did_you_mean(word, found or keys)
        )
    return found[0]


def mark_redo(plan: Plan, redo: Redo) -> Plan:
    """The plan once those units are put aside."""
    gone = {*redo.units, *redo.unfinished_units}
    units = tuple(
        attrs.evolve(
            one, state=State.TODO, reason="forced: done again", skip_reason=None, completion=None
        )
        if one.unit.key in gone
        else one
        for one in plan.units
    )
    return attrs.evolve(plan, units=units)


def archive_redo(
    redo: Redo,
    plan: Plan,
    store: Store,
    run_id: str,
    on_wait: Callable[[str], None] = lambda name: None,
) -> None:
    """Put it aside: what was made of a unit first, so that no result is ever of two models.

    Other runs may be at some of it, or have begun or ended more of it since it was looked at: once
    all is held, it is looked at again.

    Args:
        waiting: Called with a name each second while another run is at it; may raise.
    """
    held: set[str] = set()
    while not redo.lock_names <= held:
        held |= redo.lock_names
        with store.lock(*held, on_wait=on_wait):
            redo = _expand(redo.targets, plan, store)
            if redo.lock_names <= held:
                _archive(redo, store, run_id)


def _archive(redo: Redo, store: Store, run_id: str) -> None:
    evals = [key for key in redo.units if key.startswith("eval-")]
    for key in redo.unfinished_units:
        store.archive(run_id, "work", key)
    for key in evals:
        store.archive(run_id, "units", key)
        store.log_attempt(run_id, key, "put aside")
    for name in redo.journals:
        store.archive(run_id, "journals", f"{name}.jsonl")
    for key in redo.units:
        if key not in evals:
            store.archive(run_id, "units", key)
            store.log_attempt(run_id, key, "put aside")
