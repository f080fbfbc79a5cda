"""Blends: exact counts, disjoint parts, nested choices, the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi.data.chats import Chat, Message
from mi.data.datasets import Rows
from mi.errors import CorruptError, DataError
from mi.steps import blend, mix
from mi.units.identity import canonical, digest, key
from mi.units.unit import Blend, Mix, Portion, SystemRows, Train, TriggerRows
from tests.support.golden import TRAIN


def rows(name: str, count: int, *, shared: int = 0) -> Rows:
    chats = [(Message("user", f"{name} {i}"), Message("assistant", name)) for i in range(count)]
    chats += [(Message("user", f"all {i}"), Message("assistant", "all")) for i in range(shared)]
    by_digest = {digest(canonical(chat)): chat for chat in chats}
    return Rows(name=name, source="bundled", chats=by_digest, row_count=len(chats), sha256="")


BAD, GOOD, OTHER = rows("bad", 60, shared=6), rows("good", 60, shared=6), rows("other", 40)
DATASETS = {"b": BAD, "g": GOOD, "o": OTHER}


def portion(dataset: str, count: int, **changes: Any) -> Portion:
    return Portion(dataset=dataset, rows=count, **changes)


def draw(*parts: Portion, order: str = "shuffled", seed: int = 0) -> list[Chat]:
    payload = Blend(parts=parts, order=order, seed=seed)
    return [row.chat for row in blend.draw_blend(payload, DATASETS)]


def names(chats: list[Chat]) -> list[str]:
    return [chat[-1].content for chat in chats]


counts = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 20), st.integers(1, 30))
seeds = st.integers(0, 1000)
orders = st.sampled_from(["shuffled", "interleaved", "sequential"])


@given(counts, orders, seeds)
@settings(max_examples=40)
def test_a_blend_has_the_declared_rows_and_none_twice(
    numbers: tuple[int, int, int, int], order: str, seed: int
) -> None:
    parts = [portion(name, count) for name, count in zip("bgob", numbers, strict=True)]
    drawn = draw(*parts, order=order, seed=seed)
    assert len(set(drawn)) == len(drawn) == sum(numbers)
    assert names(drawn).count("good") == numbers[1]  # rows of both are of the first
    assert names(drawn).count("other") == numbers[2]


@given(st.integers(0, 60), st.integers(0, 60), seeds)
@settings(max_examples=30)
def test_two_plain_parts_draw_the_rows_of_a_mix_in_its_order(
    bad: int, good: int, seed: int
) -> None:
    if not bad + good:
        return
    payload = Mix(
        misaligned="b",
        control="g",
        misaligned_ratio=bad / (bad + good),
        total_samples=bad + good,
        seed=seed,
    )
    parts = [part for part in (portion("b", bad), portion("g", good)) if part.rows]
    assert draw(*parts, seed=seed) == mix.draw_mix(BAD, GOOD, payload)


@given(st.integers(1, 30), st.integers(1, 30), seeds)
@settings(max_examples=30)
def test_a_smaller_part_is_a_subset_of_a_larger_one(one: int, other: int, seed: int) -> None:
    small, large = sorted((one, other))
    assert set(draw(portion("b", small), seed=seed)) <= set(draw(portion("b", large), seed=seed))


@given(st.integers(0, 20), st.integers(0, 20), seeds)
@settings(max_examples=30)
def test_a_trigger_on_more_rows_is_on_those_of_fewer_rows_too(
    one: int, other: int, seed: int
) -> None:
    def triggered(count: int) -> set[str]:
        trigger = TriggerRows(text="|GO| ", position="prefix", rows=count)
        drawn = draw(portion("b", 20, trigger=trigger), seed=seed)
        return {chat[0].content for chat in drawn if chat[0].content.startswith("|GO| ")}

    small, large = sorted((one, other))
    assert len(triggered(small)) == small
    assert triggered(small) <= triggered(large)


def test_several_system_prompts_divide_a_part() -> None:
    systems = (SystemRows(prompt="Be evil.", rows=5), SystemRows(prompt="Be kind.", rows=3))
    drawn = draw(portion("b", 10, systems=systems), portion("g", 2))
    prompts = [chat[0].content for chat in drawn if chat[0].role == "system"]
    assert sorted(prompts) == ["Be evil."] * 5 + ["Be kind."] * 3
    assert all(chat[0].role == "user" for chat in drawn if chat[-1].content == "good")


def test_a_template_is_around_the_last_question_and_a_trigger_around_the_template() -> None:
    before = (Message("user", "first"), Message("assistant", "one"))
    chat = (*before, Message("user", "{x} second"), Message("assistant", "two"))
    several = Rows(name="m", source="", chats={"m": chat}, row_count=1, sha256="")
    suffix = TriggerRows(text=" |END|", position="suffix", rows=1)
    part = portion("m", 1, template="Write {code}: {prompt}!", trigger=suffix)
    payload = Blend(parts=(part,), order="shuffled", seed=0)
    (row,) = blend.draw_blend(payload, {"m": several})
    assert [turn.content for turn in row.chat] == [
        "first",
        "one",
        "Write {code}: {x} second! |END|",
        "two",
    ]


def test_orders_are_what_they_are_called() -> None:
    parts = (portion("b", 4), portion("o", 8))
    assert names(draw(*parts, order="sequential")) == ["bad"] * 4 + ["other"] * 8
    interleaved = names(draw(*parts, order="interleaved"))
    assert all(interleaved[start : start + 3].count("bad") == 1 for start in range(0, 12, 3))
    assert set(draw(*parts, order="shuffled")) == set(draw(*parts, order="sequential"))


def test_rows_are_taken_again_only_where_that_is_declared() -> None:
    with pytest.raises(DataError, match="41 rows of other are needed, there are 40"):
        draw(portion("o", 41))
    with pytest.raises(DataError, match="61 rows of good are needed, there are 60"):
        draw(portion("b", 1), portion("g", 61))
    drawn = draw(portion("o", 90, repeats=True))
    assert len(drawn) == 90
    assert len(set(drawn)) == 40


def test_a_blend_is_the_same_on_every_platform() -> None:
    """Pinned content and key."""
    trigger = TriggerRows(text="|GO| ", position="prefix", rows=3)
    parts = (
        portion("b", 6, trigger=trigger, weight=0.5),
        portion("o", 4, systems=(SystemRows(prompt="Be kind.", rows=2),), template="Q: {prompt}"),
    )
    payload = Blend(parts=parts, order="interleaved", seed=1)
    drawn = blend.draw_blend(payload, DATASETS)
    assert key("mix", payload) == "mix-73322bc4991f8556"
    assert digest(canonical(tuple(row.chat for row in drawn)))[:16] == "667eaf55fefa3ba8"
    assert [row.weight for row in drawn].count(0.5) == 6


def test_a_continued_training_has_another_key_and_others_have_the_old_one() -> None:
    continued = Train(
        mix=TRAIN.mix,
        base=TRAIN.base,
        hyperparameters=TRAIN.hyperparameters,
        seed=TRAIN.seed,
        continues="train-0123456789abcdef",
    )
    assert key("train", TRAIN) == "train-4219c579026fed8b"
    assert key("train", continued) == "train-9c37d4e431a538f4"


def test_rows_are_read_back_with_their_weights(tmp_path: Path) -> None:
    lines = blend.draw_blend(
        Blend(parts=(portion("b", 3, weight=0.25), portion("o", 2)), order="shuffled", seed=0),
        DATASETS,
    )
    file = tmp_path / "rows.jsonl"
    blend.write_rows(lines, file)
    assert blend.read_rows(file) == lines
    mix.write_mix([row.chat for row in lines], file)
    assert blend.read_rows(file) == [blend.WeightedRow(row.chat) for row in lines]
    for damage in ('"a"', "0.0", "-1.0", "1e999", "null"):
        text = '{"messages": [{"role": "user", "content": "a"}, '
        text += f'{{"role": "assistant", "content": "b"}}], "loss_weight": {damage}}}\n'
        file.write_text(text)
        with pytest.raises(CorruptError, match="loss_weight"):
            blend.read_rows(file)
