"""Admitting the lines of a batch within the budget.

A batch is paid for line by line, and all its lines are under way at once. So it takes as many as
the budget has room for at worst; the others go into the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from ..retry import sleep
from ..spending import Reservation, SpendingGate
from ..types import Monitor, Usage
from ..usage import worst_usage
from .completions import CompletionRequest

_MAX_LINES = 50_000
_ROOM_INTERVAL = 1.0  # seconds between two looks whether the budget has room for a line


@attrs.define
class AdmittedLines:
    """What is reserved for the lines of a batch under way.

    Args:
        gate: The gate of the unit that asks.
    """

    gate: SpendingGate
    _reservations: list[Reservation] = attrs.field(factory=list)

    def reserve(
        self, requests: Mapping[str, CompletionRequest], monitor: Monitor
    ) -> dict[str, CompletionRequest]:
        """Those of the requests that the budget has room for now, at least one.

        Args:
            requests: By custom id.
            monitor: Receives what is left out; raises when the run must stop.
        """
        lines: dict[str, CompletionRequest] = {}
        for id, request in requests.items():
            if len(lines) == _MAX_LINES:
                break
            worst = worst_usage(request.body, len(request.sources), batch=True)
            while (reservation := self.gate.reserve(worst)) is None and not lines:
                sleep(_ROOM_INTERVAL, monitor)
            if reservation is None:
                monitor.message(
                    f"{len(lines)} of {len(requests)} requests go into this batch: at worst, more "
                    "would cost more than the limit has room for; the others follow"
                )
                break
            self._reservations.append(reservation)
            lines[id] = request
        self.gate.budget.note_batch()
        return lines

    def leave(self) -> None:
        """The batch goes on without this run: what is reserved stays so, for the next one."""
        self._reservations.clear()

    def settle(self, usages: Sequence[Usage]) -> None:
        """Release what is reserved: the batch has ended.

        Args:
            usages: What will be booked for it and for its twins; empty if it goes on.
        """
        for reservation in self._reservations[:1]:
            reservation.settle(usages)
        for reservation in self._reservations[1:]:
            reservation.cancel()
        self._reservations.clear()
