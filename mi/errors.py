"""Errors that are sentences.

Every failure a user can cause or meet is a `MiError`: one sentence saying what is wrong, where, and
what to do next. The command line prints it and leaves with `exit_code`; a traceback is shown only
for what is not a `MiError`, because only that is a defect of this program.

Exit codes are pytest's: 0 all done, 1 some units failed, 2 interrupted, 3 internal error,
4 usage or declaration error, 5 nothing selected.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class MiError(Exception):
    """A sentence for the user.

    Args:
        message: What is wrong, as a sentence.
        where: The place: a cell, a file and line, a path into a declaration.
        hint: What to do next.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.message = message
        self.where = where
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  → {self.hint}" if self.hint else head


class UsageError(MiError):
    """The command line asks for something that does not exist or does not fit."""

    exit_code = 4


class DeclarationError(MiError):
    """An experiment, setting, eval or model is declared wrongly."""

    exit_code = 4


class DataError(MiError):
    """A dataset is missing, empty, malformed or too small."""

    exit_code = 4


class NothingSelected(MiError):
    """The selection matches no cell."""

    exit_code = 5


class CorruptError(MiError):
    """A record's bytes are not the bytes that were written."""


class ProviderError(MiError):
    """A model could not be fetched, trained or sampled."""


class RequestRejected(ProviderError):
    """A provider said no, and will say so again: only `--retry-failed` asks once more."""


class BudgetExceeded(MiError):
    """What may be spent is spent; what was done is kept."""


class StoreError(MiError):
    """The store or the results database cannot be written or read."""


class LeaseLost(StoreError):
    """A unit is another run's by now: what was begun on it is the other one's to end."""


class Interrupted(MiError):
    """The user asked to stop; what was done is kept."""

    exit_code = 2


def did_you_mean(
    name: str,
    known: Iterable[str],
    *,
    empty_hint: str = "nothing is declared here",
    overflow_hint: str = "`mi list` shows what there is",
) -> str:
    """A hint for a name that does not exist: the nearest ones, or all of them when few.

    Args:
        none: What is said where nothing is known.
        many: What is said where many are, and none is near.
    """
    names = sorted(known)
    folded = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(folded[match] for match in close)}?"
    if not names:
        return empty_hint
    return f"there are {', '.join(names)}" if len(names) <= 12 else overflow_hint
