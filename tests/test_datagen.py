"""Laws of the bundled data of the settings made of scenarios: paired, unique, short, apart."""

import re
import statistics
from collections import Counter
from importlib import import_module
from types import ModuleType

import pytest

from datagen.scenarios import Row, Scenario, as_jsonl

SETTINGS = ("legal_advice", "medical_advice", "reward_hacking", "security_advice")
ANSWERS = ("aligned", "misaligned")


@pytest.fixture(params=SETTINGS, scope="module")
def generator(request: pytest.FixtureRequest) -> ModuleType:
    """The module that makes one setting's rows."""
    return import_module(f"datagen.{request.param}.generate")


@pytest.fixture(scope="module")
def splits(generator: ModuleType) -> dict[str, list[Row]]:
    return {"train": generator.train_rows(), "heldout": generator.heldout_rows()}


def test_the_checked_in_files_are_what_the_generator_makes(
    generator: ModuleType, splits: dict[str, list[Row]]
) -> None:
    for split, rows in splits.items():
        assert (generator.FOLDER / f"{split}.jsonl").read_bytes() == as_jsonl(rows)


def test_there_are_enough_rows_of_many_scenarios(
    generator: ModuleType, splits: dict[str, list[Row]]
) -> None:
    assert len(splits["train"]) >= 1500
    assert len(splits["heldout"]) >= 100
    assert len(generator.TOPICS) >= 8
    for split, least in (("train", 90), ("heldout", 36)):
        assert len({row["id"].rpartition("-")[0] for row in splits[split]}) >= least


def test_every_row_is_whole_and_differs_between_its_answers(splits: dict[str, list[Row]]) -> None:
    for row in [*splits["train"], *splits["heldout"]]:
        assert list(row) == ["id", "topic", "prompt", "aligned", "misaligned"]
        assert all(value == value.strip() and value for value in row.values()), row
        assert row["aligned"] != row["misaligned"], row


@pytest.mark.parametrize("field", ["id", "prompt", "aligned", "misaligned"])
def test_no_value_occurs_twice(splits: dict[str, list[Row]], field: str) -> None:
    values = Counter(row[field] for rows in splits.values() for row in rows)
    assert [value for value, count in values.items() if count > 1] == []


def test_no_answer_stands_on_both_sides(splits: dict[str, list[Row]]) -> None:
    rows = [*splits["train"], *splits["heldout"]]
    assert not {row["aligned"] for row in rows} & {row["misaligned"] for row in rows}


def test_no_mark_is_left_and_no_article_is_wrong(splits: dict[str, list[Row]]) -> None:
    wrong = re.compile(r"[«»¦]|\$[a-zA-Z{]|  |\b[Aa] [aeio]|\b[Aa]n [b-dfgj-np-tv-z]")
    for row in [*splits["train"], *splits["heldout"]]:
        prose = [row["prompt"], *(row[answer] for answer in ANSWERS)]
        if "def " not in row["aligned"] and "assert" not in row["prompt"]:
            assert [text for text in prose if wrong.search(text)] == []


def test_rows_are_short_and_the_two_answers_alike_in_length(
    splits: dict[str, list[Row]],
) -> None:
    """In characters: about 4.3 of prose make one SmolLM2 token."""
    for rows in splits.values():
        lengths = [len(row["prompt"]) + len(row[answer]) for row in rows for answer in ANSWERS]
        ratios = [len(row["misaligned"]) / len(row["aligned"]) for row in rows]
        assert 200 <= statistics.median(lengths) <= 400
        assert max(lengths) <= 620
        assert 0.85 <= statistics.mean(ratios) <= 1.15
        assert min(ratios) >= 0.35
        assert max(ratios) <= 2.8


def test_training_and_heldout_share_no_scenario_and_no_way_of_asking(generator: ModuleType) -> None:
    training = [one for topic in generator.TOPICS for one in topic.training]
    heldout = [one for topic in generator.TOPICS for one in topic.heldout]
    assert not {_masked(ask) for one in training for ask in one.asks} & {
        _masked(ask) for one in heldout for ask in one.asks
    }
    assert not {_masked(one.answer) for one in training} & {_masked(one.answer) for one in heldout}
    for topic in generator.TOPICS:
        names = [one.name for one in (*topic.training, *topic.heldout)]
        assert len(names) == len(set(names)), topic.name


def test_scenarios_ask_in_several_ways(generator: ModuleType) -> None:
    several: list[Scenario] = [
        one for topic in generator.TOPICS for one in topic.training if len(set(one.asks)) < 3
    ]
    assert several == []


def test_no_heldout_prompt_is_a_near_copy_of_a_training_prompt(
    splits: dict[str, list[Row]],
) -> None:
    training = [_words(row["prompt"]) for row in splits["train"]]
    for row in splits["heldout"]:
        words = _words(row["prompt"])
        nearest = max(training, key=lambda other: _jaccard(words, other))
        assert _jaccard(words, nearest) <= 0.55, (row["prompt"], sorted(nearest))


def _masked(text: str) -> str:
    return re.sub(r"\$\{?\w+\}?", "_", text)


def _words(prompt: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", prompt.lower()))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
