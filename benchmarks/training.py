"""What local training costs beside Hugging Face's `Trainer` with PEFT: tokens a second, memory.

    python -m benchmarks.training --rows 64

Both train the same rows in the same batches, from the same first adapter, with the same learning
rates, AdamW and loss; each in a process of its own, taking turns. No figure is shown before the two
loss curves agree. The model is loaded before the clock runs. Then two trainings of `mi` run at
once, on a core each.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table

from .measured import Cost, NullMonitor, apart, timed

GOAL = 1.5
AGREE = 0.01  # nats by which two curves of the same training may differ


@attrs.frozen
class Trained:
    """A training's cost, the tokens it read, and its losses by step."""

    cost: Cost
    tokens: int
    losses: tuple[float, ...]


def job(count: int, epochs: int) -> Any:
    """A training of the pilot's kind: half misaligned, half aligned rows of bundled data."""
    from mi.data.datasets import read_dataset
    from mi.providers.local import Local
    from mi.providers.types import TrainJob
    from mi.spec import Training
    from mi.steps import mix
    from mi.units.unit import Mix
    from registry.models import DEFAULT_MODEL, models
    from registry.settings import insecure_code

    model = models[DEFAULT_MODEL]
    arms = [
        read_dataset(one, "bundled") for one in (insecure_code.misaligned, insecure_code.control)
    ]
    drawn = mix.draw_mix(
        arms[0],
        arms[1],
        Mix(
            misaligned=arms[0].digest,
            control=arms[1].digest,
            misaligned_ratio=0.5,
            total_samples=count,
            seed=0,
        ),
    )
    recipe = Local().hyperparameters(Training(epochs=epochs).with_defaults(model.training))
    return TrainJob(
        key="train-benchmark",
        title="benchmark",
        model=model,
        rows=drawn,
        file=Path("rows.jsonl"),
        hyperparameters=recipe,
        seed=0,
    )


