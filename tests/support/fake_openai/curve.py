"""What a fine-tuning job tells while it runs: losses, events, checkpoints, the result file."""

from __future__ import annotations

import base64
import math
import random
from typing import Any

import attrs

from tests.support.fake_openai.books import JobRecord
from tests.support.fake_openai.wire import new_id

KEPT_EPOCHS = 3


@attrs.frozen(kw_only=True)
class Curve:
    """The loss of a job, step by step: an exponential decay with a little noise."""

    job: str
    rows: int
    epochs: int
    batch_size: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(self.rows / self.batch_size)

    @property
    def steps(self) -> int:
        return self.steps_per_epoch * self.epochs

    def at(self, step: int) -> dict[str, float]:
        noise = random.Random(f"{self.seed}|{step}").uniform(-0.05, 0.05)
        loss = 0.5 + 1.5 * math.exp(-3 * step / self.steps) + noise
        return {
            "step": step,
            "train_loss": round(loss, 5),
            "train_mean_token_accuracy": round(math.exp(-loss / 2), 5),
        }

    def csv(self) -> bytes:
        """The result file, in base64 as the API serves it."""
        lines = ["step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"]
        for step in range(1, self.steps + 1):
            at = self.at(step)
            lines.append(f"{step},{at['train_loss']},{at['train_mean_token_accuracy']},,")
        return base64.b64encode(("\n".join(lines) + "\n").encode())

    def checkpoints(self, model: str) -> list[tuple[str, int]]:
        """Names and steps of the models kept, one each of the last epochs; the last is `model`."""
        last = range(max(1, self.epochs - KEPT_EPOCHS + 1), self.epochs + 1)
        steps = [epoch * self.steps_per_epoch for epoch in last]
        names = [*(f"{model}:ckpt-step-{step}" for step in steps[:-1]), model]
        return list(zip(names, steps, strict=True))

    def checkpoint(self, name: str, step: int, now: float) -> dict[str, Any]:
        return {
            "object": "fine_tuning.job.checkpoint",
            "id": new_id("ftckpt_", self.job, step),
            "created_at": int(now),
            "fine_tuned_model_checkpoint": name,
            "fine_tuning_job_id": self.job,
            "metrics": self.at(step),
            "step_number": step,
        }

    def events(
        self,
        times: tuple[float, float, float],
        status: str,
        record: JobRecord,
        error: str | None,
    ) -> list[dict[str, Any]]:
        """The events so far, newest first; `times`: creation, seconds it takes, share done."""
        created, seconds, done = times
        told: list[tuple[float, str, dict[str, float] | None]] = [
            (0.0, f"Created fine-tuning job: {self.job}", None),
            (0.0, f"Validating training file: {record.sha256[:12]}", None),
            (0.1, "Files validated, moving job to queued state", None),
            (0.2, "Fine-tuning job started", None),
        ]
        if not error:
            for step in range(1, self.steps + 1):
                at = self.at(step)
                when = 0.2 + 0.8 * step / self.steps
                message = f"Step {step}/{self.steps}: training loss={at['train_loss']:.2f}"
                told.append((when, message, {**at, "total_steps": self.steps}))
        told = [event for event in told if event[0] <= done]
        if status == "succeeded":
            told.append((1.0, f"New fine-tuned model created: {record.fine_tuned_model}", None))
            told.append((1.0, "The job has successfully completed", None))
        elif status in ("failed", "cancelled"):
            told.append((1.0, error or "The job was cancelled", None))
        events = []
        for number, (when, message, data) in enumerate(told):
            event = {
                "object": "fine_tuning.job.event",
                "id": new_id("ftevent-", self.job, number),
                "created_at": int(created + when * seconds),
                "level": "error" if message == error else "info",
                "message": message,
                "type": "metrics" if data else "message",
                "data": data or {},
            }
            events.append(event)
        return events[::-1]
