"""Doing a unit again although it is done: what has to be put aside with it.

A training that is done again gives another model, so that whatever speaks of the old one (its
evals, their answers, what is under way) is put aside too; an eval takes its answers with it, and
the evals that share them. Nothing is thrown away, and what was paid stays in the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs

from ..errors import CorruptError, UsageError, did_you_mean
from ..steps.evaluate import journals
from ..store.local import Store
from ..store.records import Begun, State
from ..units.unit import Evaluate
from .plan import Plan


@attrs.frozen(kw_only=True)
class Again:
    """What is put aside: units in the order in which that loses nothing if it is cut off.

    Args:
        named: Keys of the units that are to be done again.
        units: Keys; what was made of a unit stands before it.
        journals: Names.
        begun: Keys of units under way.
    """

    named: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """What is held while it is put aside."""
        return {*self.units, *self.journals, *self.begun}


@attrs.frozen
class _Eval:
    """An eval: the training whose model it is of, if any, and its journals."""

    subject: str | None
    journals: frozenset[str]


def again(words: Sequence[str], made: Plan, store: Store) -> Again:
    """What doing the units that `words` name again means.

    Args:
        words: Keys of units of the plan, or how they begin.

    Raises:
        UsageError: A word names no unit of the plan, or several.
    """
    keys = [one.unit.key for one in made.units]
    named = tuple(_key(word, keys) for word in words)
    return _reach(named, made, store) if named else Again()


def _reach(named: Sequence[str], made: Plan, store: Store) -> Again:
    """What goes with the units that are named, as the store is now."""
    known = dict(_evals(made, store))
    evals = {key: one for key, one in known.items() if key in named or one.subject in named}
    names = frozenset().union(*(one.journals for one in evals.values()))
    evals |= {key: one for key, one in known.items() if not names.isdisjoint(one.journals)}
    published = {key for key in (*evals, *named) if store.has(key)}
    first = [key for key in evals if key in published]
    return Again(
        named=tuple(named),
        units=(*first, *(key for key in named if key in published and key not in evals)),
        journals=tuple(sorted(frozenset().union(*(one.journals for one in evals.values())))),
        begun=tuple(key for key in evals if store.begun(key)),
    )


def _evals(made: Plan, store: Store) -> Iterator[tuple[str, _Eval]]:
    """Every eval that is known: by the store, whatever became of it, or by the plan."""
    for one in _records(store):
        if one.kind == "eval":
            yield one.key, _Eval(one.subject, frozenset(one.journals.values()))
    for planned in made.everything:
        payload = planned.unit.payload
        if isinstance(payload, Evaluate):
            yield planned.unit.key, _Eval(payload.trained, frozenset(journals(payload).values()))


def _records(store: Store) -> Iterator[Begun]:
    for key in store.published():
        try:
            yield store.record(key)
        except CorruptError:  # nothing can be told of it; its own experiment does it again
            continue
    yield from store.unfinished()


def _key(word: str, keys: Sequence[str]) -> str:
    found = [key for key in keys if key.startswith(word)]
    if len(found) != 1:
        what = "several units begin" if found else "no selected unit begins"
        raise UsageError(
            f"--force {word}: {what} with that", hint=did_you_mean(word, found or keys)
        )
    return found[0]


def forced(made: Plan, what: Again) -> Plan:
    """The plan once those units are put aside."""
    gone = {*what.units, *what.begun}
    units = tuple(
        attrs.evolve(one, state=State.TODO, reason="forced: done again", settled=None, done=None)
        if one.unit.key in gone
        else one
        for one in made.units
    )
    return attrs.evolve(made, units=units)


def put_aside(
    what: Again,
    made: Plan,
    store: Store,
    run: str,
    waiting: Callable[[str], None] = lambda name: None,
) -> None:
    """Put it aside: what was made of a unit first, so that no result is ever of two models.

    Other runs may be at some of it, or have begun or ended more of it since it was looked at: once
    all is held, it is looked at again.

    Args:
        waiting: Called with a name each second while another run is at it; may raise.
    """
    held: set[str] = set()
    while not what.names <= held:
        held |= what.names
        with store.locked(*held, waiting=waiting):
            what = _reach(what.named, made, store)
            if what.names <= held:
                _retire(what, store, run)


def _retire(what: Again, store: Store, run: str) -> None:
    evals = [key for key in what.units if key.startswith("eval-")]
    for key in what.begun:
        store.retire(run, "work", key)
    for key in evals:
        store.retire(run, "units", key)
        store.attempt(run, key, "put aside")
    for name in what.journals:
        store.retire(run, "journals", f"{name}.jsonl")
    for key in what.units:
        if key not in evals:
            store.retire(run, "units", key)
            store.attempt(run, key, "put aside")