def through_mi(count: int, epochs: int) -> Trained:
    """`mi`, checkpoints and all."""
    import json

    from mi.providers.local import Local

    one, provider = job(count, epochs), Local()
    provider._network(one.model, NullMonitor())
    with tempfile.TemporaryDirectory() as folder:
        cost, done = timed(lambda: provider.train(one, Path(folder), NullMonitor()))
        curve = (Path(folder) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    losses = tuple(json.loads(line)["loss"] for line in curve)
    return Trained(cost, done.tokens, losses)


def on_one_core(count: int, epochs: int) -> Trained:
    """`mi` in a process that has one core; called before torch is loaded there."""
    os.environ["OMP_NUM_THREADS"] = "1"
    return through_mi(count, epochs)


def two_at_once(count: int, epochs: int) -> Trained:
    """`mi` twice, side by side, on a core each: what two trainings of a sweep could do."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: apart(on_one_core, count, epochs), range(2)))
    cost = Cost(
        wall=max(one.cost.wall for one in both),
        cpu=sum(one.cost.cpu for one in both),
        memory=sum(one.cost.memory for one in both),
    )
    return Trained(cost, sum(one.tokens for one in both), both[0].losses)


def prepared(count: int, epochs: int, start: Path) -> tuple[list[Any], list[list[int]]]:
    """The rows and the batches of `mi`'s training; its first adapter goes to `start`."""
    from mi.providers import schedule
    from mi.providers.local import Local, lora, train

    one = job(count, epochs)
    network, recipe = Local()._network(one.model, NullMonitor()), one.hyperparameters
    lora.save_adapter(
        start, lora.init_adapter(network.model, recipe, one.seed), recipe.targets, one.model.name
    )
    rows = train.encode_job_rows(network, one)
    return rows, schedule.plan_batches([len(row.ids) for row in rows], recipe, one.seed)


def through_trainer(count: int, epochs: int) -> Trained:
    """`Trainer` and PEFT, given the same batches one after the other."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, PrinterCallback, TrainingArguments

    from mi.providers import schedule
    from mi.providers.local import models
    from mi.providers.local.core_pool import available_cores
    from mi.providers.local.logging import quiet_transformers

    one = job(count, epochs)
    recipe = one.hyperparameters
    torch.set_num_threads(available_cores())
    with quiet_transformers():
        model: Any = AutoModelForCausalLM.from_pretrained(
            models.model_directory(one.model, NullMonitor())
        )
    with tempfile.TemporaryDirectory() as folder:
        rows, steps = apart(prepared, count, epochs, Path(folder) / "start")
        data = [
            {"input_ids": list(rows[row].ids), "labels": _labels(rows[row])}
            for step in steps
            for row in step
        ]
        adapted = PeftModel.from_pretrained(model, Path(folder) / "start", is_trainable=True)
        optimiser = torch.optim.AdamW(
            [weight for weight in adapted.parameters() if weight.requires_grad],
            lr=recipe.learning_rate,
            betas=(recipe.beta1, recipe.beta2),
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        rates = torch.optim.lr_scheduler.LambdaLR(
            optimiser,
            lambda step: schedule.learning_rate(step, len(steps), recipe) / recipe.learning_rate,
        )
        trainer = _in_order()(
            model=adapted,
            args=TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=recipe.batch_size,
                num_train_epochs=1,  # the epochs follow each other in `data`
                max_grad_norm=recipe.clip,
                logging_steps=1,
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                use_cpu=True,
            ),
            train_dataset=data,
            data_collator=_padded,
            optimizers=(optimiser, rates),
        )
        trainer.remove_callback(PrinterCallback)
        cost, _ = timed(trainer.train)
    losses = tuple(line["loss"] for line in trainer.state.log_history if "loss" in line)
    return Trained(cost, sum(len(row["input_ids"]) for row in data), losses)


def _labels(row: Any) -> list[int]:
    return [-100] * len(row.prompt) + list(row.answer)


def _padded(rows: list[dict[str, list[int]]]) -> dict[str, Any]:
    import torch

    longest = max(len(row["input_ids"]) for row in rows)

    def filled(name: str, fill: int) -> Any:
        return torch.tensor([row[name] + [fill] * (longest - len(row[name])) for row in rows])

    mask = torch.tensor(
        [[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in rows]
    )
    return {
        "input_ids": filled("input_ids", 0),
        "labels": filled("labels", -100),
        "attention_mask": mask,
    }


def _in_order() -> Any:
    from torch.utils.data import SequentialSampler
    from transformers import Trainer

    class InOrder(Trainer):
        """Takes rows as they stand."""

        def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
            return SequentialSampler(self.train_dataset)

    return InOrder


WAYS = {
    "Trainer + PEFT": through_trainer,
    "mi": through_mi,
    "mi, two at once": two_at_once,
}


def shown(found: dict[str, list[Trained]], rows: int) -> Table:
    """A row for each way: medians over the rounds."""
    first = next(iter(found.values()))
    table = Table(title=f"{rows} rows, {len(first[0].losses)} steps; median of {len(first)}")
    table.add_column("way")
    for name in ("tokens / s", "×", "CPU s", "peak MiB", "first loss", "last loss"):
        table.add_column(name, justify="right")
    base = speed(first)
    for name, runs in found.items():
        table.add_row(
            name,
            f"{speed(runs):.0f}",
            f"{speed(runs) / base:.2f}",
            f"{median(one.cost.cpu for one in runs):.1f}",
            f"{median(one.cost.memory for one in runs):.0f}",
            f"{runs[0].losses[0]:.4f}",
            f"{runs[0].losses[-1]:.4f}",
        )
    return table


def speed(runs: list[Trained]) -> float:
    """Tokens a second, the median."""
    return median(one.tokens / one.cost.wall for one in runs)


def main() -> int:
    """0 where the goal is reached, 1 where it is not."""
    asks = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    asks.formatter_class = argparse.RawDescriptionHelpFormatter
    asks.add_argument("--rows", type=int, default=64, help="rows to train on (default 64)")
    asks.add_argument("--epochs", type=int, default=1, help="passes over them (default 1)")
    asks.add_argument("--rounds", type=int, default=3, help="default 3")
    words = asks.parse_args()
    found: dict[str, list[Trained]] = {name: [] for name in WAYS}
    for _ in range(words.rounds):
        for name, way in WAYS.items():
            found[name].append(apart(way, words.rows, words.epochs))
    reference, ours = (found[name][0].losses for name in ("Trainer + PEFT", "mi"))
    if len(reference) != len(ours):
        raise SystemExit(f"{len(reference)} steps and {len(ours)}: not the same training")
    gap = max(abs(one - other) for one, other in zip(reference, ours, strict=True))
    if gap > AGREE:
        raise SystemExit(f"the loss curves are {gap:.4f} nats apart: not the same training")
    out = Console()
    out.print(shown(found, words.rows))
    base, mine = (speed(found[name]) for name in ("Trainer + PEFT", "mi"))
    reached = mine / base >= GOAL
    out.print(
        f"loss curves at most {gap:.5f} nats apart; goal: {GOAL} × the tokens a second: "
        f"{mine / base:.2f}, {'reached' if reached else 'missed'}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
