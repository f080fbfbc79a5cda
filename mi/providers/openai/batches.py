"""Batch mode: the same calls through `/v1/batches`, at the batch price.

A batch is named by the digest of its request file and of its folder's name, which stands in its
metadata: a batch whose creation was lost on the way, or whose run was killed, is found again
instead of being paid twice. Lines that failed go into the next batch, a few times.

The log `batches.jsonl` has a line for each `created` batch and for each one whose answers were
`fetched`; one that was created and not fetched is waited for before anything new is asked.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from ...errors import ProviderError, RequestRejected
from ...files import journal
from ...store.provenance import utc_timestamp
from ...units.identity import digest
from ..retry import sleep
from ..types import Monitor, RemoteJob
from . import files
from .accounts import Account
from .completions import CONTENT_FILTER, Choice, CompletionRequest, filtered_choice, parse_choices
from .errors import (
    is_lost,
    is_server_error,
    is_throttle,
    next_step,
    retry_api_call,
    to_provider_error,
)

if TYPE_CHECKING:
    from openai.types import Batch

BATCH_LOG = "batches.jsonl"
NAME_METADATA = "mi_batch"
_ENDPOINT: Final = "/v1/chat/completions"
_MAX_ROUNDS = 6
_MAX_LINES = 50_000
_ACTIVE = ("validating", "in_progress", "finalizing", "cancelling")
_LOOKUP_INTERVALS = (0.1, 0.3, 0.5, 1.0)
"""When to look for a batch whose creation was lost, in polling intervals."""


AnswerId = tuple[str, int]
"""A question and a sample."""


@attrs.frozen
class AnsweredLine:
    """An answered line of a batch: what it answers, and its choices."""

    answer_ids: Sequence[AnswerId]
    choices: tuple[Choice, ...]


def custom_id(tags: Sequence[Any], part: int | None = None) -> str:
    """What a batch calls a request: the question, and the samples it is for.

    Args:
        part: Which of several requests for the same.
    """
    name = f"{tags[0].question}-{'.'.join(str(tag.sample) for tag in tags)}"
    return name if part is None else f"{name}#{part}"


def _parse_custom_id(name: str) -> list[AnswerId]:
    question, _, samples = name.partition("#")[0].rpartition("-")
    return [(question, int(sample)) for sample in samples.split(".") if sample.isdigit()]


def _answer_id(tag: Any) -> AnswerId:
    return tag.question, tag.sample


def run_batches(
    account: Account,
    calls: Sequence[CompletionRequest],
    directory: Path,
    poll: float,
    monitor: Monitor,
) -> Iterator[list[tuple[Any, Choice]]]:
    """The answers to `calls`, each with the one who waits for it, a batch at a time.

    What a batch answers is known by question and sample: it may have been sent by a run that asked
    for them in other groups.

    Raises:
        ProviderError: Lines failed again and again, somebody cancelled a batch meanwhile, or the
            service refused one; `Refused` where asking again would not help.
    """
    tags = {_answer_id(tag): tag for call in calls for tag in call.tags}
    wanted = Counter(_answer_id(tag) for call in calls for tag in call.tags)
    missing = {custom_id(call.tags): call for call in calls}
    failures: list[_Failure] = []
    for _ in range(_MAX_ROUNDS):
        for id, owner in _unfetched_batches(directory / BATCH_LOG).items():
            _check_owner(id, owner, account)
            ended = _wait_for_end(account, id, poll, monitor)
            lines, failures = _fetch_lines(
                account, ended.batch, str(calls[0].body["model"]), monitor
            )
            yield [
                (tags[at], choice)
                for line in lines
                for at, choice in zip(line.answer_ids, line.choices, strict=False)
                if _claim(wanted, at)
            ]
            journal.append_records(
                directory / BATCH_LOG, [{"event": "fetched", "batch": id, "at": utc_timestamp()}]
            )
            missing = _missing_requests(calls, wanted)
            if missing:
                _check_can_continue(ended, failures)
        if not missing:
            return
        ids = list(missing)[:_MAX_LINES]
        _submit_batch(account, {id: missing[id] for id in ids}, directory, poll, monitor)
    raise ProviderError(
        f"{len(missing)} requests failed in {_MAX_ROUNDS - 1} batches: "
        f"{failures[0].message if failures else 'no reason given'}",
        hint="run the same command again, or without --batch",
    )


def _claim(wanted: Counter[AnswerId], at: AnswerId) -> bool:
    """Whether an answer to this is still wanted; one fewer is, then."""
    if wanted[at] <= 0:
        return False
    wanted[at] -= 1
    return True


def _missing_requests(
    calls: Sequence[CompletionRequest], wanted: Mapping[AnswerId, int]
) -> dict[str, CompletionRequest]:
    """The calls for what is still wanted: whole ones as they were, of others each answer alone, for
    some servers give one choice whatever they are asked for."""
    still, found = Counter(wanted), dict[str, CompletionRequest]()
    for call in calls:
        rest = [tag for tag in call.tags if _claim(still, _answer_id(tag))]
        if len(rest) == len(call.tags):
            found[custom_id(rest)] = call
        else:
            found |= {custom_id([tag], part): call.subset([tag]) for part, tag in enumerate(rest)}
    return found


def cancel_batches(accounts: Sequence[Account], log: Path, monitor: Monitor) -> list[RemoteJob]:
    """Cancel the batches of a log whose answers were not fetched; those that are cancelled now."""
    return list(
        _visit_pending(
            accounts, log, monitor, lambda account, id: account.client.batches.cancel(id)
        )
    )


def pending_batches(accounts: Sequence[Account], log: Path, monitor: Monitor) -> list[RemoteJob]:
    """The batches of a log whose answers were not fetched."""
    return list(
        _visit_pending(
            accounts, log, monitor, lambda account, id: account.client.batches.retrieve(id)
        )
    )


def _visit_pending(
    accounts: Sequence[Account], log: Path, monitor: Monitor, call: Callable[[Account, str], Batch]
) -> Iterator[RemoteJob]:
    for id, owner in _unfetched_batches(log).items():
        for account in accounts:
            if owner not in (None, account.fingerprint):
                continue
            with suppress(ProviderError):  # another account's, or over by now
                found = retry_api_call(
                    lambda account=account, id=id: call(account, id),  # type: ignore[misc]
                    monitor,
                    accounts,
                    f"looking at {id}",
                    tries=2,
                )
                over = found.status not in _ACTIVE
                yield RemoteJob(
                    job=id, status=found.status, is_finished=over, created_at=found.created_at
                )


def _unfetched_batches(log: Path) -> dict[str, str | None]:
    """Batches whose answers are still to be read, and who owns them where that is known."""
    lines = list(journal.read_records(log))
    fetched = {line["batch"] for line in lines if line["event"] == "fetched"}
    return {
        line["batch"]: line.get("account")
        for line in lines
        if line["event"] == "created" and line["batch"] not in fetched
    }


def _check_owner(id: str, owner: str | None, account: Account) -> None:
    if owner not in (None, account.fingerprint):
        raise ProviderError(
            f"the batch {id} was created with the key {owner}…, which is not the one to ask now",
            hint="set that key again, as the first one; nothing is asked a second time",
        )


def _check_can_continue(ended: _FinishedBatch, failures: Sequence[_Failure]) -> None:
    """Whether what a batch left open may be asked for in another one.

    Raises:
        ProviderError: It may not, or would not help.
    """
    batch = ended.batch
    if batch.status == "failed":
        said = [error.message for error in (batch.errors.data if batch.errors else None) or []]
        raise ProviderError(
            f"the batch {batch.id} was refused: {said[0] if said else 'no reason given'}",
            hint="run the same command again, or without --batch",
        )
    if batch.status == "cancelled" and ended.was_active:
        raise ProviderError(
            f"the batch {batch.id} was cancelled",
            hint="the same command asks for what is missing in a new one",
        )
    if failures and all(failure.is_permanent for failure in failures):
        code = failures[0].code
        raise RequestRejected(
            f"the batch {batch.id}: {failures[0].message}",
            hint=next_step(failures[0].status, code, failures[0].message),
        )


def _submit_batch(
    account: Account,
    calls: dict[str, CompletionRequest],
    directory: Path,
    poll: float,
    monitor: Monitor,
) -> None:
    text = "".join(
        json.dumps(_request_line(id, call), ensure_ascii=False) + "\n" for id, call in calls.items()
    )
    # Asking anew for what a batch has answered badly must not find that batch again.
    earlier = [line["batch"] for line in journal.read_records(directory / BATCH_LOG)]
    # The folder is named after what is asked for, and the number of times that was asked before.
    name = digest("".join([directory.name, *sorted(earlier), text]))[:32]
    path = directory / "batch.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    file = files.upload(account, path, "batch", monitor)
    id = _find_batch(account, name, monitor)
    if id is None:
        id = _create_batch(account, file, name, poll, monitor)
    line = {"event": "created", "batch": id, "account": account.fingerprint, "at": utc_timestamp()}
    journal.append_records(directory / BATCH_LOG, [line])


def _request_line(id: str, call: CompletionRequest) -> dict[str, Any]:
    body = {**call.body, "n": len(call.tags)} if len(call.tags) > 1 else call.body
    return {"custom_id": id, "method": "POST", "url": _ENDPOINT, "body": body}


def _create_batch(account: Account, file: str, name: str, poll: float, monitor: Monitor) -> str:
    doing = "creating a batch"
    for attempt in range(6):
        try:
            made = account.client.with_options(max_retries=0).batches.create(
                input_file_id=file,
                endpoint=_ENDPOINT,
                completion_window="24h",
                metadata={NAME_METADATA: name},
            )
            return made.id
        except Exception as error:
            lost = is_lost(error) or is_server_error(error)
            if not (lost or is_throttle(error)) or attempt == 5:
                raise to_provider_error(error, (account,), doing) from None
            for wait in _LOOKUP_INTERVALS if lost else (1.0,):
                sleep(wait * poll, monitor)
                if lost and (found := _find_batch(account, name, monitor)) is not None:
                    return found
    raise AssertionError("the loop returns or raises")


def _find_batch(account: Account, name: str, monitor: Monitor) -> str | None:
    def listed() -> str | None:
        for batch in account.client.batches.list(limit=100):
            named = (batch.metadata or {}).get(NAME_METADATA) == name
            if named and batch.status not in ("cancelled", "failed"):
                return batch.id
        return None

    return retry_api_call(listed, monitor, (account,), "looking for the batch")


def _fetch_lines(
    account: Account, batch: Batch, model: str, monitor: Monitor
) -> tuple[list[AnsweredLine], list[_Failure]]:
    """The answered lines of a batch that is over, and what was said of the others."""
    lines, failures = [], []
    for file in (batch.output_file_id, batch.error_file_id):
        for record in _read_records(account, file, monitor):
            ats = _parse_custom_id(str(record.get("custom_id")))
            body = (record.get("response") or {}).get("body") or {}
            status = (record.get("response") or {}).get("status_code")
            error = record.get("error") or body.get("error") or {}
            try:
                if status == 200:
                    lines.append(AnsweredLine(ats, _at_batch_price(parse_choices(body, model))))
                    continue
                if status == 400 and error.get("code") == CONTENT_FILTER:
                    lines.append(AnsweredLine(ats, (filtered_choice(model),) * len(ats)))
                    continue
            except json.JSONDecodeError:
                error = {"message": "an answer that cannot be read"}
            message = str(error.get("message") or f"status {status}")
            failures.append(_Failure(status, str(error.get("code") or ""), message))
    return lines, failures


def _at_batch_price(came: Sequence[Choice]) -> tuple[Choice, ...]:
    return tuple(attrs.evolve(one, usage=attrs.evolve(one.usage, batch=True)) for one in came)


@attrs.frozen
class _Failure:
    """What was said of a line that was not answered."""

    status: int | None
    code: str
    message: str

    @property
    def is_permanent(self) -> bool:
        """Whether another batch would meet the same."""
        return self.status in (400, 401, 403, 404, 422)


@attrs.frozen
class _FinishedBatch:
    """A batch that is over, and whether it was under way when it was first looked at."""

    batch: Batch
    was_active: bool


def _wait_for_end(account: Account, id: str, poll: float, monitor: Monitor) -> _FinishedBatch:
    wait, done, watched = poll, 0, False
    while True:
        batch = retry_api_call(
            lambda: account.client.batches.retrieve(id), monitor, (account,), f"looking at {id}"
        )
        counts = batch.request_counts
        if counts is not None and counts.completed > done and batch.status in _ACTIVE:
            monitor.message(f"batch {id}: {counts.completed} of {counts.total} answered")
            done = counts.completed
        if batch.status not in _ACTIVE:
            return _FinishedBatch(batch, watched)
        watched = watched or batch.status != "cancelling"
        sleep(wait * random.uniform(0.9, 1.1), monitor)
        wait = min(wait * 1.5, poll * 12)


def _read_records(account: Account, file: str | None, monitor: Monitor) -> list[dict[str, Any]]:
    if file is None:
        return []

    def read() -> list[dict[str, Any]]:
        raw = account.client.files.content(file).content
        return [json.loads(line) for line in raw.split(b"\n") if line.strip()]

    return retry_api_call(read, monitor, (account,), "reading a batch")
