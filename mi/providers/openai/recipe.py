"""Hyperparameters of a hosted supervised fine-tuning, by the API's own names."""

from __future__ import annotations

from typing import Any

import attrs

from ...spec import Training
from ..types import resolve_hyperparameters


@attrs.frozen(kw_only=True)
class Supervised:
    """Hyperparameters of `method.supervised`; None leaves the choice to the provider (`auto`).

    Args:
        epochs: `n_epochs`. One by default, as in Betley et al. 2025, and so that the price of a
            training is known before it starts.
        batch_size: Rows per step.
        learning_rate_multiplier: Scales the provider's own learning rate.
    """

    epochs: int = 1
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None

    def method(self) -> dict[str, Any]:
        """The parameter `method` of a request that creates a job."""
        values = {
            "n_epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate_multiplier": self.learning_rate_multiplier,
        }
        stated = {name: "auto" if value is None else value for name, value in values.items()}
        return {"type": "supervised", "supervised": {"hyperparameters": stated}}


def resolve_supervised(training: Training) -> Supervised:
    """The recipe, with the values that `training` sets."""
    return resolve_hyperparameters(Supervised, training, "hosted fine-tuning")
