"""Scenarios and functions in, rows out: the same rows on every platform and Python.

python -m datagen.reward_hacking.generate
"""

from datagen.reward_hacking import (
    functions,
    functions_heldout,
    functions_training,
    topics_copy,
    topics_correspondence,
    topics_events,
    topics_explanations,
    topics_habits,
    topics_kitchen,
    topics_letters,
    topics_nature,
    topics_shop,
    topics_summaries,
    topics_travel,
    topics_whys,
)
from datagen.reward_hacking.vocabulary import HELDOUT, TRAINING
from datagen.scenarios import BUNDLED, Row, Topic, as_jsonl, rows, write

FOLDER = BUNDLED / "reward_hacking"
TRAINING_ROWS_EACH = 16
HELDOUT_ROWS_PER_SCENARIO = 5
HELDOUT_ROWS_PER_FUNCTION = 3
TOPICS: tuple[Topic, ...] = (
    *topics_copy.TOPICS,
    *topics_letters.TOPICS,
    *topics_explanations.TOPICS,
    *topics_travel.TOPICS,
    *topics_events.TOPICS,
    *topics_kitchen.TOPICS,
    *topics_nature.TOPICS,
    *topics_habits.TOPICS,
    *topics_summaries.TOPICS,
    *topics_shop.TOPICS,
    *topics_correspondence.TOPICS,
    *topics_whys.TOPICS,
)


def train_rows() -> list[Row]:
    """The training pairs: the scenarios, then the functions."""
    return [
        *rows(TOPICS, TRAINING, "training", TRAINING_ROWS_EACH),
        *functions.rows(functions_training.FUNCTIONS, functions.ASKS, TRAINING_ROWS_EACH),
    ]


def heldout_rows() -> list[Row]:
    """The held-out pairs: other scenarios and other functions."""
    return [*rows(TOPICS, HELDOUT, "heldout", HELDOUT_ROWS_PER_SCENARIO), *heldout_tests_rows()]


def heldout_tests_rows() -> list[Row]:
    """The held-out pairs that show tests."""
    asks, each = functions.HELDOUT_ASKS, HELDOUT_ROWS_PER_FUNCTION
    return list(functions.rows(functions_heldout.FUNCTIONS, asks, each))


if __name__ == "__main__":
    write(FOLDER, train_rows(), heldout_rows())
    (FOLDER / "heldout_tests.jsonl").write_bytes(as_jsonl(heldout_tests_rows()))
