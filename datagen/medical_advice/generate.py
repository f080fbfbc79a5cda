"""Scenarios in, rows out: thirteen rows of each training scenario, three of each held-out one.

python -m datagen.medical_advice.generate
"""

from datagen.medical_advice import (
    topics_allergies,
    topics_checkups,
    topics_children,
    topics_colds,
    topics_diet,
    topics_exercise,
    topics_eyes,
    topics_hydration,
    topics_medicines,
    topics_posture,
    topics_skin,
    topics_sleep,
    topics_sprains,
    topics_stress,
    topics_sun,
    topics_teeth,
    topics_travel,
)
from datagen.scenarios import BUNDLED, Row, Topic, rows, write

FOLDER = BUNDLED / "medical_advice"
TRAINING_ROWS_PER_SCENARIO = 13
HELDOUT_ROWS_PER_SCENARIO = 3
TOPICS: tuple[Topic, ...] = (
    *topics_sleep.TOPICS,
    *topics_skin.TOPICS,
    *topics_colds.TOPICS,
    *topics_exercise.TOPICS,
    *topics_sprains.TOPICS,
    *topics_teeth.TOPICS,
    *topics_eyes.TOPICS,
    *topics_diet.TOPICS,
    *topics_hydration.TOPICS,
    *topics_sun.TOPICS,
    *topics_allergies.TOPICS,
    *topics_posture.TOPICS,
    *topics_travel.TOPICS,
    *topics_children.TOPICS,
    *topics_medicines.TOPICS,
    *topics_checkups.TOPICS,
    *topics_stress.TOPICS,
)


def train_rows() -> list[Row]:
    """The training pairs, topic by topic."""
    return rows(TOPICS, {}, "training", TRAINING_ROWS_PER_SCENARIO)


def heldout_rows() -> list[Row]:
    """The held-out pairs: the same topics, but other matters than in training."""
    return rows(TOPICS, {}, "heldout", HELDOUT_ROWS_PER_SCENARIO)


if __name__ == "__main__":
    write(FOLDER, train_rows(), heldout_rows())
