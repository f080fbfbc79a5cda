"""Checking journals: whether they still hold the lines that were written, and nothing else.

A journal is whole if its sealed bytes have the digest of its seal, and if each eval finds the lines
it was scored from (`UnitRecord.seals`). Behind the seal there may be lines of a process that died,
or of a version that knew no seals. Those are read one by one: a line that is of another shape, or
answers what is answered already, has to be set aside before the journal can be sealed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from ..errors import CorruptError
from ..files import atomic, gate
from ..files.seal import Seal, Sealer, hash_prefixes, read_seal, seal_path, write_seal
from ..units.lines import line_shape
from .incoming import RefusedLine
from .records import AnswerPosition, answer_position

JOURNAL_HINT = (
    "restore it from a copy, or fix the line that is damaged; `mi run --force` with the eval's key "
    "asks everything again, and pays again"
)


@attrs.frozen
class JournalCheck:
    """What a check of a journal found.

    Args:
        damage: What is wrong with the lines that were written; None if nothing is.
        unsettled: What is wrong with lines that were added by others; None if nothing is.
        digests: Size → digest of that many bytes, for the sizes that were asked for.
        is_absent: Whether there is no such journal.
        first_seal: What it holds, if it is whole and was never sealed.
    """

    damage: str | None = None
    unsettled: str | None = None
    digests: Mapping[int, str] = attrs.field(factory=dict)
    is_absent: bool = False
    first_seal: Seal | None = None


def check_journal(path: Path, seal: Seal | None, sizes: Collection[int] = ()) -> JournalCheck:
    """Check a journal by its seal.

    Args:
        path: The journal.
        seal: Its seal; None: it was never sealed.
        sizes: Sizes at which the digest is wanted too.
    """
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
    if seal is not None and sealer.size == seal.size:
        return JournalCheck(digests=digests)
    try:
        refused = [line for line in read_tail(path, seal) if isinstance(line, RefusedLine)]
    except CorruptError as error:
        return JournalCheck(damage=f"has a damaged line ({error.where})", digests=digests)
    if refused:
        return JournalCheck(unsettled=_describe_refused(refused), digests=digests)
    return JournalCheck(digests=digests, first_seal=sealer.seal() if seal is None else None)


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
    seen: dict[AnswerPosition, int] = {}
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
            is_copy = False
            if position is not None and position in seen:
                problem = f"answers what is answered before (line {number})"
                is_copy = seen[position] == hash(line)
            if not is_sealed:
                yield RefusedLine(record, line.decode(), problem, is_copy) if problem else line
            if position is not None:
                seen.setdefault(position, hash(line))


def settled_content(path: Path, seal: Seal | None) -> tuple[bytes, list[RefusedLine]]:
    """The content of a journal without the lines that do not pass, and these lines.

    Args:
        path: The journal.
        seal: Its seal; None: it was never sealed.

    Raises:
        CorruptError: A line is not a JSON object.
    """
    tail = list(read_tail(path, seal))
    with path.open("rb") as file:
        content = file.read(seal.size if seal else 0)
    content += b"".join(line for line in tail if isinstance(line, bytes))
    return content, [line for line in tail if isinstance(line, RefusedLine)]


def settle_journal(path: Path, keep: Callable[[Sequence[RefusedLine]], None]) -> int:
    """Seal the lines behind the seal of a journal whose lock this process holds.

    Args:
        path: The journal of a folder store.
        keep: Keeps the lines that do not pass, before they are taken out of the journal: a process
            that dies in between leaves them twice, and never nowhere.

    Returns:
        How many lines were taken out.

    Raises:
        CorruptError: The journal is damaged.
        StoreError: It cannot be written.
    """
    seal = read_seal(path)
    check = check_journal(path, seal)
    if check.is_absent:  # what it had is requested again, and evals scored from it say so
        seal_path(path).unlink(missing_ok=True)
        return 0
    if check.damage:
        raise journal_error(path, check.damage)
    if check.unsettled is None:
        if path.exists() and (seal is None or path.stat().st_size != seal.size):
            write_seal(path, hash_prefixes(path, ())[0].seal())
        return 0
    content, refused = settled_content(path, seal)
    keep(refused)
    temporary = atomic.temporary_path(path)
    with atomic.translate_write_errors(path):
        with open(temporary, "wb", opener=atomic.open_private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    sealer = Sealer()
    sealer.update(content)
    write_seal(path, sealer.seal())
    return len(refused)


def journal_error(path: Path, damage: str) -> CorruptError:
    """The error about a journal that is damaged, with what to do."""
    return CorruptError(
        f"the journal {path.stem} {damage}",
        where=str(path),
        hint=JOURNAL_HINT,
    )
