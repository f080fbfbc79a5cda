"""LoRA training on the answers' tokens.

A step's loss is the mean over the answer tokens of its batch (nats per token); prompts are read,
never learned. The order of rows, the learning rates and the adapters' first values follow from the
seed, and a step depends on nothing but the state between steps, so a resumed training gives the
adapter and the curve of an uninterrupted one, bit for bit on one machine.

What makes it quick: layers below the adapters run once per row and without a graph, the tokens that
open every row run once per step, and the vocabulary's logits are computed at answer tokens only.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from ...errors import DataError, Interrupted
from ..base import Trained, TrainJob, Watch
from . import batches, checkpoint, lora
from .chat import Row, common
from .checkpoint import Progress
from .network import Network
from .recipe import LoraRecipe

EVERY = 15.0  # seconds of work between checkpoints
LOGITS = 30 << 20  # bytes of logits held at a time: blocks an allocator keeps and hands out again


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
    rows = []
    longest = job.hyperparameters.max_length
    for index, chat in enumerate(job.rows):
        try:
            row = network.template.row(chat)
        except DataError as error:
            raise DataError(error.message, where=f"row {index}", hint=error.hint) from None
        if len(row.ids) > longest:
            raise DataError(
                f"the row is {len(row.ids)} tokens long; max_length is {longest}",
                where=f"row {index}",
                hint="raise max_length, or leave the row out of the data",
            )
        rows.append(row)
    if not rows:
        raise DataError("there are no rows to train on")
    return rows


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
        steps = batches.plan([len(row.ids) for row in self.rows], recipe, self.job.seed)
        start = lora.fresh(self.network.model, recipe, self.job.seed)
        progress = checkpoint.load(self.folder, self.name, self.watch) or Progress({}, [], 0.0)
        checkpoint.rewrite_curve(self.folder, progress.curve)
        with lora.trainable(self.network.model, start) as modules:
            learner = _Learner.make(
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

    def _steps(self, learner: _Learner, steps: list[list[int]], progress: Progress) -> None:
        self.watch.start("train", len(steps), unit="step", done=progress.step)
        saved = begun = time.monotonic()
        before = progress.seconds
        recipe: LoraRecipe = self.job.hyperparameters

        def keep() -> None:
            progress.tensors = learner.state()
            progress.seconds = before + time.monotonic() - begun
            checkpoint.save(self.folder, self.name, progress)

        for index in range(progress.step, len(steps)):
            rate = batches.learning_rate(index, len(steps), recipe)
            loss, tokens = learner.step([self.rows[row] for row in steps[index]], rate)
            line = {"step": index + 1, "loss": loss, "learning_rate": rate, "tokens": tokens}
            progress.curve.append(line)
            checkpoint.append_curve(self.folder, line)
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
        last = progress.curve[-max(1, len(progress.curve) // 10) :]
        total = sum(line["tokens"] for line in last)
        return Trained(
            steps=len(steps),
            tokens=sum(len(self.rows[row].ids) for step in steps for row in step),
            trained_tokens=int(sum(line["tokens"] for line in progress.curve)),
            seconds=progress.seconds,
            loss=sum(line["loss"] * line["tokens"] for line in last) / total,
        )


@attrs.define
class _Learner:
    """One adapter in training: forward, loss, backward, AdamW."""

    network: Network
    modules: dict[str, lora.Lora]
    recipe: LoraRecipe
    head: tuple[int, ...]
    split: int
    optimiser: torch.optim.AdamW

    @classmethod
    def make(
        cls,
        network: Network,
        modules: dict[str, lora.Lora],
        recipe: LoraRecipe,
        head: tuple[int, ...],
        start: lora.Adapter,
    ) -> _Learner:
        optimiser = torch.optim.AdamW(
            [weight for module in modules.values() for weight in (module.a, module.b)],
            lr=recipe.learning_rate,
            betas=(recipe.beta1, recipe.beta2),
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        return cls(network, modules, recipe, head, start.lowest, optimiser)

    def step(self, rows: Sequence[Row], rate: float) -> tuple[float, int]:
        """One optimiser step; the mean loss over the rows' answer tokens, and their number."""
        with self.network.precision():
            hidden, targets = self._answers(rows)
        loss = self._backward(hidden, targets)
        weights = [weight for group in self.optimiser.param_groups for weight in group["params"]]
        nn.utils.clip_grad_norm_(weights, self.recipe.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        self.optimiser.zero_grad()
        return loss, len(targets)

    def _answers(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """Hidden states that predict the answer tokens, shape (tokens, width), and those tokens."""
        network, cut = self.network, len(self.head)
        prefix = network.prefix(self.head)
        bodies = [row.ids[cut:] for row in rows]
        lower = None
        if self.split:
            states = [network.lower(self.split, prefix, body) for body in bodies]
            lower = (self.split, nn.utils.rnn.pad_sequence(states, batch_first=True))
        hidden = network.forward(network.tensor(bodies), cache=prefix.cache(len(rows)), lower=lower)
        # A token is predicted from the one before it; right padding is never looked at by these.
        width = hidden.shape[1]
        places = [
            index * width + place - cut - 1
            for index, row in enumerate(rows)
            for place in range(len(row.prompt), len(row.ids))
        ]
        where = torch.tensor(places, device=network.device)
        targets = torch.tensor(
            [token for row in rows for token in row.answer], device=network.device
        )
        return hidden.flatten(0, 1).index_select(0, where), targets

    def _backward(self, hidden: Any, targets: Tensor) -> float:
        """Gradients of the mean loss; the logits of few tokens are in memory at a time."""
        leaf = hidden.detach().requires_grad_()
        total = 0.0
        count = max(1, LOGITS // (4 * self.network.model.config.vocab_size))
        for start in range(0, len(targets), count):
            part = slice(start, start + count)
            with self.network.precision():
                logits = self.network.logits(leaf[part])
            loss: Any = nn.functional.cross_entropy(logits, targets[part], reduction="sum")
            (loss / len(targets)).backward()
            total += loss.item()
        hidden.backward(leaf.grad)
        return total / len(targets)

    def state(self) -> dict[str, Tensor]:
        """Everything the next step depends on, by name."""
        tensors = {}
        for path, module in self.modules.items():
            for name, weight in (("a", module.a), ("b", module.b)):
                tensors[f"{path}.{name}"] = weight.detach()
                for moment, value in self.optimiser.state[weight].items():
                    tensors[f"{path}.{name}.{moment}"] = value
        return tensors

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take up a state that `state` gave; none: stay as made."""
        if not tensors:
            return
        for path, module in self.modules.items():
            for name, weight in (("a", module.a), ("b", module.b)):
                key = f"{path}.{name}"
                weight.data.copy_(tensors[key])
                self.optimiser.state[weight] = {
                    moment: tensors[f"{key}.{moment}"].to(weight.device)
                    for moment in ("step", "exp_avg", "exp_avg_sq")
                }

    def pairs(self) -> dict[str, tuple[Tensor, Tensor]]:
        """The adapters as they are now."""
        return {
            path: (module.a.detach().cpu(), module.b.detach().cpu())
            for path, module in self.modules.items()
        }
