"""The ledger of a store: what all its runs together may still spend.

The limit holds for everything that is paid (`books.py`) and everything that is reserved for work
under way. Each run has an entry in `ledger.json` with what it has reserved, and holds a lock for as
long as it lives. An entry whose lock no process holds is that of a killed run: it is dropped, and
what the run had paid is in the books. Entries change only under the lock of the ledger, so two runs
cannot reserve the same money.

`lost` are answers that never arrived and that the provider may have billed. They stay counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from ..errors import CorruptError
from .base import Store
from .books import StoreBooks
from .layout import LEDGER_FILE, LEDGER_LOCK

_SHARE_OF_REST = 8
"""A run reserves up to this part of what is left at a time, so that it seldom has to ask."""


@attrs.frozen(kw_only=True)
class Balance:
    """What is left of a store's limit, in US dollars.

    Args:
        limit: The limit over all runs.
        spent: What the books say was paid, and what was lost.
        reserved: What runs that are alive have reserved.
    """

    limit: float
    spent: float
    reserved: float

    @property
    def available(self) -> float:
        """What is neither spent nor reserved; at least 0."""
        return max(self.limit - self.spent - self.reserved, 0.0)

    @property
    def is_spent(self) -> bool:
        """Whether the limit is reached without what is reserved."""
        return self.spent >= self.limit


@attrs.frozen(kw_only=True)
class Entry:
    """A run's entry, in US dollars: what it has reserved, and what it lost."""

    reserved: float = 0.0
    lost: float = 0.0


@attrs.frozen(kw_only=True)
class _Page:
    """The content of `ledger.json`: the entries by run, and what was lost by runs that ended."""

    lost: float
    entries: Mapping[str, Entry]


@attrs.frozen
class Ledger:
    """The ledger of a store.

    Args:
        store: The store.
        limit: The most that all runs together may spend, in US dollars.
    """

    store: Store
    limit: float
    _books: StoreBooks = attrs.field(init=False)

    @_books.default
    def _default_books(self) -> StoreBooks:
        return StoreBooks(self.store)

    def balance(self) -> Balance:
        """What is left at this moment; changes nothing.

        Raises:
            CorruptError: The ledger cannot be read.
            StoreError: The store does not answer.
        """
        page = self._read()
        others = [entry for run, entry in page.entries.items() if not self._is_abandoned(run)]
        return self._balance(page, sum(entry.reserved for entry in others))

    @contextmanager
    def open_entry(self, run: str) -> Iterator[None]:
        """Keep a run's entry alive, and remove it at the end."""
        with self.store.lock(_run_lock(run)):
            try:
                yield
            finally:
                with self.store.lock(LEDGER_LOCK):
                    page = self._read()
                    if run in page.entries:
                        self._write(_without(page, {run}))

    def exchange(self, run: str, outstanding: float, amount: float, lost: float) -> Grant:
        """Replace what a run has reserved, with room for one more request if there is any.

        A request is admitted while less than the limit is spent and reserved. So the limit is
        passed by at most one request.

        Args:
            run: The run, whose entry is open.
            outstanding: What the run needs for its work under way, in US dollars.
            amount: The most that the next request can cost; 0: none is to follow.
            lost: What the run has lost so far.

        Raises:
            CorruptError: The ledger cannot be read.
            StoreError: The store does not answer.
        """
        with self.store.lock(LEDGER_LOCK):
            self.store.assert_locked(_run_lock(run))
            page = self._read()
            dead = {name for name in page.entries if name != run and self._is_abandoned(name)}
            page = _without(page, dead)
            others = sum(entry.reserved for name, entry in page.entries.items() if name != run)
            own = {**page.entries, run: Entry(reserved=outstanding, lost=lost)}
            page = attrs.evolve(page, entries=own)
            balance = self._balance(page, others + outstanding)
            rest = balance.limit - balance.spent - balance.reserved
            is_granted = amount > 0 and rest > 0
            if is_granted:
                reserved = outstanding + max(amount, rest / _SHARE_OF_REST)
                own[run] = Entry(reserved=reserved, lost=lost)
            self._write(page)
        return Grant(is_granted=is_granted, reserved=own[run].reserved, balance=balance)

    def _balance(self, page: _Page, reserved: float) -> Balance:
        lost = page.lost + sum(entry.lost for entry in page.entries.values())
        return Balance(limit=self.limit, spent=self._books.total() + lost, reserved=reserved)

    def _is_abandoned(self, run: str) -> bool:
        return self.store.is_abandoned(_run_lock(run))

    def _read(self) -> _Page:
        text = self.store.load_ledger()
        if text is None:
            return _Page(lost=0.0, entries={})
        try:
            values = json.loads(text)
            entries = {str(run): _parse_entry(entry) for run, entry in values["runs"].items()}
            return _Page(lost=_parse_amount(values["lost"]), entries=entries)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CorruptError(
                "the ledger cannot be read",
                where=f"{self.store.address}/{LEDGER_FILE}",
                hint="stop all runs on this store, then delete the file: what was paid is in the "
                "journals, and the file holds only reservations",
            ) from None

    def _write(self, page: _Page) -> None:
        runs = {run: attrs.asdict(entry) for run, entry in sorted(page.entries.items())}
        self.store.save_ledger(json.dumps({"lost": page.lost, "runs": runs}, indent=1) + "\n")


@attrs.frozen(kw_only=True)
class Grant:
    """What a run has got from the ledger.

    Args:
        is_granted: Whether it may make its next request.
        reserved: What it has reserved now, in US dollars.
        balance: The balance without that request.
    """

    is_granted: bool
    reserved: float
    balance: Balance


def _without(page: _Page, runs: set[str]) -> _Page:
    """The page without the entries of runs that have ended; what they lost stays counted."""
    lost = page.lost + sum(page.entries[run].lost for run in runs)
    entries = {run: entry for run, entry in page.entries.items() if run not in runs}
    return _Page(lost=lost, entries=entries)


def _parse_entry(values: Any) -> Entry:
    return Entry(reserved=_parse_amount(values["reserved"]), lost=_parse_amount(values["lost"]))


def _parse_amount(value: Any) -> float:
    """An amount of money.

    Raises:
        ValueError: It is negative, infinite or not a number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(value)
    return float(value)


def _run_lock(run: str) -> str:
    return f"spending-{run}"
