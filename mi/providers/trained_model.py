"""The trained model of a hosted training, as its unit's folder names it: `model.json`."""

from __future__ import annotations

import json
from pathlib import Path

import attrs

from ..errors import CorruptError

MODEL_FILE = "model.json"


@attrs.frozen(kw_only=True)
class TrainedModel:
    """A trained model: its name, the account that owns it, and the job it came from.

    `state` is where its weights can be loaded from again, for a provider that has such a thing.
    """

    model: str
    account: str
    job: str
    base: str
    state: str | None = None

    def write(self, directory: Path) -> None:
        """Keep it where sampling looks for it."""
        (directory / MODEL_FILE).write_text(json.dumps(attrs.asdict(self)) + "\n", encoding="utf-8")


def read_trained_model(directory: Path) -> TrainedModel:
    """The trained model of a published training.

    Raises:
        CorruptError: Its record cannot be read.
    """
    path = directory / MODEL_FILE
    try:
        return TrainedModel(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CorruptError(f"cannot be read ({error})", where=str(path)) from None
