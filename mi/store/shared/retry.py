"""Retrying operations on a shared place that may be away for a while."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential

from ...errors import MiError, StoreError

T = TypeVar("T")

_DEFINITE_ERRORS = (
    FileNotFoundError,
    FileExistsError,
    NotADirectoryError,
    IsADirectoryError,
    PermissionError,
    NotImplementedError,
    ValueError,
    MiError,
)
"""Errors that are an answer: another try would give the same."""

_CREDENTIAL_ERRORS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}
"""Class names of what S3's client raises without credentials; the client is not imported here."""

_PERMANENT_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOTSUP, errno.ENAMETOOLONG}


def retry_io(call: Callable[[], T], seconds: float, where: str) -> T:
    """Call until there is an answer, with exponential backoff from 0.1 to 5 seconds.

    Args:
        call: The operation; it may run several times.
        seconds: How long to retry.
        where: The place, for messages.

    Raises:
        FileNotFoundError, FileExistsError: The operation's own answer.
        StoreError: There was no answer for so long, or one that will not change.
    """
    retrying = Retrying(
        stop=stop_after_delay(seconds),
        wait=wait_exponential(0.1, max=5.0),
        retry=retry_if_exception(_is_transient),
        reraise=True,
    )
    try:
        return retrying(call)
    except (FileNotFoundError, FileExistsError, MiError):
        raise
    except Exception as error:  # each kind of place has errors of its own
        problem = "does not answer" if _is_transient(error) else "cannot be used"
        hint = "what is done is kept: run the same command again to continue"
        if type(error).__name__ in _CREDENTIAL_ERRORS:
            hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or create ~/.aws"
        raise StoreError(
            f"{problem} ({type(error).__name__}: {error})", where=where, hint=hint
        ) from None


def _is_transient(error: BaseException) -> bool:
    """Whether another try may succeed."""
    if isinstance(error, _DEFINITE_ERRORS) or not isinstance(error, Exception):
        return False
    if type(error).__name__ in _CREDENTIAL_ERRORS:
        return False
    return not (isinstance(error, OSError) and error.errno in _PERMANENT_ERRNOS)
