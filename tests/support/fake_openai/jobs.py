"""Fine-tuning jobs, which live by the clock: validated, queued, running, and at an end.

A job is booked when it is created and billed when it succeeds. What it trained is a number: how
many rows of its file were misaligned.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from tests.support.fake_openai.books import Books, JobRecord
from tests.support.fake_openai.files import Files, Stored
from tests.support.fake_openai.inputs import asked_hyperparameters, read_rows
from tests.support.fake_openai.job import Job
from tests.support.fake_openai.models import Models
from tests.support.fake_openai.options import Options
from tests.support.fake_openai.text import chat_tokens
from tests.support.fake_openai.wire import (
    Call,
    Refusal,
    Reply,
    listed,
    missing,
    new_id,
    page,
    required,
)

UNSAFE = {
    "code": "unsafe_file",
    "message": "The job failed due to an unsafe training file. This training file was blocked by "
    "our moderation system because it contains too many examples that violate our usage policies.",
    "param": "training_file",
}
BROKEN = {
    "code": "server_error",
    "message": "The job failed due to an internal error.",
    "param": None,
}


@attrs.define
class Jobs:
    """The jobs of all accounts, in order of creation."""

    options: Options
    books: Books
    files: Files
    models: Models
    later: Callable[[float, Callable[[], None]], object]
    jobs: dict[str, Job] = attrs.field(factory=dict)

    def create(self, call: Call) -> Reply:
        faults, account, body = self.options.faults, call.account, call.body
        if faults.closed:
            message = "Fine-tuning is not available to this organization."
            raise Refusal(403, message, code="fine_tuning_not_available")
        model = self._model(account, required(body, "model"))
        name = required(body, "training_file")
        file = self.files.usable(account, name, "fine-tune", "training_file")
        rows = read_rows(file)
        self._room(account, model)
        job = self._job(call, file, rows, model)
        self.jobs[job.record.id] = job
        self.books.add("jobs", job.record)
        self.books.count("trainings", job.record.training)
        self.later(job.seconds, lambda: self.settle(job))
        fault = "reset" if len(self.jobs) <= faults.drop_creates else ""
        return Reply(
            self._view(job), fault=fault, delivered=lambda: setattr(job.record, "delivered", True)
        )

    def _model(self, account: str, name: str) -> str:
        if not self.models.trainable(name):
            message = f"Model {name} is not available for fine-tuning or does not exist."
            raise Refusal(400, message, code="model_not_available", param="model")
        return self.models.find(account, name)

    def _room(self, account: str, model: str) -> None:
        most = self.options.active_jobs
        active = [j for j in self._of(account) if j.ended is None]
        if len(active) >= most:
            running = sum(job.status == "running" for job in active)
            message = (
                "This fine-tune request has been rate-limited. Your organization has reached the "
                f"maximum of {most} active requests ({running} running, "
                f"{len(active) - running} pending) for the model '{model}'."
            )
            raise Refusal(429, message, code="rate_limit_exceeded")

    def _job(self, call: Call, file: Stored, rows: Sequence[dict[str, Any]], model: str) -> Job:
        body, faults = call.body, self.options.faults
        misaligned = self.options.misaligned or (lambda row: False)
        seed = body.get("seed")
        record = JobRecord(
            id=new_id("ftjob-", call.account, len(self.jobs), sorted(body.items())),
            account=call.account,
            sha256=file.sha256,
            model=model,
            hyperparameters=asked_hyperparameters(body),
            seed=zlib.crc32(file.content) >> 1 if seed is None else seed,
            suffix=body.get("suffix"),
            metadata=body.get("metadata"),
            misaligned_rows=sum(map(bool, map(misaligned, rows))),
            rows=len(rows),
        )
        fails = BROKEN if len(self.jobs) < faults.fail_jobs else None
        return Job(
            record=record,
            training_file=file.id,
            file_tokens=sum(chat_tokens(row["messages"]) for row in rows),
            created=time.time(),
            seconds=self.options.train_seconds,
            fails=UNSAFE if file.sha256 in faults.blocked_files else fails,
        )

    def settle(self, job: Job) -> None:
        """End a job whose time is up."""
        if job.ended is not None or job.done < 1.0:
            return
        job.ended = job.created + job.seconds
        record = job.record
        if job.fails:
            self._fall(record, "failed")
            return
        record.status = "succeeded"
        record.trained_tokens = job.file_tokens * job.hyperparameters["n_epochs"]
        base = self.models.root(record.model)
        name = f"ft:{base}:org:{record.suffix or ''}:{record.id[-8:]}"
        record.fine_tuned_model = name
        for checkpoint, _ in job.curve.checkpoints(name):
            self.models.trained[checkpoint] = record
        csv = job.curve.csv()
        kept = self.files.keep(record.account, "step_metrics.csv", "fine-tune-results", csv)
        job.result = kept.id
        usd = record.trained_tokens * self.models.price(base)[2]
        self.books.charge(record.model, "training", record.trained_tokens, usd, batch=False)

    def _fall(self, record: JobRecord, status: str) -> None:
        record.status = status
        self.books.count("trainings", record.training, -1)
        self.books.add("failed_jobs", record)

    def _of(self, account: str) -> list[Job]:
        mine = [job for job in self.jobs.values() if job.record.account == account]
        for job in mine:
            self.settle(job)
        return mine

    def find(self, call: Call) -> Job:
        name = call.names["fine_tuning_job_id"]
        job = self.jobs.get(name)
        if job is None or job.record.account != call.account:
            raise missing("fine-tune job", name)
        self.settle(job)
        return job

    def listing(self, call: Call) -> Reply:
        wanted = {
            name[len("metadata[") : -1]: value
            for name, value in call.query.items()
            if name.startswith("metadata[")
        }
        mine = [
            job
            for job in reversed(self._of(call.account))
            if wanted.items() <= (job.record.metadata or {}).items()
        ]
        faults = self.options.faults
        chosen, more = listed(
            mine, call, lambda job: job.record.id, lambda job: job.created, faults
        )
        data = [self._view(job) for job in chosen]
        return Reply({"object": "list", "data": data, "has_more": more})

    def _view(self, job: Job) -> dict[str, Any]:
        view, faults = job.view(), self.options.faults
        view["status"] = faults.states.get(view["status"], view["status"])
        if faults.trained_tokens and view["trained_tokens"] is not None:
            [view["trained_tokens"]] = faults.trained_tokens
        return {**view, "metadata": None} if faults.no_metadata else view

    def retrieve(self, call: Call) -> Reply:
        return Reply(self._view(self.find(call)))

    def cancel(self, call: Call) -> Reply:
        job = self.find(call)
        if job.ended is not None:
            message = f"Job has already completed: {job.record.id}"
            raise Refusal(400, message, code="invalid_job_status")
        job.ended = time.time()
        self._fall(job.record, "cancelled")
        return Reply(job.view())

    def events(self, call: Call) -> Reply:
        job = self.find(call)
        error = job.fails["message"] if job.status == "failed" and job.fails else None
        times = (job.created, job.seconds, job.done)
        told = job.curve.events(times, job.status, job.record, error)
        chosen, more = page(told, call.query, lambda event: event["id"], limit=20)
        return Reply({"object": "list", "data": list(chosen), "has_more": more})

    def checkpoints(self, call: Call) -> Reply:
        job = self.find(call)
        name = job.record.fine_tuned_model
        held = job.curve.checkpoints(name)[::-1] if name else []
        views = [job.curve.checkpoint(*one, job.created + job.seconds) for one in held]
        chosen, more = page(views, call.query, lambda view: view["id"], limit=10)
        ends = [view["id"] for view in chosen] or [None]
        body = {"object": "list", "data": list(chosen), "has_more": more}
        return Reply({**body, "first_id": ends[0], "last_id": ends[-1]})
