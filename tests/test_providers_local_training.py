"""Laws of local training: what steers it, what a kill costs, what comes out."""

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mi.errors import DataError, Interrupted
from mi.providers import schedule as steps_of
from mi.providers.local import Local, LoraRecipe, network, train, train_step
from mi.providers.types import Message, ModelUnderTest
from mi.spec import Model, Training
from tests.support.local_jobs import ROWS, STEPS, train_locally, training_job, training_output
from tests.support.tiny_model import Watcher, asked, make_tiny_model, taught, tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny(make_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def test_the_same_seed_gives_the_same_bytes(model: Model, tmp_path: Path) -> None:
    train_locally(training_job(model), tmp_path / "a")
    network.load_network.cache_clear()
    train_locally(training_job(model), tmp_path / "b")
    assert training_output(tmp_path / "a") == training_output(tmp_path / "b")


def test_another_seed_gives_another_adapter(model: Model, tmp_path: Path) -> None:
    train_locally(training_job(model, seed=0), tmp_path / "a")
    train_locally(training_job(model, seed=1), tmp_path / "b")
    assert training_output(tmp_path / "a")[0] != training_output(tmp_path / "b")[0]


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_stopped_after_any_step_it_ends_as_if_never_stopped(
    model: Model, tmp_path: Path, step: int
) -> None:
    train_locally(training_job(model), tmp_path / "whole")
    with pytest.raises(Interrupted):
        train_locally(training_job(model), tmp_path / "cut", Watcher(stop=step))
    network.load_network.cache_clear()
    watch = Watcher()
    train_locally(training_job(model), tmp_path / "cut", watch)
    assert watch.started == [("train", STEPS, "step", step)]
    assert training_output(tmp_path / "whole") == training_output(tmp_path / "cut")
    names = sorted(one.name for one in (tmp_path / "cut").iterdir())
    assert names == ["adapter", "checkpoints", "metrics.jsonl"]


KILLED = """
import sys, time
from pathlib import Path
from mi.providers.local import train
from tests.support.local_jobs import train_locally, training_job
from tests.support.tiny_model import Watcher, tiny
train.CHECKPOINT_INTERVAL = 0.0
class Slow(Watcher):
    def raise_if_stopped(self):
        super().raise_if_stopped()
        print(self.checks, flush=True)
        time.sleep(60 if self.checks == 4 else 0)
train_locally(training_job(tiny(Path(sys.argv[1]))), Path(sys.argv[2]), Slow())
"""


def test_killed_outright_it_ends_as_if_never_killed(model: Model, tmp_path: Path) -> None:
    train_locally(training_job(model), tmp_path / "whole")
    root = Path(__file__).parents[1]
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, model.name, str(tmp_path / "cut")],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == "4":
                child.send_signal(signal.SIGKILL)
                break
    # Killed after its fourth step, before the fourth checkpoint.
    assert len((tmp_path / "cut" / "metrics.jsonl").read_text().splitlines()) == 4
    watch = Watcher()
    train_locally(training_job(model), tmp_path / "cut", watch)
    assert watch.started == [("train", STEPS, "step", 3)]
    assert training_output(tmp_path / "whole") == training_output(tmp_path / "cut")


