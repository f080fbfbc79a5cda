"""Loading append-only logs: the journals of evals and the attempts of runs.

The database remembers the length and digest of what it loaded of a log. If the log still begins
with those bytes, only the lines after them are loaded. Otherwise it is another log (it shrank, was
edited or replaced): its rows are deleted and it is loaded from the start. A last line without a
newline is not read: a process may still be writing it, or a crash may have left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO

import attrs

from ..store.base import Store
from ..units.journals import PROBES, USAGE_COLUMNS, JournalKind
from .fingerprints import ATTEMPTS, JOURNAL, RETIRED
from .jsonl_reader import FileSlice, JsonlReader

LOG_PREFIXES = (JOURNAL, ATTEMPTS)
_CHUNK = 1 << 24

_ATTEMPT = {
    "unit": "VARCHAR",
    "event": "VARCHAR",
    "at": "TIMESTAMP",
    "seconds": "DOUBLE",
    "message": "VARCHAR",
}
_RETIRED_SPEND = """
INSERT INTO retired
SELECT owner, unit, '{activity}', billed_model, "at"::DATE, count(*), sum(billed_input),
       sum(billed_output), NULL, sum(cost_usd)
"""


@attrs.frozen
class LoadedPart:
    """How much of a log is loaded: the number of bytes, and their digest."""

    size: int
    digest: str


@attrs.frozen
class Log:
    """A log as the store has it.

    Args:
        unread: The lines that are to be loaded.
        loaded: What is loaded after that.
    """

    unread: FileSlice
    loaded: LoadedPart

    @property
    def is_extension(self) -> bool:
        """Whether the rows that are already loaded stay."""
        return self.unread.start > 0


def loadable_kinds() -> tuple[JournalKind, ...]:
    """The kinds of journal that the database loads.

    The eval kinds are imported here and not above, so that reading a table takes no engine.
    """
    from ..steps.evals import journal_kinds

    return (*journal_kinds(), PROBES)


def log_prefix(kind: JournalKind) -> str:
    """What the names begin with under which journals of a kind are loaded: `journal:answers-`."""
    return f"{JOURNAL}{kind.prefix}-"


def find_log(store: Store, name: str, loaded: LoadedPart | None) -> Log:
    """Compare a log with what is loaded of it.

    Of some journals only lines that were paid for are loaded. Where the first line was not, none
    was, and the log counts as empty.

    Args:
        store: The store.
        name: The name the log is loaded under: `journal:NAME` or `attempts:RUN`.
        loaded: What is loaded of it; None: nothing.
    """
    kind, _, owner = name.partition(":")
    attempts = store.root / "runs" / owner / "attempts.jsonl"
    path = attempts if f"{kind}:" == ATTEMPTS else store.journal(owner)
    try:
        with path.open("rb") as file:
            end = 0 if _is_free(name, file) else _complete_end(file)
            start, part = _match_loaded(file, end, loaded)
    except FileNotFoundError:
        start, end, part = 0, 0, LoadedPart(0, "")
    return Log(FileSlice(name, owner, path, start, end), part)


def _is_free(name: str, file: IO[bytes]) -> bool:
    kinds = (kind for kind in loadable_kinds() if name.startswith(log_prefix(kind)))
    return any(kind.billed_only for kind in kinds) and b'"billed_model"' not in file.readline()


def load_logs(reader: JsonlReader, logs: Sequence[Log]) -> None:
    """Load the unread lines of these logs, all logs of a table in one statement."""
    for kind in loadable_kinds():
        _load_table(reader, logs, log_prefix(kind), kind)
    attempts = JournalKind(prefix="", activity="", table="_attempt", columns=_ATTEMPT)
    _load_table(reader, logs, ATTEMPTS, attempts)


def _load_table(reader: JsonlReader, logs: Sequence[Log], prefix: str, kind: JournalKind) -> None:
    names = [f'"{name}"' for name in ("owner", *kind.columns)]
    selected = ", ".join([*names, kind.computed] if kind.computed else names)
    slices = [log.unread for log in logs if log.unread.name.startswith(prefix)]
    reader.insert(
        f"INSERT INTO {kind.table} SELECT {selected}",
        [part for part in slices if part.start != part.end],
        kind.columns,
        suffix=" WHERE unit IS NOT NULL" if kind.billed_only else "",
    )


def load_retired_journals(reader: JsonlReader, paths: Mapping[str, Path]) -> None:
    """Load what was paid for archived journals; `paths` has them by name."""
    for kind in loadable_kinds():
        slices = [
            FileSlice(f"{RETIRED}{name}", name, path, end=complete_length(path))
            for name, path in paths.items()
            if kind.matches(path.name)
        ]
        reader.insert(
            _RETIRED_SPEND.format(activity=kind.activity),
            slices,
            USAGE_COLUMNS,
            suffix=" WHERE unit IS NOT NULL GROUP BY ALL",
        )


def complete_length(path: Path) -> int:
    """The length of a log without a torn last line, in bytes."""
    with path.open("rb") as file:
        return _complete_end(file)


def _complete_end(file: IO[bytes]) -> int:
    """The offset behind the last newline."""
    end = file.seek(0, 2)
    while end > 0:
        start = max(end - 4096, 0)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _match_loaded(file: IO[bytes], end: int, loaded: LoadedPart | None) -> tuple[int, LoadedPart]:
    """Where reading begins, and what is loaded after it.

    Args:
        file: The log.
        end: The offset behind its last complete line.
        loaded: What is loaded of it; None: nothing.
    """
    digest, start = sha256(), 0
    file.seek(0)
    if loaded is not None and loaded.size <= end:
        for chunk in _read_chunks(file, loaded.size):
            digest.update(chunk)
        if digest.hexdigest() == loaded.digest:
            start = loaded.size
    for chunk in _read_chunks(file, end - file.tell()):
        digest.update(chunk)
    return start, LoadedPart(end, digest.hexdigest())


def _read_chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (chunk := file.read(min(size, _CHUNK))):
        yield chunk
        size -= len(chunk)
