"""Appending to journals of a folder store, with a seal that follows.

The lines are hashed as they are appended, so the file is read once per process and journal. The
seal is written at most once a second and when the journal's lock is released: writing it with every
line would double what a line costs, and what lies behind a seal is looked at again anyway.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import attrs

from ..files import journal
from ..files.seal import Sealer, hash_prefixes, write_seal

_SEAL_INTERVAL = 1.0
"""Seconds."""


@attrs.define
class JournalWriter:
    """A journal that this process appends to. Its lines up to here are sealed.

    Args:
        path: The journal, whose lock this process holds.
    """

    path: Path
    _sealer: Sealer = attrs.field(init=False)
    _sealed_at: float = attrs.field(default=float("-inf"), init=False)
    _is_pending: bool = attrs.field(default=False, init=False)

    @_sealer.default
    def _default_sealer(self) -> Sealer:
        try:
            return hash_prefixes(self.path, ())[0]
        except FileNotFoundError:
            return Sealer()

    @property
    def is_current(self) -> bool:
        """Whether the file is as long as this process left it."""
        try:
            return self.path.stat().st_size == self._sealer.size
        except FileNotFoundError:
            return self._sealer.size == 0

    def append(self, lines: Sequence[bytes]) -> None:
        """Append lines and flush them to the disk.

        Raises:
            StoreError: They cannot be written.
        """
        content = b"".join(lines)
        journal.append_records(self.path, [content])
        self._sealer.update(content, len(lines))
        self._is_pending = True
        if time.monotonic() - self._sealed_at >= _SEAL_INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Write the seal, if lines were appended since.

        Raises:
            StoreError: It cannot be written.
        """
        if self._is_pending:
            self._is_pending = False
            write_seal(self.path, self._sealer.seal())
            self._sealed_at = time.monotonic()
