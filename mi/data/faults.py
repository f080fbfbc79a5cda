"""What is wrong with parts of a file, told in one message that counts them and shows the first."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ..errors import DataError

FIX_HINT = "fix or remove this line"
SHOWN = 5
"""How many faults a message shows."""


class Fault(Exception):
    """A part of a file cannot be used.

    Args:
        message: What is wrong with it.
        hint: What to do.
    """

    def __init__(self, message: str, hint: str = FIX_HINT) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@attrs.define(kw_only=True)
class FaultLog:
    """The faults of a file's parts, of which it keeps the first five.

    Args:
        where: The file.
        noun: What its parts are called: `line`, `question`.
        count: How many faults there are.
    """

    where: str
    noun: str
    count: int = 0
    _first: list[tuple[str, str, Fault]] = attrs.field(factory=list)

    def add(self, label: str, place: str, fault: Fault) -> None:
        """Add a fault.

        Args:
            label: The part, for a list: `3`.
            place: The part, as it follows the file's name: `:3`.
            fault: What is wrong with it.
        """
        self.count += 1
        if len(self._first) < SHOWN:
            self._first.append((label, place, fault))

    def error(self, total: int) -> DataError:
        """The error for the file; one with a single fault names its part as the place.

        Args:
            total: How many parts the file has.
        """
        hint = "; ".join(dict.fromkeys(fault.hint for _, _, fault in self._first))
        if self.count == 1:
            ((_, place, fault),) = self._first
            return DataError(fault.message, where=f"{self.where}{place}", hint=hint)
        return DataError("\n".join(self._lines(total)), where=self.where, hint=hint)

    def _lines(self, total: int) -> Iterator[str]:
        """`30 of 40 lines cannot be used:` and the first of them."""
        yield f"{self.count:,} of {total:,} {self.noun}s cannot be used:"
        for label, _, fault in self._first:
            yield f"  {self.noun} {label}: {fault.message}"
        if self.count > len(self._first):
            yield f"  and {self.count - len(self._first):,} more"
