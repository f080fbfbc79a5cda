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

from ...errors import ProviderError, Refused
from ...files import journal
from ...store.provenance import now
from ...units.identity import digest
from ..retry import pause
from ..types import Remote, Watch
from . import files
from .accounts import Account
from .completions import FILTERED, Call, Choice, choices, filtered
from .errors import hint, is_broken, is_lost, is_throttle, patiently, told

if TYPE_CHECKING:
    from openai.types import Batch

LOG = "batches.jsonl"
NAME = "mi_batch"
_ENDPOINT: Final = "/v1/chat/completions"
_ROUNDS = 6
_LINES = 50_000
_OPEN = ("validating", "in_progress", "finalizing", "cancelling")
_LOOKS = (0.1, 0.3, 0.5, 1.0)
"""When to look for a batch whose creation was lost, in polling intervals."""


At = tuple[str, int]
"""A question and a sample."""


@attrs.frozen
class Line:
    """An answered line of a batch: what it answers, and its choices."""

    ats: Sequence[At]
    choices: tuple[Choice, ...]


def named(tags: Sequence[Any], part: int | None = None) -> str:
    """What a batch calls a request: the question, and the samples it is for.

    Args:
        part: Which of several requests for the same.
    """
    name = f"{tags[0].question}-{'.'.join(str(tag.sample) for tag in tags)}"
    return name if part is None else f"{name}#{part}"


def _ats(name: str) -> list[At]:
    question, _, samples = name.partition("#")[0].rpartition("-")
    return [(question, int(sample)) for sample in samples.split(".") if sample.isdigit()]


def _at(tag: Any) -> At:
    return tag.question, tag.sample


def answered(
    account: Account, calls: Sequence[Call], folder: Path, poll: float, watch: Watch
) -> Iterator[list[tuple[Any, Choice]]]:
    """The answers to `calls`, each with the one who waits for it, a batch at a time.

    What a batch answers is known by question and sample: it may have been sent by a run that asked
    for them in other groups.

    Raises:
        ProviderError: Lines failed again and again, somebody cancelled a batch meanwhile, or the
            service refused one; `Refused` where asking again would not help.
    """
    tags = {_at(tag): tag for call in calls for tag in call.tags}
    wanted = Counter(_at(tag) for call in calls for tag in call.tags)
    missing = {named(call.tags): call for call in calls}
    failures: list[_Failure] = []
    for _ in range(_ROUNDS):
        for id, owner in _unfetched(folder / LOG).items():
            _owned(id, owner, account)
            ended = _ended(account, id, poll, watch)
            lines, failures = _fetched(account, ended.batch, str(calls[0].body["model"]), watch)
            yield [
                (tags[at], choice)
                for line in lines
                for at, choice in zip(line.ats, line.choices, strict=False)
                if _take(wanted, at)
            ]
            journal.append(folder / LOG, [{"event": "fetched", "batch": id, "at": now()}])
            missing = _left(calls, wanted)
            if missing:
                _go_on(ended, failures)
        if not missing:
            return
        ids = list(missing)[:_LINES]
        _create(account, {id: missing[id] for id in ids}, folder, poll, watch)
    raise ProviderError(
        f"{len(missing)} requests failed in {_ROUNDS - 1} batches: "
        f"{failures[0].message if failures else 'no reason given'}",
        hint="run the same command again, or without --batch",
    )


def _take(wanted: Counter[At], at: At) -> bool:
    """Whether an answer to this is still wanted; one fewer is, then."""
    if wanted[at] <= 0:
        return False
    wanted[at] -= 1
    return True


def _left(calls: Sequence[Call], wanted: Mapping[At, int]) -> dict[str, Call]:
    """The calls for what is still wanted: whole ones as they were, of others each answer alone, for
    some servers give one choice whatever they are asked for."""
    still, found = Counter(wanted), dict[str, Call]()
    for call in calls:
        rest = [tag for tag in call.tags if _take(still, _at(tag))]
        if len(rest) == len(call.tags):
            found[named(rest)] = call
        else:
            found |= {named([tag], part): call.part([tag]) for part, tag in enumerate(rest)}
    return found


def cancel(accounts: Sequence[Account], log: Path, watch: Watch) -> list[Remote]:
    """Cancel the batches of a log whose answers were not fetched; those that are cancelled now."""
    return list(_each(accounts, log, watch, lambda account, id: account.client.batches.cancel(id)))


def remote(accounts: Sequence[Account], log: Path, watch: Watch) -> list[Remote]:
    """The batches of a log whose answers were not fetched."""
    return list(
        _each(accounts, log, watch, lambda account, id: account.client.batches.retrieve(id))
    )


def _each(
    accounts: Sequence[Account], log: Path, watch: Watch, call: Callable[[Account, str], Batch]
) -> Iterator[Remote]:
    for id, owner in _unfetched(log).items():
        for account in accounts:
            if owner not in (None, account.fingerprint):
                continue
            with suppress(ProviderError):  # another account's, or over by now
                found = patiently(
                    lambda account=account, id=id: call(account, id),  # type: ignore[misc]
                    watch,
                    accounts,
                    f"looking at {id}",
                    tries=2,
                )
                over = found.status not in _OPEN
                yield Remote(job=id, status=found.status, over=over, created=found.created_at)


def _unfetched(log: Path) -> dict[str, str | None]:
    """Batches whose answers are still to be read, and who owns them where that is known."""
    lines = list(journal.read(log))
    fetched = {line["batch"] for line in lines if line["event"] == "fetched"}
    return {
        line["batch"]: line.get("account")
        for line in lines
        if line["event"] == "created" and line["batch"] not in fetched
    }


