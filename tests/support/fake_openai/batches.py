"""Batches: files of chat requests, done at half the price when their time is up.

A batch answers as chat completions would. What it answered waits in its output file and counts as
delivered when that file was first downloaded in full.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs

from tests.support.fake_openai.books import BatchRecord, Books, Completion
from tests.support.fake_openai.chat import Chat
from tests.support.fake_openai.files import Files
from tests.support.fake_openai.inputs import ENDPOINT, Lines, read_requests
from tests.support.fake_openai.options import Options
from tests.support.fake_openai.wire import (
    Call,
    Refusal,
    Reply,
    broken,
    limited,
    listed,
    missing,
    new_id,
    required,
)

STARTED = 0.2  # share of the whole time at which work begins
DAY = 86_400


@attrs.define(kw_only=True)
class Batch:
    """A batch; `errors` are what was wrong with its file."""

    record: BatchRecord
    input_file: str
    requests: Lines
    created: float
    seconds: float
    errors: Lines = attrs.field(factory=list)
    stopped: float | None = None
    ended: float | None = None
    files: dict[str, str] = attrs.field(factory=dict)
    counts: Counter[str] = attrs.field(factory=Counter)

    @property
    def begun(self) -> float:
        return self.created + STARTED * self.seconds

    @property
    def due(self) -> float:
        """When it ends by itself, or after it was cancelled."""
        if self.stopped is not None:
            return self.stopped + STARTED * self.seconds
        return self.begun if self.errors else self.created + self.seconds

    @property
    def status(self) -> str:
        if self.ended is not None:
            return self.record.status
        if self.stopped is not None:
            return "cancelling"
        return "in_progress" if time.time() >= self.begun else "validating"

    def view(self) -> dict[str, Any]:
        status = self.status
        view: dict[str, Any] = {
            "id": self.record.id,
            "object": "batch",
            "endpoint": ENDPOINT,
            "input_file_id": self.input_file,
            "completion_window": "24h",
            "status": status,
            "created_at": int(self.created),
            "expires_at": int(self.created) + DAY,
            "metadata": self.record.metadata,
            "request_counts": {
                "total": 0 if status == "validating" else len(self.requests),
                "completed": self.counts["completed"],
                "failed": self.counts["failed"],
            },
            **self.files,
        }
        if status == "failed":
            view["errors"] = {"object": "list", "data": self.errors}
        elif status != "validating":
            view["in_progress_at"] = int(self.begun)
        if self.stopped is not None:
            view["cancelling_at"] = int(self.stopped)
        if self.ended is not None:
            view[f"{status}_at"] = int(self.ended)
        return view


@attrs.define
class Batches:
    """The batches of all accounts, in order of creation."""

    options: Options
    books: Books
    files: Files
    chat: Chat
    later: Callable[[float, Callable[[], None]], object]
    inspect: Callable[[Any, Any], None]
    """Holds a line's request and answer against the API's description."""
    batches: dict[str, Batch] = attrs.field(factory=dict)
    lines: int = 0

    def create(self, call: Call) -> Reply:
        if required(call.body, "endpoint") != ENDPOINT:
            raise Refusal(400, f"Only {ENDPOINT} is supported here", param="endpoint")
        if required(call.body, "completion_window") != "24h":
            raise Refusal(400, "Only 24h is supported", param="completion_window")
        name = required(call.body, "input_file_id")
        file = self.files.usable(call.account, name, "batch", "input_file_id")
        requests, errors = read_requests(file.content)
        record = BatchRecord(
            id=new_id("batch_", call.account, len(self.batches), file.id),
            account=call.account,
            sha256=file.sha256,
            requests=len(requests),
            metadata=call.body.get("metadata"),
        )
        batch = Batch(
            record=record,
            input_file=file.id,
            requests=requests,
            errors=errors,
            created=time.time(),
            seconds=self.options.batch_seconds,
        )
        self.batches[record.id] = batch
        self.books.add("batches", record)
        self._end_later(batch)
        fault = "reset" if len(self.batches) <= self.options.faults.drop_batches else ""
        return Reply(
            batch.view(), fault=fault, delivered=lambda: setattr(record, "delivered", True)
        )

    def _end_later(self, batch: Batch) -> None:
        self.later(batch.due - time.time(), lambda: self.settle(batch))

    def settle(self, batch: Batch) -> None:
        """End a batch whose time is up."""
        if batch.ended is not None or time.time() < batch.due:
            return
        batch.ended = batch.due
        if batch.stopped is not None:
            batch.record.status = "cancelled"
        elif batch.errors:
            batch.record.status = "failed"
        else:
            self._work(batch)
            batch.record.status = "completed"

    def _work(self, batch: Batch) -> None:
        output: Lines = []
        errors: Lines = []
        waiting: Counter[tuple[str, str]] = Counter()
        completions: list[Completion] = []
        for request in batch.requests:
            line = self._line(batch, request, waiting, completions)
            (output if line["response"]["status_code"] == 200 else errors).append(line)
        random.Random(batch.record.id).shuffle(output)  # the API promises no order
        batch.counts.update(completed=len(output), failed=len(errors))
        for key, lines in (("output_file_id", output), ("error_file_id", errors)):
            if lines:
                content = "".join(json.dumps(line) + "\n" for line in lines).encode()
                name = f"{batch.record.id}_{key.removesuffix('_file_id')}.jsonl"
                file = self.files.keep(batch.record.account, name, "batch_output", content)
                batch.files[key] = file.id
                if lines is output:
                    file.read = lambda: self._delivered(waiting, completions)

    def _line(
        self,
        batch: Batch,
        request: dict[str, Any],
        waiting: Counter[tuple[str, str]],
        completions: list[Completion],
    ) -> dict[str, Any]:
        self.lines += 1
        number = self.lines
        status = 200
        try:
            fault, wait = self.chat.fault(request["body"])
            if fault == "limited":
                raise limited(wait)
            if fault == "broken":
                raise broken()
            asked = self.chat.read(batch.record.account, request["body"])
            body = self.chat.complete(asked, batch=True)
            self.inspect(request["body"], body)
            body = self.chat.tell(body)
            completions.append(self.chat.latest)
            waiting[asked.key] += asked.n
            self.books.count("waiting", asked.key, asked.n)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        return {
            "id": new_id("batch_req_", number),
            "custom_id": request["custom_id"],
            "response": {
                "status_code": status,
                "request_id": new_id("req_", number),
                "body": body,
            },
            "error": None,
        }

    def _delivered(self, waiting: Counter[tuple[str, str]], completions: list[Completion]) -> None:
        for completion in completions:
            completion.delivered = True
        for key, choices in waiting.items():
            self.books.count("waiting", key, -choices)
            self.books.count("answers", key, choices)

    def find(self, call: Call) -> Batch:
        name = call.names["batch_id"]
        batch = self.batches.get(name)
        if batch is None or batch.record.account != call.account:
            raise missing("batch", name)
        self.settle(batch)
        return batch

    def listing(self, call: Call) -> Reply:
        mine = [b for b in reversed(self.batches.values()) if b.record.account == call.account]
        faults = self.options.faults
        chosen, more = listed(
            mine, call, lambda batch: batch.record.id, lambda batch: batch.created, faults
        )
        for batch in chosen:
            self.settle(batch)
        body: dict[str, Any] = {"object": "list", "data": [self._view(batch) for batch in chosen]}
        if chosen:
            body |= {"first_id": chosen[0].record.id, "last_id": chosen[-1].record.id}
        return Reply({**body, "has_more": more})

    def _view(self, batch: Batch) -> dict[str, Any]:
        view = batch.view()
        return {**view, "status": self.options.faults.states.get(view["status"], view["status"])}

    def retrieve(self, call: Call) -> Reply:
        return Reply(self._view(self.find(call)))

    def cancel(self, call: Call) -> Reply:
        batch = self.find(call)
        if batch.ended is not None:
            raise Refusal(409, f"Cannot cancel a batch with status '{batch.status}'.")
        if batch.stopped is None:
            batch.stopped = time.time()
            self._end_later(batch)
        return Reply(batch.view())
