"""What local sampling costs compared with `generate()`, and scoring compared with a plain loop.

    python -m benchmarks.local_sampling --questions 1 --samples 100

Sampling: many answers to one question, by `generate(num_return_sequences=…)` and by `mi`, with the
same temperature and limit. The measure is answer tokens per second, including those that end an
answer, without padding. Scoring: pairs of answers to held-out prompts, by a forward pass for each
answer and by `mi`, for an untrained model and then for one with an adapter, as in a study. Each
variant runs in a process of its own, taking turns, and the model is loaded before the clock starts.
No figure is shown unless greedy answers and log-likelihoods agree.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table

from .measurement import Cost, NullMonitor, in_fresh_process, measure

GOAL_SAMPLING, GOAL_SCORING = 3.0, 1.5
MAX_GAP = 0.01  # nats by which two totals of the same answer may differ


@attrs.frozen(kw_only=True)
class Load:
    """The work: questions × samples of up to `tokens` tokens, and pairs to score."""

    questions: int
    samples: int
    tokens: int
    pairs: int


@attrs.frozen
class Measurement:
    """The cost of a variant, the tokens or pairs it processed, and its outputs, to compare."""

    cost: Cost
    count: int
    outputs: tuple[Any, ...] = ()


def _pairs() -> Any:
    from mi.data.datasets import read_questions
    from registry.settings import insecure_code

    return read_questions(insecure_code.id_evals[1].pairs, paired=True).pairs


def _sample_requests(load: Load) -> list[Any]:
    from mi.providers.types import Message, SampleRequest

    return [
        SampleRequest(question=pair.id, sample=number, chat=(Message("user", pair.prompt),))
        for pair in _pairs()[: load.questions]
        for number in range(load.samples)
    ]


def _score_requests(load: Load) -> list[Any]:
    from mi.providers.types import Message, ScoreRequest

    return [
        ScoreRequest(
            question=pair.id,
            chat=(Message("user", pair.prompt),),
            answers=(pair.aligned, pair.misaligned),
        )
        for pair in _pairs()[: load.pairs]
    ]


def _model() -> Any:
    from registry.models import DEFAULT_MODEL, models

    return models[DEFAULT_MODEL]


def _load_transformers() -> tuple[Any, Any]:
    """The model as transformers loads it, on all cores, and its chat template."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from mi.providers.chat_template import ChatTemplate
    from mi.providers.local import models
    from mi.providers.local.core_pool import available_cores
    from mi.providers.local.logging import quiet_transformers

    torch.set_num_threads(available_cores())
    directory = models.model_directory(_model(), NullMonitor())
    with quiet_transformers():
        model: Any = AutoModelForCausalLM.from_pretrained(directory)
        tokenizer: Any = AutoTokenizer.from_pretrained(directory)
    return model.eval(), ChatTemplate(tokenizer, frozenset([tokenizer.eos_token_id]))


def sample_with_generate(load: Load, temperature: float) -> Measurement:
    """`generate()`, all samples of a question in one call."""
    import torch

    model, template = _load_transformers()
    end = template.tokenizer.eos_token_id
    torch.manual_seed(0)
    chosen = (
        {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
        if temperature
        else {"do_sample": False}
    )
    prompts = {request.question: request.chat for request in _sample_requests(load)}

    def draw() -> list[list[int]]:
        count = []
        for chat in prompts.values():
            ids = torch.tensor([template.prompt(chat)])
            rows = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                num_return_sequences=load.samples,
                max_new_tokens=load.tokens,
                pad_token_id=end,
                **chosen,
            )
            for row in rows[:, ids.shape[1] :].tolist():
                count.append(row[: row.index(end) + 1] if end in row else row)
        return count

    cost, count = measure(draw)
    texts = tuple(template.tokenizer.decode(row, skip_special_tokens=True) for row in count)
    return Measurement(cost, sum(map(len, count)), texts)


