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
from ..chat_template import Row
from ..launch import LOG, Log, handed
from ..trained_model import Tuned
from ..types import Trained, TrainJob, Watch
from . import runs
from .client import Server
from .errors import told
from .futures import Deaf, plain, ready, waited
from .optim_step import Step, send
from .recipe import Adapted
from .resume import Begun, begin
from .sampler_slots import unload

AHEAD = 3
"""Steps that are sent before the result of an earlier one is waited for."""
EVERY = 60.0
"""Seconds between states that are saved."""
KEPT = 14 * 24 * 3600
"""Seconds for which the server keeps a state on the way; the finished model it keeps."""
LOOK = 5.0
"""Seconds after which the server is asked whether it has saved what it does not tell of."""
GRACE = 60.0
"""Seconds for which the answer that a state was saved may be late; after that it is lost."""
STOPPING = 30.0
"""Seconds a state may take to be saved when the user has asked to stop."""


class Astray(Exception):
    """A state was saved, and the answer that says so was lost: the run goes on from that state."""


@attrs.define(kw_only=True)
class _Save:
    """A state that was asked for."""

    step: int
    future: Any

    def cancel(self) -> None:
        """Do not send it, where it waits behind something else."""
        plain(self.future).cancel()


def train(
    job: TrainJob, rows: Sequence[Row], folder: Path, server: Server, watch: Watch
) -> Trained:
    """Train `job` in `folder`, or take up what is there.

    Args:
        rows: The job's rows as token ids.

    Raises:
        ProviderError: The server failed; `Refused` where asking again would not help.
        Interrupted: Asked to stop; a state holds what was done.
    """
    log = Log(folder / LOG, job.keep)
    while True:
        course = _Course(job, rows, folder, server, log, watch)
        try:
            return course.run()
        except Astray:
            continue


