"""Logs that grow: answers, judgments, and the attempts of a run.

What was loaded of a log is remembered by its length and digest. Where the log still begins with
those bytes, only what came after them is loaded; anything else (it shrank, was mended by hand, was
replaced) is another log, taken out and loaded anew. A last line without an end is not read: it may
be under way, or a crash may have left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO

import attrs

from ..store.base import Store
from .jsonl_reader import FileSlice, JsonlReader

LOG_PREFIXES = ("journal:", "attempts:")
_CHUNK = 1 << 24

_BILL = {
    "unit": "VARCHAR",
    "at": "TIMESTAMP",
    "billed_model": "VARCHAR",
    "billed_input": "BIGINT",
    "billed_output": "BIGINT",
    "cost_usd": "DOUBLE",
}
_BILLED = {"model": "VARCHAR", **_BILL}
_ANSWER = {
    "question": "VARCHAR",
    "sample": "BIGINT",
    "text": "VARCHAR",
    "finish": "VARCHAR",
    "refusal": "VARCHAR",
    "prompt_tokens": "BIGINT",
    "answer_tokens": "BIGINT",
    **_BILLED,
}
_JUDGMENT = {"question": "VARCHAR", "sample": "BIGINT", "verdict": "JSON", **_BILLED}
_ATTEMPT = {
    "unit": "VARCHAR",
    "event": "VARCHAR",
    "at": "TIMESTAMP",
    "seconds": "DOUBLE",
    "message": "VARCHAR",
}
_LIKELIHOODS = "journal:likelihoods-"
# Beginning of the name → table, columns, what is made of them, and which lines are read.
_TABLES = {
    "journal:answers-": ("answer", _ANSWER, "answer_key(owner, question, sample)", ""),
    "journal:judgments-": ("judgment", _JUDGMENT, None, ""),
    _LIKELIHOODS: ("likelihood", _BILL, None, " WHERE unit IS NOT NULL"),
    "attempts:": ("_attempt", _ATTEMPT, None, ""),
}


@attrs.frozen
class LoadedPart:
    """How much of a log is loaded: bytes, and their digest."""

    size: int
    digest: str


@attrs.frozen
class Log:
    """A log as it is found.

    Args:
        piece: What is to be read of it.
        held: What is loaded of it after that.
    """

    unread: FileSlice
    loaded: LoadedPart

    @property
    def is_extension(self) -> bool:
        """Whether what is loaded already stays."""
        return self.unread.start > 0


def find_log(store: Store, name: str, before: LoadedPart | None) -> Log:
    """What is to be read of a log of which `before` is loaded.

    Of likelihoods only what was paid is; where nothing was for the first, nothing was for others.
    """
    kind, _, owner = name.partition(":")
    at_run = store.root / "runs" / owner / "attempts.jsonl"
    path = at_run if kind == "attempts" else store.journal(owner)
    try:
        with path.open("rb") as file:
            free = name.startswith(_LIKELIHOODS) and b'"billed_model"' not in file.readline()
            end = 0 if free else _complete_end(file)
            start, held = _match_loaded(file, end, before)
    except FileNotFoundError:
        start, end, held = 0, 0, LoadedPart(0, "")
    return Log(FileSlice(name, owner, path, start, end), held)


def load_logs(reader: JsonlReader, logs: Sequence[Log]) -> None:
    """Load what is to be read of these logs, all of a table at once."""
    for prefix, (table, columns, made, which) in _TABLES.items():
        names = ", ".join(f'"{name}"' for name in ("owner", *columns))
        pieces = [one.unread for one in logs if one.unread.name.startswith(prefix)]
        reader.insert(
            f"INSERT INTO {table} SELECT {names}{f', {made}' if made else ''}",
            [piece for piece in pieces if piece.start != piece.end],
            columns,
            suffix=which,
        )


_ACTIVITIES = {"answers-": "sample", "likelihoods-": "score", "judgments-": "judge"}
_RETIRED_SPEND = """
INSERT INTO retired
SELECT owner, unit, '{activity}', billed_model, "at"::DATE, count(*), sum(billed_input),
       sum(billed_output), NULL, sum(cost_usd)
"""


def load_retired_journals(reader: JsonlReader, paths: Mapping[str, Path]) -> None:
    """What was paid for journals that were put aside, by name."""
    for prefix, activity in _ACTIVITIES.items():
        pieces = [
            FileSlice(f"retired:{name}", name, path, end=complete_length(path))
            for name, path in paths.items()
            if path.name.startswith(prefix)
        ]
        end = " WHERE unit IS NOT NULL GROUP BY ALL"
        reader.insert(_RETIRED_SPEND.format(activity=activity), pieces, _BILLED, suffix=end)


def complete_length(path: Path) -> int:
    """The length of a log without a torn last line."""
    with path.open("rb") as file:
        return _complete_end(file)


def _complete_end(file: IO[bytes]) -> int:
    """Behind the last line that has an end."""
    at = file.seek(0, 2)
    while at > 0:
        start = max(at - 4096, 0)
        file.seek(start)
        found = file.read(at - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        at = start
    return 0


def _match_loaded(file: IO[bytes], end: int, before: LoadedPart | None) -> tuple[int, LoadedPart]:
    """Where reading begins, and what is held after it."""
    digest, start = sha256(), 0
    file.seek(0)
    if before is not None and before.size <= end:
        for part in _read_chunks(file, before.size):
            digest.update(part)
        if digest.hexdigest() == before.digest:
            start = before.size
    for part in _read_chunks(file, end - file.tell()):
        digest.update(part)
    return start, LoadedPart(end, digest.hexdigest())


def _read_chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (part := file.read(min(size, _CHUNK))):
        yield part
        size -= len(part)