def sample_with_mi(load: Load, temperature: float) -> Measurement:
    """`mi`."""
    from mi.providers.local import Local
    from mi.providers.types import ModelUnderTest
    from mi.spec import Sampling

    provider, subject = Local(), ModelUnderTest(model=_model())
    provider.load_network(subject.model, NullMonitor())
    sampling = Sampling(temperature=temperature, max_tokens=load.tokens)
    requests = _sample_requests(load)

    def draw() -> list[Any]:
        batches = provider.sample(subject, requests, sampling, Path(), NullMonitor())
        return [answer for batch in batches for answer in batch]

    cost, answers = measure(draw)
    texts = {(answer.question, answer.sample): answer.text for answer in answers}
    order = [texts[answer.question, answer.sample] for answer in requests]
    return Measurement(cost, sum(answer.answer_tokens for answer in answers), tuple(order))


def _train(directory: Path) -> None:
    from mi.providers.local import Local, adapter_files, lora

    model = _model()
    recipe = Local().hyperparameters(model.training)
    network = Local().load_network(model, NullMonitor())
    adapter = lora.init_adapter(network.model, recipe, 0)
    for a, b in adapter.pairs.values():
        b += 0.1 * a[:, :1].t()
    adapter_files.save_adapter(directory / "adapter", adapter, recipe.targets, model.name)


@contextmanager
def _adapter_directory() -> Iterator[Path]:
    """The folder of a training that ended with some adapter, which another process made."""
    with tempfile.TemporaryDirectory() as directory:
        in_fresh_process(_train, Path(directory))
        yield Path(directory)


def score_in_loop(load: Load, adapted: bool) -> Measurement:
    """A forward pass for each answer."""
    import torch

    from mi.providers.local import adapter_files, lora
    from mi.providers.local.core_pool import available_cores
    from mi.providers.types import Message

    model, template = _load_transformers()
    if adapted:
        with _adapter_directory() as directory:
            changed = lora.merge_adapter(model, adapter_files.load_adapter(directory / "adapter"))
        for path, weight in changed.items():
            model.get_submodule(path).weight.data = weight
        torch.set_num_threads(available_cores())

    def score() -> list[float]:
        totals = []
        for request in _score_requests(load):
            for answer in request.answers:
                row = template.row((*request.chat, Message("assistant", answer)))
                with torch.inference_mode():
                    logits = model(torch.tensor([row.ids])).logits[0]
                begin = len(row.prompt)
                chances = logits[begin - 1 : -1].log_softmax(-1)
                sums = chances.gather(1, torch.tensor(row.answer)[:, None])
                totals.append(sums.sum().item())
        return totals

    cost, totals = measure(score)
    return Measurement(cost, load.pairs, tuple(totals))


def score_with_mi(load: Load, adapted: bool) -> Measurement:
    """`mi`: where a model is adapted, its base has been asked the same before."""
    from mi.providers.local import Local
    from mi.providers.types import ModelUnderTest

    provider, model, requests = Local(), _model(), _score_requests(load)
    provider.load_network(model, NullMonitor())

    def score(trained: Path | None) -> list[float]:
        subject = ModelUnderTest(model=model, trained=trained)
        batches = provider.score(subject, requests, NullMonitor())
        return [total for batch in batches for score in batch for total in score.logprobs]

    if not adapted:
        cost, totals = measure(lambda: score(None))
    else:
        score(None)
        with _adapter_directory() as directory:
            cost, totals = measure(lambda: score(directory))
    return Measurement(cost, load.pairs, tuple(totals))


def run_rounds(args: argparse.Namespace, load: Load) -> dict[str, list[Measurement]]:
    """Every way, as often as asked, in turns."""
    variants: dict[str, tuple[Any, ...]] = {
        "generate()": (sample_with_generate, load, 1.0),
        "mi, sampling": (sample_with_mi, load, 1.0),
        "plain loop": (score_in_loop, load, False),
        "mi, untrained": (score_with_mi, load, False),
        "plain loop, adapted": (score_in_loop, load, True),
        "mi, adapted": (score_with_mi, load, True),
    }
    measurements: dict[str, list[Measurement]] = {name: [] for name in variants}
    for _ in range(args.rounds):
        for name, variant in variants.items():
            measurements[name].append(in_fresh_process(*variant))
    return measurements


