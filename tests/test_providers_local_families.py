"""Every family of models is computed as plain transformers and PEFT compute it.

Tiny random models of 12 layers, with adapters on all and on some layers. They compute in float64:
rounding, which random layers amplify, is no difference. The reference reads the folder and the
adapter that `mi` wrote, row by row, without anything of the engine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch
from scipy.stats import chisquare

from mi.providers import schedule
from mi.providers.chat_template import TokenizedRow
from mi.providers.local import Local, network, train
from mi.providers.types import Message, ModelUnderTest, SampleRequest, TrainJob
from mi.spec import Model, Sampling, Training
from tests.support.double_precision import double_precision
from tests.support.families import FAMILIES, LAYERS, make_family
from tests.support.local_jobs import ROWS
from tests.support.local_requests import GREEDY, draw, flat, sample_requests, score, score_requests
from tests.support.tiny_model import Watcher, asked

FAST = {"gemma2", "granite"}
DRAWS = 400

every_family = pytest.mark.parametrize(
    ("family", "layers", "adapted"),
    [
        *(pytest.param(family, 3, 2, id=f"{family}-quick") for family in sorted(FAST)),
        *(
            pytest.param(
                family, 12, adapted, id=f"{family}-{adapted or 'all'}", marks=pytest.mark.slow
            )
            for family in sorted(FAMILIES)
            for adapted in (None, 5)
        ),
    ],
)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True, scope="module")
def unloaded() -> Any:
    yield
    network.load_network.cache_clear()


def build_job(model: Model) -> TrainJob:
    return TrainJob(
        key="train-1",
        title="a training",
        model=model,
        rows=ROWS[:9],
        file=Path("nowhere.jsonl"),
        hyperparameters=Local().model_hyperparameters(model, model.training),
        seed=3,
    )


def plain_model(model: Model) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model.name, dtype=torch.float32).eval()


def peft_model(model: Model, adapter: Path, *, is_trainable: bool = False) -> Any:
    from peft import PeftModel

    return PeftModel.from_pretrained(plain_model(model), adapter, is_trainable=is_trainable).eval()


def own_logprob(plain: Any, row: TokenizedRow) -> float:
    """The plain model's log-probability of a row's answer, in nats."""
    with torch.no_grad():
        logprobs = plain(input_ids=torch.tensor([row.ids])).logits[0].double().log_softmax(-1)
    begin = len(row.prompt)
    return sum(logprobs[place - 1, row.ids[place]].item() for place in range(begin, len(row.ids)))


def assert_scores_equal(subject: ModelUnderTest, plain: Any) -> None:
    template = Local().load_network(subject.model, Watcher()).template
    requests = score_requests()
    for request, likelihood in zip(requests, score(subject, requests), strict=True):
        for answer, total in zip(request.answers, likelihood.logprobs, strict=True):
            row = template.encode_row((*request.chat, Message("assistant", answer)))
            assert total == pytest.approx(
                own_logprob(plain, row), abs=TOLERANCE * len(row.answer)
            ), f"{request.question}: {answer!r}"


TOLERANCE = 1e-5  # nats per token
"""Two orders of float32 sums in three layers stay below it."""


def plain_losses(
    model: Model, job: TrainJob, start: Path, rows: Sequence[TokenizedRow]
) -> list[float]:
    """The losses of the job's steps, by a loop of PEFT's own over its own copy of the adapter."""
    peft = peft_model(model, start, is_trainable=True)
    recipe = job.hyperparameters
    weights = [weight for weight in peft.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(
        weights, betas=(recipe.beta1, recipe.beta2), weight_decay=recipe.weight_decay
    )
    steps = schedule.plan_batches([len(row.ids) for row in rows], recipe, job.seed)
    losses = []
    for index, step in enumerate(steps):
        parts = []
        for row in (rows[place] for place in step):
            logits = peft(input_ids=torch.tensor([row.ids])).logits[0]
            predictors = logits[len(row.prompt) - 1 : len(row.ids) - 1]
            parts.append(
                torch.nn.functional.cross_entropy(
                    predictors, torch.tensor(row.answer), reduction="none"
                )
            )
        loss = torch.cat(parts).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, recipe.clip)
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate(index, len(steps), recipe)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def write_start(job: TrainJob, folder: Path) -> Path:
    """The adapter that the job starts from, in PEFT's format."""
    from mi.providers.local import adapter_files, lora

    model = Local().load_network(job.model, Watcher()).model
    start = lora.init_adapter(model, job.hyperparameters, job.seed)
    targets = adapter_files.peft_targets(model, start, job.hyperparameters.targets)
    adapter_files.save_adapter(folder, start, targets, job.model.name)
    return folder


