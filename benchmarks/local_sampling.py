"""What local sampling costs beside `generate()`, and scoring beside a plain loop.

    python -m benchmarks.local_sampling --questions 1 --samples 100

Sampling: many answers to one question, by `generate(num_return_sequences=…)` and by `mi`, with the
same temperature and limit; what counts is tokens of answers a second, those that end an answer
included and padding left out. Scoring: pairs of answers to held-out prompts, by a forward pass for
each answer and by `mi`, for an untrained model and then for one with an adapter, as in a study.
Each way runs in a process of its own, taking turns, and the model is loaded before the clock runs.
No figure is shown before greedy answers and log-likelihoods agree.
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

from .measured import Cost, NullMonitor, apart, timed

GOAL_SAMPLING, GOAL_SCORING = 3.0, 1.5
AGREE = 0.01  # nats by which two totals of the same answer may differ


@attrs.frozen(kw_only=True)
class Load:
    """How much is asked: questions × samples of up to `tokens`, and pairs to score."""

    questions: int
    samples: int
    tokens: int
    pairs: int


@attrs.frozen
class Taken:
    """A way's cost and how much it did (tokens or pairs); what it gave, for comparing."""

    cost: Cost
    done: int
    given: tuple[Any, ...] = ()


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


def _plain() -> tuple[Any, Any]:
    """The model as transformers loads it, on all cores, and its chat template."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from mi.providers.chat_template import ChatTemplate
    from mi.providers.local import models
    from mi.providers.local.core_pool import available_cores
    from mi.providers.local.logging import quiet_transformers

    torch.set_num_threads(available_cores())
    folder = models.model_directory(_model(), NullMonitor())
    with quiet_transformers():
        model: Any = AutoModelForCausalLM.from_pretrained(folder)
        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    return model.eval(), ChatTemplate(tokenizer, frozenset([tokenizer.eos_token_id]))


def generate(load: Load, temperature: float) -> Taken:
    """`generate()`, all samples of a question in one call."""
    import torch

    model, template = _plain()
    end = template.tokenizer.eos_token_id
    torch.manual_seed(0)
    chosen = (
        {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
        if temperature
        else {"do_sample": False}
    )
    prompts = {one.question: one.chat for one in _sample_requests(load)}

    def draw() -> list[list[int]]:
        drawn = []
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
                drawn.append(row[: row.index(end) + 1] if end in row else row)
        return drawn

    cost, drawn = timed(draw)
    texts = tuple(template.tokenizer.decode(row, skip_special_tokens=True) for row in drawn)
    return Taken(cost, sum(map(len, drawn)), texts)


def drawn(load: Load, temperature: float) -> Taken:
    """`mi`."""
    from mi.providers.local import Local
    from mi.providers.types import ModelUnderTest
    from mi.spec import Sampling

    provider, subject = Local(), ModelUnderTest(model=_model())
    provider._network(subject.model, NullMonitor())
    sampling = Sampling(temperature=temperature, max_tokens=load.tokens)
    requests = _sample_requests(load)

    def draw() -> list[Any]:
        batches = provider.sample(subject, requests, sampling, Path(), NullMonitor())
        return [answer for batch in batches for answer in batch]

    cost, answers = timed(draw)
    texts = {(one.question, one.sample): one.text for one in answers}
    order = [texts[one.question, one.sample] for one in requests]
    return Taken(cost, sum(one.answer_tokens for one in answers), tuple(order))


def _train(folder: Path) -> None:
    from mi.providers.local import Local, lora

    model = _model()
    recipe = Local().hyperparameters(model.training)
    network = Local()._network(model, NullMonitor())
    adapter = lora.init_adapter(network.model, recipe, 0)
    for a, b in adapter.pairs.values():
        b += 0.1 * a[:, :1].t()
    lora.save_adapter(folder / "adapter", adapter, recipe.targets, model.name)


@contextmanager
def _trained() -> Iterator[Path]:
    """The folder of a training that ended with some adapter, which another process made."""
    with tempfile.TemporaryDirectory() as folder:
        apart(_train, Path(folder))
        yield Path(folder)


def looped(load: Load, adapted: bool) -> Taken:
    """A forward pass for each answer."""
    import torch

    from mi.providers.local import lora
    from mi.providers.local.core_pool import available_cores
    from mi.providers.types import Message

    model, template = _plain()
    if adapted:
        with _trained() as folder:
            changed = lora.merge_adapter(model, lora.load_adapter(folder / "adapter"))
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
                found = chances.gather(1, torch.tensor(row.answer)[:, None])
                totals.append(found.sum().item())
        return totals

    cost, totals = timed(score)
    return Taken(cost, load.pairs, tuple(totals))


def scored(load: Load, adapted: bool) -> Taken:
    """`mi`: where a model is adapted, its base has been asked the same before."""
    from mi.providers.local import Local
    from mi.providers.types import ModelUnderTest

    provider, model, requests = Local(), _model(), _score_requests(load)
    provider._network(model, NullMonitor())

    def score(trained: Path | None) -> list[float]:
        subject = ModelUnderTest(model=model, trained=trained)
        batches = provider.score(subject, requests, NullMonitor())
        return [total for batch in batches for one in batch for total in one.logprobs]

    if not adapted:
        cost, totals = timed(lambda: score(None))
    else:
        score(None)
        with _trained() as folder:
            cost, totals = timed(lambda: score(folder))
    return Taken(cost, load.pairs, tuple(totals))


def rounds(words: argparse.Namespace, load: Load) -> dict[str, list[Taken]]:
    """Every way, as often as asked, in turns."""
    ways: dict[str, tuple[Any, ...]] = {
        "generate()": (generate, load, 1.0),
        "mi, sampling": (drawn, load, 1.0),
        "plain loop": (looped, load, False),
        "mi, untrained": (scored, load, False),
        "plain loop, adapted": (looped, load, True),
        "mi, adapted": (scored, load, True),
    }
    found: dict[str, list[Taken]] = {name: [] for name in ways}
    for _ in range(words.rounds):
        for name, way in ways.items():
            found[name].append(apart(*way))
    return found


def agreed(found: dict[str, list[Taken]], load: Load) -> str:
    """How well the ways agree.

    Raises:
        SystemExit: They do not.
    """
    gaps = [
        abs(one - other)
        for plain, ours in (("plain loop", "mi, untrained"), ("plain loop, adapted", "mi, adapted"))
        for one, other in zip(found[plain][0].given, found[ours][0].given, strict=True)
    ]
    if max(gaps) > AGREE:
        raise SystemExit(f"log-likelihoods are {max(gaps):.4f} nats apart")
    few = attrs.evolve(load, questions=8, samples=1, tokens=32)
    greedy = apart(generate, few, 0.0).given, apart(drawn, few, 0.0).given
    same = sum(one == other for one, other in zip(*greedy, strict=True))
    if same < 7:  # a tie within rounding may go either way
        raise SystemExit(f"only {same} of 8 greedy answers are those of generate()")
    return f"{same} of 8 greedy answers equal, log-likelihoods at most {max(gaps):.5f} nats apart"


def speed(runs: list[Taken]) -> float:
    """Tokens or pairs a second, the median."""
    return median(one.done / one.cost.wall for one in runs)


def shown(found: dict[str, list[Taken]], load: Load) -> Table:
    """A row for each way, beside the one it is compared with: medians over the rounds."""
    table = Table(
        title=f"{load.samples} answers of up to {load.tokens} tokens to each of {load.questions} "
        f"questions; {load.pairs} pairs; median of {len(found['generate()'])}"
    )
    table.add_column("way")
    for name in ("tokens or pairs / s", "×", "CPU s", "peak MiB"):
        table.add_column(name, justify="right")
    base = 1.0
    for name, runs in found.items():
        if not name.startswith("mi"):
            base = speed(runs)
        table.add_row(
            name,
            f"{speed(runs):.1f}",
            f"{speed(runs) / base:.2f}",
            f"{median(one.cost.cpu for one in runs):.1f}",
            f"{median(one.cost.memory for one in runs):.0f}",
        )
    return table


def main() -> int:
    """0 where the goals are reached, 1 where they are not."""
    asks = argparse.ArgumentParser(prog="python -m benchmarks.local_sampling", description=__doc__)
    asks.formatter_class = argparse.RawDescriptionHelpFormatter
    asks.add_argument("--questions", type=int, default=1, help="different ones (default 1)")
    asks.add_argument("--samples", type=int, default=100, help="answers to each (default 100)")
    asks.add_argument("--tokens", type=int, default=64, help="of an answer, at most (default 64)")
    asks.add_argument("--pairs", type=int, default=48, help="to score (default 48)")
    asks.add_argument("--rounds", type=int, default=3, help="default 3")
    words = asks.parse_args()
    load = Load(
        questions=words.questions, samples=words.samples, tokens=words.tokens, pairs=words.pairs
    )
    found = rounds(words, load)
    said = agreed(found, load)
    out = Console()
    out.print(shown(found, load))
    ways = list(found.values())
    ratios = [speed(ours) / speed(plain) for plain, ours in zip(ways[::2], ways[1::2], strict=True)]
    reached = ratios[0] >= GOAL_SAMPLING and min(ratios[1:]) >= GOAL_SCORING
    out.print(
        f"{said}; goals: sampling {GOAL_SAMPLING} ×, scoring {GOAL_SCORING} ×: "
        f"{', '.join(f'{one:.2f}' for one in ratios)}, {'reached' if reached else 'missed'}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
