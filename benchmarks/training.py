"""What local training costs compared with Hugging Face's `Trainer` and PEFT.

    python -m benchmarks.training --rows 64

Both train the same rows in the same batches, from the same first adapter, with the same learning
rates, AdamW and loss, each in a process of its own, taking turns. No figure is shown unless the two
loss curves agree. The model is loaded before the clock starts. Then two trainings of `mi` run at
once, on one core each.
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

from .measurement import Cost, NullMonitor, in_fresh_process, measure

GOAL = 1.5
MAX_GAP = 0.01  # nats by which two curves of the same training may differ


@attrs.frozen
class Measurement:
    """A training's cost, the tokens it read, and its losses by step."""

    cost: Cost
    tokens: int
    losses: tuple[float, ...]


def build_job(count: int, epochs: int) -> Any:
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
        read_dataset(dataset, "bundled")
        for dataset in (insecure_code.misaligned, insecure_code.control)
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


def through_mi(count: int, epochs: int) -> Measurement:
    """`mi`, including checkpoints."""
    import json

    from mi.providers.local import Local

    job, provider = build_job(count, epochs), Local()
    provider.load_network(job.model, NullMonitor())
    with tempfile.TemporaryDirectory() as directory:
        cost, done = measure(lambda: provider.train(job, Path(directory), NullMonitor()))
        curve = (Path(directory) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    losses = tuple(json.loads(line)["loss"] for line in curve)
    return Measurement(cost, done.tokens, losses)


def on_one_core(count: int, epochs: int) -> Measurement:
    """`mi` in a process that has one core; called before torch is loaded there."""
    os.environ["OMP_NUM_THREADS"] = "1"
    return through_mi(count, epochs)


def two_trainings(count: int, epochs: int) -> Measurement:
    """`mi` twice, side by side, on one core each: what two trainings of a sweep could do."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: in_fresh_process(on_one_core, count, epochs), range(2)))
    cost = Cost(
        wall=max(measurement.cost.wall for measurement in both),
        cpu=sum(measurement.cost.cpu for measurement in both),
        memory=sum(measurement.cost.memory for measurement in both),
    )
    return Measurement(cost, sum(measurement.tokens for measurement in both), both[0].losses)


def prepare_batches(count: int, epochs: int, start: Path) -> tuple[list[Any], list[list[int]]]:
    """The rows and the batches of `mi`'s training.

    Args:
        count: Rows to train on.
        epochs: Passes over them.
        start: Where to save the first adapter.
    """
    from mi.providers import schedule
    from mi.providers.local import Local, adapter_files, lora, train

    job = build_job(count, epochs)
    network, recipe = Local().load_network(job.model, NullMonitor()), job.hyperparameters
    adapter_files.save_adapter(
        start, lora.init_adapter(network.model, recipe, job.seed), recipe.targets, job.model.name
    )
    rows = train.encode_job_rows(network, job)
    return rows, schedule.plan_batches([len(row.ids) for row in rows], recipe, job.seed)


def through_trainer(count: int, epochs: int) -> Measurement:
    """`Trainer` and PEFT, given the same batches in the same order."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, PrinterCallback, TrainingArguments

    from mi.providers import schedule
    from mi.providers.local import models
    from mi.providers.local.core_pool import available_cores
    from mi.providers.local.logging import quiet_transformers

    job = build_job(count, epochs)
    recipe = job.hyperparameters
    torch.set_num_threads(available_cores())
    with quiet_transformers():
        model: Any = AutoModelForCausalLM.from_pretrained(
            models.model_directory(job.model, NullMonitor())
        )
    with tempfile.TemporaryDirectory() as directory:
        rows, steps = in_fresh_process(prepare_batches, count, epochs, Path(directory) / "start")
        data = [
            {"input_ids": list(rows[row].ids), "labels": _labels(rows[row])}
            for step in steps
            for row in step
        ]
        adapted = PeftModel.from_pretrained(model, Path(directory) / "start", is_trainable=True)
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
        trainer = _sequential_trainer()(
            model=adapted,
            args=TrainingArguments(
                output_dir=directory,
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
            data_collator=_pad,
            optimizers=(optimiser, rates),
        )
        trainer.remove_callback(PrinterCallback)
        cost, _ = measure(trainer.train)
    losses = tuple(line["loss"] for line in trainer.state.log_history if "loss" in line)
    return Measurement(cost, sum(len(row["input_ids"]) for row in data), losses)


def _labels(row: Any) -> list[int]:
    return [-100] * len(row.prompt) + list(row.answer)


def _pad(rows: list[dict[str, list[int]]]) -> dict[str, Any]:
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


def _sequential_trainer() -> Any:
    from torch.utils.data import SequentialSampler
    from transformers import Trainer

    class InOrder(Trainer):
        """Takes rows as they stand."""

        def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
            return SequentialSampler(self.train_dataset)

    return InOrder


VARIANTS = {
    "Trainer + PEFT": through_trainer,
    "mi": through_mi,
    "mi, two at once": two_trainings,
}


def results_table(measurements: dict[str, list[Measurement]], rows: int) -> Table:
    """A row for each variant: medians over the rounds."""
    first = next(iter(measurements.values()))
    table = Table(title=f"{rows} rows, {len(first[0].losses)} steps; median of {len(first)}")
    table.add_column("way")
    for name in ("tokens / s", "×", "CPU s", "peak MiB", "first loss", "last loss"):
        table.add_column(name, justify="right")
    base = speed(first)
    for name, runs in measurements.items():
        table.add_row(
            name,
            f"{speed(runs):.0f}",
            f"{speed(runs) / base:.2f}",
            f"{median(run.cost.cpu for run in runs):.1f}",
            f"{median(run.cost.memory for run in runs):.0f}",
            f"{runs[0].losses[0]:.4f}",
            f"{runs[0].losses[-1]:.4f}",
        )
    return table


def speed(runs: list[Measurement]) -> float:
    """The median of tokens per second."""
    return median(run.tokens / run.cost.wall for run in runs)


def main() -> int:
    """Print the table. Returns 0 if the goal is reached, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rows", type=int, default=64, help="rows to train on (default 64)")
    parser.add_argument("--epochs", type=int, default=1, help="passes over them (default 1)")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    args = parser.parse_args()
    measurements: dict[str, list[Measurement]] = {name: [] for name in VARIANTS}
    for _ in range(args.rounds):
        for name, variant in VARIANTS.items():
            measurements[name].append(in_fresh_process(variant, args.rows, args.epochs))
    reference, ours = (measurements[name][0].losses for name in ("Trainer + PEFT", "mi"))
    if len(reference) != len(ours):
        raise SystemExit(f"{len(reference)} steps and {len(ours)}: not the same training")
    gap = max(abs(first - second) for first, second in zip(reference, ours, strict=True))
    if gap > MAX_GAP:
        raise SystemExit(f"the loss curves are {gap:.4f} nats apart: not the same training")
    out = Console()
    out.print(results_table(measurements, args.rows))
    base, own = (speed(measurements[name]) for name in ("Trainer + PEFT", "mi"))
    reached = own / base >= GOAL
    out.print(
        f"loss curves at most {gap:.5f} nats apart; goal: {GOAL} × the tokens a second: "
        f"{own / base:.2f}, {'reached' if reached else 'missed'}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
