"""What can go wrong at a server, told in sentences with a next step.

Three kinds matter to a caller: what passes (wait and ask again), what was lost on the way (it may
have been done, so look before asking again), and what stays (say so and stop).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ...errors import ProviderError, Refused
from ..retry import Trouble, persist
from ..types import Watch
from .accounts import Account, redacted
from .rate_limiter import retry_after

T = TypeVar("T")

_HINTS = {
    "insufficient_quota": "the account is out of credit: add some, then run the same command again",
    "invalid_api_key": "check the key; `mi doctor` tries each",
    "model_not_found": "the name may be wrong, not open to this account, or shut down: `mi doctor`",
    "model_not_available": "this model cannot be fine-tuned by this account: choose another one",
    "unsupported_model": "this model cannot be fine-tuned by this account: choose another one",
    "invalid_training_file": "the provider does not take the file: see what it says of it",
    "invalid_file_format": "the provider does not take the file: see what it says of it",
}
_MODERATION = ("moderation", "unsafe", "content policy", "usage policies", "harmful", "blocked")
MODERATED = (
    "the provider's filter does not let this data be trained on; other units go on. An "
    "open-weights model (`--model local:…`) has no such filter"
)
CLOSED = (
    "fine-tuning is not open to this account (any more); open-weights training is: "
    "`--model local:…`"
)


def status_of(error: Exception) -> int | None:
    """The HTTP status of a client's error; None where no answer came."""
    found = getattr(error, "status_code", None)
    return found if isinstance(found, int) else None


def body_of(error: Exception) -> dict[str, Any]:
    """`message`, `type`, `param` and `code` of an error's body, as far as it has one."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        return inner if isinstance(inner, dict) else {}
    return {}


def is_throttle(error: Exception) -> bool:
    """Too many requests for the moment, as opposed to an account out of credit."""
    return status_of(error) == 429 and body_of(error).get("code") != "insufficient_quota"


def is_lost(error: Exception) -> bool:
    """No whole answer came: the work may have been done."""
    from openai import APIConnectionError, APIResponseValidationError

    half = (json.JSONDecodeError, UnicodeDecodeError)  # cut off between letters, or within one
    return isinstance(error, (APIConnectionError, APIResponseValidationError, *half))


def is_broken(error: Exception) -> bool:
    """The server failed, for the moment."""
    status = status_of(error)
    return status is not None and (status >= 500 or status in (408, 409))


def told(error: Exception, known: Sequence[Account], doing: str) -> ProviderError:
    """The error as a sentence; `Refused` where asking again would get the same."""
    status, body = status_of(error), body_of(error)
    message = body.get("message") or str(error) or type(error).__name__
    text = redacted(f"{doing}: {message}", known).replace("\n", " ")
    code = str(body.get("code") or "")
    if status is None or is_throttle(error) or is_broken(error):
        return ProviderError(text, hint="run the same command again: what arrived is kept")
    if code == "insufficient_quota":
        return ProviderError(text, hint=_HINTS[code])
    if status == 401:  # nothing is wrong with what was asked, and asking again costs nothing
        return ProviderError(text, hint=_HINTS["invalid_api_key"])
    return Refused(text, hint=hint(status, code, message))


def hint(status: int | None, code: str, message: str) -> str:
    """The next step after a refusal."""
    if code in _HINTS:
        return _HINTS[code]
    lowered = f"{code} {message}".lower()
    if any(word in lowered for word in _MODERATION):
        return MODERATED
    if status == 403:
        return CLOSED if "fine" in lowered and "tun" in lowered else "the account may not do this"
    if status == 404:
        return _HINTS["model_not_found"]
    return "mend what it says, then run again with --retry-failed"


def patiently(
    call: Callable[[], T], watch: Watch, known: Sequence[Account], doing: str, *, tries: int = 12
) -> T:
    """Make a call that is safe to make twice until its trouble has passed; see `persist`.

    Raises:
        ProviderError: It failed for good, or too often.
        Interrupted: The user asked to stop while it waited.
    """
    from openai import OpenAIError

    trouble = Trouble(
        passes=lambda error: is_lost(error) or is_broken(error) or is_throttle(error),
        asked=lambda error: retry_after(
            getattr(getattr(error, "response", None), "headers", {}), default=0.0
        ),
        said=lambda error: redacted(str(error), known),
    )
    try:
        return persist(call, watch, trouble, doing, tries=tries)
    except (OpenAIError, json.JSONDecodeError) as error:
        raise told(error, known, doing) from None
