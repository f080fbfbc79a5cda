"""The files behind leases: `claims/<name>/<number>`, each created once and by one process.

The claim with the highest number counts, and names the owner of the lease. A released claim stays
as a file that names no owner, so the numbers of a lease only grow and work as fencing numbers.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress

import attrs

from ...errors import MiError
from .backend import Backend


@attrs.frozen
class ClaimFiles:
    """Reads and creates claims at a shared place."""

    backend: Backend

    def current(self, name: str) -> tuple[int, str | None]:
        """The number and owner of the claim that counts.

        The number is 0 if the lease was never acquired; the owner is None if it is free.
        """
        numbers = self._numbers(name)
        if not numbers:
            return 0, None
        number = max(numbers)
        try:
            content = self.backend.read(_path(name, number))
        except FileNotFoundError:  # deleted since it was listed, because newer ones exist
            return self.current(name)
        owner: str | None = json.loads(content)["owner"]
        return number, owner

    def create(self, name: str, number: int, owner: str) -> bool:
        """Create the claim with a number. Returns whether it is the one that counts.

        It does not count if others have acquired and released the lease so often meanwhile that
        the claim with this number existed and was deleted again.

        Args:
            name: The lease.
            number: One more than the number of the current claim.
            owner: Whose claim it is.
        """
        if not self.backend.create(_path(name, number), _content(owner)):
            return False
        if max(self._numbers(name), default=number) <= number:
            return True
        with suppress(MiError, OSError):
            self.backend.delete([_path(name, number)])
        return False

    def release(self, name: str, number: int, owner: str) -> None:
        """Overwrite a claim with one that names no owner, if it is the one that counts.

        Args:
            name: The lease.
            number: The number of the claim.
            owner: Whose claim it is.
        """
        if self.current(name) == (number, owner):
            self.backend.write(_path(name, number), _content(None))

    def supersede(self, name: str, number: int, expired_owner: str | None) -> None:
        """Clean up after the claim with a number was superseded by the next one.

        The superseded claim stays: it shows a late process that its lease is gone. The one before
        it is deleted, and so is the heartbeat of an owner that has expired.

        Args:
            name: The lease.
            number: The number of the superseded claim; 0 if there was none.
            expired_owner: The owner from whom the lease was taken over, if any.
        """
        names = [_path(name, number - 1)] if number > 1 else []
        if expired_owner is not None:
            names.append(f"owners/{expired_owner}")
        with suppress(MiError, OSError):
            self.backend.delete(names)

    def _numbers(self, name: str) -> list[int]:
        return [int(path.rpartition("/")[2]) for path in self.backend.versions(f"claims/{name}/")]


def _path(name: str, number: int) -> str:
    return f"claims/{name}/{number:08}"


def _content(owner: str | None) -> bytes:
    # The mark makes each content unique, so that a create whose reply was lost can be told apart.
    return json.dumps({"owner": owner, "mark": uuid.uuid4().hex}).encode()
