"""The gate through which a provider's requests go: each is admitted within the run's budget.

A provider finds the gate at the monitor it is given, reserves the worst case of a request before it
is sent, and says afterwards how it ended. A provider that does not is stopped by its monitor alone,
so it may pass the limit by all its requests in flight.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from .budget import Budget
from .pricing import PriceTable
from .types import Usage


@attrs.define
class Reservation:
    """What is reserved for one request of a unit; call one of its methods, once.

    Args:
        gate: The gate that admitted the request.
        amount: The most that the request can cost, in US dollars.
        in_batch: Whether it is a line of a batch, which goes on without this run.
    """

    gate: SpendingGate | None
    amount: float = 0.0
    in_batch: bool = False

    def settle(self, usages: Iterable[Usage]) -> None:
        """The request was answered; its usages will be booked."""
        if self.gate is not None:
            costs = [self.gate.prices.cost(usage) or 0.0 for usage in usages]
            self.gate.budget.settle_request(
                self.gate.unit, self.amount, sum(costs), in_batch=self.in_batch
            )

    def cancel(self) -> None:
        """The request was not billed, or what it cost was booked."""
        self.settle(())

    def lose(self) -> None:
        """The request was sent and never answered, so it may have been billed."""
        if self.gate is not None:
            self.gate.budget.lose_request(self.gate.unit, self.amount)


@attrs.frozen
class SpendingGate:
    """Admits the requests of a unit within the budget.

    Args:
        budget: The run's budget.
        unit: Key of the unit that pays.
        prices: What tokens cost.
    """

    budget: Budget
    unit: str
    prices: PriceTable

    @property
    def may_block(self) -> bool:
        """Whether `reserve` may have to ask the store, which takes time."""
        return self.budget.share is not None

    def reserve(self, worst: Usage) -> Reservation | None:
        """Reserve what a request costs at most; None: there is no room until others have ended.

        Args:
            worst: The most tokens that the request can use.

        Raises:
            BudgetExceeded: The limit allows no payment at all.
            StoreError: The store's ledger cannot be reached.
        """
        amount = self.prices.cost(worst) or 0.0
        if self.budget.reserve_request(self.unit, amount, in_batch=worst.batch):
            return Reservation(self, amount, worst.batch)
        return None


@attrs.frozen
class OpenGate(SpendingGate):
    """A gate without a budget: it admits everything."""

    budget: Budget = attrs.field(factory=Budget)
    unit: str = ""
    prices: PriceTable = PriceTable(checked="", source="", models={})

    def reserve(self, worst: Usage) -> Reservation | None:
        return Reservation(None)


def find_gate(monitor: object) -> SpendingGate:
    """The gate of the unit that a monitor belongs to; one that admits everything without it."""
    gate = getattr(monitor, "spending_gate", None)
    return gate if isinstance(gate, SpendingGate) else OpenGate()
