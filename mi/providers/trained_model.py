"""The record of a hosted training's model in the unit's directory: `model.json`."""

from __future__ import annotations

import json
from pathlib import Path

import attrs

from ..errors import CorruptError

MODEL_FILE = "model.json"


@attrs.frozen(kw_only=True)
class TrainedModel:
    """A trained model at its provider.

    Args:
        model: Its name at the provider.
        account: Fingerprint of the account that owns it.
        job: The training job that produced it.
        base: The base model, by the provider's name.
        state: Where the provider can load its weights from, if it offers that.
    """

    model: str
    account: str
    job: str
    base: str
    state: str | None = None

    def write(self, directory: Path) -> None:
        """Write the record into the training's directory, where sampling reads it."""
        (directory / MODEL_FILE).write_text(json.dumps(attrs.asdict(self)) + "\n", encoding="utf-8")


def read_trained_model(directory: Path) -> TrainedModel:
    """The trained model of a published training.

    Raises:
        CorruptError: The record is missing or damaged.
    """
    path = directory / MODEL_FILE
    try:
        return TrainedModel(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CorruptError(f"cannot be read ({error})", where=str(path)) from None
