"""A request as an endpoint sees it, what it may answer, and the API's ways of saying no."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from tests.support.fake_openai.faults import Faults

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Call:
    """One authenticated request."""

    account: str
    names: Mapping[str, str]
    """What stood at the {names} of the path."""
    query: Mapping[str, str]
    body: dict[str, Any]
    """JSON, or the fields of a form without the file."""
    file: bytes | None = None
    filename: str = ""


@attrs.define
class Reply:
    """An answer, and what is to be booked once it was written in full (or was not)."""

    body: dict[str, Any] | bytes
    status: int = 200
    headers: dict[str, str] = attrs.field(factory=dict)
    fault: str = ""
    """"reset", "truncated" or "hang": how the answer gets lost."""
    delay: float = 0.0
    said: Any = None
    """What is sent instead of `body`, which is what the description is about."""
    delivered: Callable[[], None] | None = None
    lost: Callable[[], None] | None = None


class Refusal(Exception):
    """An answer in the API's error format."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {
            "error": {"message": message, "type": type, "param": param, "code": code}
        }

    def reply(self) -> Reply:
        return Reply(self.body, self.status, self.headers)


def limited(wait: float) -> Refusal:
    headers = {"Retry-After": f"{wait:.3f}", "retry-after-ms": f"{wait * 1000:.0f}"}
    message = f"Rate limit reached. Please try again in {wait:.3f}s."
    return Refusal(429, message, code="rate_limit_exceeded", type="requests", headers=headers)


def broken() -> Refusal:
    message = "The server had an error while processing your request. Sorry about that!"
    return Refusal(500, message, type="server_error")


def missing(what: str, name: str) -> Refusal:
    return Refusal(404, f"No such {what}: {name}", param="id")


def new_id(prefix: str, *key: object) -> str:
    """An id that is the same in every run that does the same things in the same order.

    What was done is in the key, so servers that did different things share no ids.
    """
    digest = hashlib.sha256("|".join(map(str, key)).encode()).hexdigest()
    return f"{prefix}{digest[:24]}"


def page(
    items: Sequence[T], query: Mapping[str, str], name: Callable[[T], str], *, limit: int
) -> tuple[Sequence[T], bool]:
    """The items after `after`, at most `limit`, and whether there are more."""
    start = 0
    if after := query.get("after"):
        places = [index for index, item in enumerate(items) if name(item) == after]
        if not places:
            raise missing("object", after)
        start = places[0] + 1
    size = integer(query.get("limit", str(limit)), "limit")
    return items[start : start + size], len(items) > start + size


def listed(
    items: Sequence[T],
    call: Call,
    name: Callable[[T], str],
    created: Callable[[T], float],
    faults: Faults,
) -> tuple[Sequence[T], bool | None]:
    """A page of jobs or batches, newest first, as faults have it.

    None: it is not said whether there are more.
    """
    if faults.no_lists:
        raise Refusal(faults.no_lists, "There is no such list.")
    seen = [item for item in items[faults.late :] if time.time() - created(item) >= faults.lag]
    query = {"limit": "20", **call.query}
    if faults.paging:
        query["limit"] = str(min(faults.paging, integer(query["limit"], "limit")))
    if faults.repeats:
        query.pop("after", None)
    chosen, more = page(seen, query, name, limit=20)
    if faults.repeats:
        return chosen, (True if faults.repeats == "says more" else None)
    return chosen, more


def integer(text: str, param: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Refusal(400, f"'{text}' is not of type 'integer' - '{param}'", param=param) from None


def required(body: Mapping[str, Any], name: str) -> Any:
    if body.get(name) is None:
        message = f"you must provide a {name} parameter"
        raise Refusal(400, message, param=name, code="missing_required_parameter")
    return body[name]
