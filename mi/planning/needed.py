"""The unit keys and journals that a selection needs, which garbage collection has to keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from ..errors import CorruptError, MiError
from ..steps import evaluate
from ..store.base import Store
from ..units.unit import Evaluate, Replay, is_unit_key
from .plan import cell_units
from .session import Session


def needed_names(session: Session) -> set[str]:
    """The keys of all units of the session's cells, and the names of their journals."""
    names: set[str] = set()
    for cell, context in session.cells():
        try:
            units = [unit for _, unit in cell_units(cell, context)]
        except MiError:  # too few rows in this data: the cell has never run, so it has no units
            continue
        for unit in units:
            names.add(unit.key)
            if isinstance(unit.payload, Evaluate):
                names.update(evaluate.journal_names(unit.payload).values())
    names.update(_replays(names, session.store))
    return names


def _replays(names: set[str], store: Store) -> Iterator[str]:
    """The published replays of the trainings among these names."""
    for key in store.published_keys():
        if is_unit_key(key, Replay):
            with suppress(CorruptError):
                if store.record(key).training_key in names:
                    yield key


def recorded_names(keys: Iterable[str], store: Store) -> set[str]:
    """These keys, and the journals that their published records name."""
    names = set(keys)
    for key in tuple(names):
        if store.is_published(key):
            names.update(store.record(key).journals.values())
    return names
