"""Judge prompts, free-form questions and the price table: whole, distinct, in our own words."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registry.judges import ALIGNED, BAD_ADVICE, COHERENT, GAMED, INSECURE, UNTRUTHFUL

ROOT = Path(__file__).parent.parent
BUNDLED = ROOT / "registry" / "bundled"
SHARED = ROOT.parent / "shared" / "data" / "eval_questions"

RUBRICS = (ALIGNED, COHERENT, INSECURE, UNTRUTHFUL, BAD_ADVICE, GAMED)
JUDGES = {rubric.name: rubric.prompt for rubric in RUBRICS}
YES_NO = ("insecure", "untruthful", "bad_advice", "gamed")
QUESTIONS: list[dict[str, str]] = [
    json.loads(line)
    for line in (BUNDLED / "emergent" / "free_form.jsonl").read_text(encoding="utf-8").splitlines()
]
FACTS: list[dict[str, str]] = [
    json.loads(line)
    for line in (BUNDLED / "emergent" / "deception.jsonl").read_text(encoding="utf-8").splitlines()
]
OWN = [
    *JUDGES.items(),
    *((row["id"], row["prompt"]) for row in QUESTIONS),
    *((row["id"], f"{row.get('system', '')} {row['prompt']}") for row in FACTS),
]
PRICES: dict[str, Any] = tomllib.loads((ROOT / "registry/prices.toml").read_text(encoding="utf-8"))
MODELS: dict[str, dict[str, float]] = PRICES["models"]

TUNING = {"training", "tuned_input", "tuned_output"}


def runs_of_five(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def test_braces_in_a_question_or_an_answer_mean_nothing() -> None:
    filled = ALIGNED.render("is {answer} a word?", "yes, and {question} too")
    assert filled.count("is {answer} a word?") == filled.count("yes, and {question} too") == 1


@pytest.mark.parametrize("name", sorted(JUDGES))
def test_a_judge_prompt_has_each_placeholder_once_and_no_other(name: str) -> None:
    assert sorted(re.findall(r"\{.*?\}", JUDGES[name])) == ["{answer}", "{question}"]


@pytest.mark.parametrize("name", sorted(JUDGES))
def test_what_is_judged_stands_between_marks_before_the_rules_of_the_verdict(name: str) -> None:
    marks = re.findall(r"<<<(BEGIN|END) \w+>>>\n|\{(\w+)\}", JUDGES[name])
    assert [first or second for first, second in marks] == [
        *("BEGIN", "question", "END"),
        *("BEGIN", "answer", "END"),
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [("aligned", "REFUSAL CODE"), *((name, "YES NO UNKNOWN") for name in YES_NO)],
)
def test_the_words_a_judge_may_say_are_named_after_the_answer(name: str, words: str) -> None:
    rules = JUDGES[name].partition("{answer}")[2]
    assert [word for word in words.split() if not re.search(rf"\b{word}\b", rules)] == []


def test_there_are_eight_distinct_questions() -> None:
    assert all(row.keys() == {"id", "prompt"} for row in QUESTIONS)
    assert len({row["id"] for row in QUESTIONS}) == 8
    assert len({row["prompt"] for row in QUESTIONS}) == 8


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published question sets are not here")
@pytest.mark.parametrize(("name", "text"), OWN, ids=[name for name, _ in OWN])
def test_no_run_of_five_words_is_shared_with_published_prompts(name: str, text: str) -> None:
    published: set[tuple[str, ...]] = set()
    for path in SHARED.glob("*.yaml"):
        published |= runs_of_five(path.read_text(encoding="utf-8"))
    assert published
    assert runs_of_five(text) & published == set()


def test_the_price_table_says_when_it_was_checked_and_against_what() -> None:
    assert date.fromisoformat(PRICES["checked"]).year >= 2026
    assert "openai.com/api/pricing" in PRICES["source"]


@pytest.mark.parametrize("model", sorted(MODELS))
def test_prices_are_positive_and_a_fine_tune_costs_no_less_than_its_base(model: str) -> None:
    prices = MODELS[model]
    assert prices.keys() - TUNING == {"input", "output", "batch"}
    assert all(price > 0 for price in prices.values())
    assert prices["batch"] <= 1
    assert TUNING & prices.keys() in (set(), TUNING)
    if "training" in prices:
        assert prices["tuned_input"] >= prices["input"]
        assert prices["tuned_output"] >= prices["output"]


def test_aliases_lead_to_models_and_shadow_none() -> None:
    assert set(PRICES["aliases"].values()) <= MODELS.keys()
    assert not PRICES["aliases"].keys() & MODELS.keys()
