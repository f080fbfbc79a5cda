"""Errors of a server, as sentences with a next step.

Three kinds matter to a caller: transient errors (wait and retry), lost responses (the server may
have done the work, so look before retrying), and permanent errors (report them and stop).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ...errors import ProviderError, RequestRejected
from ..http_limits import ResponseTooLarge
from ..retry import RetryPolicy, retry_call
from ..types import Monitor
from .accounts import Account, redact
from .rate_limiter import retry_after
from .replies import CONTENT_FILTER, ReplyError, find_sentence

T = TypeVar("T")
_NOT_BEGUN = (501, 503, 529)
"""Statuses of servers that cannot do what is asked, or are overloaded."""

_HINTS = {
    "insufficient_quota": "the account is out of credit: add some, then run the same command again",
    "invalid_api_key": "check the key; `mi doctor` tries each",
    "model_not_found": "the name may be wrong, not open to this account, or shut down: `mi doctor`",
    "model_not_available": "this model cannot be fine-tuned by this account: choose another one",
    "unsupported_model": "this model cannot be fine-tuned by this account: choose another one",
    "invalid_training_file": "the provider rejects the file: fix what its message names",
    "invalid_file_format": "the provider rejects the file: fix what its message names",
}
_MODERATION = ("moderation", "unsafe", "content policy", "usage policies", "harmful", "blocked")
_FILTER_CODES = (CONTENT_FILTER, "ResponsibleAIPolicyViolation", "content_policy_violation")
MODERATION_HINT = (
    "the provider's filter does not allow training on this data; other units continue. An "
    "open-weights model (`--model local:…`) has no such filter"
)
CLOSED_HINT = (
    "fine-tuning is not open to this account (any more); open-weights training is: "
    "`--model local:…`"
)


def http_status(error: Exception) -> int | None:
    """The HTTP status of a client's error; None if no response arrived."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def error_body(error: Exception) -> dict[str, Any]:
    """`message`, `type`, `param` and `code` of an error's body, as far as it has them."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        return inner if isinstance(inner, dict) else {}
    return {}


def server_sentence(error: Exception) -> str:
    """What the server said, in whatever shape, shortened; else what the client says."""
    sentence = find_sentence(getattr(error, "body", None))
    if not sentence and (response := getattr(error, "response", None)) is not None:
        sentence = find_sentence(getattr(response, "text", ""))
    return sentence or _describe_reply(_reply_problem(error)) or type(error).__name__


def _describe_reply(problem: BaseException) -> str:
    if isinstance(problem, ReplyError) or not isinstance(problem, json.JSONDecodeError):
        return find_sentence(str(problem))
    if not problem.doc.strip():
        return "the reply is empty"
    return find_sentence(str(problem))


def _reply_problem(error: Exception) -> BaseException:
    """What was wrong with the reply behind an error; the error itself where nothing is known."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, (ResponseTooLarge, json.JSONDecodeError)):
        cause = cause.__cause__
    return cause or error


def is_filtered(error: Exception) -> bool:
    """Whether the server's filter rejected the prompt, as opposed to the request."""
    body = error_body(error)
    inner = body.get("innererror")
    codes = (
        body.get("code"),
        body.get("type"),
        inner.get("code") if isinstance(inner, dict) else None,
    )
    return http_status(error) == 400 and any(code in _FILTER_CODES for code in codes)


def is_timeout(error: Exception) -> bool:
    """Whether the reply did not come in time."""
    from openai import APITimeoutError

    return isinstance(error, APITimeoutError)


def is_throttle(error: Exception) -> bool:
    """Whether a rate limit was hit, as opposed to an account without credit."""
    return http_status(error) == 429 and error_body(error).get("code") != "insufficient_quota"


def is_lost(error: Exception) -> bool:
    """Whether no complete response arrived: the server may have done the work."""
    from openai import APIConnectionError, APIResponseValidationError

    if isinstance(error, ReplyError):
        return False

    truncated = (json.JSONDecodeError, UnicodeDecodeError)  # cut off between characters or in one
    return isinstance(error, (APIConnectionError, APIResponseValidationError, *truncated))


def was_sent(error: Exception) -> bool:
    """Whether a request can have reached the server, so that it may be billed."""
    from aiohttp import ClientConnectorError

    return not isinstance(error.__cause__, ClientConnectorError)


def may_be_billed(error: Exception) -> bool:
    """Whether a request that failed may have been worked on, and billed, all the same.

    A server that is overloaded has not begun, and neither has one that refuses a request. A reply
    that holds no answer and states no status says nothing about either.
    """
    status = http_status(error)
    if is_lost(error) or (isinstance(error, ReplyError) and status is None):
        return was_sent(error)
    return status is not None and status >= 500 and status not in _NOT_BEGUN


def is_server_error(error: Exception) -> bool:
    """Whether the server failed in a way that may pass."""
    status = http_status(error)
    return status is not None and ((status >= 500 and status != 501) or status in (408, 409))


def to_provider_error(error: Exception, accounts: Sequence[Account], action: str) -> ProviderError:
    """The error as a sentence; `RequestRejected` where a retry would fail the same way.

    Args:
        error: What the client raised.
        accounts: Whose keys to redact.
        action: What failed: `listing files`.
    """
    status, body = http_status(error), error_body(error)
    message = server_sentence(error)
    text = redact(f"{action}: {message}", accounts).replace("\n", " ")
    code = str(body.get("code") or "")
    if status is None or is_throttle(error) or is_server_error(error):
        return ProviderError(text, hint="run the same command again: what arrived is kept")
    if code == "insufficient_quota":
        return ProviderError(text, hint=_HINTS[code])
    if status == 401:  # the request itself is fine, and repeating it costs nothing
        return ProviderError(text, hint=_HINTS["invalid_api_key"])
    return RequestRejected(text, hint=next_step(status, code, message))


def next_step(status: int | None, code: str, message: str) -> str:
    """The next step after a refusal.

    Args:
        status: The HTTP status; None for an error that a job reports.
        code: The error's code; may be empty.
        message: The error's message.
    """
    if code in _HINTS:
        return _HINTS[code]
    lowered = f"{code} {message}".lower()
    if any(word in lowered for word in _MODERATION):
        return MODERATION_HINT
    if status == 403:
        return (
            CLOSED_HINT if "fine" in lowered and "tun" in lowered else "the account may not do this"
        )
    if status == 402:
        return _HINTS["insufficient_quota"]
    if status == 404:
        return _HINTS["model_not_found"]
    return "fix what the message names, then run again with --retry-failed"


def retry_api_call(
    call: Callable[[], T],
    monitor: Monitor,
    accounts: Sequence[Account],
    action: str,
    *,
    tries: int = 12,
) -> T:
    """Make an API call that is safe to repeat, with retries; see `retry_call`.

    Args:
        call: Makes the call.
        monitor: Raises when the run must stop, also during a wait.
        accounts: Whose keys to redact in messages.
        action: What the call does, for messages: `listing files`.
        tries: The most attempts.

    Raises:
        ProviderError: The call failed permanently, or too often.
        Interrupted: The user asked to stop.
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
