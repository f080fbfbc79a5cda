"""Checkpoints of trainings in a plan: which steps are meant, and where their models come from.

A training that is to do keeps the models of all steps that the plan evaluates. One that is done may
have kept them too, or an earlier replay has them. What is missing then is replayed: the training
itself is not done again. A step that cannot be had is refused by name, never replaced by another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import attrs

from ..errors import CorruptError, DeclarationError, ProviderError
from ..providers.base import Provider
from ..providers.checkpoint_models import listed_steps
from ..spec import Checkpoints
from ..store.base import Store
from ..units.unit import Evaluate, Replay, Unit

Kept = Mapping[str, Mapping[int, Replay | None]]
"""Key of a training → step → the replay that holds the model; None: the training itself."""


@attrs.define
class CheckpointSteps:
    """The declared checkpoints of an experiment as steps of its trainings.

    Args:
        declared: The checkpoints.
        provider: Says which steps it can give.
    """

    declared: Checkpoints
    provider: Provider
    _steps: dict[tuple[Any, int], tuple[int, ...]] = attrs.field(factory=dict)

    def of_training(self, hyperparameters: Any, rows: int, where: str) -> tuple[int, ...]:
        """The steps before the last one, at which a training's model is evaluated.

        Args:
            hyperparameters: Those of the training.
            rows: Number of training rows.
            where: The experiment.

        Raises:
            DeclarationError: The provider cannot give a model at a declared step.
        """
        if (hyperparameters, rows) not in self._steps:
            self._steps[hyperparameters, rows] = self._resolve(
                hyperparameters, rows, f"{where} @ $.checkpoints"
            )
        return self._steps[hyperparameters, rows]

    def _resolve(self, hyperparameters: Any, rows: int, where: str) -> tuple[int, ...]:
        try:
            offer = self.provider.offer_checkpoints(hyperparameters, rows)
        except ProviderError as error:
            raise DeclarationError(error.message, where=where, hint=error.hint) from None
        if self.declared.every is not None and self.declared.every > offer.total:
            raise DeclarationError(
                f"every={self.declared.every} is beyond the {offer.total} steps of a training on "
                f"{rows} rows",
                where=f"{where}.every",
                hint="declare fewer steps, or shares: checkpoints=(0.1, 0.5, 1.0)",
            )
        steps = self.declared.steps(offer.total)
        if lacking := [step for step in steps if offer.steps and step not in offer.steps]:
            offered = ", ".join(f"{step} ({step / offer.total:.4g})" for step in offer.steps or ())
            raise DeclarationError(
                f"{self.provider.name} keeps no model of {format_steps(lacking)} of a training on "
                f"{rows} rows: {offer.reason}",
                where=where,
                hint=f"it keeps steps {offered}; in brackets, their shares",
            )
        return tuple(step for step in steps if step < offer.total)


def format_steps(steps: Sequence[int]) -> str:
    """`step 4`, or `steps 4, 8 and 12`."""
    if len(steps) == 1:
        return f"step {steps[0]}"
    return f"steps {', '.join(map(str, steps[:-1]))} and {steps[-1]}"


def wanted_steps(units: Iterable[Unit]) -> dict[str, tuple[int, ...]]:
    """Key of a training → the steps, in order, at which evals of a plan need its model."""
    wanted: dict[str, set[int]] = {}
    for unit in units:
        payload = unit.payload
        if isinstance(payload, Evaluate) and payload.step is not None:
            assert isinstance(payload.subject, str)
            wanted.setdefault(payload.subject, set()).add(payload.step)
    return {key: tuple(sorted(steps)) for key, steps in wanted.items()}


def kept_models(trainings: Collection[str], store: Store) -> dict[str, dict[int, Replay | None]]:
    """Where a store holds models of earlier steps of published trainings.

    Args:
        trainings: Keys of published trainings.
        store: The store.
    """
    kept: dict[str, dict[int, Replay | None]] = {key: {} for key in trainings}
    if not kept:
        return kept
    prefix = f"{Replay.kind}-"
    for key in (*(name for name in store.published_keys() if name.startswith(prefix)), *trainings):
        with suppress(CorruptError):  # reported where the unit itself is planned
            record = store.record(key)
            replay = None
            if key not in kept:
                replay = Replay(
                    training=str(record.payload["training"]), steps=tuple(record.payload["steps"])
                )
            training = key if replay is None else replay.training
            if training in kept:
                kept[training] |= dict.fromkeys(listed_steps(record.files), replay)
    return kept


@attrs.frozen(kw_only=True)
class PlannedReplays:
    """The replays that the evals of a plan need.

    Args:
        by_eval: Key of an eval at a checkpoint → the replay that it reads, done or not. An eval
            whose model its training kept, or will keep, has none.
        refusals: Key of an eval whose model cannot be had → the reason, with a next step.
    """

    by_eval: Mapping[str, Unit]
    refusals: Mapping[str, str]

    def extend(self, units: Mapping[str, tuple[str, Unit]]) -> dict[str, tuple[str, Unit]]:
        """The units of a plan with these replays, each before the evals that need it."""
        extended: dict[str, tuple[str, Unit]] = {}
        for key, (role, unit) in units.items():
            if (replay := self.by_eval.get(key)) is not None:
                extended.setdefault(replay.key, (Replay.kind, replay))
                unit = attrs.evolve(unit, needs=(*unit.needs, replay.key))
            extended[key] = role, unit
        return extended

    def users(self, users: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Key of a replay → the cells whose evals need it.

        Args:
            users: The cells of each eval.
        """
        cells: dict[str, dict[str, None]] = {}
        for key, replay in self.by_eval.items():
            cells.setdefault(replay.key, {}).update(dict.fromkeys(users[key]))
        return {key: list(names) for key, names in cells.items()}


