"""Errors that a user can read and act on.

Every failure a user can cause or meet is a `MiError`: one sentence that says what is wrong, the
place, and what to do next. The command line prints it and exits with `exit_code`. Any other
exception is a defect of this program and prints a traceback.

Exit codes are pytest's: 0 all done, 1 some units failed, 2 interrupted, 3 internal error,
4 usage or declaration error, 5 nothing selected.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import ClassVar


class MiError(Exception):
    """A failure that a user can understand.

    Args:
        message: What is wrong, as a sentence.
        where: The place: a cell, a file and line, a path into a declaration.
        hint: What to do next.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        # Texts of servers and files may hold half characters, which no file or terminal takes,
        # and secrets, which none may keep.
        self.message = _clean(message)
        self.where = None if where is None else _clean(where)
        self.hint = None if hint is None else _clean(hint)
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  → {self.hint}" if self.hint else head


_message_filters: list[Callable[[str], str]] = []


def set_message_filter(clean: Callable[[str], str]) -> None:
    """Pass the texts of all errors through a function, which takes secrets out."""
    _message_filters[:] = [clean]


def _clean(text: str) -> str:
    text = text if text.isascii() else text.encode("utf-8", "replace").decode()
    for clean in _message_filters:
        text = clean(text)
    return text


class UsageError(MiError):
    """The command line or the configuration asks for something that does not exist or fit."""

    exit_code = 4


class DeclarationError(MiError):
    """The declaration of an experiment, setting, eval or model is not valid."""

    exit_code = 4


class DataError(MiError):
    """A dataset is missing, empty, malformed or too small."""

    exit_code = 4


class NothingSelected(MiError):
    """The selection matches no cell."""

    exit_code = 5


class CorruptError(MiError):
    """A record differs from what was written, or cannot be parsed."""


class ProviderError(MiError):
    """A model could not be fetched, trained or sampled."""


class RequestRejected(ProviderError):
    """A provider rejected a request permanently; only `--retry-failed` repeats it."""


class JudgeUnreadable(ProviderError):
    """The replies of a judge cannot be read, so every answer would stay without a score."""


class BudgetExceeded(MiError):
    """The budget is spent; the work done so far is kept."""


class StoreError(MiError):
    """The store or the results database cannot be written or read."""


class LeaseLost(StoreError):
    """Another run has taken over this unit and will finish it."""


class UnexpectedError(MiError):
    """An exception that nothing has foreseen ended a unit; its traceback is in the unit's log."""


class Interrupted(MiError):
    """The user asked to stop; the work done so far is kept."""

    exit_code = 2


def did_you_mean(
    name: str,
    candidates: Iterable[str],
    *,
    empty_hint: str = "nothing is declared here",
    overflow_hint: str = "`mi list` shows what there is",
) -> str:
    """A hint for a name that does not exist: the nearest names, or all of them if they are few.

    Args:
        name: The unknown name.
        candidates: The names that exist.
        empty_hint: The hint if no names exist.
        overflow_hint: The hint if there are many and none is near.
    """
    names = sorted(candidates)
    folded = {existing.lower(): existing for existing in names}
    nearest = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.5)
    if nearest:
        return f"did you mean {' or '.join(folded[match] for match in nearest)}?"
    if not names:
        return empty_hint
    return f"there are {', '.join(names)}" if len(names) <= 12 else overflow_hint
