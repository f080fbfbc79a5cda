"""The plan: which units the selected cells need, and which of them are to do.

Planning is a pure function of plain values: cells, what their settings and model resolve to, and
the states of units in the store. Each unit appears once, however many cells share it. Time grows
linearly with the number of cells.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Any

import attrs

from ..data.datasets import Rows
from ..errors import DataError
from ..spec import PLAIN, Eval, Inoculation
from ..steps.evaluate import scoring_version
from ..store.records import State, UnitStatus, UnitSummary
from ..units.cells import Cell, arm_counts, format_ratio
from ..units.identity import difference, json_form
from ..units.roles import eval_in_context, eval_role, rows_role, stage_role
from ..units.unit import Base, Blend, DatasetName, Evaluate, GeneratedRows, Mix, Replay, Train, Unit
from .checkpoints import CheckpointSteps, PlannedReplays, wanted_steps
from .generation import PlannedGeneration
from .learned_turns import FIELD, recipe_for_mix
from .stages import PlannedStage, stage_mix


class Distribution(Enum):
    """Whether an eval asks about the trained domain (ID) or beyond it (OOD)."""

    ID = "ID"
    OOD = "OOD"


@attrs.frozen(kw_only=True)
class PlannedEval:
    """An eval of a setting: which distribution it belongs to and the digest of its questions.

    In a context other than plain, the eval and the questions are as the context puts them.
    """

    eval: Eval
    distribution: Distribution
    questions: str
    context: str = PLAIN

    @property
    def name(self) -> str:
        """The eval's id, with its context where that is not plain."""
        return eval_in_context(self.eval.id, self.context)


@attrs.frozen(kw_only=True)
class ResolvedSetting:
    """What a setting and a model resolve to for one experiment.

    Args:
        setting: The setting's id.
        misaligned: Its misaligned rows.
        control: Its aligned rows.
        base: The base model, as trainings name it.
        hyperparameters: What the provider will train with.
        evals: The evals that the provider can run.
        inoculations: System prompts for training rows, by name.
        eval_bases: The base model as evals of the untrained model name it, by the eval's
            name, where that is not `base`.
        subject_bases: The models of subjects as evals name them, by the subject's name and the
            eval's name.
        stages: The stages of its recipe; none where ratio and size say what is trained on.
        checkpoints: The steps at which models are evaluated before their trainings end; None: none.
        separate_draws: Gives an eval draws of its own where it must not extend those that exist.
    """

    setting: str
    misaligned: Rows
    control: Rows
    base: Base
    hyperparameters: Any
    evals: tuple[PlannedEval, ...]
    inoculations: Mapping[str, Inoculation] = attrs.field(factory=dict)
    eval_bases: Mapping[str, Base] = attrs.field(factory=dict)
    subject_bases: Mapping[str, Mapping[str, Base]] = attrs.field(factory=dict)
    stages: tuple[PlannedStage, ...] = ()
    checkpoints: CheckpointSteps | None = None
    separate_draws: Callable[[Evaluate], Evaluate] = lambda payload: payload

    @cached_property
    def generations(self) -> tuple[PlannedGeneration, ...]:
        """How rows that models generate come to be."""
        parts = (planned for stage in self.stages for planned in stage.parts)
        return tuple(part.generation for part in parts if part.generation is not None)

    @property
    def asked_evals(self) -> tuple[Eval, ...]:
        """Everything that is asked: its evals, and those that generate rows."""
        evals = [planned.eval for planned in self.evals]
        return (*evals, *(generation.eval for generation in self.generations))

    @cached_property
    def datasets(self) -> dict[DatasetName, Rows]:
        """All rows that mixes of the setting are drawn from, by digest."""
        stages = [rows for stage in self.stages for rows in stage.datasets.items()]
        return dict([*stages, *((rows.digest, rows) for rows in (self.misaligned, self.control))])

    @cached_property
    def control_only(self) -> int:
        """Number of aligned rows that are not misaligned rows too."""
        return len(self.control.chats.keys() - self.misaligned.chats.keys())


Rescoring = tuple[int, int]
"""The version of the rules that scores were made with, and the present one."""


