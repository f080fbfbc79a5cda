"""Doing a unit again although it is done: what has to be put aside with it.

A training that is done again gives another model, so that whatever speaks of the old one (its
evals, their answers, what is under way) is put aside too; an eval takes its answers with it, and
the evals that share them. Nothing is thrown away, and what was paid stays in the books.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from .errors import UsageError
from .names import nearest
from .plan import Plan
from .records import Begun, State
from .store import Store


@attrs.frozen(kw_only=True)
class Again:
    """What is put aside: units in the order in which that loses nothing if it is cut off.

    Args:
        units: Keys; what was made of a unit stands before it.
        journals: Names, with the unit they go after.
        begun: Keys of units under way.
    """

    units: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()


def again(words: Sequence[str], made: Plan, store: Store) -> Again:
    """What doing the units that `words` name again means.

    Args:
        words: Keys of units of the plan, or how they begin.

    Raises:
        UsageError: A word names no unit of the plan, or several.
    """
    if not words:
        return Again()
    keys = [_key(word, [one.unit.key for one in made.units]) for word in words]
    done = {key: store.record(key) for key in store.published() if not store.fault(key)}
    known: list[Begun] = [*done.values(), *store.unfinished()]
    trained = {key for key in keys if key.startswith("train-")}
    evals = {one.key: one for one in known if _subject(one) in trained}
    evals |= {one.key: one for one in known if one.key in keys and one.kind == "eval"}
    evals |= _sharing(evals, known)
    journals = {name for one in evals.values() for name in one.journals.values()}
    first = [key for key in evals if store.has(key)]
    return Again(
        units=(*first, *(key for key in keys if key not in evals and store.has(key))),
        journals=tuple(sorted(journals)),
        begun=tuple(key for key in evals if store.begun(key)),
    )


def _subject(one: Begun) -> str | None:
    """The training whose model an eval is of."""
    subject = one.payload.get("subject")
    return subject if isinstance(subject, str) else None


def _sharing(evals: dict[str, Begun], known: Iterable[Begun]) -> dict[str, Begun]:
    """The evals that read a journal of one of these."""
    names = {name for one in evals.values() for name in one.journals.values()}
    return {one.key: one for one in known if not names.isdisjoint(one.journals.values())}


def _key(word: str, keys: Sequence[str]) -> str:
    found = [key for key in keys if key.startswith(word)]
    if len(found) != 1:
        what = "several units begin" if found else "no selected unit begins"
        raise UsageError(f"--force {word}: {what} with that", hint=nearest(word, found or keys))
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


def put_aside(what: Again, store: Store, run: str) -> None:
    """Put it aside: what was made of a unit first, so that no result is ever of two models."""
    names = (*what.units, *what.journals, *what.begun)
    with store.locked(*dict.fromkeys(names)):
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
