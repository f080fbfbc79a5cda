"""Reading a whole list of the service, strictly: what is looked for and not found is created.

A list that ends early would be a licence to create a job twice. So a server that has no such list,
or that promises more pages and does not give them, is an error and never an empty answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ...errors import ProviderError, RequestRejected
from .errors import http_status

_NO_LIST = (404, 405, 501)
"""Statuses of a server that has no such list."""


def list_all(first_page: Callable[[], Any], noun: str) -> Iterator[Any]:
    """All items of a list, page by page, each once.

    Args:
        first_page: Requests the first page.
        noun: What is listed, for messages: `trainings`.

    Raises:
        RequestRejected: The server does not list them.
        ProviderError: The server keeps pages back.
        json.JSONDecodeError: The answer is not a list; asking again may help.
        openai.OpenAIError: The request failed.
    """
    page, ids = _request(first_page, noun), set[str]()
    while True:
        items = [item for item in _items(page, noun) if item.id not in ids]
        ids.update(item.id for item in items)
        yield from items
        has_more = bool(getattr(page, "has_more", False))
        if items and page.has_next_page():
            page = _request(page.get_next_page, noun)
        elif has_more:
            raise ProviderError(
                f"the server says that it has more {noun} than it lists, so one that exists could "
                "not be found",
                hint="nothing was created. Use a server whose lists can be read to their end",
            )
        else:
            return


def _request(page: Callable[[], Any], noun: str) -> Any:
    try:
        return page()
    except Exception as error:
        if http_status(error) in _NO_LIST:
            raise RequestRejected(
                f"the server does not list its {noun} (status {http_status(error)}), so one that "
                "was begun could not be found again, and might be paid for twice",
                hint="nothing was created. Check the server's address with `mi doctor`, or use a "
                "server that has this list",
            ) from None
        raise


def _items(page: Any, noun: str) -> list[Any]:
    items = getattr(page, "data", None)
    if not isinstance(items, list) or not all(
        isinstance(getattr(item, "id", None), str) for item in items
    ):
        raise json.JSONDecodeError(f"the answer is not a list of {noun}", "", 0)
    return items


def created_id(response: Any, noun: str) -> str:
    """The id in the response to a create.

    Raises:
        json.JSONDecodeError: The response holds none; the server may have done the work.
    """
    id = getattr(response, "id", None)
    if not isinstance(id, str) or not id:
        raise json.JSONDecodeError(f"the answer is not a {noun}", "", 0)
    return id


def metadata(item: Any) -> dict[str, str]:
    """The metadata of a listed item; empty where the server gives none."""
    values = getattr(item, "metadata", None)
    return values if isinstance(values, dict) else {}


def unix_time(value: Any) -> float:
    """A time the server states, or 0 where it states none."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else 0.0