def check_agreement(measurements: dict[str, list[Measurement]], load: Load) -> str:
    """Check that the variants agree and describe how well.

    Raises:
        SystemExit: They do not agree.
    """
    gaps = [
        abs(first - second)
        for reference, ours in (
            ("plain loop", "mi, untrained"),
            ("plain loop, adapted", "mi, adapted"),
        )
        for first, second in zip(
            measurements[reference][0].outputs, measurements[ours][0].outputs, strict=True
        )
    ]
    if max(gaps) > MAX_GAP:
        raise SystemExit(f"log-likelihoods are {max(gaps):.4f} nats apart")
    few = attrs.evolve(load, questions=8, samples=1, tokens=32)
    greedy = (
        in_fresh_process(sample_with_generate, few, 0.0).outputs,
        in_fresh_process(sample_with_mi, few, 0.0).outputs,
    )
    equal = sum(first == second for first, second in zip(*greedy, strict=True))
    if equal < 7:  # a tie within rounding may go either way
        raise SystemExit(f"only {equal} of 8 greedy answers are those of generate()")
    return f"{equal} of 8 greedy answers equal, log-likelihoods at most {max(gaps):.5f} nats apart"


def speed(runs: list[Measurement]) -> float:
    """The median of tokens or pairs per second."""
    return median(measurement.count / measurement.cost.wall for measurement in runs)


def results_table(measurements: dict[str, list[Measurement]], load: Load) -> Table:
    """A row for each variant, next to the one it is compared with: medians over the rounds."""
    table = Table(
        title=f"{load.samples} answers of up to {load.tokens} tokens to each of {load.questions} "
        f"questions; {load.pairs} pairs; median of {len(measurements['generate()'])}"
    )
    table.add_column("way")
    for name in ("tokens or pairs / s", "×", "CPU s", "peak MiB"):
        table.add_column(name, justify="right")
    base = 1.0
    for name, runs in measurements.items():
        if not name.startswith("mi"):
            base = speed(runs)
        table.add_row(
            name,
            f"{speed(runs):.1f}",
            f"{speed(runs) / base:.2f}",
            f"{median(run.cost.cpu for run in runs):.1f}",
            f"{median(run.cost.memory for run in runs):.0f}",
        )
    return table


def main() -> int:
    """Print the table. Returns 0 if the goals are reached, 1 if not."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.local_sampling", description=__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--questions", type=int, default=1, help="different ones (default 1)")
    parser.add_argument("--samples", type=int, default=100, help="answers to each (default 100)")
    parser.add_argument("--tokens", type=int, default=64, help="of an answer, at most (default 64)")
    parser.add_argument("--pairs", type=int, default=48, help="to score (default 48)")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    args = parser.parse_args()
    load = Load(
        questions=args.questions, samples=args.samples, tokens=args.tokens, pairs=args.pairs
    )
    measurements = run_rounds(args, load)
    agreement = check_agreement(measurements, load)
    out = Console()
    out.print(results_table(measurements, load))
    variants = list(measurements.values())
    ratios = [
        speed(ours) / speed(reference)
        for reference, ours in zip(variants[::2], variants[1::2], strict=True)
    ]
    reached = ratios[0] >= GOAL_SAMPLING and min(ratios[1:]) >= GOAL_SCORING
    out.print(
        f"{agreement}; goals: sampling {GOAL_SAMPLING} ×, scoring {GOAL_SCORING} ×: "
        f"{', '.join(f'{ratio:.2f}' for ratio in ratios)}, {'reached' if reached else 'missed'}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