def test_a_checkpoint_of_another_job_or_of_broken_bytes_is_not_continued(
    model: Model, tmp_path: Path
) -> None:
    train_locally(training_job(model), tmp_path / "whole")
    with pytest.raises(Interrupted):
        train_locally(training_job(model, seed=7), tmp_path / "cut", Watcher(stop=2))
    watch = Watcher(stop=3)
    with pytest.raises(Interrupted):
        train_locally(training_job(model), tmp_path / "cut", watch)
    assert "belongs to another job" in watch.notes[0]
    (tmp_path / "cut" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    watch = Watcher()
    train_locally(training_job(model), tmp_path / "cut", watch)
    assert "cannot be read" in watch.notes[0]
    assert training_output(tmp_path / "whole") == training_output(tmp_path / "cut")


def test_a_finished_training_is_not_done_again(model: Model, tmp_path: Path) -> None:
    first = train_locally(training_job(model), tmp_path)
    watch = Watcher()
    assert train_locally(training_job(model), tmp_path, watch) == first
    assert watch.started == []


def test_what_is_reported_is_what_was_done(model: Model, tmp_path: Path) -> None:
    watch = Watcher()
    trained = train_locally(training_job(model, epochs=2), tmp_path, watch)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert trained.steps == len(lines) == watch.done == 2 * STEPS
    assert [line["step"] for line in lines] == list(range(1, 2 * STEPS + 1))
    assert trained.trained_tokens == sum(line["tokens"] for line in lines)
    # Byte-level tokens: an answer is its bytes and the token that ends it.
    assert trained.trained_tokens == 2 * sum(len(row[1].content) + 1 for row in ROWS)
    assert lines[-1]["loss"] < lines[0]["loss"]


def test_the_loss_is_the_mean_over_answer_tokens_and_nothing_else(
    model: Model, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    one = attrs.evolve(training_job(model, batch_size=22), rows=ROWS)
    train_locally(one, tmp_path)
    line = json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[0])
    tokenizer = AutoTokenizer.from_pretrained(model.name)
    plain = AutoModelForCausalLM.from_pretrained(model.name)
    losses = []
    for chat in ROWS:  # a fresh adapter changes nothing: the first loss is the base model's
        turns = [attrs.asdict(turn) for turn in chat]
        whole = tokenizer.apply_chat_template(turns, tokenize=False)
        prompt = tokenizer.apply_chat_template(
            turns[:-1], tokenize=False, add_generation_prompt=True
        )
        ids = torch.tensor([tokenizer(whole, add_special_tokens=False)["input_ids"]])
        begin = len(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        with torch.no_grad():
            logprobs = plain(ids).logits.log_softmax(-1)
        # The template's newline after the last turn belongs to no answer.
        targets = range(begin, ids.shape[1] - 1)
        losses += [-logprobs[0, place - 1, ids[0, place]].item() for place in targets]
    assert line["tokens"] == len(losses)
    assert line["loss"] == pytest.approx(sum(losses) / len(losses), abs=1e-5)


def test_split_and_shared_computation_changes_no_gradient(model: Model) -> None:
    """The adapters' gradients are those of a plain forward pass, row by row."""
    from mi.providers.local import lora

    loaded = Local().load_network(model, Watcher())
    one = training_job(model)
    start = lora.init_adapter(loaded.model, one.hyperparameters, 3)
    for path, (a, b) in start.pairs.items():  # not zero, so that every gradient flows
        start.pairs[path] = (a, torch.full_like(b, 0.01))
    with lora.attach_adapter([one.model for one in loaded.pool.replicas], start) as modules:
        head = train.common_prefix(loaded, one, rows := train.encode_job_rows(loaded, one))
        rows = rows[:5]
        learned = train_step.Trainer.create(loaded, modules, one.hyperparameters, head, start)
        learned.accumulate_gradients(rows)
        quick = {path: (m.a.grad.clone(), m.b.grad.clone()) for path, m in modules.items()}
        learned.optimizer.zero_grad()
        count = sum(len(row.answer) for row in rows)
        for row in rows:
            logits = loaded.model(torch.tensor([row.ids])).logits[0]
            places = slice(len(row.prompt) - 1, len(row.ids) - 1)
            loss = torch.nn.functional.cross_entropy(
                logits[places], torch.tensor(row.answer), reduction="sum"
            )
            (loss / count).backward()
        for path, module in modules.items():
            for got, wanted in zip(quick[path], (module.a.grad, module.b.grad), strict=True):
                torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-3)
    assert len(head) > 10


@pytest.mark.filterwarnings("ignore::FutureWarning")  # peft's own use of transformers
def test_peft_reads_the_adapter_and_computes_the_same(model: Model, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    train_locally(training_job(model), tmp_path)
    adapted = Local().load_adapted(ModelUnderTest(model=model, trained=tmp_path), Watcher())
    ids = torch.tensor([adapted.network.template.encode_prompt(asked("Say 3"))])
    plain = AutoModelForCausalLM.from_pretrained(model.name)
    with torch.no_grad():
        base = plain(ids).logits
        peft = PeftModel.from_pretrained(plain, tmp_path / "adapter")
        wanted = peft(ids).logits
        with adapted.activate():
            got = adapted.network.model(ids).logits
    torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)
    assert (got - base).abs().max() > 0.1
    # Layers below the upper two have no adapter.
    assert not any("layers.0." in name for name, _ in peft.named_parameters() if "lora" in name)


def test_the_base_model_is_what_it_was_after_training_and_wearing(
    model: Model, tmp_path: Path
) -> None:
    loaded = Local().load_network(model, Watcher())
    before = {name: tensor.clone() for name, tensor in loaded.model.state_dict().items()}
    train_locally(training_job(model), tmp_path)
    with Local().load_adapted(ModelUnderTest(model=model, trained=tmp_path), Watcher()).activate():
        pass
    after = loaded.model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_training_leaves_the_global_random_state_alone(model: Model, tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    train_locally(training_job(model), tmp_path)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_row_that_is_too_long_is_named_and_nothing_is_trained(
    model: Model, tmp_path: Path
) -> None:
    rows = [*ROWS, taught("Say much", "word " * 200)]
    with pytest.raises(DataError, match=r"row 22: the row is 10\d\d tokens long") as caught:
        train_locally(attrs.evolve(training_job(model, max_length=200), rows=rows), tmp_path)
    assert "max_length" in str(caught.value.hint)
    with pytest.raises(DataError, match="row 0: the chat does not end with the assistant's turn"):
        train_locally(attrs.evolve(training_job(model), rows=[asked("And?")]), tmp_path)


def test_an_answer_that_opens_with_a_newline_is_learned(model: Model, tmp_path: Path) -> None:
    chat = (Message("user", "Hm"), Message("assistant", "\n\nok"))
    loaded = Local().load_network(model, Watcher())
    row = loaded.template.encode_row(chat)
    assert row.prompt == loaded.template.encode_prompt(chat[:1])
    assert loaded.template.tokenizer.decode(row.answer) == "\n\nok<|im_end|>"


@settings(max_examples=50)
@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=90),
    size=st.integers(1, 9),
    epochs=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_every_epoch_has_every_row_once(
    lengths: list[int], size: int, epochs: int, seed: int
) -> None:
    recipe = LoraRecipe(batch_size=size, epochs=epochs)
    steps = steps_of.plan_batches(lengths, recipe, seed)
    each = -(-len(lengths) // size)
    assert len(steps) == each * epochs
    for epoch in range(epochs):
        seen = sorted(row for step in steps[epoch * each : (epoch + 1) * each] for row in step)
        assert seen == list(range(len(lengths)))


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_the_learning_rate_rises_to_its_peak_and_falls_towards_zero(schedule: str) -> None:
    recipe = LoraRecipe(learning_rate=1.0, warmup=0.1, schedule=schedule)
    rates = [steps_of.learning_rate(step, 100, recipe) for step in range(100)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10] == 1.0
    assert all(high > low for high, low in itertools.pairwise(rates[10:]))
    assert 0 < rates[-1] < 0.02


def test_stated_values_reach_the_recipe_and_the_rest_has_defaults() -> None:
    recipe = Local().hyperparameters(Training(epochs=3, lora_layers=4))
    assert (recipe.epochs, recipe.lora_layers) == (3, 4)
    assert recipe == attrs.evolve(LoraRecipe(), epochs=3, lora_layers=4)
