"""The ledger of a store: what all its runs together may still spend.

The limit holds for everything that is paid (`books.py`) and everything that is reserved for work
under way. Each run has an entry in `ledger.json` with what it has reserved, and holds a lock for as
long as it lives. An entry whose lock no process holds is that of a killed run. What it had paid is
in the books, and what it had reserved for requests counts as lost: its requests may have been
billed, and nobody will ever read the answers. Entries change only under the lock of the ledger, so
two runs cannot reserve the same money.

`lost` are answers that never arrived and that the provider may have billed. They stay counted.
`pending` is work that goes on at the provider when its run has ended, trainings and batches: it
stays reserved under the unit's key until a run takes the unit up or it is published.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from ..errors import CorruptError
from .base import Store
from .books import StoreBooks
from .layout import LEDGER_FILE, LEDGER_LOCK

_SHARE_OF_REST = 8
_REQUESTS_AT_ONCE = 32
"""A run reserves so many requests, or this part of what is left if that is less, at a time, so that
it seldom has to ask. If it is killed, that much may count as lost."""


@attrs.frozen(kw_only=True)
class Balance:
    """What is left of a store's limit, in US dollars.

    Args:
        limit: The limit over all runs.
        spent: What the books say was paid, and what was lost.
        reserved: What is reserved for work under way.
        lost: What of `spent` was lost.
        pending: What of `reserved` is for work that goes on at the provider and that no run awaits.
    """

    limit: float
    spent: float
    reserved: float
    lost: float = 0.0
    pending: float = 0.0

    @property
    def available(self) -> float:
        """What is neither spent nor reserved; at least 0."""
        return max(self.limit - self.spent - self.reserved, 0.0)

    @property
    def is_spent(self) -> bool:
        """Whether the limit is reached without what runs have reserved, who may give it back."""
        return self.spent + self.pending >= self.limit


@attrs.frozen(kw_only=True)
class Entry:
    """A run's entry, in US dollars.

    Args:
        reserved: What it has reserved.
        lost: What it lost.
        remote: Unit → what of `reserved` is for work that goes on at the provider without the run.
    """

    reserved: float = 0.0
    lost: float = 0.0
    remote: Mapping[str, float] = attrs.field(factory=dict)

    @property
    def lost_if_killed(self) -> float:
        """What is lost if the run ends without a word."""
        return self.lost + max(self.reserved - sum(self.remote.values()), 0.0)


@attrs.frozen(kw_only=True)
class _Page:
    """The content of `ledger.json`.

    Args:
        lost: What was lost by runs that ended.
        entries: Run → its entry.
        pending: Unit → what is reserved for its work that goes on at the provider.
    """

    lost: float
    entries: Mapping[str, Entry]
    pending: Mapping[str, float] = attrs.field(factory=dict)


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

    def balance(self, taking: Collection[str] = ()) -> Balance:
        """What is left at this moment; changes nothing.

        Args:
            taking: Units that a run is about to take up: what is pending for them does not count.

        Raises:
            CorruptError: The ledger cannot be read.
            StoreError: The store does not answer.
        """
        page = self._settled(self._read())
        reserved = sum(entry.reserved for entry in page.entries.values())
        return self._balance(page, reserved, taking)

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
                        self._write(_end_run(page, run, page.entries[run].lost))

    def exchange(
        self,
        run: str,
        outstanding: float,
        amount: float,
        lost: float,
        remote: Mapping[str, float] | None = None,
        taking: str | None = None,
    ) -> Grant:
        """Replace what a run has reserved, with room for one more request if there is any.

        A request is admitted while less than the limit is spent and reserved. So the limit is
        passed by at most one request.

        Args:
            run: The run, whose entry is open.
            outstanding: What the run needs for its work under way, in US dollars.
            amount: The most that the next request can cost; 0: none is to follow.
            lost: What the run has lost so far.
            remote: Unit → what of `outstanding` is for work that goes on without the run.
            taking: The unit that the run needs it for. What is pending for that unit does not
                count: it is fetched before anything more is asked for.

        Raises:
            CorruptError: The ledger cannot be read.
            StoreError: The store does not answer.
        """
        remote = remote or {}
        with self.store.lock(LEDGER_LOCK):
            self.store.assert_locked(_run_lock(run))
            page = self._settled(self._read(), run)
            pending = {unit: cost for unit, cost in page.pending.items() if unit not in remote}
            others = sum(entry.reserved for name, entry in page.entries.items() if name != run)
            entry = Entry(reserved=outstanding, lost=lost, remote=remote)
            page = _Page(lost=page.lost, entries={**page.entries, run: entry}, pending=pending)
            balance = self._balance(page, others + outstanding, (taking,))
            rest = balance.limit - balance.spent - balance.reserved
            is_granted = amount > 0 and rest > 0
            if is_granted:
                share = min(rest / _SHARE_OF_REST, amount * _REQUESTS_AT_ONCE)
                entry = attrs.evolve(entry, reserved=outstanding + max(amount, share))
                page = attrs.evolve(page, entries={**page.entries, run: entry})
            self._write(page)
        return Grant(is_granted=is_granted, reserved=entry.reserved, balance=balance)

    def _settled(self, page: _Page, own: str | None = None) -> _Page:
        """The page without killed runs, and without pending work that is published by now."""
        for run in list(page.entries):
            if run != own and self._is_abandoned(run):
                page = _end_run(page, run, page.entries[run].lost_if_killed)
        pending = {
            unit: cost for unit, cost in page.pending.items() if not self.store.is_published(unit)
        }
        return attrs.evolve(page, pending=pending)

    def _balance(self, page: _Page, reserved: float, taking: Collection[str | None]) -> Balance:
        pending = sum(cost for unit, cost in page.pending.items() if unit not in taking)
        lost = page.lost + sum(entry.lost for entry in page.entries.values())
        return Balance(
            limit=self.limit,
            spent=self._books.total() + lost,
            reserved=reserved + pending,
            lost=lost,
            pending=pending,
        )

    def _is_abandoned(self, run: str) -> bool:
        return self.store.is_abandoned(_run_lock(run))

    def _read(self) -> _Page:
        text = self.store.load_ledger()
        if text is None:
            return _Page(lost=0.0, entries={})
        try:
            values = json.loads(text)
            return _Page(
                lost=_parse_amount(values["lost"]),
                entries={str(run): _parse_entry(entry) for run, entry in values["runs"].items()},
                pending=_parse_amounts(values.get("pending", {})),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CorruptError(
                "the ledger cannot be read",
                where=f"{self.store.address}/{LEDGER_FILE}",
                hint="stop all runs on this store, then delete the file: what was paid is in the "
                "journals, and the file holds only reservations",
            ) from None

    def _write(self, page: _Page) -> None:
        runs = {run: attrs.asdict(entry) for run, entry in sorted(page.entries.items())}
        content = {"lost": page.lost, "runs": runs, "pending": dict(page.pending)}
        self.store.save_ledger(json.dumps(content, indent=1) + "\n")


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


def _end_run(page: _Page, run: str, lost: float) -> _Page:
    """The page without the entry of a run that has ended.

    Args:
        page: The page.
        run: The run.
        lost: What it lost, which stays counted.
    """
    entries = {name: entry for name, entry in page.entries.items() if name != run}
    pending = {**page.pending, **page.entries[run].remote}
    return _Page(lost=page.lost + lost, entries=entries, pending=pending)


def _parse_entry(values: Any) -> Entry:
    return Entry(
        reserved=_parse_amount(values["reserved"]),
        lost=_parse_amount(values["lost"]),
        remote=_parse_amounts(values.get("remote", {})),
    )


def _parse_amounts(values: Any) -> dict[str, float]:
    return {str(unit): _parse_amount(amount) for unit, amount in values.items()}


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
