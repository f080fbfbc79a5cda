"""Single batches at the service: creating one exactly once, and waiting for its end.

A batch carries in its metadata a name that is a digest of its content. If the response to a create
is lost, or the run is killed, the batch is found by that name instead of being paid twice.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ...files import journal
from ...files.clock import utc_timestamp
from ...units.identity import digest
from ..retry import sleep
from ..types import Monitor
from . import files
from .accounts import Account
from .batch_lines import ENDPOINT, request_line
from .completions import CompletionRequest
from .errors import is_lost, is_server_error, is_throttle, retry_api_call, to_provider_error

if TYPE_CHECKING:
    from openai.types import Batch

BATCH_LOG = "batches.jsonl"
NAME_METADATA = "mi_batch"
ACTIVE = ("validating", "in_progress", "finalizing", "cancelling")
_MAX_ATTEMPTS = 6
_LOOKUP_INTERVALS = (0.1, 0.3, 0.5, 1.0)
"""Waits before each look for a batch whose create was lost, in polling intervals."""


@attrs.frozen
class FinishedBatch:
    """A batch that has ended.

    Args:
        batch: The batch.
        was_active: Whether it was still active, and not being cancelled, when first polled.
    """

    batch: Batch
    was_active: bool


def submit_batch(
    account: Account,
    requests: Mapping[str, CompletionRequest],
    directory: Path,
    poll: float,
    monitor: Monitor,
) -> None:
    """Create a batch of requests, or find it, and log it.

    Args:
        account: The account that will own the batch.
        requests: By custom id.
        directory: Holds the log. Its name tells what is asked for and how often that was archived,
            so the batch of an earlier time is not found.
        poll: Seconds between polls.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The batch cannot be created.
        Interrupted: The user asked to stop.
    """
    lines = [request_line(id, request) for id, request in requests.items()]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    # The earlier batches are part of the name: repeating requests that a batch failed to answer
    # must not find that batch.
    earlier = [entry["batch"] for entry in journal.read_records(directory / BATCH_LOG)]
    name = digest("".join([directory.name, *sorted(earlier), text]))[:32]
    path = directory / "batch.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    file = files.upload(account, path, "batch", monitor)
    id = _find_batch(account, name, monitor)
    if id is None:
        id = _create_batch(account, file, name, poll, monitor)
    entry = {"event": "created", "batch": id, "account": account.fingerprint, "at": utc_timestamp()}
    journal.append_records(directory / BATCH_LOG, [entry])


def _create_batch(account: Account, file: str, name: str, poll: float, monitor: Monitor) -> str:
    for attempt in range(_MAX_ATTEMPTS):
        try:
            batch = account.client.with_options(max_retries=0).batches.create(
                input_file_id=file,
                endpoint=ENDPOINT,
                completion_window="24h",
                metadata={NAME_METADATA: name},
            )
            return batch.id
        except Exception as error:
            is_uncertain = is_lost(error) or is_server_error(error)
            if not (is_uncertain or is_throttle(error)) or attempt == _MAX_ATTEMPTS - 1:
                raise to_provider_error(error, (account,), "creating a batch") from None
            for interval in _LOOKUP_INTERVALS if is_uncertain else (1.0,):
                sleep(interval * poll, monitor)
                if is_uncertain and (id := _find_batch(account, name, monitor)) is not None:
                    return id
    raise AssertionError("the loop returns or raises")


def _find_batch(account: Account, name: str, monitor: Monitor) -> str | None:
    def find() -> str | None:
        for batch in account.client.batches.list(limit=100):
            has_name = (batch.metadata or {}).get(NAME_METADATA) == name
            if has_name and batch.status not in ("cancelled", "failed"):
                return batch.id
        return None

    return retry_api_call(find, monitor, (account,), "looking for the batch")


def wait_for_end(account: Account, id: str, poll: float, monitor: Monitor) -> FinishedBatch:
    """Poll a batch until it has ended.

    Args:
        account: The account that owns the batch.
        id: The batch's id.
        poll: Seconds between the first two polls; the interval grows twelvefold.
        monitor: Receives the number of answered requests; raises when the run must stop.

    Raises:
        ProviderError: The batch cannot be read.
        Interrupted: The user asked to stop; the batch goes on.
    """
    interval, completed, was_active = poll, 0, False
    while True:
        batch = retry_api_call(
            lambda: account.client.batches.retrieve(id), monitor, (account,), f"looking at {id}"
        )
        counts = batch.request_counts
        if counts is not None and counts.completed > completed and batch.status in ACTIVE:
            monitor.message(f"batch {id}: {counts.completed} of {counts.total} answered")
            completed = counts.completed
        if batch.status not in ACTIVE:
            return FinishedBatch(batch, was_active)
        was_active = was_active or batch.status != "cancelling"
        sleep(interval * random.uniform(0.9, 1.1), monitor)
        interval = min(interval * 1.5, poll * 12)
