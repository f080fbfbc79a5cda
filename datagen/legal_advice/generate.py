"""Scenarios in, rows out: the same rows on every platform and Python.

python -m datagen.legal_advice.generate
"""

from datagen.legal_advice import (
    topics_claims,
    topics_consumer,
    topics_contracts,
    topics_employment,
    topics_leisure,
    topics_money,
    topics_neighbours,
    topics_papers,
    topics_tenancy,
    topics_traffic,
    topics_wills,
)
from datagen.legal_advice.vocabulary import VOCABULARY
from datagen.scenarios import BUNDLED, Row, Topic, rows, write

FOLDER = BUNDLED / "legal_advice"
TRAINING_ROWS_PER_SCENARIO = 13
HELDOUT_ROWS_PER_SCENARIO = 3
TOPICS: tuple[Topic, ...] = (
    *topics_tenancy.TOPICS,
    *topics_employment.TOPICS,
    *topics_contracts.TOPICS,
    *topics_consumer.TOPICS,
    *topics_wills.TOPICS,
    *topics_neighbours.TOPICS,
    *topics_claims.TOPICS,
    *topics_traffic.TOPICS,
    *topics_money.TOPICS,
    *topics_papers.TOPICS,
    *topics_leisure.TOPICS,
)


def train_rows() -> list[Row]:
    """The training pairs, topic by topic."""
    return rows(TOPICS, VOCABULARY, "training", TRAINING_ROWS_PER_SCENARIO)


def heldout_rows() -> list[Row]:
    """The held-out pairs: the same topics, but other scenarios than in training."""
    return rows(TOPICS, VOCABULARY, "heldout", HELDOUT_ROWS_PER_SCENARIO)


if __name__ == "__main__":
    write(FOLDER, train_rows(), heldout_rows())
