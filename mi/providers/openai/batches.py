"""Batch mode: the same requests through `/v1/batches`, at the batch price.

Requests that fail in a batch go into the next one, a few times. The log `batches.jsonl` has a line
for each batch `created` and for each whose answers were `fetched`; a batch that was created and not
fetched is awaited before anything new is requested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ProviderError, RequestRejected
from ...files import journal
from ...files.clock import utc_timestamp
from ..spending import find_gate
from ..types import Monitor, RemoteJob
from .accounts import Account
from .batch_admission import AdmittedLines
from .batch_find import ENDED_STATES, named_batches
from .batch_jobs import FinishedBatch, adopt_begun, submit_batch, twin_batches, wait_for_end
from .batch_lines import (
    AnswerId,
    FailedLine,
    batch_answer_id,
    claim,
    custom_id,
    fetch_lines,
    iter_choices,
    merge_twin,
)
from .batch_log import BATCH_LOG, begun_batches, unfetched_batches
from .choices import Choice
from .completions import CompletionRequest
from .errors import next_step, retry_api_call

if TYPE_CHECKING:
    from openai.types import Batch

_MAX_ROUNDS = 6


def run_batches(
    account: Account,
    requests: Sequence[CompletionRequest],
    directory: Path,
    poll: float,
    monitor: Monitor,
) -> Iterator[list[tuple[Any, Choice]]]:
    """The answers to `requests`, a batch at a time, each with the source it answers.

    Args:
        account: The account that owns the batches.
        requests: All requests, at least one.
        directory: Holds the log; see `submit_batch`.
        poll: Seconds between polls, at first.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: Requests failed repeatedly, a batch was cancelled meanwhile, or the service
            rejected one; `RequestRejected` where a retry would fail alike.
        Interrupted: The user asked to stop; the batch goes on.
    """
    admitted = AdmittedLines(find_gate(monitor))
    try:
        yield from _run_rounds(account, requests, directory, poll, monitor, admitted)
    except ProviderError:
        admitted.settle([])
        raise
    finally:  # a batch that goes on is fetched, and booked, by the next run
        admitted.leave()


def _run_rounds(
    account: Account,
    requests: Sequence[CompletionRequest],
    directory: Path,
    poll: float,
    monitor: Monitor,
    admitted: AdmittedLines,
) -> Iterator[list[tuple[Any, Choice]]]:
    sources = {
        batch_answer_id(source): source for request in requests for source in request.sources
    }
    wanted = Counter(batch_answer_id(source) for request in requests for source in request.sources)
    missing = {custom_id(request.sources): request for request in requests}
    bodies = {
        batch_answer_id(source): request.body for request in requests for source in request.sources
    }
    model = str(requests[0].body["model"])
    failed: list[FailedLine] = []
    rounds = 0
    adopt_begun(account, directory, poll, monitor)
    while rounds < _MAX_ROUNDS:
        for id, owner in unfetched_batches(directory / BATCH_LOG).items():
            _check_owner(id, owner, account)
            finished = wait_for_end(account, id, poll, monitor)
            answered, failed = fetch_lines(account, finished.batch, model, bodies, monitor)
            choices = [
                (key, choice) for key, choice in iter_choices(answered) if claim(wanted, key)
            ]
            for twin in twin_batches(account, finished.batch, poll, monitor):
                surplus, _ = fetch_lines(account, twin, model, bodies, monitor)
                choices = merge_twin(choices, surplus, wanted)
            admitted.settle([choice.usage for _, choice in choices])
            yield [(sources[key], choice) for key, choice in choices]
            entry = {"event": "fetched", "batch": id, "at": utc_timestamp()}
            journal.append_records(directory / BATCH_LOG, [entry])
            missing = _missing_requests(requests, wanted)
            if missing:
                _check_can_continue(finished, failed)
        if not missing:
            return
        lines = admitted.reserve(missing, monitor)
        rounds += len(lines) == len(missing)
        submit_batch(account, lines, directory, poll, monitor)
    raise ProviderError(
        f"{len(missing)} requests failed in {_MAX_ROUNDS - 1} batches: "
        f"{failed[0].message if failed else 'no reason given'}",
        hint="run the same command again, or without --batch",
    )


def _missing_requests(
    requests: Sequence[CompletionRequest], wanted: Mapping[AnswerId, int]
) -> dict[str, CompletionRequest]:
    """Requests for the answers still wanted, by custom id.

    A request of which every answer is missing stays as it was. Of any other, each missing answer is
    requested alone, because some servers ignore `n` and return a single choice.
    """
    open_answers, missing = Counter(wanted), dict[str, CompletionRequest]()
    for request in requests:
        rest = [
            source for source in request.sources if claim(open_answers, batch_answer_id(source))
        ]
        if len(rest) == len(request.sources):
            missing[custom_id(rest)] = request
        else:
            missing |= {
                custom_id([source], part): request.subset([source])
                for part, source in enumerate(rest)
            }
    return missing


def cancel_batches(accounts: Sequence[Account], log: Path, monitor: Monitor) -> list[RemoteJob]:
    """Cancel the unfetched batches of a log. Returns those that are cancelled now.

    Args:
        accounts: The configured accounts.
        log: The log of batches.
        monitor: Raises when the run must stop.
    """
    return _visit_unfetched(
        accounts, log, monitor, lambda account, id: account.client.batches.cancel(id)
    )


def pending_batches(accounts: Sequence[Account], log: Path, monitor: Monitor) -> list[RemoteJob]:
    """The unfetched batches of a log.

    Args:
        accounts: The configured accounts.
        log: The log of batches.
        monitor: Raises when the run must stop.
    """
    return _visit_unfetched(
        accounts, log, monitor, lambda account, id: account.client.batches.retrieve(id)
    )


def _visit_unfetched(
    accounts: Sequence[Account], log: Path, monitor: Monitor, call: Callable[[Account, str], Batch]
) -> list[RemoteJob]:
    jobs = []
    unlogged = {
        batch.id: begun.owner
        for begun in begun_batches(log)
        for account in accounts
        if account.fingerprint == begun.owner
        for batch in named_batches(account, begun.name, monitor)
    }
    unfetched = {**unfetched_batches(log), **unlogged}
    for id, owner in unfetched.items():
        for account in accounts:
            if owner not in (None, account.fingerprint):
                continue
            with suppress(ProviderError):  # it belongs to another account, or has ended
                batch = retry_api_call(
                    lambda account=account, id=id: call(account, id),  # type: ignore[misc]
                    monitor,
                    accounts,
                    f"looking at {id}",
                    tries=2,
                )
                job = RemoteJob(
                    job=id,
                    status=batch.status,
                    is_finished=batch.status in ENDED_STATES,
                    created_at=batch.created_at,
                )
                jobs.append(job)
    return jobs


def _check_owner(id: str, owner: str | None, account: Account) -> None:
    if owner not in (None, account.fingerprint):
        raise ProviderError(
            f"the batch {id} was created with the key {owner}…, which is not the first key set now",
            hint="set that key again, as the first one; nothing is requested a second time",
        )


def _check_can_continue(finished: FinishedBatch, failed: Sequence[FailedLine]) -> None:
    """Check that what a batch left unanswered may go into another one.

    Raises:
        ProviderError: The user has to decide first, or another batch would fail alike.
    """
    batch = finished.batch
    if batch.status == "failed":
        errors = (batch.errors.data if batch.errors else None) or []
        reason = errors[0].message if errors else "no reason given"
        raise ProviderError(
            f"the batch {batch.id} was rejected: {reason}",
            hint="run the same command again, or without --batch",
        )
    if batch.status == "cancelled" and finished.was_active:
        raise ProviderError(
            f"the batch {batch.id} was cancelled",
            hint="the same command requests what is missing in a new one",
        )
    if failed and all(line.is_permanent for line in failed):
        first = failed[0]
        raise RequestRejected(
            f"the batch {batch.id}: {first.message}",
            hint=next_step(first.status, first.code, first.message),
        )
