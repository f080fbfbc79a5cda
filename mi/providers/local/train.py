"""LoRA training on the answers' tokens.

A step's loss is the mean over the answer tokens of its batch (nats per token); prompts are read,
never learned. The order of rows, the learning rates and the adapters' first values follow from the
seed, and a step depends on nothing but the state between steps, so a resumed training gives the
adapter and the curve of an uninterrupted one, bit for bit on one machine.

What makes it quick: layers below the adapters run once per row and without a graph, rows lie side
by side without padding behind the tokens that open all of them, and the vocabulary's logits are
computed at answer tokens only. A step is cut into parts that depend on its rows alone, each the
work of one core; their gradients are added in the parts' order, so the number of cores changes no
bit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import attrs

from ...errors import Interrupted
from .. import metrics_log, schedule
from ..chat_template import Row, common, encoded
from ..types import Trained, TrainJob, Watch
from . import checkpoint, lora
from .checkpoint import Progress
from .network import Network
from .recipe import LoraRecipe
from .train_step import Learner

EVERY = 15.0  # seconds of work between checkpoints


def train(network: Network, job: TrainJob, weights: str, folder: Path, watch: Watch) -> Trained:
    """Train `job` in `folder`, which ends with `adapter/` and `metrics.jsonl` in it.

    Args:
        network: The base model.
        weights: What pins the base model's content.

    Raises:
        DataError: A row is malformed or longer than the recipe allows.
        Interrupted: Asked to stop; a checkpoint holds what was done.
    """
    name = checkpoint.digest(job, weights)
    if (done := checkpoint.finished(folder, name)) is not None:
        return done
    folder.mkdir(parents=True, exist_ok=True)
    rows = encode(network, job)
    with network.lock:
        return _Run(network, job, rows, name, folder, watch).run()


def encode(network: Network, job: TrainJob) -> list[Row]:
    """Token ids of the job's rows; errors name the row."""
    return encoded(network.template, job.rows, job.hyperparameters.max_length)


def shared(network: Network, job: TrainJob, rows: Sequence[Row]) -> tuple[int, ...]:
    """The tokens that open every row."""
    heads = [
        row.ids[: min(network.template.prefix(chat, row.ids), len(row.prompt) - 1)]
        for chat, row in zip(job.rows, rows, strict=True)
    ]
    return heads[0][: common(heads)]


@attrs.define
class _Run:
    network: Network
    job: TrainJob
    rows: list[Row]
    name: str
    folder: Path
    watch: Watch

    def run(self) -> Trained:
        recipe: LoraRecipe = self.job.hyperparameters
        steps = schedule.plan([len(row.ids) for row in self.rows], recipe, self.job.seed)
        start = lora.fresh(self.network.model, recipe, self.job.seed)
        progress = checkpoint.load(self.folder, self.name, self.watch) or Progress({}, [], 0.0)
        metrics_log.rewrite(self.folder, progress.curve)
        twins = [member.model for member in self.network.crew.members]
        with lora.trainable(twins, start) as modules:
            learner = Learner.make(
                self.network, modules, recipe, shared(self.network, self.job, self.rows), start
            )
            learner.restore(progress.tensors)
            self._steps(learner, steps, progress)
            adapter = attrs.evolve(start, pairs=learner.pairs())
        trained = self._report(steps, progress)
        aside = self.folder / f"{checkpoint.ADAPTER}.tmp"
        lora.save(aside, adapter, recipe.targets, self.job.model.name)
        checkpoint.publish(self.folder, aside, self.name, trained)
        return trained

    def _steps(self, learner: Learner, steps: list[list[int]], progress: Progress) -> None:
        self.watch.start("train", len(steps), unit="step", done=progress.step)
        saved = begun = time.monotonic()
        before = progress.seconds
        recipe: LoraRecipe = self.job.hyperparameters

        def keep() -> None:
            progress.tensors = learner.state()
            progress.seconds = before + time.monotonic() - begun
            checkpoint.save(self.folder, self.name, progress)

        for index in range(progress.step, len(steps)):
            rate = schedule.learning_rate(index, len(steps), recipe)
            loss, tokens = learner.step([self.rows[row] for row in steps[index]], rate)
            line = {"step": index + 1, "loss": loss, "learning_rate": rate, "tokens": tokens}
            progress.curve.append(line)
            metrics_log.append(self.folder, line)
            self.watch.advance(1, loss=loss)
            try:
                self.watch.check()
            except Interrupted:
                keep()
                raise
            if time.monotonic() - saved > EVERY:
                keep()
                saved = time.monotonic()
        progress.seconds = before + time.monotonic() - begun

    def _report(self, steps: list[list[int]], progress: Progress) -> Trained:
        return Trained(
            steps=len(steps),
            tokens=sum(len(self.rows[row].ids) for step in steps for row in step),
            trained_tokens=int(sum(line["tokens"] for line in progress.curve)),
            seconds=progress.seconds,
            loss=metrics_log.last_loss(progress.curve),
        )