@attrs.define
class _Course:
    """One run's part of a training."""

    job: TrainJob
    rows: Sequence[Row]
    folder: Path
    server: Server
    log: Log
    watch: Watch
    plan: list[list[int]] = attrs.field(init=False)
    lines: list[metrics_log.Line] = attrs.field(init=False)
    under: deque[Step | _Save] = attrs.field(init=False, factory=deque)
    state: str | None = attrs.field(init=False, default=None)
    kept: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        recipe: Adapted = self.job.hyperparameters
        self.plan = schedule.plan([len(row.ids) for row in self.rows], recipe, self.job.seed)
        self.lines = metrics_log.read(self.folder)

    def run(self) -> Trained:
        """Go on to the end from where the training stands."""
        begun = begin(self.job, self.server, self.log, self.watch)
        self._go_back(begun.step)
        self.state = begun.state
        if begun.model is None:
            started, before = time.monotonic(), self._seconds()
            try:
                self._steps(begun, lambda: before + time.monotonic() - started)
                begun = self._finish(begun)
            except (Astray, MiError):
                raise
            except Exception as error:
                doing = f"the training {self.job.title}"
                raise told(error, self.server.key, doing, lasting=False) from None
            finally:
                self._let_go(begun)
            self.log.add("trained", seconds=round(before + time.monotonic() - started, 3))
        return self._report(begun)

    def _go_back(self, step: int | None) -> None:
        """Cut the curve back to `step`."""
        if step is not None:
            self.kept = step
            self.lines = [line for line in self.lines if line["step"] <= step]
            metrics_log.rewrite(self.folder, self.lines)

    def _steps(self, begun: Begun, seconds: Callable[[], float]) -> None:
        """Take the steps that are left, and save what they come to."""
        try:
            self._send(begun, seconds)
            self._hear(begun, seconds)
        except Interrupted:
            self._stop(begun, seconds)
            raise

    def _send(self, begun: Begun, seconds: Callable[[], float]) -> None:
        assert begun.client is not None
        assert begun.step is not None
        recipe: Adapted = self.job.hyperparameters
        total, saved = len(self.plan), time.monotonic()
        self.watch.start("train", total, unit="step", done=begun.step)
        for number in range(begun.step + 1, total + 1):
            rate = schedule.learning_rate(number - 1, total, recipe)
            batch = [self.rows[row] for row in self.plan[number - 1]]
            self.log.add("sent", step=number, tokens=self._read(self.plan[number - 1]))
            self.under.append(send(begun.client, number, batch, rate, recipe))
            if number in (1, total) or time.monotonic() - saved > EVERY:
                self._hear(begun, seconds)
                self._save(begun, number)
                saved = time.monotonic()
            while sum(isinstance(one, Step) for one in self.under) > AHEAD:
                self._settle(begun, seconds)

    def _hear(self, begun: Begun, seconds: Callable[[], float]) -> None:
        while self.under:
            self._settle(begun, seconds)

    def _save(self, begun: Begun, step: int) -> None:
        assert begun.client is not None
        self.log.add("saving", job=begun.run, step=step)
        name = runs.name(self.job.key, begun.attempt, step)
        kept = KEPT if step < len(self.plan) else None
        self.under.append(_Save(step=step, future=begun.client.save_state(name, ttl_seconds=kept)))

    def _settle(self, begun: Begun, seconds: Callable[[], float]) -> None:
        """Hear of what was sent first."""
        one = self.under[0]
        if isinstance(one, _Save):
            self.state, self.kept = self._heard(begun, one.future, one.step), one.step
            self.log.add("saved", step=one.step, seconds=round(seconds(), 3))
        else:
            line = one.heard(self.watch)
            self.lines.append(line)
            metrics_log.append(self.folder, line)
            self.watch.advance(1, loss=line["loss"])
        self.under.popleft()

    def _heard(self, begun: Begun, future: Any, step: int | None) -> str:
        """The path of what was asked to be saved.

        A server may have saved it, have its answer lost, and refuse the same name from then on. So
        its list is looked at as well: what is there was saved. A state's answer may only be slow,
        and steps sent after it are taken already, so it is waited for before the run is left.
        """
        seen: float | None = None
        while not ready(future, LOOK, self.watch):
            path = self._listed(begun, step)
            if path is None:
                continue
            seen = seen or time.monotonic()
            if step is not None and time.monotonic() - seen < GRACE:
                continue
            plain(future).cancel()
            if step is None:
                return path
            self._drop()
            raise Astray
        return str(plain(future).result().path)

    def _listed(self, begun: Begun, step: int | None) -> str | None:
        model = self.server.calls(self.job.model.name)
        found = runs.runs(self.server, model, self.job.key, self.watch)
        return runs.path(found, begun.run, step)

    def _drop(self) -> None:
        """Send nothing more of what waits behind a lost answer."""
        for one in self.under:
            one.cancel()

    def _stop(self, begun: Begun, seconds: Callable[[], float]) -> None:
        """Save where it stands, if that goes quickly."""
        watch, self.watch = self.watch, Deaf(self.watch, time.monotonic() + STOPPING)
        try:
            with suppress(Exception):
                self._hear(begun, seconds)
                if self.lines and (step := int(self.lines[-1]["step"])) > self.kept:
                    self._save(begun, step)
                    self._hear(begun, seconds)
        finally:
            self.watch = watch

    def _finish(self, begun: Begun) -> Begun:
        """Save the trained model for sampling."""
        assert begun.client is not None
        name = runs.name(self.job.key, begun.attempt, None)
        future = begun.client.save_weights_for_sampler(name)
        return attrs.evolve(begun, model=self._heard(begun, future, None))

    def _let_go(self, begun: Begun) -> None:
        """Give the server its room back; a server that has no such call ends the run with us."""
        if begun.client is not None:
            self._drop()
            with suppress(Exception):
                waited(lambda: unload(begun.client), Deaf(self.watch, time.monotonic() + 5.0))

    def _report(self, begun: Begun) -> Trained:
        assert begun.model is not None
        Tuned(
            model=begun.model,
            account=self.server.fingerprint,
            job=begun.run,
            base=self.job.model.name,
            state=self.state,
        ).write(self.folder)
        tokens = sum(self._read(batch) for batch in self.plan)
        return Trained(
            steps=len(self.plan),
            tokens=tokens,
            trained_tokens=sum(len(self.rows[row].answer) for batch in self.plan for row in batch),
            seconds=self._seconds(),
            loss=metrics_log.last_loss(self.lines) if self.lines else None,
            model=begun.model,
            job=begun.run,
            billed_tokens=max(tokens, handed(self.folder)),  # a run found by its key has no log
        )

    def _read(self, batch: Sequence[int]) -> int:
        return sum(len(self.rows[row].ids) - 1 for row in batch)

    def _seconds(self) -> float:
        line = self.log.last("saved", "trained")
        return float(line["seconds"]) if line else 0.0
