"""The models that a fine-tuning job kept on the way: one for each of its last epochs.

The service names them beside the job, with the step after which each was saved. A training keeps
their names, and a training that is finished is asked for them again, which costs nothing.

Source: OpenAI, Fine-tuning guide, "Use a checkpointed model": the last three epochs are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from ...errors import ProviderError, RequestRejected
from ..checkpoint_models import checkpoint_dir
from ..trained_model import TrainedModel
from ..types import CheckpointOffer
from .recipe import Supervised

_KEPT_EPOCHS = 3


def offer_checkpoints(recipe: Supervised, rows: int, provider: str) -> CheckpointOffer:
    """The ends of the last epochs.

    Args:
        recipe: The hyperparameters.
        rows: Number of training rows.
        provider: The provider's name, for the message.

    Raises:
        ProviderError: The service chooses the batch size, so that the steps are not known.
    """
    if recipe.batch_size is None:
        raise ProviderError(
            f"{provider} chooses the batch size by itself, so the steps of a training are not "
            "known before it",
            hint="state it: training=Training(batch_size=8, epochs=3)",
        )
    length = math.ceil(rows / recipe.batch_size)
    first = max(recipe.epochs - _KEPT_EPOCHS, 0) + 1
    return CheckpointOffer(
        total=length * recipe.epochs,
        steps=tuple(length * epoch for epoch in range(first, recipe.epochs + 1)),
        reason=f"it keeps the ends of the last {_KEPT_EPOCHS} epochs",
    )


def checkpoint_names(listed: Sequence[Mapping[str, Any]], final: str) -> dict[int, str]:
    """Step → name of each model that a job kept, without the final one.

    Args:
        listed: The job's checkpoints as the service lists them.
        final: The name of the job's final model.
    """
    found = ((one.get("step_number"), one.get("fine_tuned_model_checkpoint")) for one in listed)
    return {
        step: name
        for step, name in found
        if type(step) is int and isinstance(name, str) and name not in ("", final)
    }


def write_checkpoints(names: Mapping[int, str], final: TrainedModel, directory: Path) -> None:
    """Write the records by which the models of earlier steps are sampled.

    Args:
        names: Step → name.
        final: The final model.
        directory: The directory of the training or replay.
    """
    for step, name in names.items():
        place = checkpoint_dir(directory, step)
        place.mkdir(parents=True, exist_ok=True)
        attrs.evolve(final, model=name).write(place)


def require_steps(names: Mapping[int, str], steps: Sequence[int], job: str) -> dict[int, str]:
    """The names of the models at some steps.

    Args:
        names: Step → name of each model that the job kept.
        steps: The steps.
        job: The job's id.

    Raises:
        RequestRejected: The job kept no model of one of them.
    """
    for step in steps:
        if step not in names:
            kept = ", ".join(map(str, sorted(names))) or "none before its end"
            raise RequestRejected(
                f"{job} has no model of step {step}: the service lists {kept}",
                hint="declare checkpoints at steps that it lists",
            )
    return {step: names[step] for step in steps}