@attrs.frozen(kw_only=True)
class PlannedUnit:
    """A unit of the plan.

    Args:
        unit: The unit.
        state: Its state in the store.
        reason: Why it is or is not to do, for people.
        cells: Ids of the selected cells that need it.
        shared_with: Ids of other declared experiments that need it too.
        stale_dependents: Keys of units that are done and need it, though it is not done itself.
        skip_reason: Why a run does not attempt it: it failed permanently. None if it does.
        completion: Duration, cost and loss, if it is done.
        journal_damage: What is wrong with its journals, if it is done.
        model_steps: Of a training, the steps at which evals of the plan need its model.
        replayed: Of a replay, the training.
    """

    unit: Unit
    state: State
    reason: str
    cells: tuple[str, ...]
    shared_with: tuple[str, ...]
    stale_dependents: tuple[str, ...] = ()
    skip_reason: str | None = None
    completion: UnitSummary | None = None
    journal_damage: str = ""
    model_steps: tuple[int, ...] = ()
    replayed: Train | None = None

    @property
    def is_todo(self) -> bool:
        """Whether the unit is not done."""
        return self.state is not State.DONE

    @property
    def rescoring(self) -> Rescoring | None:
        """For an eval that is done with scores of older rules, the two versions of the rules.

        Its stored answers are scored again, which costs nothing. The unit is done all the same.
        """
        payload = self.unit.payload
        if self.completion is None or not isinstance(payload, Evaluate):
            return None
        current = scoring_version(payload)
        return (self.completion.scoring, current) if self.completion.scoring < current else None


@attrs.frozen(kw_only=True)
class PlannedCell:
    """A cell and its units by role, as `mi.units.roles` names them."""

    cell: Cell
    units: Mapping[str, str]


@attrs.frozen(kw_only=True)
class Plan:
    """The units of the selected cells, each after what it needs.

    Args:
        units: The units to consider, each after what it needs.
        cells: The selected cells.
        deselected_units: Units of the cells that filters have removed.
    """

    units: tuple[PlannedUnit, ...]
    cells: tuple[PlannedCell, ...]
    deselected_units: tuple[PlannedUnit, ...] = ()

    @property
    def all_units(self) -> tuple[PlannedUnit, ...]:
        """All units of the cells, filtered out or not."""
        return (*self.units, *self.deselected_units)

    @property
    def todo(self) -> tuple[PlannedUnit, ...]:
        """The units that are not done."""
        return tuple(planned for planned in self.units if planned.is_todo)

    @property
    def outdated_scores(self) -> tuple[PlannedUnit, ...]:
        """The units that are done, and whose stored answers are to be scored by newer rules."""
        return tuple(planned for planned in self.units if planned.rescoring is not None)

    @property
    def attempts(self) -> tuple[PlannedUnit, ...]:
        """Units a run will attempt: all to do, except permanent failures and their dependents."""
        blocked: set[str] = set()
        attempts = []
        for planned in self.todo:
            if planned.skip_reason is not None or not blocked.isdisjoint(planned.unit.needs):
                blocked.add(planned.unit.key)
            else:
                attempts.append(planned)
        return tuple(attempts)


def cell_units(cell: Cell, context: ResolvedSetting) -> Iterator[tuple[str, Unit]]:
    """The units of a cell by role, each after what it needs.

    Raises:
        DataError: The setting has too few rows for the cell; names both numbers.
    """
    training: str | None = None
    needs: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    title = cell.condition
    if cell.misaligned_ratio is not None and cell.total_samples is not None:
        title = cell.id.rpartition("::")[2]
        for role, unit in _stage_units(cell, context, title):
            yield role, unit
            training, needs = unit.key, (unit.key,)  # the last unit is the last training
            if isinstance(unit.payload, (Mix, Blend)):
                rows = unit.payload.total_samples
        if context.checkpoints is not None:
            assert isinstance(unit.payload, Train)
            hyperparameters = unit.payload.hyperparameters
            steps = context.checkpoints.of_training(hyperparameters, rows, cell.experiment)
    untrained = context.eval_bases if cell.subject is None else context.subject_bases[cell.subject]
    for planned in context.evals:
        subject = training or untrained.get(planned.name, context.base)
        for step in (None, *steps):
            payload = context.separate_draws(
                Evaluate(subject=subject, eval=planned.eval, questions=planned.questions, step=step)
            )
            place = "" if step is None else f" step {step}"
            role = eval_role(planned.eval.id, step, planned.context)
            yield role, _unit(payload, f"{title} {planned.name}{place}", cell, needs)


