"""Errors of a Tinker API server as messages with a next step, and what they say about a retry."""

from __future__ import annotations

import re
from typing import Any

from ...errors import MiError, ProviderError, RequestRejected
from ...files.secrets import redact_reply

_SDK_SUFFIX = re.compile(r" for self\.request_id=.*", re.DOTALL)
"""What the SDK appends to a server's message."""
_CAPACITY_TEXT = "maximum number of lora adapters"
_RETRY_HINT = "run the same command again; it resumes from the last saved state"
_HINTS = {
    401: "check the key; `mi doctor` tries it",
    402: "the account is out of credit: add some, then run the same command again",
    403: "the account lacks permission for this",
    404: "check the name; `mi doctor` lists the models that are served",
}
_TRANSIENT = (408, 409, 410, 425, 429)
_FIX_HINT = "fix what the message names, then run again with --retry-failed"


def error_status(error: BaseException) -> int | None:
    """The HTTP status of an error or of its cause; None if the server did not answer."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status
    return error_status(error.__cause__) if error.__cause__ is not None else None


def error_message(error: BaseException) -> str:
    """The server's message, else the SDK's."""
    response = error if hasattr(error, "status_code") else error.__cause__
    body: Any = getattr(response, "body", None)
    if isinstance(body, dict) and body.get("detail"):
        return str(body["detail"])
    message = str(getattr(error, "message", None) or error) or type(error).__name__
    return _SDK_SUFFIX.sub("", message)


def is_at_capacity(error: BaseException) -> bool:
    """Whether the server has no capacity for another training at the moment."""
    return error_status(error) == 429 or _CAPACITY_TEXT in error_message(error).lower()


def is_outcome_unknown(error: BaseException) -> bool:
    """Whether the request may have succeeded: no complete answer came, or the server failed."""
    status = error_status(error)
    return (
        not is_at_capacity(error)
        and not _is_user_error(error)
        and (status is None or status >= 500)
    )


def translate_error(
    error: BaseException, key: str, action: str, *, permanent: bool = True
) -> MiError:
    """The error as a `MiError`: `RequestRejected` if a retry would fail the same way.

    An error that is a `MiError` already, such as `Interrupted`, is returned unchanged.

    Args:
        error: The error of a call.
        key: The key to redact.
        action: What was attempted, for the message.
        permanent: Whether a 4xx would come again; it would not for a run the server has forgotten.
    """
    if isinstance(error, MiError):
        return error
    status = error_status(error)
    text = redact_reply(f"{action}: {error_message(error)}", key).replace("\n", " ")
    if _is_user_error(error):
        return RequestRejected(text, hint=_FIX_HINT)
    if status in (401, 402):
        return ProviderError(text, hint=_HINTS[status])
    if status is None or status >= 500 or status in _TRANSIENT or not permanent:
        return ProviderError(text, hint=_RETRY_HINT)
    return RequestRejected(text, hint=_HINTS.get(status, _FIX_HINT))


def _is_user_error(error: BaseException) -> bool:
    """Whether the server processed a request and found it faulty."""
    return str(getattr(error, "category", "")).lower().endswith("user")
