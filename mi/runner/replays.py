"""Models of earlier steps: where an eval finds one, and whether a replay is what it replays."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import CorruptError, ProviderError, RequestRejected
from ..providers.checkpoint_models import checkpoint_dir
from ..store.base import Store
from ..store.model_identity import same_adapters
from ..units.unit import Evaluate, Replay, Unit

_ADAPTER = "adapter"


def evaluated_model_dir(unit: Unit, training: str, digest: str | None, store: Store) -> Path:
    """The directory of the trained model that an eval asks, at the step that it names.

    Args:
        unit: The eval.
        training: The key of its training.
        digest: The digest of the model that the training produced.
        store: Where the training and its replays are.

    Raises:
        ProviderError: The training did not keep the model of that step.
        CorruptError: The replay that holds it is of an earlier model of the training.
    """
    assert isinstance(unit.payload, Evaluate)
    step = unit.payload.step
    if step is None:
        return store.unit_dir(training)
    for key in unit.needs:
        directory = checkpoint_dir(store.unit_dir(key), step)
        if not directory.is_dir():
            continue
        if key != training and store.record(key).model_digest != digest:
            raise CorruptError(
                f"{key} replayed an earlier model of {training}",
                where=unit.key,
                hint=f"--force {key} replays the present one",
            )
        return directory
    raise ProviderError(
        f"{training} holds no model of step {step}: it was trained without it",
        where=unit.key,
        hint="run the same command again: what its provider can give of a finished training is "
        "taken from there",
    )


def check_replay(payload: Replay, trained: Path, directory: Path) -> None:
    """Check that a replay came out as the training did, and drop its copy of the trained model.

    A provider that only looks models up leaves no final one.

    Args:
        payload: The replay.
        trained: The directory of the training.
        directory: The directory of the replay.

    Raises:
        RequestRejected: The trained model is another one, or a step is missing.
    """
    if (directory / _ADAPTER).is_dir():
        try:
            is_same = same_adapters(trained, directory)
        except (OSError, ValueError) as error:
            raise CorruptError(f"cannot be compared ({error})", where=payload.training) from None
        if not is_same:
            raise RequestRejected(
                f"the replay of {payload.training} ended with another model, so its earlier steps "
                "are not those of the training",
                hint="it was trained by another version, device or number of cores; evaluate the "
                f"steps that it kept, or train it again: --force {payload.training}",
            )
        shutil.rmtree(directory / _ADAPTER)
    missing = [step for step in payload.steps if not checkpoint_dir(directory, step).is_dir()]
    if missing:
        raise RequestRejected(
            f"no model of step {missing[0]} of {payload.training} can be had",
            hint="declare checkpoints that its provider kept",
        )
