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
from ..chat_template import TokenizedRow, common_prefix_length, encode_rows
from ..types import Monitor, TrainingResult, TrainJob
from . import checkpoint, lora
from .checkpoint import TrainingState
from .network import Network
from .recipe import LoraRecipe
from .train_step import Trainer

CHECKPOINT_INTERVAL = 15.0  # seconds of work between checkpoints


def train_adapter(
    network: Network, job: TrainJob, weights: str, directory: Path, monitor: Monitor
) -> TrainingResult:
    """Train `job` in `folder`, which ends with `adapter/` and `metrics.jsonl` in it.

    Args:
        network: The base model.
        weights: What pins the base model's content.

    Raises:
        DataError: A row is malformed or longer than the recipe allows.
        Interrupted: Asked to stop; a checkpoint holds what was done.
    """
    name = checkpoint.job_digest(job, weights)
    if (done := checkpoint.completed_result(directory, name)) is not None:
        return done
    directory.mkdir(parents=True, exist_ok=True)
    rows = encode_job_rows(network, job)
    with network.lock:
        return _TrainingRun(network, job, rows, name, directory, monitor).run()


def encode_job_rows(network: Network, job: TrainJob) -> list[TokenizedRow]:
    """Token ids of the job's rows; errors name the row."""
    return encode_rows(network.template, job.rows, job.hyperparameters.max_length)


def common_prefix(network: Network, job: TrainJob, rows: Sequence[TokenizedRow]) -> tuple[int, ...]:
    """The tokens that open every row."""
    heads = [
        row.ids[: min(network.template.shared_prefix_length(chat, row.ids), len(row.prompt) - 1)]
        for chat, row in zip(job.rows, rows, strict=True)
    ]
    return heads[0][: common_prefix_length(heads)]


@attrs.define
class _TrainingRun:
    network: Network
    job: TrainJob
    rows: list[TokenizedRow]
    job_digest: str
    directory: Path
    monitor: Monitor

    def run(self) -> TrainingResult:
        recipe: LoraRecipe = self.job.hyperparameters
        steps = schedule.plan_batches([len(row.ids) for row in self.rows], recipe, self.job.seed)
        start = lora.init_adapter(self.network.model, recipe, self.job.seed)
        progress = checkpoint.load_checkpoint(
            self.directory, self.job_digest, self.monitor
        ) or TrainingState({}, [], 0.0)
        metrics_log.rewrite_metrics(self.directory, progress.curve)
        twins = [member.model for member in self.network.pool.replicas]
        with lora.attach_adapter(twins, start) as modules:
            learner = Trainer.create(
                self.network,
                modules,
                recipe,
                common_prefix(self.network, self.job, self.rows),
                start,
            )
            learner.load_state_dict(progress.tensors)
            self._run_steps(learner, steps, progress)
            adapter = attrs.evolve(start, pairs=learner.adapter_pairs())
        trained = self._result(steps, progress)
        aside = self.directory / f"{checkpoint.ADAPTER_DIR}.tmp"
        lora.save_adapter(aside, adapter, recipe.targets, self.job.model.name)
        checkpoint.publish_adapter(self.directory, aside, self.job_digest, trained)
        return trained

    def _run_steps(self, trainer: Trainer, steps: list[list[int]], state: TrainingState) -> None:
        self.monitor.start("train", len(steps), unit="step", done=state.step)
        saved = begun = time.monotonic()
        before = state.seconds
        recipe: LoraRecipe = self.job.hyperparameters

        def keep() -> None:
            state.tensors = trainer.state_dict()
            state.seconds = before + time.monotonic() - begun
            checkpoint.save_checkpoint(self.directory, self.job_digest, state)

        for index in range(state.step, len(steps)):
            rate = schedule.learning_rate(index, len(steps), recipe)
            loss, tokens = trainer.step([self.rows[row] for row in steps[index]], rate)
            line = {"step": index + 1, "loss": loss, "learning_rate": rate, "tokens": tokens}
            state.curve.append(line)
            metrics_log.append_metrics(self.directory, line)
            self.monitor.advance(1, loss=loss)
            try:
                self.monitor.raise_if_stopped()
            except Interrupted:
                keep()
                raise
            if time.monotonic() - saved > CHECKPOINT_INTERVAL:
                keep()
                saved = time.monotonic()
        state.seconds = before + time.monotonic() - begun

    def _result(self, steps: list[list[int]], state: TrainingState) -> TrainingResult:
        return TrainingResult(
            steps=len(steps),
            tokens=sum(len(self.rows[row].ids) for step in steps for row in step),
            trained_tokens=int(sum(line["tokens"] for line in state.curve)),
            seconds=state.seconds,
            loss=metrics_log.final_loss(state.curve),
        )
