"""Seals of the journals of a shared store: `seals/NAME.json`, in the form of a folder's seals.

A journal's segments read one after the other are what a folder has as one file, so the same seal
says the same of both, and compacting leaves it valid. The owner of a journal's lease writes its
seal when it releases the lease; what a process that died has added behind it is looked at again.

Readers have a copy of the journal and of its seal. The seal is fetched first: one that is older
than the journal is valid, one that is newer is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import attrs

from ...errors import LeaseLost
from ...files.seal import Seal, decode_seal, encode_seal
from ..incoming import RefusedLine
from ..journal_checks import JournalCheck, check_journal, journal_error, settled_content
from ..journal_verifier import JournalVerifier
from ..layout import JOURNALS, SEALS
from .backend import Backend, read_existing
from .mirror import Mirror
from .segmented_log import SegmentedLogs


@attrs.frozen
class JournalSeals:
    """The seals of a shared store.

    Args:
        backend: The files at the shared place.
        root: This machine's copy of the store.
        logs: The journals, which are stored in segments.
        mirror: Keeps the copy up to date.
    """

    backend: Backend
    root: Path
    logs: SegmentedLogs
    mirror: Mirror

    def settle(self, name: str, keep: Callable[[Sequence[RefusedLine]], None]) -> int:
        """Seal a journal whose lease this process holds.

        Args:
            name: The journal.
            keep: Keeps the lines that do not pass, before they are taken out of the journal.

        Returns:
            How many lines were taken out.

        Raises:
            CorruptError: The journal is damaged.
            LeaseLost: Another process has taken over the journal.
        """
        log = f"{JOURNALS}/{name}"
        path, seal, count = self.logs.open(log), self._read(name), 0
        if gap := self.logs.gap(log):
            raise journal_error(path, gap)
        check = check_journal(path, seal)
        if check.is_absent:  # what it had is requested again, and evals scored from it say so
            self.remove(name)
            return 0
        if check.damage:
            raise journal_error(path, check.damage)
        if check.unsettled:
            content, refused = settled_content(path, seal)
            keep(refused)
            count = len(refused)
            self.logs.rewrite(log, content)
        if self.logs.seal(log) != seal:
            self._write(name, self.logs.seal(log))
        return count

    def seal_grown(self, name: str, assert_held: Callable[[], None]) -> None:
        """Seal a journal that this process has added to, before it releases the lease.

        Args:
            name: The journal.
            assert_held: Raises `LeaseLost` if another process has taken over the journal.
        """
        log = f"{JOURNALS}/{name}"
        if self.logs.has_grown(log) and self.logs.gap(log) is None:
            try:
                assert_held()
            except LeaseLost:  # the other process seals it
                return
            self._write(name, self.logs.seal(log))

    def remove(self, name: str) -> None:
        """Delete the seal of a journal that does not exist any more."""
        self.backend.delete([f"{SEALS}/{name}.json"])

    def verifier(
        self, names: Collection[str] | None = None, *, uses_cache: bool = True
    ) -> JournalVerifier:
        """A verifier of the copies of journals, which are brought up to date.

        Args:
            names: The journals; None: all.
            uses_cache: Whether what was checked before counts. If not, the copies are fetched anew.
        """
        gaps = self.mirror.refresh_journals(names, anew=not uses_cache)
        return JournalVerifier(
            self.root,
            self.root / JOURNALS,
            seals=self.root / SEALS,
            gaps=gaps,
            seal_found=self._seal_found,
            uses_cache=uses_cache,
        )

    def problems(self, *, thorough: bool) -> dict[str, JournalCheck]:
        """The journals with something wrong with them, by name; see `Store.journal_problems`."""
        for _ in range(2):  # a journal that was archived or sealed meanwhile looks damaged once
            verifier = self.verifier(uses_cache=not thorough)
            problems = verifier.problems()
            verifier.save()
            if not problems:
                break
        return problems

    def _seal_found(self, name: str, seal: Seal) -> None:
        """Seal a journal that never was sealed, unless its owner is faster."""
        self.backend.create(f"{SEALS}/{name}.json", encode_seal(seal))
        if not self.backend.versions(f"{JOURNALS}/{name}/"):  # it was archived meanwhile
            self.remove(name)

    def _read(self, name: str) -> Seal | None:
        content = read_existing(self.backend, f"{SEALS}/{name}.json")
        return None if content is None else decode_seal(content)

    def _write(self, name: str, seal: Seal) -> None:
        if seal.lines:
            self.backend.write(f"{SEALS}/{name}.json", encode_seal(seal))
