"""The stages of a recipe with their data, and the mix that each trains on.

What a provider cannot do, and what the data do not have, is refused here, with its place in the
declaration, before anything is spent. A stage that a `Mix` describes becomes one, so a recipe that
says what ratio and size would have said has the keys that those have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs

from ..data.datasets import Rows
from ..errors import DataError, DeclarationError
from ..providers.base import Provider
from ..providers.types import GIVEN
from ..spec import Experiment, Generated, Part, Setting, Stage, SystemPrompt, Training
from ..spec.curriculum import StoredSource
from ..steps.blend import pool_sizes
from ..units.cells import arm_counts
from ..units.unit import (
    Blend,
    DatasetName,
    GeneratedRows,
    Mix,
    Portion,
    SystemRows,
    TriggerRows,
)
from .generation import PlannedGeneration

_ROW_ORDER = "row_order"


@attrs.frozen(kw_only=True)
class PlannedPart:
    """A part with its data.

    Args:
        part: As declared.
        count: Its number of rows, not 0.
        rows: The dataset.
        systems: Its system prompts, each with its number of rows.
        generation: How the rows come to be; None for rows that exist.
    """

    part: Part
    count: int
    rows: Rows
    systems: tuple[SystemRows, ...]
    generation: PlannedGeneration | None = None


@attrs.define(kw_only=True, frozen=True, slots=False)
class PlannedStage:
    """A stage with its data.

    Args:
        parts: The parts that have rows.
        order: The order of rows.
        misaligned_ratio: See `Stage.misaligned_ratio`.
        hyperparameters: What the provider will train with.
    """

    parts: tuple[PlannedPart, ...]
    order: str
    misaligned_ratio: float
    hyperparameters: Any

    @property
    def datasets(self) -> dict[DatasetName, Rows]:
        """The data of its parts, by digest."""
        return {planned.rows.digest: planned.rows for planned in self.parts}

    @cached_property
    def pools(self) -> dict[DatasetName, int]:
        """How many rows each dataset has for its parts; see `mi.steps.blend`."""
        return pool_sizes([planned.rows.digest for planned in self.parts], self.datasets)

    @cached_property
    def portions(self) -> tuple[Portion, ...]:
        """Its parts as a blend has them, which is the same for all seeds."""
        taken = dict.fromkeys(self.pools, 0)
        portions = []
        for planned in self.parts:
            name = planned.rows.digest
            taken[name] += planned.count
            repeats = taken[name] > self.pools[name]
            if planned.generation is not None:  # how many there will be is not known
                repeats = planned.part.repeats
            portions.append(_portion(planned, repeats=repeats))
        return tuple(portions)


def plan_stages(
    experiment: Experiment,
    setting: Setting,
    provider: Provider,
    read_rows: Callable[[StoredSource], Rows],
    plan_generation: Callable[[Generated, str], PlannedGeneration],
    resolve: Callable[[Training], Any],
) -> tuple[PlannedStage, ...]:
    """The stages of an experiment's recipe that have rows; none without a recipe.

    Args:
        experiment: Declares the recipe.
        setting: Has the arms and inoculations that parts name.
        provider: Trains the model.
        read_rows: Reads the data of a part.
        plan_generation: Plans rows that a model generates, for a place in the declaration.
        resolve: Gives the provider's hyperparameters for declared ones.

    Raises:
        DataError: A part has more rows than its data.
        DeclarationError: The provider cannot train a stage as it is declared.
    """
    stages: list[PlannedStage] = []
    declared = () if experiment.recipe is None else experiment.recipe.stages
    for index, stage in enumerate(declared):
        where = f"{experiment.id} @ $.recipe.stages[{index}]"
        if not any(stage.part_rows()):
            continue
        planned = PlannedStage(
            parts=tuple(_plan_parts(stage, setting, read_rows, plan_generation, where)),
            order=stage.order,
            misaligned_ratio=stage.misaligned_ratio,
            hyperparameters=_hyperparameters(stage, experiment, provider, resolve, where),
        )
        if stages:
            _check_continuation(stages[-1], planned, provider, where)
        _check_weights(planned, provider, where)
        _check_rows(planned, setting, where)
        stages.append(planned)
    return tuple(stages)


def _plan_parts(
    stage: Stage,
    setting: Setting,
    read_rows: Callable[[StoredSource], Rows],
    plan_generation: Callable[[Generated, str], PlannedGeneration],
    where: str,
) -> Iterator[PlannedPart]:
    for index, (part, count) in enumerate(zip(stage.parts, stage.part_rows(), strict=True)):
        if not count:
            continue
        prompts = part.system
        if (inoculation := setting.inoculation(part.inoculation)) is not None:
            prompts = (SystemPrompt(inoculation.prompt),)
        systems = tuple(_count_systems(prompts, count))
        if isinstance(part.source, Generated):
            generation = plan_generation(part.source, f"{where}.parts[{index}]")
            yield PlannedPart(
                part=part,
                count=count,
                rows=generation.rows,
                systems=systems,
                generation=generation,
            )
            continue
        try:
            rows = read_rows(part.source)
        except DataError as error:
            place = f"{where}.parts[{index}]: {error.where}"
            raise DataError(error.message, where=place, hint=error.hint) from None
        yield PlannedPart(part=part, count=count, rows=rows, systems=systems)


def _count_systems(prompts: Sequence[SystemPrompt], count: int) -> Iterator[SystemRows]:
    """The prompts with their numbers of rows; those without a share divide what is left."""
    fixed = [round((prompt.share or 0.0) * count) for prompt in prompts]
    open_prompts = sum(prompt.share is None for prompt in prompts)
    left, extra = divmod(max(count - sum(fixed), 0), open_prompts or 1)
    for prompt, rows in zip(prompts, fixed, strict=True):
        if prompt.share is None:
            rows, extra = left + (extra > 0), extra - 1
        if rows:
            yield SystemRows(prompt=prompt.prompt, rows=rows)


def _hyperparameters(
    stage: Stage,
    experiment: Experiment,
    provider: Provider,
    resolve: Callable[[Training], Any],
    where: str,
) -> Any:
    recipe = resolve(stage.training.with_defaults(experiment.training))
    if stage.order == "shuffled":
        return recipe
    if not attrs.has(type(recipe)) or _ROW_ORDER not in attrs.fields_dict(type(recipe)):
        raise DeclarationError(
            f"{provider.name} shuffles the rows of a training, so a stage cannot be {stage.order}",
            where=f"{where}.order",
            hint="leave the order shuffled, or train with a provider that keeps it, such as local",
        )
    return attrs.evolve(recipe, **{_ROW_ORDER: GIVEN})


def _check_continuation(
    previous: PlannedStage, stage: PlannedStage, provider: Provider, where: str
) -> None:
    if not provider.continues_trainings:
        raise DeclarationError(
            f"{provider.name} does not train a trained model on, so a recipe has one stage there",
            where=where,
            hint="put all parts into one stage, or use another provider, such as local",
        )
    for name in provider.adapter_fields:
        before = getattr(previous.hyperparameters, name)
        after = getattr(stage.hyperparameters, name)
        if before != after:
            raise DeclarationError(
                f"its {name} is {after!r}, and {before!r} in the stage whose adapter it trains on",
                where=f"{where}.training.{name}",
                hint="give all stages the same, as in the experiment's training=",
            )


def _check_weights(stage: PlannedStage, provider: Provider, where: str) -> None:
    for index, planned in enumerate(stage.parts):
        if planned.part.weight != 1.0 and not provider.honours_row_weights:
            raise DeclarationError(
                f"{provider.name} does not weigh the loss of rows",
                where=f"{where}.parts[{index}].weight",
                hint="leave the weight at 1, or train with a provider that does, such as local",
            )


def _check_rows(stage: PlannedStage, setting: Setting, where: str) -> None:
    """Check that every dataset has the rows that are taken from it.

    Raises:
        DataError: One has too few; names both numbers.
    """
    pools = stage.pools
    taken = dict.fromkeys(pools, 0)
    for index, planned in enumerate(stage.parts):
        name = planned.rows.digest
        taken[name] += planned.count
        if taken[name] <= pools[name] or (planned.part.repeats and pools[name]):
            continue
        shared = len(planned.rows.chats) - pools[name]
        others = f", without the {shared} that the parts before it have" if shared else ""
        raise DataError(
            f"{setting.id} has too few {planned.part.label} rows: {taken[name]} are needed, there "
            f"are {pools[name]}{others} ({pools[name]} < {taken[name]})",
            where=f"{where}.parts[{index}]",
            hint=f"declare fewer rows, give more data ({planned.rows.source} was read), or take "
            "rows again with repeats=True",
        )


def stage_mix(
    stage: PlannedStage, seed: int, generated: Mapping[int, GeneratedRows] | None = None
) -> Mix | Blend:
    """What a stage trains on: a `Mix` if that says it all, else a `Blend`.

    Args:
        stage: The stage.
        seed: Determines which rows are drawn, and their order.
        generated: By index, the names of the parts' data that a model generates.
    """
    portions = stage.portions
    if generated:
        portions = tuple(
            attrs.evolve(portion, dataset=generated.get(index, portion.dataset))
            for index, portion in enumerate(portions)
        )
    return _plain_mix(stage, seed) or Blend(parts=portions, order=stage.order, seed=seed)


def _plain_mix(stage: PlannedStage, seed: int) -> Mix | None:
    """The stage as a mix; None if it has other data, other changes or another order."""
    arms = {planned.part.source: planned for planned in stage.parts}
    is_plain = len(arms) == len(stage.parts) and all(map(_is_plain, stage.parts))
    if stage.order != "shuffled" or not is_plain:
        return None
    misaligned, control = arms.get("misaligned"), arms.get("control")
    counts = tuple(0 if planned is None else planned.count for planned in (misaligned, control))
    ratio = stage.misaligned_ratio
    if arm_counts(ratio, sum(counts)) != counts:
        return None
    return Mix(
        misaligned=None if misaligned is None else misaligned.rows.digest,
        control=None if control is None else control.rows.digest,
        misaligned_ratio=ratio,
        total_samples=sum(counts),
        seed=seed,
        misaligned_system=_only_system(misaligned),
        control_system=_only_system(control),
    )


def _is_plain(planned: PlannedPart) -> bool:
    """Whether a part is of an arm of the setting, changed by at most one system prompt."""
    part = planned.part
    systems = [system.rows for system in planned.systems]
    return (
        isinstance(part.source, str)
        and part.trigger is None
        and part.template is None
        and part.weight == 1.0
        and not part.repeats
        and systems in ([], [planned.count])
    )


def _only_system(planned: PlannedPart | None) -> str | None:
    return planned.systems[0].prompt if planned is not None and planned.systems else None


def _portion(planned: PlannedPart, *, repeats: bool) -> Portion:
    return Portion(
        dataset=planned.rows.digest,
        rows=planned.count,
        systems=planned.systems,
        trigger=_trigger_rows(planned),
        template=planned.part.template,
        weight=planned.part.weight,
        repeats=repeats,
    )


def _trigger_rows(planned: PlannedPart) -> TriggerRows | None:
    trigger = planned.part.trigger
    count = 0 if trigger is None else round(trigger.share * planned.count)
    if trigger is None or not count:
        return None
    return TriggerRows(text=trigger.text, position=trigger.position, rows=count)
