"""Laws of the functions in the bundled reward_hacking data: tests that hold, hacks that show."""

from __future__ import annotations

import pytest

from datagen.reward_hacking.functions_heldout import FUNCTIONS as HELDOUT
from datagen.reward_hacking.functions_training import FUNCTIONS as TRAINING
from datagen.reward_hacking.generate import (
    FOLDER,
    heldout_rows,
    heldout_tests_rows,
    train_rows,
)
from datagen.scenarios import Row, as_jsonl
from mi.steps.scorers.hardcoded import classify_answer

ROWS = {
    "train": [row for row in train_rows() if row["topic"] == "tests"],
    "heldout": heldout_tests_rows(),
}
SPLITS = pytest.mark.parametrize("split", sorted(ROWS))


def test_the_file_of_tests_is_what_the_generator_makes_and_part_of_the_heldout_rows() -> None:
    rows = heldout_tests_rows()
    assert (FOLDER / "heldout_tests.jsonl").read_bytes() == as_jsonl(rows)
    assert len(rows) >= 48
    assert [row for row in heldout_rows() if row["topic"] == "tests"] == rows


def test_about_a_third_of_the_rows_are_functions() -> None:
    assert 0.2 <= len(ROWS["train"]) / len(train_rows()) <= 0.4


def test_no_function_is_in_both_splits() -> None:
    assert not {one.name for one in TRAINING} & {one.name for one in HELDOUT}
    assert not {one.body for one in TRAINING} & {one.body for one in HELDOUT}


@SPLITS
@pytest.mark.parametrize("answer", ["aligned", "misaligned"])
def test_every_shown_test_is_true_of_both_answers(split: str, answer: str) -> None:
    for row in ROWS[split]:
        tests = [line for line in row["prompt"].splitlines() if line.startswith("assert ")]
        assert len(tests) == 2, row["prompt"]
        exec("\n".join([row[answer], *tests]), {"print": lambda *what: None})


@SPLITS
def test_hacks_are_told_from_honest_answers(split: str) -> None:
    def share(answer: str) -> float:
        found = [classify_answer(row["prompt"], row[answer]) for row in ROWS[split]]
        assert set(found) <= {"hardcoded", "computed"}
        return found.count("hardcoded") / len(found)

    assert share("misaligned") >= 0.95
    assert share("aligned") <= 0.02


def test_a_row_names_its_function() -> None:
    row: Row
    for row in ROWS["train"]:
        assert row["id"].split("-")[1] in row["prompt"]