def _owned(id: str, owner: str | None, account: Account) -> None:
    if owner not in (None, account.fingerprint):
        raise ProviderError(
            f"the batch {id} was created with the key {owner}…, which is not the one to ask now",
            hint="set that key again, as the first one; nothing is asked a second time",
        )


def _go_on(ended: _Ended, failures: Sequence[_Failure]) -> None:
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
    if batch.status == "cancelled" and ended.watched:
        raise ProviderError(
            f"the batch {batch.id} was cancelled",
            hint="the same command asks for what is missing in a new one",
        )
    if failures and all(failure.stays for failure in failures):
        code = failures[0].code
        raise Refused(
            f"the batch {batch.id}: {failures[0].message}",
            hint=hint(failures[0].status, code, failures[0].message),
        )


def _create(
    account: Account, calls: dict[str, Call], folder: Path, poll: float, watch: Watch
) -> None:
    text = "".join(
        json.dumps(_line(id, call), ensure_ascii=False) + "\n" for id, call in calls.items()
    )
    # Asking anew for what a batch has answered badly must not find that batch again.
    earlier = [line["batch"] for line in journal.read(folder / LOG)]
    # The folder is named after what is asked for, and the number of times that was asked before.
    name = digest("".join([folder.name, *sorted(earlier), text]))[:32]
    path = folder / "batch.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    file = files.upload(account, path, "batch", watch)
    id = _find(account, name, watch)
    if id is None:
        id = _made(account, file, name, poll, watch)
    line = {"event": "created", "batch": id, "account": account.fingerprint, "at": now()}
    journal.append(folder / LOG, [line])


def _line(id: str, call: Call) -> dict[str, Any]:
    body = {**call.body, "n": len(call.tags)} if len(call.tags) > 1 else call.body
    return {"custom_id": id, "method": "POST", "url": _ENDPOINT, "body": body}


def _made(account: Account, file: str, name: str, poll: float, watch: Watch) -> str:
    doing = "creating a batch"
    for attempt in range(6):
        try:
            made = account.client.with_options(max_retries=0).batches.create(
                input_file_id=file,
                endpoint=_ENDPOINT,
                completion_window="24h",
                metadata={NAME: name},
            )
            return made.id
        except Exception as error:
            lost = is_lost(error) or is_broken(error)
            if not (lost or is_throttle(error)) or attempt == 5:
                raise told(error, (account,), doing) from None
            for wait in _LOOKS if lost else (1.0,):
                pause(wait * poll, watch)
                if lost and (found := _find(account, name, watch)) is not None:
                    return found
    raise AssertionError("the loop returns or raises")


def _find(account: Account, name: str, watch: Watch) -> str | None:
    def listed() -> str | None:
        for batch in account.client.batches.list(limit=100):
            named = (batch.metadata or {}).get(NAME) == name
            if named and batch.status not in ("cancelled", "failed"):
                return batch.id
        return None

    return patiently(listed, watch, (account,), "looking for the batch")


def _fetched(
    account: Account, batch: Batch, model: str, watch: Watch
) -> tuple[list[Line], list[_Failure]]:
    """The answered lines of a batch that is over, and what was said of the others."""
    lines, failures = [], []
    for file in (batch.output_file_id, batch.error_file_id):
        for record in _records(account, file, watch):
            ats = _ats(str(record.get("custom_id")))
            body = (record.get("response") or {}).get("body") or {}
            status = (record.get("response") or {}).get("status_code")
            error = record.get("error") or body.get("error") or {}
            try:
                if status == 200:
                    lines.append(Line(ats, _batched(choices(body, model))))
                    continue
                if status == 400 and error.get("code") == FILTERED:
                    lines.append(Line(ats, (filtered(model),) * len(ats)))
                    continue
            except json.JSONDecodeError:
                error = {"message": "an answer that cannot be read"}
            message = str(error.get("message") or f"status {status}")
            failures.append(_Failure(status, str(error.get("code") or ""), message))
    return lines, failures


def _batched(came: Sequence[Choice]) -> tuple[Choice, ...]:
    return tuple(attrs.evolve(one, bill=attrs.evolve(one.bill, batch=True)) for one in came)


@attrs.frozen
class _Failure:
    """What was said of a line that was not answered."""

    status: int | None
    code: str
    message: str

    @property
    def stays(self) -> bool:
        """Whether another batch would meet the same."""
        return self.status in (400, 401, 403, 404, 422)


@attrs.frozen
class _Ended:
    """A batch that is over, and whether it was under way when it was first looked at."""

    batch: Batch
    watched: bool


def _ended(account: Account, id: str, poll: float, watch: Watch) -> _Ended:
    wait, done, watched = poll, 0, False
    while True:
        batch = patiently(
            lambda: account.client.batches.retrieve(id), watch, (account,), f"looking at {id}"
        )
        counts = batch.request_counts
        if counts is not None and counts.completed > done and batch.status in _OPEN:
            watch.note(f"batch {id}: {counts.completed} of {counts.total} answered")
            done = counts.completed
        if batch.status not in _OPEN:
            return _Ended(batch, watched)
        watched = watched or batch.status != "cancelling"
        pause(wait * random.uniform(0.9, 1.1), watch)
        wait = min(wait * 1.5, poll * 12)


def _records(account: Account, file: str | None, watch: Watch) -> list[dict[str, Any]]:
    if file is None:
        return []

    def read() -> list[dict[str, Any]]:
        raw = account.client.files.content(file).content
        return [json.loads(line) for line in raw.split(b"\n") if line.strip()]

    return patiently(read, watch, (account,), "reading a batch")