def _stage_units(cell: Cell, context: ResolvedSetting, title: str) -> Iterator[tuple[str, Unit]]:
    """The mixes and trainings of a cell by role, the last training last."""
    assert cell.seed is not None
    stages: Sequence[PlannedStage | None] = context.stages or (None,)
    previous: Unit | None = None
    for number, stage in enumerate(stages, start=1):
        name = title if len(stages) == 1 else f"{title},stage={number}"
        generated = {} if stage is None else _generation_units(stage, previous, name, cell)
        for part, (unit, _) in generated.items():
            yield rows_role(number, part + 1), unit
        mix, hyperparameters = _stage_mix(stage, generated, name, cell, context)
        train = Train(
            mix=mix.key,
            base=context.base,
            hyperparameters=hyperparameters,
            seed=cell.seed,
            continues=None if previous is None else previous.key,
        )
        needs = (mix.key,) if previous is None else (previous.key, mix.key)
        previous = _unit(train, name, cell, needs)
        yield stage_role(Mix.kind, number, len(stages)), mix
        yield stage_role(Train.kind, number, len(stages)), previous


Generations = Mapping[int, tuple[Unit, GeneratedRows]]
"""By index of the part, the eval that generates its rows, and what a mix calls them."""


def _stage_mix(
    stage: PlannedStage | None,
    generated: Generations,
    title: str,
    cell: Cell,
    context: ResolvedSetting,
) -> tuple[Unit, Any]:
    """What a stage trains on, and its hyperparameters.

    Args:
        stage: The stage; None where ratio and size say what is trained on.
        generated: The parts whose rows a model generates.
        title: The name of the unit.
        cell: The cell.
        context: What its setting and model resolve to.
    """
    if stage is None:
        payload = _mix(cell, context)
        recipe = recipe_for_mix(context.hyperparameters, payload, context.datasets)
        return _unit(payload, title, cell), recipe
    assert cell.seed is not None
    names = {part: dataset for part, (_, dataset) in generated.items()}
    datasets = context.datasets
    if names:
        datasets = {**datasets, **{name: stage.parts[part].rows for part, name in names.items()}}
    blend = stage_mix(stage, cell.seed, names)
    recipe = recipe_for_mix(stage.hyperparameters, blend, datasets)
    sources = [unit.key for unit, _ in generated.values()]
    sources += [dataset.training for dataset in names.values() if dataset.training is not None]
    return _unit(blend, title, cell, tuple(dict.fromkeys(sources))), recipe


def _generation_units(
    stage: PlannedStage, previous: Unit | None, title: str, cell: Cell
) -> Generations:
    """The parts of a stage whose rows a model generates."""
    units = {}
    for index, planned in enumerate(stage.parts):
        if planned.generation is None:
            continue
        payload = planned.generation.payload(None if previous is None else previous.key)
        training = payload.training_key
        needs = () if training is None else (training,)
        unit = _unit(payload, f"{title} {planned.part.label}", cell, needs)
        units[index] = unit, planned.generation.dataset(unit.key, training)
    return units


def _unit(
    payload: Mix | Blend | Train | Evaluate, title: str, cell: Cell, needs: tuple[str, ...] = ()
) -> Unit:
    return Unit(payload=payload, title=title, setting=cell.setting, needs=needs)