def plan_replays(
    units: Mapping[str, Unit], done: Collection[str], kept: Kept, provider: Provider
) -> PlannedReplays:
    """The replays that the evals of a plan need.

    Args:
        units: The units of the plan by key.
        done: The keys of published units.
        kept: Where models of earlier steps of published trainings are.
        provider: The provider of the model.
    """
    missing: dict[str, dict[str, int]] = {}
    by_eval: dict[str, Unit] = {}
    for key, unit in units.items():
        payload = unit.payload
        if not isinstance(payload, Evaluate) or payload.step is None:
            continue
        training = payload.training_key
        if training is None or training not in done:
            continue
        steps = kept.get(training, {})
        if payload.step not in steps:
            if key not in done:
                missing.setdefault(training, {})[key] = payload.step
        elif (replay := steps[payload.step]) is not None:
            by_eval[key] = _replay_unit(units[training], replay)
    refusals: dict[str, str] = {}
    for training, evals in missing.items():
        if not provider.can_replay:
            reason = _refusal(provider, training, evals.values(), kept.get(training, {}))
            refusals |= dict.fromkeys(evals, reason)
            continue
        replay = Replay(training=training, steps=tuple(sorted(set(evals.values()))))
        by_eval |= dict.fromkeys(evals, _replay_unit(units[training], replay))
    return PlannedReplays(by_eval=by_eval, refusals=refusals)


def _refusal(provider: Provider, training: str, steps: Iterable[int], kept: Iterable[int]) -> str:
    lacking = format_steps(sorted(set(steps)))
    existing = f"it kept {format_steps(sorted(kept))}" if kept else "it kept none before the last"
    return (
        f"{provider.name} kept no model of {lacking} of {training} and cannot go back to one; "
        f"{existing}\n  → declare checkpoints that it kept, or pay for the training again: "
        f"--force {training}"
    )


def _replay_unit(training: Unit, replay: Replay) -> Unit:
    return Unit(
        payload=replay,
        title=f"{training.title}, {format_steps(replay.steps)}",
        setting=training.setting,
        needs=(training.key, *training.needs),
    )
