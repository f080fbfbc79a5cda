"""What can go wrong at a server of the Tinker API, told in sentences with a next step."""

from __future__ import annotations

import re
from typing import Any

from ...errors import MiError, ProviderError, RequestRejected

_KEY_PATTERN = re.compile(r"\btml-[A-Za-z0-9_\-]{6,}")
_SDK_SUFFIX = re.compile(r" for self\.request_id=.*", re.DOTALL)
"""What the SDK adds to a server's words."""
_CAPACITY_TEXT = "maximum number of lora adapters"
_RETRY_HINT = "run the same command again: what was saved is kept"
_HINTS = {
    401: "check the key; `mi doctor` tries it",
    402: "the account is out of credit: add some, then run the same command again",
    403: "the account may not do this",
    404: "the name may be wrong, or not served here: `mi doctor` lists what is",
}
_TRANSIENT = (408, 409, 410, 425, 429)
_FIX_HINT = "fix what the message names, then run again with --retry-failed"


def redact(text: str, key: str) -> str:
    """The text without keys."""
    return _KEY_PATTERN.sub("[key]", text.replace(key, "[key]"))


def http_status(error: BaseException) -> int | None:
    """The HTTP status of an error, or of what the SDK made it from; None where no answer came."""
    found = getattr(error, "status_code", None)
    if isinstance(found, int):
        return found
    return http_status(error.__cause__) if error.__cause__ is not None else None


def error_message(error: BaseException) -> str:
    """What the server said, else what the SDK says."""
    status = error if hasattr(error, "status_code") else error.__cause__
    body: Any = getattr(status, "body", None)
    if isinstance(body, dict) and body.get("detail"):
        return str(body["detail"])
    said = str(getattr(error, "message", None) or error) or type(error).__name__
    return _SDK_SUFFIX.sub("", said)


def is_at_capacity(error: BaseException) -> bool:
    """The server has no room for another training at the moment."""
    return http_status(error) == 429 or _CAPACITY_TEXT in error_message(error).lower()


def is_outcome_unknown(error: BaseException) -> bool:
    """No whole answer came, or the server failed: the work may have been done."""
    status = http_status(error)
    return (
        not is_at_capacity(error)
        and not _is_user_error(error)
        and (status is None or status >= 500)
    )


def translate_error(
    error: BaseException, key: str, action: str, *, permanent: bool = True
) -> MiError:
    """The error as a sentence; `Refused` where asking again would get the same.

    What is a sentence already, as the wish to stop, stays what it is.

    Args:
        lasting: Whether a 4xx would come again; not so for a run that the server has forgotten.
    """
    if isinstance(error, MiError):
        return error
    status = http_status(error)
    text = redact(f"{action}: {error_message(error)}", key).replace("\n", " ")
    if _is_user_error(error):
        return RequestRejected(text, hint=_FIX_HINT)
    if status in (401, 402):
        return ProviderError(text, hint=_HINTS[status])
    if status is None or status >= 500 or status in _TRANSIENT or not permanent:
        return ProviderError(text, hint=_RETRY_HINT)
    return RequestRejected(text, hint=_HINTS.get(status, _FIX_HINT))


def _is_user_error(error: BaseException) -> bool:
    """The server worked at a request and found it faulty."""
    return str(getattr(error, "category", "")).lower().endswith("user")