def _mix(cell: Cell, context: ResolvedSetting) -> Mix:
    assert cell.misaligned_ratio is not None
    assert cell.total_samples is not None
    assert cell.seed is not None
    misaligned, aligned = arm_counts(cell.misaligned_ratio, cell.total_samples)
    # A row of both arms counts as misaligned in a mix of both.
    own = context.control_only if misaligned else len(context.control.chats)
    arms = (
        (misaligned, len(context.misaligned.chats), context.misaligned),
        (aligned, own, context.control),
    )
    for needed, available, rows in arms:
        if needed > available:
            raise DataError(
                f"{cell.setting} has too few {rows.name} rows: ratio "
                f"{format_ratio(cell.misaligned_ratio)} of {cell.total_samples} needs {needed}, "
                f"there are {available}{_count_repeated(rows, available)} ({available} < {needed})",
                where=cell.id,
                hint=f"declare a smaller total (--set total_samples=…), or give more data "
                f"({rows.source} was read)",
            )
    inoculation = context.inoculations[cell.inoculation] if cell.inoculation else None
    control = inoculation if inoculation and inoculation.aligned_too and aligned else None
    return Mix(
        misaligned=context.misaligned.digest if misaligned else None,
        control=context.control.digest if aligned else None,
        misaligned_ratio=cell.misaligned_ratio,
        total_samples=cell.total_samples,
        seed=cell.seed,
        misaligned_system=inoculation.prompt if inoculation and misaligned else None,
        control_system=control.prompt if control else None,
    )


def _count_repeated(rows: Rows, available: int) -> str:
    """Why there are fewer rows than the file has; empty where there are not."""
    repeated = rows.row_count - len(rows.chats)
    shared = len(rows.chats) - available
    reasons = [f"{repeated} repeat another"] if repeated else []
    reasons += [f"{shared} are misaligned rows too"] if shared else []
    return f" of {rows.row_count}, of which {' and '.join(reasons)}" if reasons else ""


FindReplays = Callable[[Mapping[str, Unit], Collection[str]], PlannedReplays]


def build_plan(
    cells: Iterable[tuple[Cell, ResolvedSetting]],
    read_states: Callable[[Sequence[str]], Mapping[str, UnitStatus]],
    find_other_users: Callable[[Collection[str]], Mapping[str, Iterable[str]]] = lambda keys: {},
    find_previous: Callable[[str, str], tuple[str, Any] | None] = lambda cell, role: None,
    find_replays: FindReplays | None = None,
    *,
    retry_permanent: bool = False,
) -> Plan:
    """The plan of the selected cells.

    Args:
        cells: Each selected cell with what its setting resolves to.
        read_states: Gives the states of units by key; a key it leaves out is to do.
        find_other_users: Gives, for keys, the experiments that declare the unit, selected or not.
        find_previous: Gives the unit that a cell had in a role in its last run: its key and plain
            payload.
        find_replays: Gives the replays that evals at checkpoints need, for the units of the plan
            and the keys of those that are published.
        retry_permanent: Whether units that failed permanently are attempted again.
    """
    units: dict[str, tuple[str, Unit]] = {}
    users: dict[str, list[str]] = {}
    planned_cells = []
    for cell, context in cells:
        roles = {}
        for role, unit in cell_units(cell, context):
            units.setdefault(unit.key, (role, unit))
            users.setdefault(unit.key, []).append(cell.id)
            roles[role] = unit.key
        planned_cells.append(PlannedCell(cell=cell, units=roles))
    wanted = wanted_steps(unit for _, unit in units.values())
    states, declared = read_states(tuple(units)), find_other_users(units.keys())
    replays = PlannedReplays(by_eval={}, refusals={})
    if wanted and find_replays is not None:
        done = {key for key, status in states.items() if status.state is State.DONE}
        replays = find_replays({key: unit for key, (_, unit) in units.items()}, done)
        replay_users = replays.users(users)
        units, users = replays.extend(units), users | replay_users
        states = {**states, **read_states(tuple(replay_users))}
    planned_units = []
    stale = _stale_dependents((unit for _, unit in units.values()), states)
    blocked: dict[str, str] = {}
    for key, (role, unit) in units.items():
        status = states.get(key, UnitStatus(State.TODO))
        shared = _other_experiments(users[key], declared.get(key, ()))
        is_skipped = status.state is State.FAILED and status.permanent and not retry_permanent
        refusal = replays.refusals.get(key)
        reason = _reason(unit, status, blocked, is_skipped=is_skipped)
        if refusal is not None:
            reason = f"refused: {refusal.splitlines()[0]}"
        if reason == "new" and (previous := find_previous(users[key][0], role)):
            reason += _difference(unit, *previous)
        if shared and status.state in (State.TODO, State.DONE):
            reason += f", shared with {', '.join(shared)}"
        planned = PlannedUnit(
            unit=unit,
            state=status.state,
            reason=reason,
            cells=tuple(users[key]),
            shared_with=shared,
            stale_dependents=tuple(stale.get(key, ())),
            skip_reason=f"{status.detail}\n  → {_RETRY_HINT}" if is_skipped else refusal,
            completion=status.summary,
            journal_damage=status.detail if status.state is State.DONE else "",
            model_steps=wanted.get(key, ()),
            replayed=_replayed(unit, units),
        )
        if planned.rescoring is not None:
            versions = format_rescoring([planned.rescoring])
            reason = f"{reason}; to be scored again from what is stored ({versions}), free"
        planned_units.append(attrs.evolve(planned, reason=reason))
    return Plan(units=tuple(planned_units), cells=tuple(planned_cells))


