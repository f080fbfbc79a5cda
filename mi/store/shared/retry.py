"""Asking a place that may be away for a while, again and again before anything is given up."""

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
_CREDENTIAL_ERRORS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}
"""What S3's client says where nobody has told it who asks."""
_PERMANENT_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOTSUP, errno.ENAMETOOLONG}


def retry_io(call: Callable[[], T], seconds: float, where: str) -> T:
    """Ask until there is an answer.

    Raises:
        FileNotFoundError, FileExistsError: That is the answer.
        StoreError: There was none for so long, or one that will not change.
    """
    again = Retrying(
        stop=stop_after_delay(seconds),
        wait=wait_exponential(0.1, max=5.0),
        retry=retry_if_exception(_is_transient),
        reraise=True,
    )
    try:
        return again(call)
    except (FileNotFoundError, FileExistsError, MiError):
        raise
    except Exception as error:  # each kind of place has errors of its own
        said = "does not answer" if _is_transient(error) else "cannot be used"
        hint = "what is done is kept: the same command goes on from there"
        if type(error).__name__ in _CREDENTIAL_ERRORS:
            hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or have ~/.aws"
        raise StoreError(
            f"{said} ({type(error).__name__}: {error})", where=where, hint=hint
        ) from None


def _is_transient(error: BaseException) -> bool:
    """Whether another answer may come."""
    if isinstance(error, _DEFINITE_ERRORS) or not isinstance(error, Exception):
        return False
    if type(error).__name__ in _CREDENTIAL_ERRORS:
        return False
    return not (isinstance(error, OSError) and error.errno in _PERMANENT_ERRNOS)
