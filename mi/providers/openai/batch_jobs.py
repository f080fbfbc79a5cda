"""Single batches at the service: creating one exactly once, and waiting for its end.

A batch carries in its metadata a name that is a digest of its content. Whatever became of a create,
and whatever its status was, the batch is found by that name instead of being paid twice. Where a
list lagged behind and one create was followed by another, the twins are cancelled, and what they
answered is used and booked like the answers of the batch itself.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ...errors import MiError, ProviderError
from ...files import journal
from ...files.clock import utc_timestamp
from ...units.identity import digest
from ..launch import unknown_outcome
from ..retry import sleep
from ..types import Monitor
from . import files
from .accounts import Account
from .batch_find import ENDED_STATES, NAME_METADATA, cancel_twins, named_batches
from .batch_lines import ENDPOINT, request_line
from .batch_log import BATCH_LOG, begun_batches
from .completions import CompletionRequest
from .errors import is_lost, is_server_error, is_throttle, retry_api_call, to_provider_error
from .lookup import created_id, metadata

if TYPE_CHECKING:
    from openai.types import Batch

_EXPECTED_STATES = ("validating", "in_progress", "finalizing", "cancelling", *ENDED_STATES)
_MAX_ATTEMPTS = 6
_LOOKUP_INTERVALS = (0.0, 0.1, 0.4, 1.0, 2.0, 3.0, 5.5)
"""Waits before each look for a batch that may still appear, in polling intervals."""
_REFUSAL_INTERVALS = (0.0, 0.1, 0.4, 1.0)
"""The same after a refusal, which no create follows."""


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
    log = directory / BATCH_LOG
    entries = list(journal.read_records(log))
    earlier = [entry["batch"] for entry in entries if "batch" in entry]
    name = digest("".join([directory.name, *sorted(earlier), text]))[:32]
    path = directory / "batch.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    file = files.upload(account, path, "batch", monitor)
    id = _find_batch(account, name, (0.0,), monitor)
    if id is None:
        intent = {"event": "intent", "name": name, "account": account.fingerprint}
        journal.append_records(log, [{**intent, "at": utc_timestamp()}])
        id = _create_batch(account, file, name, poll, monitor)
    _log_created(log, id, account)


def adopt_begun(account: Account, directory: Path, poll: float, monitor: Monitor) -> None:
    """Log the batch of a creation that returned none, if it exists all the same.

    It is looked for by the name in the log: a run whose budget has room for more lines, or for
    fewer, asks for a batch of another name.

    Args:
        account: The account that owns the batch.
        directory: Holds the log; see `submit_batch`.
        poll: Seconds between polls.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The batches cannot be listed.
        Interrupted: The user asked to stop.
    """
    log = directory / BATCH_LOG
    for begun in begun_batches(log):
        if begun.owner != account.fingerprint:
            continue
        may_appear = begun.age < poll * sum(_LOOKUP_INTERVALS)
        waits = [poll * interval for interval in (_LOOKUP_INTERVALS if may_appear else (0.0,))]
        try:
            id = _find_batch(account, begun.name, waits, monitor)
        except ProviderError as failure:
            raise unknown_outcome("creating a batch returned none", failure) from None
        if id is not None:
            _log_created(log, id, account)


def _log_created(log: Path, id: str, account: Account) -> None:
    entry = {"event": "created", "batch": id, "account": account.fingerprint, "at": utc_timestamp()}
    journal.append_records(log, [entry])


def _create_batch(account: Account, file: str, name: str, poll: float, monitor: Monitor) -> str:
    for attempt in range(_MAX_ATTEMPTS):
        monitor.raise_if_stopped()
        try:
            batch = account.client.with_options(max_retries=0).batches.create(
                input_file_id=file,
                endpoint=ENDPOINT,
                completion_window="24h",
                metadata={NAME_METADATA: name},
            )
            id = created_id(batch, "batch")
        except MiError:
            raise
        except Exception as error:
            may_repeat = is_lost(error) or is_server_error(error) or is_throttle(error)
            refusal = to_provider_error(error, (account,), "creating a batch")
            intervals = _LOOKUP_INTERVALS if may_repeat else _REFUSAL_INTERVALS
            try:
                existing = _find_batch(account, name, [poll * wait for wait in intervals], monitor)
            except ProviderError as failure:
                raise unknown_outcome(refusal.message, failure) from None
            if existing is not None:
                return existing
            if not may_repeat or attempt == _MAX_ATTEMPTS - 1:
                raise refusal from None
        else:
            if attempt:  # an earlier create may have made one that the list did not hold yet
                cancel_twins(account, id, name, monitor)
            return id
    raise AssertionError("the loop returns or raises")


def _find_batch(
    account: Account, name: str, waits: Sequence[float], monitor: Monitor
) -> str | None:
    """The batch of this name to go on with; looks after each of `waits`, while there is none."""
    for wait in waits:
        sleep(wait, monitor)
        if batches := named_batches(account, name, monitor):
            return batches[0].id
    return None


def twin_batches(account: Account, batch: Batch, poll: float, monitor: Monitor) -> list[Batch]:
    """The ended batches that were created beside this one, for the same requests.

    One that is still under way is cancelled, and waited for: what it answered until then is paid.

    Args:
        account: The account that owns the batch.
        batch: The batch, which has ended.
        poll: Seconds between polls, at first.
        monitor: Receives a message about each twin; raises when the run must stop.

    Raises:
        ProviderError: The batches cannot be listed or read.
        Interrupted: The user asked to stop.
    """
    name = metadata(batch).get(NAME_METADATA)
    if name is None:
        return []
    twins = cancel_twins(account, batch.id, name, monitor)
    return [wait_for_end(account, twin.id, poll, monitor).batch for twin in twins]


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
    interval, completed, was_active, status = poll, 0, False, ""
    while True:
        batch = retry_api_call(
            lambda: account.client.batches.retrieve(id), monitor, (account,), f"looking at {id}"
        )
        counts = batch.request_counts
        if batch.status != status and batch.status not in _EXPECTED_STATES:
            monitor.message(
                f"the provider says {batch.status!r} of the batch {id}, which is not known here; "
                "waiting for its end"
            )
        status = batch.status
        if counts is not None and counts.completed > completed and status not in ENDED_STATES:
            monitor.message(f"batch {id}: {counts.completed} of {counts.total} answered")
            completed = counts.completed
        if batch.status in ENDED_STATES:
            return FinishedBatch(batch, was_active)
        was_active = was_active or batch.status != "cancelling"
        sleep(interval * random.uniform(0.9, 1.1), monitor)
        interval = min(interval * 1.5, poll * 12)
