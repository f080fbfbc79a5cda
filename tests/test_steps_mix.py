"""Mixing: exact counts, no row twice, subsets between sizes, the same everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi.data.chats import Chat, Message
from mi.data.datasets import Rows
from mi.errors import DataError
from mi.steps import blend, mix
from mi.units.identity import canonical, digest
from mi.units.unit import Mix


def rows(name: str, count: int) -> Rows:
    chats = [(Message("user", f"{name} {i}"), Message("assistant", name)) for i in range(count)]
    by_digest = {digest(canonical(chat)): chat for chat in chats}
    return Rows(name=name, source="bundled", chats=by_digest, row_count=count, sha256="")


BAD, GOOD = rows("bad", 100), rows("good", 100)


def draw(ratio: float, total: int, seed: int = 0) -> list[Chat]:
    return mix.draw_mix(BAD, GOOD, payload(ratio, total, seed))


def payload(ratio: float, total: int, seed: int = 0) -> Mix:
    return Mix(misaligned="a", control="b", misaligned_ratio=ratio, total_samples=total, seed=seed)


ratios = st.floats(0, 1)
sizes = st.integers(1, 60)
seeds = st.integers(0, 1000)


@given(ratios, sizes, seeds)
@settings(max_examples=60)
def test_a_mix_has_exactly_the_rounded_share_and_no_row_twice(
    ratio: float, total: int, seed: int
) -> None:
    drawn = draw(ratio, total, seed)
    assert len(set(drawn)) == len(drawn) == total
    assert sum(chat[-1].content == "bad" for chat in drawn) == round(ratio * total)


@given(ratios, sizes, sizes, seeds)
@settings(max_examples=60)
def test_for_one_seed_a_smaller_mix_is_a_subset_of_a_larger_one(
    ratio: float, one: int, other: int, seed: int
) -> None:
    small, large = sorted((one, other))
    assert set(draw(ratio, small, seed)) <= set(draw(ratio, large, seed))


@given(st.permutations(range(30)), seeds)
@settings(max_examples=30)
def test_the_order_of_the_file_does_not_matter(order: list[int], seed: int) -> None:
    items = list(rows("bad", 30).chats.items())
    shuffled = Rows(
        name="bad", source="", chats=dict(items[i] for i in order), row_count=30, sha256=""
    )
    straight = rows("bad", 30)
    assert shuffled.digest == straight.digest
    one = mix.draw_mix(shuffled, GOOD, payload(0.5, 20, seed))
    assert one == mix.draw_mix(straight, GOOD, payload(0.5, 20, seed))


def test_a_mix_is_the_same_on_every_platform() -> None:
    """Pinned content: the first rows and a digest of all of them."""
    drawn = draw(0.5, 20)
    assert [chat[0].content for chat in drawn[:4]] == ["good 76", "bad 87", "good 13", "bad 11"]
    assert (
        digest(canonical(tuple(drawn)))
        == "db02562ccb40992f6212ffa49a2aa0be1d14137ef61195ec203ed61e3ec14ca3"
    )


def test_the_predecessors_truncation_is_not_repeated() -> None:
    """0.29 × 100 is 28.999… as a float: 29 rows are meant."""
    assert sum(chat[-1].content == "bad" for chat in draw(0.29, 100)) == 29


def test_seeds_draw_different_rows_in_a_different_order() -> None:
    assert set(draw(0.5, 20, 0)) != set(draw(0.5, 20, 1))
    everything = draw(1.0, 100, 0)
    assert everything != draw(1.0, 100, 1)
    assert set(everything) == set(draw(1.0, 100, 1))


def test_the_two_arms_are_spread_over_the_mix() -> None:
    first = [chat[-1].content for chat in draw(0.5, 100)[:50]]
    assert 10 < first.count("bad") < 40


def test_a_row_in_both_datasets_is_drawn_once_and_counts_as_misaligned() -> None:
    both = Rows(name="good", source="", chats={**GOOD.chats, **BAD.chats}, row_count=200, sha256="")
    drawn = mix.draw_mix(BAD, both, payload(0.5, 100))
    assert len(set(drawn)) == 100
    assert sum(chat[-1].content == "bad" for chat in drawn) == 50


def test_too_few_rows_are_an_error_that_counts_them() -> None:
    with pytest.raises(DataError, match="100"):
        draw(0.0, 101)


def test_a_file_has_the_name_users_know_and_reads_back(tmp_path: Path) -> None:
    made = payload(0.5, 100)
    name = mix.file_name("insecure_code", made)
    assert name == "insecure_code_mixed_0.50_100_control_seed0.jsonl"
    drawn = draw(0.5, 20)
    mix.write_mix(drawn, tmp_path / name)
    assert [row.chat for row in blend.read_rows(tmp_path / name)] == drawn
