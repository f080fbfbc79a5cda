"""What a run may spend: reservations before work starts, charges when it was paid for.

Three amounts count against a limit: what was charged, what is reserved for requests and trainings
under way, and what was lost (answers that never arrived and may have been billed). A request is
admitted while their sum is below the limit, and reserves the most that it can cost. So a limit is
passed by at most one request, however many are in flight.

A run has a limit of its own (`--max-cost`), and the store may have one for all runs, of which the
run then holds a share. A unit is admitted only if its whole estimate fits.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence

import attrs

from ..errors import BudgetExceeded
from .store_share import StoreShare
from .types import Usage

_DUST = 1e-9
"""US dollars below which an amount is what rounding leaves."""


@attrs.define
class Budget:
    """What a run may spend, in US dollars; its threads share it.

    Args:
        limit: The most; None: only what costs nothing.
        spent: What this run has spent so far.
        share: The run's share of the store's limit; None: the store has none.
        lost: The most that was billed for answers that never arrived.
        estimated_usages: How many usages are estimates, because the provider stated none, or one
            that cannot be.
        estimate_reasons: Why, without repetition.
        _reserved: Unit → what is left of its estimated cost.
        _trainings: Unit that cannot be stopped half-way → its estimated cost, or what was charged
            for it if that is more.
        _in_flight: Unit → the most that its requests in flight can cost.
        _unbooked: Unit → the cost of answers that arrived and were not charged yet.
        _in_batches: Unit → what of `_in_flight` is for batches, which go on without this run.
        _remote_work: Unit → the cost of what goes on at the provider though the unit was stopped.
    """

    limit: float | None = None
    spent: float = 0.0
    share: StoreShare | None = None
    lost: float = 0.0
    estimated_usages: int = 0
    estimate_reasons: dict[str, None] = attrs.field(factory=dict)
    _reserved: dict[str, float] = attrs.field(factory=dict)
    _trainings: dict[str, tuple[float, float]] = attrs.field(factory=dict)
    _in_flight: dict[str, float] = attrs.field(factory=dict)
    _unbooked: dict[str, float] = attrs.field(factory=dict)
    _in_batches: dict[str, float] = attrs.field(factory=dict)
    _remote_work: dict[str, float] = attrs.field(factory=dict)
    _lock: threading.RLock = attrs.field(factory=threading.RLock)

    def reserve(self, unit: str, estimate: float, *, is_training: bool = False) -> bool:
        """Reserve a unit's estimated cost.

        Args:
            unit: Key of the unit.
            estimate: Its estimated cost.
            is_training: Whether it is paid for as a whole, so that the estimate counts as work
                under way.

        Returns:
            False if the estimate exceeds what is left of the limit.

        Raises:
            BudgetExceeded: It exceeds what is left of the store's limit.
        """
        if estimate <= 0:
            return True
        with self._lock:
            reserved = sum(
                max(self._reserved.get(key, 0.0), self._open(key)) for key in self._units
            )
            if self.limit is None or self.spent + self.lost + reserved + estimate > self.limit:
                return False
            self._check_share(unit, estimate)
            self._reserved[unit] = estimate
            if is_training:
                self._trainings[unit] = (estimate, 0.0)
                if self.share is not None:
                    self.share.note(self._outstanding(), self.lost, self._remote())
            return True

    def _check_share(self, unit: str, estimate: float) -> None:
        share = self.share
        if share is not None and not share.check_estimate(
            unit, self._outstanding(), estimate, self.lost, self._remote()
        ):
            assert share.balance is not None
            share.raise_if_spent()
            raise BudgetExceeded(
                f"{unit} is likely to cost ${estimate:.2f}, more than the "
                f"${share.balance.available:.2f} that is left of max_cost in [tool.mi]",
                hint="completed work is kept: raise max_cost, or wait for other runs on this store",
            )

    def release(self, unit: str, *, was_stopped: bool = False) -> None:
        """Release what is still reserved for a unit that has ended.

        What its requests were still about to cost counts as lost: they may have been billed.

        Args:
            unit: Key of the unit.
            was_stopped: Whether it was stopped half-way, so that its training or its batch goes on
                at the provider. The store keeps that reserved for the run that goes on with it.
        """
        with self._lock:
            remote = self._remote().get(unit, 0.0)
            self._reserved.pop(unit, None)
            self._trainings.pop(unit, None)
            rest = self._in_flight.pop(unit, 0.0) + self._unbooked.pop(unit, 0.0)
            rest -= self._in_batches.pop(unit, 0.0)
            self.lost += rest if rest > _DUST else 0.0
            if was_stopped and remote > _DUST:
                self._remote_work[unit] = remote
            if self.share is not None:
                self.share.note(self._outstanding(), self.lost, self._remote())

    def reserve_request(self, unit: str, amount: float, *, in_batch: bool = False) -> bool:
        """Admit a request of a unit, if less than the limit is spent and reserved.

        Args:
            unit: Key of the unit.
            amount: The most that the request can cost.
            in_batch: Whether it is a line of a batch, which goes on without this run.

        Returns:
            False if it has to wait until others have ended.

        Raises:
            BudgetExceeded: The limit allows no payment at all.
        """
        if amount <= 0:
            return True
        with self._lock:
            if self.limit is not None and self.limit <= 0:
                raise BudgetExceeded("a request costs money, and --max-cost allows none")
            outstanding = self._outstanding()
            if self.limit is not None and self._committed() >= self.limit:
                return False
            if self.share is not None and not self.share.cover(
                unit, outstanding, amount, self.lost, self._remote()
            ):
                return False
            self._in_flight[unit] = self._in_flight.get(unit, 0.0) + amount
            if in_batch:
                self._in_batches[unit] = self._in_batches.get(unit, 0.0) + amount
            return True

    @property
    def remote_work(self) -> dict[str, float]:
        """Unit → the cost of trainings and batches that go on though the unit was stopped."""
        with self._lock:
            return dict(self._remote_work)

    def note_batch(self) -> None:
        """A batch is about to be created: tell the store that it goes on without this run.

        Raises:
            StoreError: The store's ledger cannot be reached.
        """
        with self._lock:
            if self.share is not None:
                self.share.note(self._outstanding(), self.lost, self._remote())

    def settle_request(
        self, unit: str, amount: float, cost: float, *, in_batch: bool = False
    ) -> None:
        """A request has ended: what it costs is known, and will be charged when it is recorded.

        Args:
            unit: Key of the unit.
            amount: What was reserved for it.
            cost: What it costs.
            in_batch: Whether it was a line of a batch.
        """
        with self._lock:
            self._take(self._in_flight, unit, amount)
            if in_batch:
                self._take(self._in_batches, unit, amount)
            if cost:
                self._unbooked[unit] = self._unbooked.get(unit, 0.0) + cost

    def lose_request(self, unit: str, amount: float) -> None:
        """A request was sent and never answered; it may have been billed.

        Args:
            unit: Key of the unit.
            amount: What was reserved for it.
        """
        with self._lock:
            self._take(self._in_flight, unit, amount)
            self.lost += amount

    def cancel_requests(self, unit: str) -> None:
        """Release what is reserved for requests of a unit that are certainly not made any more."""
        with self._lock:
            for amounts in (self._in_flight, self._unbooked, self._in_batches):
                amounts.pop(unit, None)

    def room(self) -> float:
        """What neither is spent nor under way, in US dollars, as far as is known."""
        with self._lock:
            room = math.inf if self.limit is None else self.limit - self._committed()
            if self.share is not None:
                balance = self.share.balance
                room = min(room, 0.0 if balance is None else balance.available)
            return max(room, 0.0)

    def charge(self, unit: str, cost: float) -> None:
        """Charge what was spent on a unit; its reservation shrinks by as much."""
        with self._lock:
            self.spent += cost
            self._take(self._unbooked, unit, cost)
            if unit in self._reserved:
                self._reserved[unit] = max(self._reserved[unit] - cost, 0.0)
            if unit in self._trainings:  # the books know it once the unit is published
                estimate, charged = self._trainings[unit]
                self._trainings[unit] = (estimate, charged + cost)
            elif self.share is not None:
                self.share.charged += cost

    def count_estimates(self, usages: Iterable[Usage | None]) -> None:
        """Count the usages that are estimates, with their reasons."""
        self.add_estimates(
            [usage.estimate_reason for usage in usages if usage and usage.estimate_reason]
        )

    def add_estimates(self, reasons: Sequence[str]) -> None:
        """Count usages that are estimates; a reason for each."""
        with self._lock:
            self.estimated_usages += len(reasons)
            self.estimate_reasons.update(dict.fromkeys(reasons))

    def raise_if_exceeded(self) -> None:
        """Stop a run that has spent its limit.

        Raises:
            BudgetExceeded: The charges have reached the limit, or the store's limit is reached.
        """
        if self.limit is not None and self.spent + self.lost >= self.limit > 0:
            lost = f", with up to ${self.lost:.2f} for answers that never came" if self.lost else ""
            raise BudgetExceeded(
                f"${self.spent + self.lost:.2f} is spent{lost}, which is what --max-cost allows",
                hint="what arrived is kept: the same command with a higher --max-cost goes on",
            )
        if self.share is not None:
            self.share.raise_if_spent()

    @property
    def _units(self) -> set[str]:
        return {*self._reserved, *self._in_flight, *self._unbooked}

    def _open(self, unit: str) -> float:
        return self._in_flight.get(unit, 0.0) + self._unbooked.get(unit, 0.0)

    def _requests(self) -> float:
        return sum(self._in_flight.values()) + sum(self._unbooked.values())

    def _committed(self) -> float:
        """What is spent, lost, and under way."""
        trainings = sum(self._reserved.get(unit, 0.0) for unit in self._trainings)
        return self.spent + self.lost + self._requests() + trainings

    def _outstanding(self) -> float:
        """What is under way and not in the store's books yet."""
        trainings = sum(max(amounts) for amounts in self._trainings.values())
        return self._requests() + trainings + sum(self._remote_work.values())

    def _remote(self) -> dict[str, float]:
        """Unit → what of that is for work that goes on at the provider without this run."""
        trainings = {unit: max(amounts) for unit, amounts in self._trainings.items()}
        return {**self._remote_work, **self._in_batches, **trainings}

    @staticmethod
    def _take(amounts: dict[str, float], unit: str, amount: float) -> None:
        rest = amounts.get(unit, 0.0) - amount
        if rest > _DUST:
            amounts[unit] = rest
        else:
            amounts.pop(unit, None)
