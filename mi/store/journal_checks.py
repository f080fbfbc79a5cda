"""Checking journals: whether they still hold the lines that were written, and nothing else.

A journal is whole if its sealed bytes have the digest of its seal, and if each eval finds the lines
it was scored from (`UnitRecord.seals`). Behind the seal there may be lines of a process that died,
or of a version that knew no seals. Those are read one by one: a line that is of another shape, or
answers what is answered already, has to be set aside before the journal can be sealed.

Hashing every journal for each plan would take too long, so what was checked is remembered with the
times of the files, like published units (`verification`). The cache may be deleted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from ..errors import CorruptError, StoreError
from ..files import atomic, gate
from ..files.seal import SEAL_SUFFIX, Seal, Sealer, hash_prefixes, read_seal, seal_path, write_seal
from ..units.lines import line_shape
from .incoming import RefusedLine
from .layout import is_stray
from .records import AnswerPosition, JournalNeed, answer_position

JOURNAL_HINT = (
    "restore it from a copy, or fix the line that is damaged; `mi run --force` with the eval's key "
    "asks everything again, and pays again"
)
CACHE_FILE = "journals-checked.json"
_RACY_NS = 2_000_000_000
_MAX_CACHE = 1 << 28


@attrs.frozen
class JournalCheck:
    """What a check of a journal found.

    Args:
        damage: What is wrong with the lines that were written; None if nothing is.
        unsettled: What is wrong with lines that were added by others; None if nothing is.
        digests: Size → digest of that many bytes, for the sizes that were asked for.
        is_absent: Whether there is no such journal.
    """

    damage: str | None = None
    unsettled: str | None = None
    digests: Mapping[int, str] = attrs.field(factory=dict)
    is_absent: bool = False


def check_journal(
    path: Path, sizes: Collection[int] = (), *, has_seal: bool = True
) -> JournalCheck:
    """Check a journal by its seal. One that was never sealed is sealed as it is found.

    Args:
        path: The journal.
        sizes: Sizes at which the digest is wanted too.
        has_seal: Whether such journals have seals. If not, only digests are taken.
    """
    seal = read_seal(path) if has_seal else None
    try:
        sealer, digests = hash_prefixes(path, {*sizes, *((seal.size,) if seal else ())})
    except FileNotFoundError:
        if seal is None or not seal.lines:
            return JournalCheck(is_absent=True)  # and as far as is known there was none
        return JournalCheck(damage=f"is missing; it had {seal.lines} lines", is_absent=True)
    except gate.Refused as error:
        return JournalCheck(damage=str(error))
    if seal is not None and digests.get(seal.size) != seal.digest:
        return JournalCheck(damage=_describe_change(sealer, seal), digests=digests)
    if not has_seal or (seal is not None and sealer.size == seal.size):
        return JournalCheck(digests=digests)
    try:
        refused = [line for line in read_tail(path, seal) if isinstance(line, RefusedLine)]
    except CorruptError as error:
        return JournalCheck(damage=f"has a damaged line ({error.where})", digests=digests)
    if refused:
        return JournalCheck(unsettled=_describe_refused(refused), digests=digests)
    if seal is None:
        with suppress(StoreError):  # a store that cannot be written is checked all the same
            write_seal(path, sealer.seal())
    return JournalCheck(digests=digests)


def _describe_change(sealer: Sealer, seal: Seal) -> str:
    if sealer.lines < seal.lines:
        return f"has {sealer.lines} lines, and {seal.lines} were written"
    return f"is not what was written: its first {seal.lines} lines have changed"


def _describe_refused(refused: list[RefusedLine]) -> str:
    first = refused[0]
    count = "1 line that" if len(refused) == 1 else f"{len(refused)} lines; the first"
    return f"has {count} {first.reason}"


def read_tail(path: Path, seal: Seal | None) -> Iterator[bytes | RefusedLine]:
    """The lines behind a seal: those that pass as they are, and those that do not.

    Args:
        path: The journal.
        seal: Its seal; None: all lines are behind it.

    Raises:
        CorruptError: A line is not a JSON object.
    """
    shape, sealed = line_shape(path.stem), seal.size if seal else 0
    seen: set[AnswerPosition] = set()
    offset = number = 0
    with gate.open_file(path) as file:
        for line in iter(lambda: file.readline(gate.MAX_LINE + 1), b""):
            if not line.endswith(b"\n") and len(line) <= gate.MAX_LINE:
                return
            number += 1
            is_sealed = offset < sealed
            offset += len(line)
            try:
                record = gate.parse_object(line)
            except gate.Refused as error:
                raise CorruptError(
                    f"this line is damaged: it {error}",
                    where=f"{path}:{number}",
                    hint="restore the file from a copy, or remove the line to repeat its work",
                ) from None
            problem = shape.problem(record)
            position = answer_position(record) if "question" in record and not problem else None
            if position is not None and position in seen:
                problem = f"answers what is answered before (line {number})"
            if not is_sealed:
                yield RefusedLine(record, line.decode(), problem) if problem else line
            if position is not None:
                seen.add(position)


def settle_journal(path: Path) -> list[RefusedLine]:
    """Seal the lines behind the seal of a journal whose lock this process holds.

    Returns:
        The lines that do not pass. They are no longer in the journal: keep them.

    Raises:
        CorruptError: The journal is damaged.
        StoreError: It cannot be written.
    """
    check = check_journal(path)
    if check.is_absent:  # what it had is requested again, and evals scored from it say so
        seal_path(path).unlink(missing_ok=True)
        return []
    if check.damage:
        raise journal_error(path, check.damage)
    seal = read_seal(path)
    if check.unsettled is None:
        if path.exists() and (seal is None or path.stat().st_size != seal.size):
            write_seal(path, hash_prefixes(path, ())[0].seal())
        return []
    tail = list(read_tail(path, seal))
    with path.open("rb") as file:
        content = file.read(seal.size if seal else 0)
    content += b"".join(line for line in tail if isinstance(line, bytes))
    temporary = atomic.temporary_path(path)
    with atomic.translate_write_errors(path):
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    sealer = Sealer()
    sealer.update(content)
    write_seal(path, sealer.seal())
    return [line for line in tail if isinstance(line, RefusedLine)]


def journal_error(path: Path, damage: str) -> CorruptError:
    """The error about a journal that is damaged, with what to do."""
    return CorruptError(
        f"the journal {path.stem} {damage}",
        where=str(path),
        hint=JOURNAL_HINT,
    )


@attrs.define
class JournalVerifier:
    """Checks journals, and remembers those that are whole.

    Args:
        root: The root of the store.
        journals: The directory of the journals.
        has_seals: Whether the journals have seals: copies of a shared store's journals have none.
        uses_cache: Whether what was checked before counts: a disk that loses bits changes no time.
    """

    root: Path
    journals: Path
    has_seals: bool = True
    uses_cache: bool = True
    _entries: dict[str, Any] = attrs.field(init=False)
    _checks: dict[str, JournalCheck] = attrs.field(factory=dict, init=False)
    _sizes: dict[str, set[int]] = attrs.field(factory=dict, init=False)
    _is_changed: bool = attrs.field(default=False, init=False)

    @_entries.default
    def _default_entries(self) -> dict[str, Any]:
        if not self.uses_cache:
            return {}
        try:
            return gate.parse_object(gate.read_file(self.root / CACHE_FILE, _MAX_CACHE), _MAX_CACHE)
        except (FileNotFoundError, gate.Refused):
            return {}

    def expect(self, needs: Collection[JournalNeed]) -> None:
        """Announce needs that `damage` will be asked about, so that a file is hashed once."""
        for need in needs:
            self._sizes.setdefault(need.journal, set()).add(need.size)

    def damage(self, needs: Collection[JournalNeed], *, absent: bool = True) -> str | None:
        """What is wrong with the journals of an eval; None if they hold what it was scored from.

        Args:
            needs: What it was scored from.
            absent: Whether a journal that does not exist counts.
        """
        self.expect(needs)
        for need in needs:
            check = self.check(need.journal)
            if check.is_absent and not absent:
                continue
            if check.damage:
                return f"its journal {need.journal} {check.damage}"
            if check.is_absent:
                return f"its journal {need.journal} is missing"
            if need.digest and check.digests.get(need.size) != need.digest:
                return f"its journal {need.journal} lacks lines that it was scored from"
        return None

    def check(self, name: str) -> JournalCheck:
        """The check of a journal; done again if the file has changed since it was remembered."""
        wanted = self._sizes.get(name, set()) - {0}
        known = self._checks.get(name)
        if known is not None and (known.damage or known.digests.keys() >= wanted):
            return known
        path = f"{self.journals}/{name}.jsonl"
        stamp, changed_ns = _stamp(path)
        check = _remembered(self._entries.get(name), stamp)
        if check is None or not check.digests.keys() >= wanted:
            check = check_journal(Path(path), wanted, has_seal=self.has_seals)
            stamp, changed_ns = _stamp(path)
            is_settled = time.time_ns() - changed_ns > _RACY_NS
            if stamp and is_settled and not check.damage and not check.unsettled:
                digests = {str(size): digest for size, digest in check.digests.items()}
                self._entries[name] = [stamp, digests]
                self._is_changed = True
            missing = wanted - check.digests.keys()  # beyond the end of the file
            check = attrs.evolve(check, digests={**check.digests, **dict.fromkeys(missing, "")})
        self._checks[name] = check
        return check

    def problems(self) -> dict[str, JournalCheck]:
        """Every journal with something wrong with it, by name; one that was deleted too."""
        paths = (*self.journals.glob("*.jsonl"), *self.journals.glob("*.seal"))
        names = {path.stem for path in paths if not is_stray(path.name)}
        checks = {name: self.check(name) for name in sorted(names)}
        return {name: check for name, check in checks.items() if check.damage or check.unsettled}

    def save(self) -> None:
        """Write what was learned to the disk."""
        if self._is_changed and self.uses_cache:
            path = self.root / CACHE_FILE
            temporary = atomic.temporary_path(path)
            with suppress(OSError):
                temporary.write_text(json.dumps(self._entries), encoding="utf-8")
                os.replace(temporary, path)


def _stamp(path: str) -> tuple[str, int]:
    """A text that changes when a journal or its seal does, and the time of the last change."""
    stamps, newest_ns = [], 0
    for each in (path, path.removesuffix(".jsonl") + SEAL_SUFFIX):
        try:
            facts = os.stat(each)
        except OSError:
            return "", 0
        newest_ns = max(newest_ns, facts.st_ctime_ns)
        stamps.append(f"{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}")
    return " ".join(stamps), newest_ns


def _remembered(entry: Any, stamp: str) -> JournalCheck | None:
    """The check that the cache holds; None if it is about other content, or of another hand."""
    if type(entry) is not list or len(entry) != 2 or entry[0] != stamp or not stamp:
        return None
    if type(entry[1]) is not dict:
        return None
    try:
        return JournalCheck(digests={int(size): str(digest) for size, digest in entry[1].items()})
    except ValueError:
        return None
