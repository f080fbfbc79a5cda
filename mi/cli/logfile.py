"""`--log-file`: everything that `mi` and the libraries log, with timestamps."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import UsageError
from ..files.secrets import redact_message
from ..reporting.terminal import escape_controls

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _CleanFormatter(logging.Formatter):
    """Writes records without secrets, and without control characters that a terminal obeys."""

    def format(self, record: logging.LogRecord) -> str:
        return escape_controls(redact_message(super().format(record)))


@contextmanager
def log_to_file(path: str | None) -> Iterator[None]:
    """Append log records to a file while the context is open; None: do nothing.

    Raises:
        UsageError: The file cannot be written.
    """
    if path is None:
        yield
        return
    try:
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"--log-file cannot be written ({error.strerror})", where=path, hint="name another file"
        ) from None
    handler.setFormatter(_CleanFormatter(_FORMAT))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()
