"""What can go wrong at a server of the Tinker API, told in sentences with a next step."""

from __future__ import annotations

import re
from typing import Any

from ...errors import MiError, ProviderError, Refused

_KEYISH = re.compile(r"\btml-[A-Za-z0-9_\-]{6,}")
_INNARDS = re.compile(r" for self\.request_id=.*", re.DOTALL)
"""What the SDK adds to a server's words."""
_FULL = "maximum number of lora adapters"
_AGAIN = "run the same command again: what was saved is kept"
_HINTS = {
    401: "check the key; `mi doctor` tries it",
    402: "the account is out of credit: add some, then run the same command again",
    403: "the account may not do this",
    404: "the name may be wrong, or not served here: `mi doctor` lists what is",
}
_PASSING = (408, 409, 410, 425, 429)
_MEND = "mend what it says, then run again with --retry-failed"


def redacted(text: str, key: str) -> str:
    """The text without keys."""
    return _KEYISH.sub("[key]", text.replace(key, "[key]"))


def status_of(error: BaseException) -> int | None:
    """The HTTP status of an error, or of what the SDK made it from; None where no answer came."""
    found = getattr(error, "status_code", None)
    if isinstance(found, int):
        return found
    return status_of(error.__cause__) if error.__cause__ is not None else None


def words_of(error: BaseException) -> str:
    """What the server said, else what the SDK says."""
    status = error if hasattr(error, "status_code") else error.__cause__
    body: Any = getattr(status, "body", None)
    if isinstance(body, dict) and body.get("detail"):
        return str(body["detail"])
    said = str(getattr(error, "message", None) or error) or type(error).__name__
    return _INNARDS.sub("", said)


def is_full(error: BaseException) -> bool:
    """The server has no room for another training at the moment."""
    return status_of(error) == 429 or _FULL in words_of(error).lower()


def is_unsure(error: BaseException) -> bool:
    """No whole answer came, or the server failed: the work may have been done."""
    status = status_of(error)
    return not is_full(error) and not _is_fault(error) and (status is None or status >= 500)


def told(error: BaseException, key: str, doing: str, *, lasting: bool = True) -> MiError:
    """The error as a sentence; `Refused` where asking again would get the same.

    What is a sentence already, as the wish to stop, stays what it is.

    Args:
        lasting: Whether a 4xx would come again; not so for a run that the server has forgotten.
    """
    if isinstance(error, MiError):
        return error
    status = status_of(error)
    text = redacted(f"{doing}: {words_of(error)}", key).replace("\n", " ")
    if _is_fault(error):
        return Refused(text, hint=_MEND)
    if status in (401, 402):
        return ProviderError(text, hint=_HINTS[status])
    if status is None or status >= 500 or status in _PASSING or not lasting:
        return ProviderError(text, hint=_AGAIN)
    return Refused(text, hint=_HINTS.get(status, _MEND))


def _is_fault(error: BaseException) -> bool:
    """The server worked at a request and found it faulty."""
    return str(getattr(error, "category", "")).lower().endswith("user")
