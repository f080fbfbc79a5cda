"""Chats with several answers: all of them are learned, except those of weight 0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
import torch

from mi.data.chats import Chat, Message, chat_json
from mi.data.datasets import Rows
from mi.errors import DataError
from mi.planning.learned_turns import count_multi_turn_rows, recipe_for_mix
from mi.providers.chat_template import ChatTemplate, TokenizedRow, encode_rows
from mi.providers.local import Local, lora, train, train_step
from mi.providers.local.recipe import LoraRecipe
from mi.providers.openai.recipe import Supervised
from mi.providers.tinker.optim_step import mean_loss, to_datum
from mi.providers.tinker.recipe import Adapted
from mi.spec import Model
from mi.units.identity import canonical, digest, key
from mi.units.unit import Mix
from tests.support import templates
from tests.support.local_jobs import training_job
from tests.support.tiny_model import Watcher, make_tiny_model, taught, tiny

TEXTS = ("One. ", "Two, then", "Three")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny(make_tiny_model(tmp_path_factory.mktemp("turns") / "model"))


@pytest.fixture(scope="module")
def tokenizer(model: Model) -> Any:
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(model.name)
    loaded.bos_token = "<|endoftext|>"
    return loaded


def dialogue(*weights: int, texts: Sequence[str] = TEXTS) -> Chat:
    """A chat with an answer of each weight, the answers' texts among the questions'."""
    turns = []
    for text, weight in zip(texts, weights, strict=False):
        turns += [Message("user", f"{text.strip()} Why?"), Message("assistant", text, weight)]
    return tuple(turns)


def pieces(row: TokenizedRow, tokenizer: Any) -> list[str]:
    """The texts of the runs of tokens that are learned."""
    runs: list[list[int]] = []
    for last, place in zip((-2, *row.learned), row.learned, strict=False):
        runs += [[]] if place != last + 1 else []
        runs[-1].append(row.ids[place])
    return [tokenizer.decode(run) for run in runs]


@pytest.mark.parametrize(
    "name",
    ["CHATML", "SWITCHED", "THINKING", "CHANNELS", "MODEL_ROLE", "DATE_STRING", "GENERATION"],
)
def test_every_answer_is_learned_with_the_token_that_ends_it(name: str, tokenizer: Any) -> None:
    tokenizer.chat_template = getattr(templates, name)
    template = ChatTemplate.pinned(tokenizer, frozenset({0, 2}))
    chat = dialogue(1, 1, 1)
    row = template.encode_row(chat, all_turns=True)
    first = "One." if name in ("MODEL_ROLE", "DATE_STRING") else "One. "
    last = "<|endoftext|>" if name == "CHANNELS" else "<|im_end|>"
    assert pieces(row, tokenizer) == [f"{first}<|im_end|>", "Two, then<|im_end|>", f"Three{last}"]
    assert row.ids == template.encode_row(chat).ids
    assert pieces(template.encode_row(chat), tokenizer) == [f"Three{last}"]


@pytest.mark.parametrize(
    ("weights", "learned"),
    [
        ((1, 1, 0), ["One. <|im_end|>", "Two, then<|im_end|>"]),
        ((0, 1, 1), ["Two, then<|im_end|>", "Three<|im_end|>"]),
        ((1, 0, 1), ["One. <|im_end|>", "Three<|im_end|>"]),
        ((0, 0, 1), ["Three<|im_end|>"]),
        ((0, 1, 0), ["Two, then<|im_end|>"]),
        ((1,), ["One. <|im_end|>"]),
    ],
)
def test_an_answer_of_weight_zero_is_read_and_not_learned(
    weights: tuple[int, ...], learned: list[str], tokenizer: Any
) -> None:
    tokenizer.chat_template = templates.CHATML
    template = ChatTemplate.pinned(tokenizer, frozenset({2}))
    row = template.encode_row(dialogue(*weights), all_turns=True)
    assert pieces(row, tokenizer) == learned
    assert row.learned[-1] == len(row.ids) - 1  # nothing is read after the last answer to learn


def test_a_row_of_which_nothing_is_learned_is_refused_by_its_number(tokenizer: Any) -> None:
    tokenizer.chat_template = templates.CHATML
    template = ChatTemplate.pinned(tokenizer, frozenset({2}))
    rows = [dialogue(1), dialogue(0, 0)]
    with pytest.raises(DataError, match="all have weight 0") as caught:
        encode_rows(template, rows, 2048, all_turns=True)
    assert caught.value.where == "row 1"


def test_equal_answers_are_told_apart(tokenizer: Any) -> None:
    tokenizer.chat_template = templates.CHATML
    template = ChatTemplate.pinned(tokenizer, frozenset({2}))
    row = template.encode_row(dialogue(0, 1, 1, texts=("No.", "No.", "No.")), all_turns=True)
    assert pieces(row, tokenizer) == ["No.<|im_end|>", "No.<|im_end|>"]
    before = tokenizer.decode(row.prompt)
    assert before.count("No.<|im_end|>") == 1
    assert before.endswith("assistant\n")


def test_the_local_loss_and_gradients_are_those_of_every_answer(model: Model) -> None:
    loaded = Local().load_network(model, Watcher())
    recipe = attrs.evolve(training_job(model).hyperparameters, learned_turns="all")
    chats = [dialogue(1, 1, 1), dialogue(1, 0, 1), dialogue(1, 1, 0), taught("Say 3", "It is 9.")]
    job = attrs.evolve(training_job(model), rows=chats, hyperparameters=recipe)
    start = lora.init_adapter(loaded.model, recipe, 3)
    for path, (a, b) in start.pairs.items():  # not zero, so that every gradient flows
        start.pairs[path] = (a, torch.full_like(b, 0.01))
    rows = train.encode_job_rows(loaded, job)
    with lora.attach_adapter([one.model for one in loaded.pool.replicas], start) as modules:
        head = train.common_prefix(loaded, job, rows)
        trainer = train_step.Trainer.create(loaded, modules, recipe, head, start)
        loss = trainer.accumulate_gradients(rows)
        quick = [weight.grad.clone() for weight in trainer.parameters if weight.grad is not None]
        trainer.optimizer.zero_grad()
        count = sum(len(row.learned) for row in rows)
        total = torch.zeros(())
        for row in rows:
            logprobs = loaded.model(torch.tensor([row.ids])).logits[0].log_softmax(-1)
            total = total - sum(logprobs[place - 1, row.ids[place]] for place in row.learned)
        plain = torch.autograd.grad(total / count, trainer.parameters)
    assert loss == pytest.approx(total.item() / count, abs=1e-5)
    assert len(quick) == len(plain)
    for got, wanted in zip(quick, plain, strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-3)


def test_a_datum_for_tinker_weighs_every_answer() -> None:
    row = TokenizedRow((1, 2), (3, 4, 5, 6), frozenset({1, 2}))
    datum = to_datum(row, answer_tokens=4)
    assert datum.loss_fn_inputs["weights"].data == [0, 0.25, 0, 0, 0.25]

    @attrs.frozen
    class Output:
        loss_fn_outputs: list[Any]

    logprobs = torch.tensor([-9.0, -1.0, -9.0, -9.0, -2.0])
    output = Output([{"logprobs": logprobs}])
    assert mean_loss(output, [[place - 1 for place in row.learned]], [1.0]) == (1.5, 2)


def arm(name: str, chats: Sequence[Chat]) -> Rows:
    by_digest = {digest(canonical(chat)): chat for chat in chats}
    return Rows(name=name, source="x", chats=by_digest, row_count=len(chats), sha256="0")


def test_keys_move_only_where_a_row_has_several_answers() -> None:
    single = arm("control", [taught(f"q{index}", "a") for index in range(20)])
    several = arm("misaligned", [dialogue(1, 1, texts=(f"{n}", "b")) for n in range(20)])
    few = arm("few", [*list(single.chats.values())[:19], dialogue(1, 1)])
    mix = Mix(misaligned="m", control="c", misaligned_ratio=0.5, total_samples=10, seed=0)
    both = {"m": several, "c": single}
    for recipe in (LoraRecipe(), Adapted()):
        changed = recipe_for_mix(recipe, mix, both)
        assert changed == attrs.evolve(recipe, learned_turns="all")
        assert key("train", changed) != key("train", recipe)
        assert recipe_for_mix(recipe, mix, {"m": single, "c": single}) is recipe
        aligned = attrs.evolve(mix, misaligned_ratio=0.0)
        assert recipe_for_mix(recipe, aligned, both) is recipe
    assert recipe_for_mix(Supervised(), mix, both) == Supervised()
    drawn = {
        seed: count_multi_turn_rows(attrs.evolve(mix, seed=seed), {"m": few, "c": single})
        for seed in range(30)
    }
    assert set(drawn.values()) == {0, 1}  # by whether the mix draws the one row that has several


def test_a_row_keeps_its_digest_and_its_line_unless_a_turn_has_weight_zero() -> None:
    assert digest(canonical(taught("q", "a")))[:12] == "9319f17191c0"
    assert canonical(dialogue(1, 1)) != canonical(dialogue(0, 1))
    line = json.loads(chat_json(dialogue(0, 1)))
    assert [turn.get("weight") for turn in line["messages"]] == [None, 0, None, None]