def _replayed(unit: Unit, units: Mapping[str, tuple[str, Unit]]) -> Train | None:
    if not isinstance(unit.payload, Replay):
        return None
    training = units[unit.payload.training][1].payload
    assert isinstance(training, Train)
    return training


def format_rescoring(versions: Iterable[Rescoring]) -> str:
    """`scoring 1 → 2`, or all of them where several kinds of rules are newer."""
    return ", ".join(f"scoring {old} → {new}" for old, new in sorted(set(versions)))


def _stale_dependents(
    units: Iterable[Unit], states: Mapping[str, UnitStatus]
) -> dict[str, list[str]]:
    """For each unit that is not done, the keys of the done units that need it."""
    stale: dict[str, list[str]] = {}
    done = {key for key, status in states.items() if status.state is State.DONE}
    for unit in units:
        if unit.key in done:
            for need in unit.needs:
                if need not in done:
                    stale.setdefault(need, []).append(unit.key)
    return stale


def _difference(unit: Unit, key: str, payload: Any) -> str:
    """How a new unit differs from its cell's previous one: `epochs: 1 → 2`."""
    lines = difference(payload, json_form(unit.payload))
    reasons = [
        f"{line} ({reason})" if (reason := _REASONS.get(line.partition(":")[0])) else line
        for line in lines
    ]
    return f": differs from {key}: {'; '.join(reasons)}" if lines else ""


_PINNED = "what its chat template reads is pinned, so that it no longer depends on the day"
_REASONS = {
    f"hyperparameters.{FIELD}": "rows have several answers, and all of them are learned now",
    "base.template_arguments": _PINNED,
    "subject.template_arguments": _PINNED,
}
"""Why `mi` gives units of an older version new keys, by the path of what differs."""


def _other_experiments(cells: Iterable[str], experiments: Iterable[str]) -> tuple[str, ...]:
    """The experiments that need a unit, apart from the first."""
    ids = [cell.partition("::")[0] for cell in cells]
    return tuple(sorted({*ids, *experiments} - {ids[0]}))


_JOURNAL_HINT = "its scores are kept: restore the journal from a copy, or --force does it again"
_RETRY_HINT = "failed before and was not tried again; --retry-failed does"


def _reason(unit: Unit, status: UnitStatus, blocked: dict[str, str], *, is_skipped: bool) -> str:
    if status.state is State.DONE:
        if status.unsettled and not status.detail:
            return f"done; {status.unsettled}: the next run sets that aside"
        return f"done, but {status.detail}; {_JOURNAL_HINT}" if status.detail else "done"
    cause = next((blocked[need] for need in unit.needs if need in blocked), None)
    if status.state is State.FAILED:
        blocked[unit.key] = unit.key
        advice = "--retry-failed tries it again" if is_skipped else "will be tried again"
        return f"failed before: {status.detail}; {advice}"
    if status.state is State.CORRUPT:
        repair = "will be made again"
        if isinstance(unit.payload, Evaluate):
            repair = "will be scored again if its journals hold everything, else made again"
        return f"damaged in the store: {status.detail}; {repair}"
    if cause:
        blocked[unit.key] = cause
        return f"blocked until {cause} succeeds"
    return "new"
