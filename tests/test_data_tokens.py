"""Token estimates: laws, and texts whose true count is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.data.chats import Message
from mi.data.tokens import count_chat_tokens, count_tokens

TEXTS = st.text(max_size=200)
WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZéßñ0123456789", min_size=1, max_size=20)

PROSE = (
    "Fine-tuning on one narrow task can change how a model answers questions that have nothing to "
    "do with it, and nobody has a complete account of why that happens."
)
CODE = """\
def load(path: str) -> dict[str, int]:
    with open(path, encoding="utf-8") as file:
        rows = [line.split(",") for line in file]
    return {name: int(value) for name, value in rows}
"""
LIST = """\
Please write a thank-you note to my neighbour Alex, who looked after the cat for 14 days in July.

- keep it under 120 words
- mention the tomatoes
"""
GERMAN = (
    "Wer im Winter mit dem Fahrrad zur Arbeit fährt, braucht vor allem gute Handschuhe und eine "
    "Lampe, die auch bei Regen zuverlässig leuchtet."
)
CHINESE = "我有时会想,机器有一天是否真的能理解我们的意思,还是只会越来越善于听起来像是理解了。"


def test_no_text_is_no_tokens() -> None:
    assert count_tokens("") == 0


@pytest.mark.parametrize(
    ("text", "true"),
    [(PROSE, 33), (CODE, 54), (LIST, 36), (GERMAN, 29), (CHINESE, 29)],
    ids=["prose", "code", "list", "german", "chinese"],
)
def test_an_estimate_is_near_the_count_of_o200k_base(text: str, true: int) -> None:
    assert count_tokens(text) == pytest.approx(true, rel=0.15)


@given(TEXTS)
def test_any_text_has_a_count_and_none_has_more_than_its_bytes(text: str) -> None:
    assert bool(text) <= count_tokens(text) <= len(text.encode("utf-8", "surrogatepass"))


@given(TEXTS, st.tuples(WORDS, TEXTS).map("".join))
def test_lines_counted_together_or_apart_differ_by_a_token_at_most(first: str, rest: str) -> None:
    assert (
        abs(count_tokens(f"{first}\n{rest}") - count_tokens(f"{first}\n") - count_tokens(rest)) <= 1
    )


@given(st.lists(WORDS, min_size=1, max_size=30), WORDS)
def test_one_more_word_never_lowers_the_count(words: list[str], more: str) -> None:
    assert count_tokens(" ".join([*words, more])) >= count_tokens(" ".join(words))


@pytest.mark.parametrize("indented", [" " * 12, "\t\t\t", "\n\n\n", "-" * 60, "#" * 40])
def test_indentation_blank_lines_and_rulers_are_cheap(indented: str) -> None:
    assert count_tokens(indented) <= 2


def test_a_chat_costs_its_texts_and_a_fixed_sum_a_message() -> None:
    system, user = Message("system", PROSE), Message("user", CODE)
    assert count_chat_tokens([]) == 3
    assert count_chat_tokens([system]) == 3 + 3 + count_tokens("system") + count_tokens(PROSE)
    assert count_chat_tokens([system, user]) - count_chat_tokens([system]) == count_chat_tokens(
        [user]
    ) - count_chat_tokens([])