def assert_greedy_texts_equal(subject: ModelUnderTest, plain: Any) -> None:
    template = Local().load_network(subject.model, Watcher()).template
    requests = sample_requests(1)
    answers = {answer.question: answer for answer in flat(draw(subject, requests, GREEDY))}
    for request in requests:
        ids = torch.tensor([template.encode_prompt(request.chat)])
        output = plain.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=GREEDY.max_tokens,
            pad_token_id=2,
        )
        new = output[0, ids.shape[1] :].tolist()
        assert answers[request.question].text == template.tokenizer.decode(
            new, skip_special_tokens=True
        )


def assert_draws_follow(subject: ModelUnderTest, plain: Any) -> None:
    """The first two tokens of many answers are drawn as the plain model has them."""
    template = Local().load_network(subject.model, Watcher()).template
    chats = [asked("Hi"), asked("Count to ten")]
    requests = [
        SampleRequest(question=f"q{index}", sample=number, chat=chat)
        for index, chat in enumerate(chats)
        for number in range(DRAWS)
    ]
    sampling = Sampling(temperature=1.0, max_tokens=1)
    answers = flat(draw(subject, requests, sampling))
    for index, chat in enumerate(chats):
        with torch.no_grad():
            ids = torch.tensor([template.encode_prompt(chat)])
            shares = plain(input_ids=ids).logits[0, -1].double().softmax(-1)
        texts = [
            template.tokenizer.decode([token], skip_special_tokens=True) for token in range(259)
        ]
        expected: dict[str, float] = {}
        for text, share in zip(texts, shares.tolist(), strict=True):
            expected[text] = expected.get(text, 0.0) + share * DRAWS
        drawn = [answer.text for answer in answers if answer.question == f"q{index}"]
        common = [text for text, count in expected.items() if count >= 5]
        wanted = [expected[text] for text in common]
        counts = [drawn.count(text) for text in common]
        wanted.append(DRAWS - sum(wanted))
        counts.append(DRAWS - sum(counts))
        if wanted[-1] < 5:  # too rare to test: count it with the rarest
            rest, seen = wanted.pop(), counts.pop()
            wanted[-1] += rest
            counts[-1] += seen
        assert chisquare(counts, wanted).pvalue > 1e-4


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
@every_family
def test_a_family_is_computed_as_transformers_and_peft_compute_it(
    family: str, layers: int, adapted: int | None, tmp_path: Path
) -> None:
    with double_precision() if layers == LAYERS else nullcontext():
        compare_with_plain(family, layers, adapted, tmp_path)


def compare_with_plain(family: str, layers: int, adapted: int | None, tmp_path: Path) -> None:
    folder = make_family(family, tmp_path / "model", layers)
    training = Training(lora_layers=adapted, lora_rank=4, batch_size=4, learning_rate=1e-2)
    model = Model(id=f"local:{folder}", provider="local", name=str(folder), training=training)
    job = build_job(model)
    watch = Watcher()
    Local().train(job, tmp_path / "trained", watch)

    lines = (tmp_path / "trained" / "metrics.jsonl").read_text().splitlines()
    rows = train.encode_job_rows(Local().load_network(model, Watcher()), job)
    losses = plain_losses(model, job, write_start(job, tmp_path / "start"), rows)
    assert [json.loads(line)["loss"] for line in lines] == pytest.approx(losses, rel=1e-4)

    base = ModelUnderTest(model=model)
    trained = attrs.evolve(base, trained=tmp_path / "trained")
    peft = peft_model(model, tmp_path / "trained" / "adapter")
    for subject, plain in ((base, plain_model(model)), (trained, peft)):
        assert_scores_equal(subject, plain)
        assert_greedy_texts_equal(subject, plain)
        assert_draws_follow(subject, plain)
    assert_scores_equal(trained, peft.merge_and_unload())
