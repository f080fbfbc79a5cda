"""Finding the batches of a name, a digest of what they ask, and cancelling needless ones."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ...errors import ProviderError
from ..types import Monitor
from .accounts import Account
from .errors import retry_api_call
from .lookup import list_all, metadata, unix_time

if TYPE_CHECKING:
    from openai.types import Batch

NAME_METADATA = "mi_batch"
ENDED_STATES = ("completed", "failed", "expired", "cancelled")
"""A batch in any other state, one that is not known here included, is waited for."""


def named_batches(account: Account, name: str, monitor: Monitor) -> list[Batch]:
    """The batches of a name that hold answers or may get some, the one to keep first.

    That is one that has completed, else the oldest that is under way, else one that has expired or
    was cancelled after it had answered some requests: they are paid for.

    Args:
        account: Where to look.
        name: The batch's name, from its metadata.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The batches cannot be listed.
    """

    def find() -> list[Batch]:
        batches = account.client.batches
        return [
            batch
            for batch in list_all(lambda: batches.list(limit=100), "batches")
            if metadata(batch).get(NAME_METADATA) == name
        ]

    def rank(batch: Batch) -> tuple[int, float, str]:
        order = {"completed": 0, "cancelling": 2, "expired": 3, "cancelled": 4}
        return order.get(batch.status, 1), unix_time(batch.created_at), batch.id

    listed = retry_api_call(find, monitor, (account,), "looking for the batch")
    useful = [
        batch
        for batch in listed
        if batch.status not in ("failed", "cancelled", "expired") or batch.output_file_id
    ]
    return sorted(useful, key=rank)


def cancel_twins(account: Account, id: str, name: str, monitor: Monitor) -> list[Batch]:
    """Cancel the batches of a name but one, unless they have ended. Returns all of them.

    Args:
        account: The account that owns them.
        id: The batch to keep.
        name: The name of all.
        monitor: Receives a message about each twin; raises when the run must stop.

    Raises:
        ProviderError: The batches cannot be listed.
    """
    twins = [twin for twin in named_batches(account, name, monitor) if twin.id != id]
    for twin in twins:
        if twin.status in (*ENDED_STATES, "cancelling"):
            continue
        monitor.message(f"the server made the batch {twin.id} as well as {id}; cancelling it")
        with suppress(ProviderError):  # it may have ended just now
            retry_api_call(
                lambda id=twin.id: account.client.batches.cancel(id),  # type: ignore[misc]
                monitor,
                (account,),
                f"cancelling {twin.id}",
                tries=3,
            )
    return twins
