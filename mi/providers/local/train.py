"""LoRA training on the tokens of answers.

A step's loss is the mean over the answer tokens of its batch (nats per token); prompt tokens carry
no loss. The order of rows, the learning rates and the initial adapter follow from the recipe and
the seed, and a step depends on nothing but the state between steps, so a resumed training gives the
adapter and the metrics of an uninterrupted one, bit for bit on one machine.

Three things make it fast: layers below the adapters run once per row and without a graph, rows are
packed without padding behind the tokens they all begin with, and logits are computed at answer
tokens only. `train_step` computes a step.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from ...errors import Interrupted, ProviderError
from .. import metrics_log, schedule
from ..chat_template import TokenizedRow, common_prefix_length, encode_rows
from ..checkpoint_models import checkpoint_dir, snapshot_steps
from ..types import ALL_TURNS, Monitor, TrainingResult, TrainJob
from . import adapter_files, checkpoint, lora
from .checkpoint import TrainingState
from .network import Network
from .recipe import LoraRecipe
from .targets import measure_reach
from .train_step import Trainer

CHECKPOINT_INTERVAL = 15.0  # seconds of work between checkpoints


def train_adapter(
    network: Network, job: TrainJob, weights: str, directory: Path, monitor: Monitor
) -> TrainingResult:
    """Train a job in `directory`, which afterwards holds `adapter/` and `metrics.jsonl`.

    Models of earlier steps are beside them; see `mi.providers.checkpoint_models`.

    Args:
        network: The base model.
        job: Rows, recipe and seed.
        weights: The pin of the base model's content.
        directory: Created if it does not exist; a checkpoint in it is resumed.
        monitor: Shows progress, and may stop the training after a step.

    Raises:
        DataError: A row is malformed or longer than the recipe allows.
        Interrupted: The user asked to stop; a checkpoint holds the steps taken so far.
    """
    digest = checkpoint.job_digest(job, weights)
    if (result := checkpoint.completed_result(directory, digest)) is not None:
        return result
    directory.mkdir(parents=True, exist_ok=True)
    rows = encode_job_rows(network, job)
    with network.lock:
        return _TrainingRun(network, job, rows, digest, directory, monitor).run()


def encode_job_rows(network: Network, job: TrainJob) -> list[TokenizedRow]:
    """Token ids of the job's rows.

    Raises:
        DataError: A row is malformed or longer than the recipe allows; the error names the row.
    """
    recipe: LoraRecipe = job.hyperparameters
    all_turns = recipe.learned_turns == ALL_TURNS
    return encode_rows(
        network.template,
        job.rows,
        recipe.max_length,
        all_turns=all_turns,
        weights=job.row_weights,
    )


def common_prefix(network: Network, job: TrainJob, rows: Sequence[TokenizedRow]) -> tuple[int, ...]:
    """The token ids that every row begins with.

    Args:
        network: The model, for its chat template.
        job: The job, for its chats.
        rows: The chats as token ids, in the same order.
    """
    prefixes = [
        row.ids[: min(network.shared_prefix_length(chat, row.ids), len(row.prompt) - 1)]
        for chat, row in zip(job.rows, rows, strict=True)
    ]
    return prefixes[0][: common_prefix_length(prefixes)]


def _initial_adapter(network: Network, job: TrainJob) -> lora.Adapter:
    """A new adapter, or that of the training which the job continues.

    Raises:
        CorruptError: That adapter is damaged.
        ProviderError: It has another shape than the recipe gives.
    """
    fresh = lora.init_adapter(network.model, job.hyperparameters, job.seed)
    if job.previous is None:
        return fresh
    trained = adapter_files.load_adapter(job.previous / checkpoint.ADAPTER_DIR)
    if trained.shape != fresh.shape:
        raise ProviderError(
            f"the adapter that {job.title} trains on has another shape than its hyperparameters",
            hint="give all stages the same lora_rank, lora_alpha, lora_layers and targets",
        )
    return trained


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
        start = _initial_adapter(self.network, self.job)
        if message := measure_reach(self.network.model, recipe.targets).message():
            self.monitor.message(message)
        state = checkpoint.load_checkpoint(
            self.directory, self.job_digest, self.monitor
        ) or TrainingState({}, [], 0.0)
        metrics_log.rewrite_metrics(self.directory, state.curve)
        models = [replica.model for replica in self.network.pool.replicas]
        targets = adapter_files.peft_targets(self.network.model, start, recipe.targets)
        with lora.attach_adapter(models, start) as modules:
            trainer = Trainer.create(
                self.network,
                modules,
                recipe,
                common_prefix(self.network, self.job, self.rows),
                start,
            )
            trainer.load_state_dict(state.tensors)

            def save_model(directory: Path) -> None:
                adapter = attrs.evolve(start, pairs=trainer.adapter_pairs())
                adapter_files.save_adapter(directory, adapter, targets, self.job.model.name)

            self._run_steps(trainer, steps, state, save_model)
            staging = self.directory / f"{checkpoint.ADAPTER_DIR}.tmp"
            save_model(staging)
        result = self._result(steps, state)
        checkpoint.publish_adapter(self.directory, staging, self.job_digest, result)
        return result

    def _run_steps(
        self,
        trainer: Trainer,
        steps: list[list[int]],
        state: TrainingState,
        save_model: Callable[[Path], None],
    ) -> None:
        kept = {*snapshot_steps(len(steps)), *self.job.model_steps} - {len(steps)}
        self.monitor.start("train", len(steps), unit="step", done=state.step)
        saved_at = started_at = time.monotonic()
        earlier_seconds = state.seconds
        recipe: LoraRecipe = self.job.hyperparameters

        def save() -> None:
            state.tensors = trainer.state_dict()
            state.seconds = earlier_seconds + time.monotonic() - started_at
            checkpoint.save_checkpoint(self.directory, self.job_digest, state)

        for index in range(state.step, len(steps)):
            learning_rate = schedule.learning_rate(index, len(steps), recipe)
            loss, tokens = trainer.step([self.rows[row] for row in steps[index]], learning_rate)
            metrics = {
                "step": index + 1,
                "loss": loss,
                "learning_rate": learning_rate,
                "tokens": tokens,
            }
            state.curve.append(metrics)
            metrics_log.append_metrics(self.directory, metrics)
            if index + 1 in kept:  # before the state, so that a resumed training has it
                self._keep_model(index + 1, save_model)
            self.monitor.advance(1, loss=loss)
            try:
                self.monitor.raise_if_stopped()
            except Interrupted:
                save()
                raise
            if time.monotonic() - saved_at > CHECKPOINT_INTERVAL:
                save()
                saved_at = time.monotonic()
        state.seconds = earlier_seconds + time.monotonic() - started_at

    def _keep_model(self, step: int, save_model: Callable[[Path], None]) -> None:
        directory = checkpoint_dir(self.directory, step)
        staging = directory.with_suffix(".tmp")
        for earlier in (staging, directory):  # of a training that was killed
            shutil.rmtree(earlier, ignore_errors=True)
        save_model(staging / checkpoint.ADAPTER_DIR)
        os.replace(staging, directory)

    def _result(self, steps: list[list[int]], state: TrainingState) -> TrainingResult:
        return TrainingResult(
            steps=len(steps),
            tokens=sum(len(self.rows[row].ids) for step in steps for row in step),
            trained_tokens=int(sum(metrics["tokens"] for metrics in state.curve)),
            seconds=state.seconds,
            loss=metrics_log.final_loss(state.curve),
        )
