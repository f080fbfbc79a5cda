"""One fine-tuning job: where it is by the clock, and how the API shows it."""

from __future__ import annotations

import time
from typing import Any

import attrs

from tests.support.fake_openai.books import JobRecord
from tests.support.fake_openai.curve import Curve

QUEUED, RUNNING = 0.1, 0.2  # shares of the whole time at which a job gets there
AUTO = {"n_epochs": 3, "learning_rate_multiplier": 1.8}


@attrs.define(kw_only=True)
class Job:
    """A job: `fails` is how it will end if nobody stops it; None: well."""

    record: JobRecord
    training_file: str
    file_tokens: int
    created: float
    seconds: float
    fails: dict[str, Any] | None
    ended: float | None = None
    result: str | None = None

    @property
    def done(self) -> float:
        """The share of its time that has gone by."""
        end = time.time() if self.ended is None else self.ended
        return min(1.0, (end - self.created) / self.seconds) if self.seconds else 1.0

    @property
    def status(self) -> str:
        if self.ended is not None:
            return self.record.status
        if self.done < QUEUED:
            return "validating_files"
        return "queued" if self.done < RUNNING else "running"

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """As the server would choose them, where "auto" was asked for."""
        auto = {"batch_size": max(1, round(self.record.rows * 0.002)), **AUTO}
        asked = self.record.hyperparameters
        return {name: auto[name] if asked[name] == "auto" else asked[name] for name in asked}

    @property
    def curve(self) -> Curve:
        chosen = self.hyperparameters
        return Curve(
            job=self.record.id,
            rows=self.record.rows,
            epochs=chosen["n_epochs"],
            batch_size=chosen["batch_size"],
            seed=self.record.seed,
        )

    def view(self) -> dict[str, Any]:
        record, status = self.record, self.status
        chosen = record.hyperparameters
        if status not in ("validating_files", "queued"):
            chosen = self.hyperparameters
        return {
            "object": "fine_tuning.job",
            "id": record.id,
            "model": record.model,
            "created_at": int(self.created),
            "finished_at": None if self.ended is None else int(self.ended),
            "fine_tuned_model": record.fine_tuned_model,
            "organization_id": record.account,
            "result_files": [self.result] if self.result else [],
            "status": status,
            "training_file": self.training_file,
            "validation_file": None,
            "hyperparameters": chosen,
            "trained_tokens": record.trained_tokens,
            "error": self.fails if status == "failed" else None,
            "integrations": [],
            "seed": record.seed,
            "estimated_finish": int(self.created + self.seconds) if status == "running" else None,
            "method": {"type": "supervised", "supervised": {"hyperparameters": chosen}},
            "metadata": record.metadata,
        }
