"""Recipes in a plan, and a provider that trains stages on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from mi.planning.plan import Plan
from mi.providers.local.recipe import resolve_lora_recipe
from mi.providers.types import TrainingResult, TrainJob
from mi.spec import Curriculum, Experiment, Stage, Training
from tests.support.fake_provider import Books, experiment, session


@attrs.define
class Staged(Books):
    """A provider that trains stages on, and keeps which directory each began with."""

    continues_trainings: bool = True
    honours_row_weights: bool = True
    adapter_fields: tuple[str, ...] = ("lora_rank",)
    begun: list[str | None] = attrs.field(factory=list)

    def hyperparameters(self, training: Training) -> Any:
        return resolve_lora_recipe(training)

    def train(self, job: TrainJob, directory: Path, monitor: Any) -> TrainingResult:
        self.begun.append(None if job.previous is None else job.previous.name)
        return super().train(job, directory, monitor)


def recipe(*stages: Stage, id: str = "R1", **changes: Any) -> Experiment:
    """An experiment on a recipe."""
    free: dict[str, Any] = {"misaligned_ratio": (), "total_samples": (), "id": id, **changes}
    return experiment(recipe=Curriculum(*stages), **free)


def plan(folder: Path, *experiments: Experiment, books: Books | None = None) -> Plan:
    return session(folder, *experiments, books=books or Staged()).plan()


def keys(planned: Plan, kind: str) -> list[str]:
    return [one.unit.key for one in planned.units if one.unit.kind == kind]


def payloads(planned: Plan, kind: str) -> list[Any]:
    return [one.unit.payload for one in planned.units if one.unit.kind == kind]
