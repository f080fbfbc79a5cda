"""Twins: jobs that one launch made twice, because the response to a create held no job.

A list may lag behind, so a job can appear after it had been looked for in vain and another one was
created. One of them is kept, by a rule that every run applies alike. The others are cancelled, and
what they have cost is booked with the training. A later launch of the same unit, after a failure or
by request, has another number and is no twin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...errors import ProviderError
from ..launch import ExistingJob, LaunchedJob, LaunchLog, choose_job, record_adopted
from ..types import Monitor, TrainJob
from ..usage import TokenCount, read_trained_tokens
from .accounts import Account
from .errors import retry_api_call
from .find import existing_job, find_jobs

_MAX_ATTEMPTS = 3


def settle_twins(
    job: TrainJob,
    log: LaunchLog,
    accounts: Sequence[Account],
    launched: LaunchedJob[Account],
    monitor: Monitor,
    *,
    ended: ExistingJob[Account] | None = None,
) -> LaunchedJob[Account]:
    """Keep one job of the present launch, cancel the others, and log what they cost.

    Args:
        job: The training.
        log: The unit's launch log; its last `created` entry is `launched`.
        accounts: Where to look.
        launched: The job that was followed until now.
        monitor: Receives a message about each twin; raises when the run must stop.
        ended: The state of `launched`, once it has ended.

    Raises:
        ProviderError: The jobs cannot be listed.
        Interrupted: The user asked to stop.
    """
    attempt = (log.last_entry("created") or {}).get("attempt", 1)
    jobs = {
        found.job: found
        for found in find_jobs(job.key, accounts, monitor)
        if found.attempt == attempt and found.job not in job.archived_jobs
    }
    own = ended or jobs.get(launched.job) or _unlisted(launched, attempt)
    jobs[own.job] = own
    settled = {entry["job"] for entry in log.entries("twin")}
    given_up = settled | {entry["job"] for entry in log.entries("created")} - {own.job}
    kept = choose_job(found for found in jobs.values() if found.job not in given_up) or own
    for twin in jobs.values():
        if twin.job not in settled and twin.job != kept.job:
            _settle(twin, job, log, ended, monitor)
    if kept.job == launched.job:
        return launched
    return record_adopted(log, kept)


def twin_tokens(log: LaunchLog) -> TokenCount:
    """Tokens that the twins of a training cost."""
    entries = log.entries("twin")
    reasons = (entry.get("estimate_reason", "") for entry in entries)
    return TokenCount(sum(entry["tokens"] for entry in entries), next(filter(None, reasons), ""))


def _unlisted(launched: LaunchedJob[Account], attempt: int) -> ExistingJob[Account]:
    """A job that the list does not hold yet, so it is the youngest."""
    return ExistingJob(
        job=launched.job,
        account=launched.account,
        attempt=attempt,
        has_failed=False,
        created_at=math.inf,
    )


def _settle(
    twin: ExistingJob[Account],
    job: TrainJob,
    log: LaunchLog,
    ended: ExistingJob[Account] | None,
    monitor: Monitor,
) -> None:
    """Cancel a twin unless it has ended, and log its tokens.

    One that can be neither cancelled nor seen to end is tried again when the training has ended.
    Then it is booked like the training itself, which is the most that it can cost.
    """
    title, is_live = job.title, not (twin.has_failed or twin.has_succeeded)
    if is_live:
        twin = _cancel(twin, monitor)
    if not (twin.has_failed or twin.has_succeeded):
        monitor.message(
            f"{title}: {twin.job} is not needed and cannot be cancelled: cancel it at the provider"
        )
        if ended is None:
            return
        billed = _billed_tokens(ended, job)
    else:
        billed = _billed_tokens(twin, job)
        if is_live and twin.has_failed:
            monitor.message(f"{title}: the server made {twin.job} as well; it is cancelled")
        elif twin.has_succeeded:
            monitor.message(
                f"{title}: the server made {twin.job} as well, and it has trained; "
                f"its {billed.tokens} tokens are booked"
            )
    if is_live or billed.tokens:
        facts = {"estimate_reason": billed.problem} if billed.problem else {}
        account = twin.account.fingerprint
        log.append("twin", job=twin.job, account=account, tokens=billed.tokens, **facts)
        log.checkpoint()


def _billed_tokens(ended: ExistingJob[Account], job: TrainJob) -> TokenCount:
    """What a job that has ended is billed for. One that was cancelled early may state nothing."""
    if ended.has_failed and not ended.trained_tokens:
        return TokenCount(0)
    return read_trained_tokens(ended.trained_tokens, job, ended.epochs)


def _cancel(twin: ExistingJob[Account], monitor: Monitor) -> ExistingJob[Account]:
    """The job after it was cancelled; unchanged where the server answers neither call."""
    jobs, accounts = twin.account.client.fine_tuning.jobs, (twin.account,)
    for call in (jobs.cancel, jobs.retrieve):  # where it cannot be cancelled, it may have ended
        try:
            state = retry_api_call(
                lambda call=call: call(twin.job),  # type: ignore[misc]
                monitor,
                accounts,
                f"cancelling {twin.job}, which is not needed",
                tries=_MAX_ATTEMPTS,
            )
            return existing_job(state, twin.account)
        except ProviderError:
            continue
    return twin
