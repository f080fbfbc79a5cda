"""A run's share of the limit that all runs on a store have together.

The ledger of the store is slow beside a request, so the run reserves more than it needs while much
is left, and asks again when that is used up. Near the limit it asks for each request.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import attrs

from ..errors import BudgetExceeded
from ..store.ledger import Balance, Ledger

_ASK_AGAIN_SECONDS = 0.5
"""Time between two requests for a share that other runs have reserved."""


@attrs.define
class StoreShare:
    """A run's share of its store's limit; the budget calls it under its lock.

    Args:
        ledger: The store's ledger.
        run: The run, whose entry in the ledger is open.
        reserved: What the ledger has reserved for the run, in US dollars.
        charged: What was charged since then; it is part of what is reserved.
        balance: What was left when the ledger was last asked.
    """

    ledger: Ledger
    run: str
    reserved: float = 0.0
    charged: float = 0.0
    balance: Balance | None = None
    _refused_until: float = float("-inf")
    _known_remote: Mapping[str, float] = attrs.field(factory=dict)

    def cover(
        self,
        unit: str,
        outstanding: float,
        amount: float,
        lost: float,
        remote: Mapping[str, float],
    ) -> bool:
        """Reserve an amount, from the store if what is reserved does not suffice.

        Args:
            unit: The unit that needs it.
            outstanding: What the run needs for its work under way.
            amount: The most that the next request can cost.
            lost: What the run has lost so far.
            remote: Unit → what of `outstanding` is for work that goes on without the run.
        """
        if self.charged + outstanding + amount <= self.reserved:
            return True
        if time.monotonic() < self._refused_until:
            return False
        is_granted = self._exchange(outstanding, amount, lost, remote, unit)
        if not is_granted:
            self._refused_until = time.monotonic() + _ASK_AGAIN_SECONDS
        return is_granted

    def note(self, outstanding: float, lost: float, remote: Mapping[str, float]) -> None:
        """Tell the ledger what is under way now, and give back what is not needed.

        Args:
            outstanding: What the run needs for its work under way.
            lost: What the run has lost so far.
            remote: Unit → what of `outstanding` is for work that goes on without the run.
        """
        if self.reserved > outstanding or remote != self._known_remote:
            self._exchange(outstanding, 0.0, lost, remote)

    def check_estimate(
        self,
        unit: str,
        outstanding: float,
        estimate: float,
        lost: float,
        remote: Mapping[str, float],
    ) -> bool:
        """Whether a unit's estimated cost fits into what is left of the store's limit.

        Args:
            unit: The unit.
            outstanding: What the run needs for its work under way.
            estimate: The unit's estimated cost.
            lost: What the run has lost so far.
            remote: Unit → what of `outstanding` is for work that goes on without the run.
        """
        self._exchange(outstanding, 0.0, lost, remote, unit)
        assert self.balance is not None
        return estimate <= self.balance.available

    def raise_if_spent(self) -> None:
        """Stop the run when the store's limit is reached.

        Raises:
            BudgetExceeded: As much is spent as all runs together may spend.
        """
        if self.balance is not None and self.balance.is_spent:
            raise store_limit_reached(self.balance)

    def _exchange(
        self,
        outstanding: float,
        amount: float,
        lost: float,
        remote: Mapping[str, float],
        taking: str | None = None,
    ) -> bool:
        grant = self.ledger.exchange(self.run, outstanding, amount, lost, remote, taking)
        self._known_remote = dict(remote)
        self.reserved, self.charged, self.balance = grant.reserved, 0.0, grant.balance
        return grant.is_granted


def store_limit_reached(balance: Balance) -> BudgetExceeded:
    """The error that says that a store's limit is reached."""
    pending = ""
    if balance.pending:
        pending = f" and ${balance.pending:.2f} is for work that goes on at the provider"
    return BudgetExceeded(
        f"${balance.spent:.2f} is spent{pending}, which is what max_cost in [tool.mi] allows all "
        "runs on this store together",
        hint="what arrived is kept: raise max_cost, then the same command goes on",
    )
