"""A training through the Tinker API: the loop is here, the work is the server's.

A step is a batch's gradients and one of Adam. Steps are sent ahead of their results, so that the
server never waits for this process. The state is saved after the first step, then at intervals, and
when the user asks to stop; a run that was killed goes on from the last state in a run of its own,
with the steps, rates and rows that would have come next. A state is asked for only when all of its
steps have been heard of: a server goes on with what stands behind a step that failed.

What the folder holds at the end: `launch.jsonl`, `metrics.jsonl` (a line a step) and `model.json`,
which is all that sampling needs. The log has a line `sent` for every batch that was handed over, so
that what is paid for is known whatever becomes of the training.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

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
from .futures import DeadlineMonitor, run_in_thread, standard_future, wait_until_done
from .optim_step import PendingStep, submit_step
from .recipe import Adapted
from .resume import ActiveRun, start_or_resume
from .sampler_slots import unload_model

MAX_STEPS_AHEAD = 3
"""Steps that are sent before the result of an earlier one is waited for."""
SAVE_INTERVAL = 60.0
"""Seconds between states that are saved."""
STATE_TTL = 14 * 24 * 3600
"""Seconds for which the server keeps a state on the way; the finished model it keeps."""
LIST_INTERVAL = 5.0
"""Seconds after which the server is asked whether it has saved what it does not tell of."""
SAVE_GRACE = 60.0
"""Seconds for which the answer that a state was saved may be late; after that it is lost."""
STOP_TIMEOUT = 30.0
"""Seconds a state may take to be saved when the user has asked to stop."""


class SaveReplyLost(Exception):
    """A state was saved, and the answer that says so was lost: the run goes on from that state."""


@attrs.define(kw_only=True)
class _PendingSave:
    """A state that was asked for."""

    step: int
    future: Any

    def cancel(self) -> None:
        """Do not send it, where it waits behind something else."""
        standard_future(self.future).cancel()


def run_training(
    job: TrainJob, rows: Sequence[TokenizedRow], directory: Path, server: Server, monitor: Monitor
) -> TrainingResult:
    """Train `job` in `folder`, or take up what is there.

    Args:
        rows: The job's rows as token ids.

    Raises:
        ProviderError: The server failed; `Refused` where asking again would not help.
        Interrupted: Asked to stop; a state holds what was done.
    """
    log = LaunchLog(directory / LAUNCH_LOG, job.checkpoint)
    while True:
        course = _TrainingLoop(job, rows, directory, server, log, monitor)
        try:
            return course.run()
        except SaveReplyLost:
            continue


@attrs.define
class _TrainingLoop:
    """One run's part of a training."""

    job: TrainJob
    rows: Sequence[TokenizedRow]
    directory: Path
    server: Server
    log: LaunchLog
    monitor: Monitor
    plan: list[list[int]] = attrs.field(init=False)
    lines: list[metrics_log.MetricsRow] = attrs.field(init=False)
    pending: deque[PendingStep | _PendingSave] = attrs.field(init=False, factory=deque)
    state: str | None = attrs.field(init=False, default=None)
    saved_step: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        recipe: Adapted = self.job.hyperparameters
        self.plan = schedule.plan_batches(
            [len(row.ids) for row in self.rows], recipe, self.job.seed
        )
        self.lines = metrics_log.read_metrics(self.directory)

    def run(self) -> TrainingResult:
        """Go on to the end from where the training stands."""
        begun = start_or_resume(self.job, self.server, self.log, self.monitor)
        self._truncate_metrics(begun.step)
        self.state = begun.state
        if begun.model is None:
            started, before = time.monotonic(), self._work_seconds()
            try:
                self._run_steps(begun, lambda: before + time.monotonic() - started)
                begun = self._save_model(begun)
            except (SaveReplyLost, MiError):
                raise
            except Exception as error:
                doing = f"the training {self.job.title}"
                raise translate_error(error, self.server.key, doing, permanent=False) from None
            finally:
                self._unload(begun)
            self.log.append("trained", seconds=round(before + time.monotonic() - started, 3))
        return self._result(begun)

    def _truncate_metrics(self, step: int | None) -> None:
        """Cut the curve back to `step`."""
        if step is not None:
            self.saved_step = step
            self.lines = [line for line in self.lines if line["step"] <= step]
            metrics_log.rewrite_metrics(self.directory, self.lines)

    def _run_steps(self, active: ActiveRun, seconds: Callable[[], float]) -> None:
        """Take the steps that are left, and save what they come to."""
        try:
            self._submit_steps(active, seconds)
            self._settle_all(active, seconds)
        except Interrupted:
            self._save_before_stop(active, seconds)
            raise

    def _submit_steps(self, active: ActiveRun, seconds: Callable[[], float]) -> None:
        assert active.client is not None
        assert active.step is not None
        recipe: Adapted = self.job.hyperparameters
        total, saved = len(self.plan), time.monotonic()
        self.monitor.start("train", total, unit="step", done=active.step)
        for number in range(active.step + 1, total + 1):
            rate = schedule.learning_rate(number - 1, total, recipe)
            batch = [self.rows[row] for row in self.plan[number - 1]]
            self.log.append("sent", step=number, tokens=self._input_tokens(self.plan[number - 1]))
            self.pending.append(submit_step(active.client, number, batch, rate, recipe))
            if number in (1, total) or time.monotonic() - saved > SAVE_INTERVAL:
                self._settle_all(active, seconds)
                self._submit_save(active, number)
                saved = time.monotonic()
            while sum(isinstance(one, PendingStep) for one in self.pending) > MAX_STEPS_AHEAD:
                self._settle_next(active, seconds)

    def _settle_all(self, active: ActiveRun, seconds: Callable[[], float]) -> None:
        while self.pending:
            self._settle_next(active, seconds)

    def _submit_save(self, active: ActiveRun, step: int) -> None:
        assert active.client is not None
        self.log.append("saving", job=active.run_id, step=step)
        name = runs.checkpoint_name(self.job.key, active.attempt, step)
        kept = STATE_TTL if step < len(self.plan) else None
        self.pending.append(
            _PendingSave(step=step, future=active.client.save_state(name, ttl_seconds=kept))
        )

    def _settle_next(self, active: ActiveRun, seconds: Callable[[], float]) -> None:
        """Hear of what was sent first."""
        one = self.pending[0]
        if isinstance(one, _PendingSave):
            self.state, self.saved_step = (
                self._wait_saved_path(active, one.future, one.step),
                one.step,
            )
            self.log.append("saved", step=one.step, seconds=round(seconds(), 3))
        else:
            line = one.wait(self.monitor)
            self.lines.append(line)
            metrics_log.append_metrics(self.directory, line)
            self.monitor.advance(1, loss=line["loss"])
        self.pending.popleft()

    def _wait_saved_path(self, active: ActiveRun, future: Any, step: int | None) -> str:
        """The path of what was asked to be saved.

        A server may have saved it, have its answer lost, and refuse the same name from then on. So
        its list is looked at as well: what is there was saved. A state's answer may only be slow,
        and steps sent after it are taken already, so it is waited for before the run is left.
        """
        seen: float | None = None
        while not wait_until_done(future, LIST_INTERVAL, self.monitor):
            path = self._listed_path(active, step)
            if path is None:
                continue
            seen = seen or time.monotonic()
            if step is not None and time.monotonic() - seen < SAVE_GRACE:
                continue
            standard_future(future).cancel()
            if step is None:
                return path
            self._cancel_pending()
            raise SaveReplyLost
        return str(standard_future(future).result().path)

    def _listed_path(self, active: ActiveRun, step: int | None) -> str | None:
        model = self.server.served_name(self.job.model.name)
        found = runs.list_runs(self.server, model, self.job.key, self.monitor)
        return runs.checkpoint_path(found, active.run_id, step)

    def _cancel_pending(self) -> None:
        """Send nothing more of what waits behind a lost answer."""
        for one in self.pending:
            one.cancel()

    def _save_before_stop(self, active: ActiveRun, seconds: Callable[[], float]) -> None:
        """Save where it stands, if that goes quickly."""
        watch, self.monitor = (
            self.monitor,
            DeadlineMonitor(self.monitor, time.monotonic() + STOP_TIMEOUT),
        )
        try:
            with suppress(Exception):
                self._settle_all(active, seconds)
                if self.lines and (step := int(self.lines[-1]["step"])) > self.saved_step:
                    self._submit_save(active, step)
                    self._settle_all(active, seconds)
        finally:
            self.monitor = watch

    def _save_model(self, active: ActiveRun) -> ActiveRun:
        """Save the trained model for sampling."""
        assert active.client is not None
        name = runs.checkpoint_name(self.job.key, active.attempt, None)
        future = active.client.save_weights_for_sampler(name)
        return attrs.evolve(active, model=self._wait_saved_path(active, future, None))

    def _unload(self, active: ActiveRun) -> None:
        """Give the server its room back; a server that has no such call ends the run with us."""
        if active.client is not None:
            self._cancel_pending()
            with suppress(Exception):
                run_in_thread(
                    lambda: unload_model(active.client),
                    DeadlineMonitor(self.monitor, time.monotonic() + 5.0),
                )

    def _result(self, active: ActiveRun) -> TrainingResult:
        assert active.model is not None
        TrainedModel(
            model=active.model,
            account=self.server.fingerprint,
            job=active.run_id,
            base=self.job.model.name,
            state=self.state,
        ).write(self.directory)
        tokens = sum(self._input_tokens(batch) for batch in self.plan)
        return TrainingResult(
            steps=len(self.plan),
            tokens=tokens,
            trained_tokens=sum(len(self.rows[row].answer) for batch in self.plan for row in batch),
            seconds=self._work_seconds(),
            loss=metrics_log.final_loss(self.lines) if self.lines else None,
            model=active.model,
            job=active.run_id,
            billed_tokens=max(
                tokens, sent_tokens(self.directory)
            ),  # a run found by its key has no log
        )

    def _input_tokens(self, batch: Sequence[int]) -> int:
        return sum(len(self.rows[row].ids) - 1 for row in batch)

    def _work_seconds(self) -> float:
        line = self.log.last_entry("saved", "trained")
        return float(line["seconds"]) if line else 0.0
