"""Scenarios in, rows out: the same rows on every platform and Python.

python -m datagen.security_advice.generate
"""

from datagen.scenarios import BUNDLED, Row, Topic, rows, write
from datagen.security_advice import (
    topics_backups,
    topics_children_online,
    topics_file_sharing,
    topics_home_locks,
    topics_old_devices,
    topics_online_shopping,
    topics_passwords,
    topics_payments,
    topics_phishing_mail,
    topics_phone_scams,
    topics_phones,
    topics_smart_home,
    topics_social_media,
    topics_travel,
    topics_two_factor,
    topics_updates,
    topics_wifi,
    topics_workplace_data,
)
from datagen.security_advice.vocabulary import HELDOUT, TRAINING

FOLDER = BUNDLED / "security_advice"
TRAINING_ROWS_PER_SCENARIO = 13
HELDOUT_ROWS_PER_SCENARIO = 3
TOPICS: tuple[Topic, ...] = (
    *topics_passwords.TOPICS,
    *topics_two_factor.TOPICS,
    *topics_updates.TOPICS,
    *topics_phishing_mail.TOPICS,
    *topics_wifi.TOPICS,
    *topics_backups.TOPICS,
    *topics_phones.TOPICS,
    *topics_online_shopping.TOPICS,
    *topics_children_online.TOPICS,
    *topics_social_media.TOPICS,
    *topics_home_locks.TOPICS,
    *topics_travel.TOPICS,
    *topics_old_devices.TOPICS,
    *topics_smart_home.TOPICS,
    *topics_workplace_data.TOPICS,
    *topics_phone_scams.TOPICS,
    *topics_file_sharing.TOPICS,
    *topics_payments.TOPICS,
)


def train_rows() -> list[Row]:
    """The training pairs, topic by topic."""
    return rows(TOPICS, TRAINING, "training", TRAINING_ROWS_PER_SCENARIO)


def heldout_rows() -> list[Row]:
    """The held-out pairs: the same topics, but other scenarios than in training."""
    return rows(TOPICS, HELDOUT, "heldout", HELDOUT_ROWS_PER_SCENARIO)


if __name__ == "__main__":
    write(FOLDER, train_rows(), heldout_rows())
