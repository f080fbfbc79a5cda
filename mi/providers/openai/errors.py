"""What can go wrong at a server, told in sentences with a next step.

Three kinds matter to a caller: what passes (wait and ask again), what was lost on the way (it may
have been done, so look before asking again), and what stays (say so and stop).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ...errors import ProviderError, RequestRejected
from ..retry import RetryPolicy, retry_call
from ..types import Monitor
from .accounts import Account, redact
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
MODERATION_HINT = (
    "the provider's filter does not let this data be trained on; other units go on. An "
    "open-weights model (`--model local:…`) has no such filter"
)
CLOSED_HINT = (
    "fine-tuning is not open to this account (any more); open-weights training is: "
    "`--model local:…`"
)


def http_status(error: Exception) -> int | None:
    """The HTTP status of a client's error; None where no answer came."""
    found = getattr(error, "status_code", None)
    return found if isinstance(found, int) else None


def error_body(error: Exception) -> dict[str, Any]:
    """`message`, `type`, `param` and `code` of an error's body, as far as it has one."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        return inner if isinstance(inner, dict) else {}
    return {}


def is_throttle(error: Exception) -> bool:
    """Too many requests for the moment, as opposed to an account out of credit."""
    return http_status(error) == 429 and error_body(error).get("code") != "insufficient_quota"


def is_lost(error: Exception) -> bool:
    """No whole answer came: the work may have been done."""
    from openai import APIConnectionError, APIResponseValidationError

    half = (json.JSONDecodeError, UnicodeDecodeError)  # cut off between letters, or within one
    return isinstance(error, (APIConnectionError, APIResponseValidationError, *half))


def is_server_error(error: Exception) -> bool:
    """The server failed, for the moment."""
    status = http_status(error)
    return status is not None and (status >= 500 or status in (408, 409))


def to_provider_error(error: Exception, accounts: Sequence[Account], action: str) -> ProviderError:
    """The error as a sentence; `Refused` where asking again would get the same."""
    status, body = http_status(error), error_body(error)
    message = body.get("message") or str(error) or type(error).__name__
    text = redact(f"{action}: {message}", accounts).replace("\n", " ")
    code = str(body.get("code") or "")
    if status is None or is_throttle(error) or is_server_error(error):
        return ProviderError(text, hint="run the same command again: what arrived is kept")
    if code == "insufficient_quota":
        return ProviderError(text, hint=_HINTS[code])
    if status == 401:  # nothing is wrong with what was asked, and asking again costs nothing
        return ProviderError(text, hint=_HINTS["invalid_api_key"])
    return RequestRejected(text, hint=next_step(status, code, message))


def next_step(status: int | None, code: str, message: str) -> str:
    """The next step after a refusal."""
    if code in _HINTS:
        return _HINTS[code]
    lowered = f"{code} {message}".lower()
    if any(word in lowered for word in _MODERATION):
        return MODERATION_HINT
    if status == 403:
        return (
            CLOSED_HINT if "fine" in lowered and "tun" in lowered else "the account may not do this"
        )
    if status == 404:
        return _HINTS["model_not_found"]
    return "mend what it says, then run again with --retry-failed"


def retry_api_call(
    call: Callable[[], T],
    monitor: Monitor,
    accounts: Sequence[Account],
    action: str,
    *,
    tries: int = 12,
) -> T:
    """Make a call that is safe to make twice until its trouble has passed; see `persist`.

    Raises:
        ProviderError: It failed for good, or too often.
        Interrupted: The user asked to stop while it waited.
    """
    from openai import OpenAIError

    policy = RetryPolicy(
        is_transient=lambda error: is_lost(error) or is_server_error(error) or is_throttle(error),
        retry_after=lambda error: retry_after(
            getattr(getattr(error, "response", None), "headers", {}), default=0.0
        ),
        describe=lambda error: redact(str(error), accounts),
    )
    try:
        return retry_call(call, monitor, policy, action, tries=tries)
    except (OpenAIError, json.JSONDecodeError) as error:
        raise to_provider_error(error, accounts, action) from None
