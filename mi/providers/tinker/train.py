"""A training through the Tinker API: the loop runs here, the work at the server.

A step is the gradients of a batch and an Adam update. Steps are sent ahead of their results, so
that the server never waits for this process. The training state is saved after the first step, then
at intervals, and when the user asks to stop. A killed training resumes from its last state in a new
run, with the steps, learning rates and rows that would have come next. A state is requested only
when the results of all its steps have arrived, because a server continues with the requests behind
a step that failed.

At the end the directory holds `launch.jsonl`, `metrics.jsonl` (a line per step) and `model.json`,
which is all that sampling needs. The launch log has a `sent` line for every batch that was
submitted, so that the cost is known however the training ends.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import attrs

from ...errors import Interrupted, MiError
from .. import metrics_log, schedule
from ..chat_template import TokenizedRow
from ..launch import LAUNCH_LOG, LaunchLog, sent_tokens
from ..trained_model import TrainedModel
from ..types import Monitor, TrainingResult, TrainJob
from . import runs
from .client import Server
from .errors import translate_error
from .futures import DeadlineMonitor, run_in_thread
from .optim_step import PendingStep, submit_step
from .pending_save import PendingSave, SaveReplyLost
from .recipe import Adapted
from .resume import ActiveRun, start_or_resume
from .sampler_slots import unload_quietly

logger = logging.getLogger(__name__)

MAX_STEPS_AHEAD = 3
"""Steps that are sent before the result of an earlier one has arrived."""
SAVE_INTERVAL = 60.0
"""Seconds between saved training states."""
STATE_TTL = 14 * 24 * 3600
"""Seconds for which the server keeps an intermediate state; it keeps the finished model."""
STOP_TIMEOUT = 30.0
"""Seconds that saving a state may take when the user has asked to stop."""


def run_training(
    job: TrainJob, rows: Sequence[TokenizedRow], directory: Path, server: Server, monitor: Monitor
) -> TrainingResult:
    """Run a training to its end, resuming what `directory` and the server hold of it.

    Args:
        job: The training.
        rows: The job's rows as token ids.
        directory: The unit's working directory.
        server: Where the training runs.
        monitor: Shows progress, and may stop the training.

    Raises:
        ProviderError: The server failed; `RequestRejected` if a retry would fail the same way.
        Interrupted: The user asked to stop; a saved state holds the steps taken so far.
    """
    log = LaunchLog(directory / LAUNCH_LOG, job.checkpoint)
    while True:
        loop = _TrainingLoop(job, rows, directory, server, log, monitor)
        try:
            return loop.run()
        except SaveReplyLost:
            logger.info("%s: the reply to a save was lost; resuming from that state", job.title)


@attrs.define
class _TrainingLoop:
    """The part of a training that one run at the server performs.

    Args:
        job: The training.
        rows: The job's rows as token ids.
        directory: The unit's working directory.
        server: Where the training runs.
        log: The unit's launches.
        monitor: Shows progress, and may stop the training.
        batches: Row indices of every step.
        metrics: One row per step whose result has arrived.
        pending: Submitted steps and saves, the oldest first.
        state: Path of the latest saved state.
        saved_step: Its step.
        started_at: When this loop began to train, a time of `time.monotonic`.
        earlier_seconds: Training time of the states that this run resumed from.
    """

    job: TrainJob
    rows: Sequence[TokenizedRow]
    directory: Path
    server: Server
    log: LaunchLog
    monitor: Monitor
    batches: list[list[int]] = attrs.field(init=False)
    metrics: list[metrics_log.MetricsRow] = attrs.field(init=False)
    pending: deque[PendingStep | PendingSave] = attrs.field(init=False, factory=deque)
    state: str | None = attrs.field(init=False, default=None)
    saved_step: int = attrs.field(init=False, default=0)
    started_at: float = attrs.field(init=False, default=0.0)
    earlier_seconds: float = attrs.field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        recipe: Adapted = self.job.hyperparameters
        lengths = [len(row.ids) for row in self.rows]
        self.batches = schedule.plan_batches(lengths, recipe, self.job.seed)
        self.metrics = metrics_log.read_metrics(self.directory)

    def run(self) -> TrainingResult:
        """Run the remaining steps, save the model and record it."""
        run = start_or_resume(self.job, self.server, self.log, self.monitor)
        self._truncate_metrics(run.step)
        self.state = run.state
        if run.model is None:
            self.started_at, self.earlier_seconds = time.monotonic(), self._recorded_seconds()
            try:
                self._run_steps(run)
                run = self._save_model(run)
            except (SaveReplyLost, MiError):
                raise
            except Exception as error:
                action = f"the training {self.job.title}"
                raise translate_error(error, self.server.key, action, permanent=False) from None
            finally:
                self._unload(run)
            self.log.append("trained", seconds=self._seconds())
        return self._result(run)

    def _truncate_metrics(self, step: int | None) -> None:
        """Drop metrics of steps that the resumed state does not contain."""
        if step is not None:
            self.saved_step = step
            self.metrics = [row for row in self.metrics if row["step"] <= step]
            metrics_log.rewrite_metrics(self.directory, self.metrics)

    def _run_steps(self, run: ActiveRun) -> None:
        """Run the remaining steps; if the user asks to stop, save the state first."""
        try:
            self._submit_steps(run)
            self._settle_all(run)
        except Interrupted:
            self._save_before_stop(run)
            raise

    def _submit_steps(self, run: ActiveRun) -> None:
        assert run.client is not None
        assert run.step is not None
        recipe: Adapted = self.job.hyperparameters
        total, saved_at = len(self.batches), time.monotonic()
        self.monitor.start("train", total, unit="step", done=run.step)
        for number in range(run.step + 1, total + 1):
            learning_rate = schedule.learning_rate(number - 1, total, recipe)
            batch = self.batches[number - 1]
            rows = [self.rows[row] for row in batch]
            self.log.append("sent", step=number, tokens=self._input_tokens(batch))
            self.pending.append(submit_step(run.client, number, rows, learning_rate, recipe))
            if number in (1, total) or time.monotonic() - saved_at > SAVE_INTERVAL:
                self._settle_all(run)
                self._submit_save(run, number)
                saved_at = time.monotonic()
            while sum(isinstance(item, PendingStep) for item in self.pending) > MAX_STEPS_AHEAD:
                self._settle_next(run)

    def _settle_all(self, run: ActiveRun) -> None:
        while self.pending:
            self._settle_next(run)

    def _submit_save(self, run: ActiveRun, step: int) -> None:
        assert run.client is not None
        self.log.append("saving", job=run.run_id, step=step)
        name = runs.checkpoint_name(self.job.key, run.attempt, step)
        ttl_seconds = STATE_TTL if step < len(self.batches) else None
        future = run.client.save_state(name, ttl_seconds=ttl_seconds)
        self.pending.append(PendingSave(step=step, future=future))

    def _settle_next(self, run: ActiveRun) -> None:
        """Wait for the oldest pending step or save, and record its result."""
        item = self.pending[0]
        if isinstance(item, PendingSave):
            assert item.step is not None
            self.state = self._wait_save(run, item)
            self.saved_step = item.step
            self.log.append("saved", step=item.step, seconds=self._seconds())
        else:
            row = item.wait(self.monitor)
            self.metrics.append(row)
            metrics_log.append_metrics(self.directory, row)
            self.monitor.advance(1, loss=row["loss"])
        self.pending.popleft()

    def _wait_save(self, run: ActiveRun, save: PendingSave) -> str:
        try:
            return save.wait(self.job, self.server, run, self.monitor)
        except SaveReplyLost:
            self._cancel_pending()
            raise

    def _cancel_pending(self) -> None:
        """Send no more of the requests that the SDK still holds back."""
        for item in self.pending:
            item.cancel()

    def _save_before_stop(self, run: ActiveRun) -> None:
        """Save the current state, if that takes less than `STOP_TIMEOUT`."""
        monitor = self.monitor
        self.monitor = DeadlineMonitor(monitor, time.monotonic() + STOP_TIMEOUT)
        try:
            with suppress(Exception):
                self._settle_all(run)
                if self.metrics and (step := int(self.metrics[-1]["step"])) > self.saved_step:
                    self._submit_save(run, step)
                    self._settle_all(run)
        finally:
            self.monitor = monitor

    def _save_model(self, run: ActiveRun) -> ActiveRun:
        """Save the trained model for sampling."""
        assert run.client is not None
        name = runs.checkpoint_name(self.job.key, run.attempt, None)
        save = PendingSave(step=None, future=run.client.save_weights_for_sampler(name))
        return attrs.evolve(run, model=self._wait_save(run, save))

    def _unload(self, run: ActiveRun) -> None:
        """Free the server's memory; a server without such a call ends the run with this process."""
        if run.client is not None:
            self._cancel_pending()
            deadline = DeadlineMonitor(self.monitor, time.monotonic() + 5.0)
            with suppress(Exception):
                run_in_thread(lambda: unload_quietly(run.client), deadline)

    def _result(self, run: ActiveRun) -> TrainingResult:
        assert run.model is not None
        TrainedModel(
            model=run.model,
            account=self.server.fingerprint,
            job=run.run_id,
            base=self.job.model.name,
            state=self.state,
        ).write(self.directory)
        tokens = sum(self._input_tokens(batch) for batch in self.batches)
        answer_tokens = (len(self.rows[row].learned) for batch in self.batches for row in batch)
        return TrainingResult(
            steps=len(self.batches),
            tokens=tokens,
            trained_tokens=sum(answer_tokens),
            seconds=self._recorded_seconds(),
            loss=metrics_log.final_loss(self.metrics) if self.metrics else None,
            model=run.model,
            job=run.run_id,
            # The log of a run that was found by its key lacks the batches sent elsewhere.
            billed_tokens=max(tokens, sent_tokens(self.directory)),
        )

    def _input_tokens(self, batch: Sequence[int]) -> int:
        return sum(len(self.rows[row].ids) - 1 for row in batch)

    def _seconds(self) -> float:
        """Seconds of training so far, those of earlier runs included."""
        return round(self.earlier_seconds + time.monotonic() - self.started_at, 3)

    def _recorded_seconds(self) -> float:
        entry = self.log.last_entry("saved", "trained")
        return float(entry["seconds"]) if entry else 0.0
