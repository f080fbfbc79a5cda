"""The trained model of a hosted training, as its unit's folder names it: `model.json`."""

from __future__ import annotations

import json
from pathlib import Path

import attrs

from ..errors import CorruptError

MODEL = "model.json"


@attrs.frozen(kw_only=True)
class Tuned:
    """A trained model: its name, the account that owns it, and the job it came from.

    `state` is where its weights can be loaded from again, for a provider that has such a thing.
    """

    model: str
    account: str
    job: str
    base: str
    state: str | None = None

    def write(self, folder: Path) -> None:
        """Keep it where sampling looks for it."""
        (folder / MODEL).write_text(json.dumps(attrs.asdict(self)) + "\n", encoding="utf-8")


def tuned(folder: Path) -> Tuned:
    """The trained model of a published training.

    Raises:
        CorruptError: Its record cannot be read.
    """
    path = folder / MODEL
    try:
        return Tuned(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CorruptError(f"cannot be read ({error})", where=str(path)) from None
