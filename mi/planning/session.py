"""A session: the selected experiments on one model, as values.

A session turns experiments into cells, and settings into rows and questions. It reads files and
spends nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import attrs

from ..collect.collection import Collection as Declared
from ..collect.select import Selection
from ..data.datasets import BUNDLED, Rows, read_data_file, read_dataset
from ..errors import CorruptError, DeclarationError, MiError
from ..providers import Providers
from ..providers.base import Provider
from ..providers.budget import Budget
from ..providers.endings import EndingTable
from ..providers.pricing import PriceTable
from ..providers.types import ModelReport, Usage
from ..spec import (
    Arm,
    DataFile,
    Dataset,
    Experiment,
    Generated,
    Model,
    RunOptions,
    Sampled,
    Setting,
    Training,
    judge_model,
)
from ..spec.curriculum import ARMS, StoredSource
from ..spec.grid import Assignment
from ..store.base import Store
from ..store.ledger import Ledger
from ..units.cells import Cell, cells, count_cells
from ..units.unit import Blend, DatasetName, Evaluate, Mix, Unit
from .checkpoints import (
    CheckpointSteps,
    PlannedReplays,
    kept_models,
    plan_replays,
    wanted_steps,
)
from .cost import CostEstimator
from .draws import separate_draws
from .evals import EvalResolver, SkippedEval
from .generation import PlannedGeneration, expected_rows
from .learned_turns import count_multi_turn_rows
from .plan import Plan, ResolvedSetting, build_plan, cell_units
from .probe_usage import judge_probe_usages, server_probe_usage
from .resources import Resources, find_subject
from .row_checks import check_weights, describe_reading
from .scenarios import RepeatedScenarios, find_repeated_scenarios
from .stages import PlannedStage, plan_stages
from .subjects import SubjectResolver


@attrs.define(kw_only=True, slots=False)
class Session:
    """Selected cells of experiments, on one model.

    Args:
        options: Where results go, and how a run proceeds.
        collection: All declared experiments.
        selection: The selected experiments and their cells.
        model: The model under test.
        provider: Trains and samples it.
        sources: Setting → the source of its data: `bundled`, `upstream` or a directory.
        store: Where units are published.
        providers: All providers of models and judges.
        prices: The price table.
        endings: When models end, as far as it is announced.
        skipped_evals: The evals that the last plan left out.
    """

    options: RunOptions
    collection: Declared
    selection: list[Selection]
    model: Model
    provider: Provider
    sources: Mapping[str, str]
    store: Store
    providers: Providers
    prices: PriceTable
    endings: EndingTable = EndingTable()
    skipped_evals: tuple[SkippedEval, ...] = ()
    _rows: dict[tuple[Dataset | DataFile, str], Rows] = attrs.field(factory=dict)
    _contexts: dict[tuple[Any, ...], ResolvedSetting] = attrs.field(factory=dict)

    @cached_property
    def eval_resolver(self) -> EvalResolver:
        """Resolves the settings' evals for this model."""
        return EvalResolver(
            options=self.options,
            provider=self.provider,
            providers=self.providers,
            sources=self.sources,
        )

    @cached_property
    def subject_resolver(self) -> SubjectResolver:
        """Resolves the subjects of experiments beside this model."""
        return SubjectResolver(
            model=self.model, provider=self.provider, models=self.providers.options.models
        )

    def source(self, setting: str) -> str:
        """The source of a setting's data."""
        return self.sources.get(setting, BUNDLED)

    def context(
        self, experiment: Experiment, setting: Setting, assignment: Assignment = ()
    ) -> ResolvedSetting:
        """What a setting resolves to for an experiment; computed once.

        Args:
            experiment: The experiment.
            setting: One of its settings.
            assignment: The values of its named axes; one left out has its first value.
        """
        contexts = experiment.setting_contexts(setting)  # of all combinations, to be compared
        experiment = experiment.bind(assignment)
        key = (
            experiment.training,
            experiment.recipe,
            experiment.evals,
            experiment.checkpoints,
            experiment.subjects,
            contexts,
            experiment.context_evals,
            setting,
        )
        if key not in self._contexts:
            misaligned, control = self.rows(setting)
            stages = self._stages(experiment, setting)
            if not self.options.rejudge:
                arms = (misaligned, control)
                used: dict[DatasetName, Rows] = {rows.digest: rows for rows in arms}
                for stage in stages:
                    used |= stage.datasets
                check_weights(self.provider, setting, used.values())
            training = experiment.training.with_defaults(self.model.training)
            evals = tuple(
                self.eval_resolver.resolve(
                    setting, experiment.evals, contexts, experiment.context_evals
                )
            )
            self._contexts[key] = ResolvedSetting(
                setting=setting.id,
                misaligned=misaligned,
                control=control,
                base=self.provider.pin_training(self.model),
                hyperparameters=self.provider.model_hyperparameters(self.model, training),
                evals=evals,
                inoculations={prompt.name: prompt for prompt in setting.inoculations},
                eval_bases={
                    planned.name: self.provider.pin_eval(self.model, planned.eval)
                    for planned in evals
                },
                subject_bases=self.subject_resolver.resolve(experiment, evals),
                stages=stages,
                checkpoints=self._checkpoints(experiment),
                separate_draws=self._separate_draws,
            )
        return self._contexts[key]

    def _checkpoints(self, experiment: Experiment) -> CheckpointSteps | None:
        declared = experiment.checkpoints
        return None if declared is None else CheckpointSteps(declared, self.provider)

    def _find_replays(self, units: Mapping[str, Unit], done: Collection[str]) -> PlannedReplays:
        trainings = [key for key in wanted_steps(units.values()) if key in done]
        return plan_replays(units, done, kept_models(trainings, self.store), self.provider)

    def _stages(self, experiment: Experiment, setting: Setting) -> tuple[PlannedStage, ...]:
        """The stages of an experiment's recipe in a setting, with their data."""

        def read_rows(source: StoredSource) -> Rows:
            if isinstance(source, DataFile):
                return self._read_rows(source, "")
            arms = (setting.misaligned, setting.control)
            if isinstance(source, str):
                return self.rows(setting)[ARMS[source] is Arm.ALIGNED]
            return self._read_rows(source, self.source(setting.id) if source in arms else BUNDLED)

        def resolve(training: Training) -> Any:
            stated = training.with_defaults(self.model.training)
            return self.provider.model_hyperparameters(self.model, stated)

        return plan_stages(
            experiment, setting, self.provider, read_rows, self._plan_generation, resolve
        )

    def _plan_generation(self, source: Generated, where: str) -> PlannedGeneration:
        """How the rows of a part come to be that a model generates."""
        spec = self.eval_resolver.resolve_generation(source, where)
        questions = self.eval_resolver.questions(spec)
        return PlannedGeneration(
            source=source,
            eval=spec,
            questions=questions.digest,
            base=self.provider.pin_eval(self.model, spec),
            rows=expected_rows(spec, questions, source.name, source.keep),
        )

    def _read_rows(self, dataset: Dataset | DataFile, source: str) -> Rows:
        """The rows of a dataset; each is read once."""
        if (dataset, source) not in self._rows:
            self._rows[dataset, source] = (
                read_data_file(dataset)
                if isinstance(dataset, DataFile)
                else read_dataset(dataset, source)
            )
        return self._rows[dataset, source]

    def datasets(self, plan: Plan) -> dict[DatasetName, Rows]:
        """All rows read so far, and those to be generated, by the names that mixes have for them.

        Args:
            plan: Has the mixes.
        """
        datasets: dict[DatasetName, Rows] = {rows.digest: rows for rows in self._rows.values()}
        units = {planned.unit.key: planned.unit.payload for planned in plan.all_units}
        questions = self.eval_resolver.questions_by_digest()
        for mix in units.values():
            for name in mix.generated if isinstance(mix, Blend) else ():
                asked = units[name.eval]
                assert isinstance(asked, Evaluate)
                assert isinstance(asked.eval, Sampled)
                answers = questions[asked.questions]
                datasets[name] = expected_rows(asked.eval, answers, name.eval, name.outcomes)
        return datasets

    def _separate_draws(self, payload: Evaluate) -> Evaluate:
        """The eval, apart from what was drawn before its server was probed."""
        if self.options.rejudge or not self.provider.needs_probe():
            return payload
        return separate_draws(payload, self.store, self.eval_resolver.questions_by_digest())

    def rows(self, setting: Setting) -> tuple[Rows, Rows]:
        """A setting's misaligned and control rows."""
        source = self.source(setting.id)
        return (
            self._read_rows(setting.misaligned, source),
            self._read_rows(setting.control, source),
        )

    def data_notes(self) -> list[str]:
        """How the files of the selected settings were read, where one might not expect it."""
        return describe_reading(self._selected_rows())

    def _selected_rows(self) -> dict[str, tuple[Rows, Rows]]:
        """The rows of the selected experiments by setting.

        Raises:
            DeclarationError: Two experiments mean different data by one setting.
        """
        rows_by_setting: dict[str, tuple[Rows, Rows]] = {}
        for selected in self.selection:
            for setting in selected.experiment.settings:
                rows = self.rows(setting)
                if rows_by_setting.setdefault(setting.id, rows) != rows:
                    raise DeclarationError(
                        f"the setting {setting.id!r} has other data here than in another "
                        "selected experiment",
                        where=selected.experiment.id,
                        hint="give it another id, or run the experiments separately",
                    )
        return rows_by_setting

    def model_report(self, plan: Plan) -> ModelReport:
        """What the provider knows of the model; nothing if the plan has no work for the model.

        A model is inspected once, and only if there is something to do with it.
        """
        works = any(planned.unit.kind != Mix.kind for planned in plan.todo)
        return self._inspected_model if works and not self.options.rejudge else ModelReport()

    @cached_property
    def _inspected_model(self) -> ModelReport:
        return self.provider.inspect_model(self.model)

    def repeated_scenarios(self, plan: Plan) -> list[RepeatedScenarios]:
        """The training sets of a plan that hold several rows of one scenario, by setting and size.

        Raises:
            DeclarationError: Two experiments mean different data by one setting.
        """
        self._selected_rows()
        return find_repeated_scenarios(
            (planned.unit for planned in plan.units), self.datasets(plan)
        )

    def multi_turn_rows(self, plan: Plan) -> dict[str, int]:
        """By setting, the most rows of a plan's training sets with several answers, if any.

        Raises:
            DeclarationError: Two selected experiments mean different data by one setting.
        """
        self._selected_rows()
        datasets, counts = self.datasets(plan), dict[str, int]()
        for planned in plan.units:
            mix, setting = planned.unit.payload, planned.unit.setting
            if isinstance(mix, (Mix, Blend)):
                count = count_multi_turn_rows(mix, datasets)
                counts[setting] = max(count, counts.get(setting, 0))
        return {setting: count for setting, count in counts.items() if count}

    def cells(self) -> Iterable[tuple[Cell, ResolvedSetting]]:
        """The selected cells with their contexts."""
        for selected in self.selection:
            experiment = selected.experiment
            contexts: dict[tuple[str, Assignment], ResolvedSetting] = {}
            settings = {setting.id: setting for setting in experiment.settings}
            for cell in selected.cells:
                place = cell.setting, cell.axes
                if place not in contexts:
                    setting = settings[cell.setting]
                    contexts[place] = self.context(experiment, setting, cell.axes)
                yield cell, contexts[place]

    def is_paid(self, cell: Cell) -> bool:
        """Whether running a cell from the start costs money."""
        if not self.provider.is_free and self.prices.is_charged(self.model.name):
            return True
        experiment = next(
            selected.experiment
            for selected in self.selection
            if selected.experiment.id == cell.experiment
        )
        settings = {setting.id: setting for setting in experiment.settings}
        context = self.context(experiment, settings[cell.setting], cell.axes)
        judges = map(judge_model, context.asked_evals)
        return any(
            judge is not None
            and not self.is_free_judge(judge.model)
            and self.prices.is_charged(judge.model.partition(":")[2])
            for judge in judges
        )

    def is_free_judge(self, name: str) -> bool:
        """Whether a judge, as `provider:name`, costs nothing, because it is computed here."""
        return self.providers.for_model(name).is_free

    def plan(self) -> Plan:
        """The plan of the selected cells, as the store stands now."""
        cells_with_contexts = list(self.cells())
        self.skipped_evals = tuple(self.eval_resolver.skipped_evals.values())
        return build_plan(
            cells_with_contexts,
            self.store.states,
            self._find_other_users,
            self._find_previous,
            self._find_replays,
            retry_permanent=self.options.retry_failed,
        )

    def _find_other_users(self, keys: Collection[str]) -> dict[str, set[str]]:
        """Key → the declared experiments that need the unit, whether selected or not.

        Experiments with all cells selected are skipped: the plan already knows them as users.
        """
        used = {
            setting.id for selected in self.selection for setting in selected.experiment.settings
        }
        complete = [
            selected.experiment
            for selected in self.selection
            if len(selected.cells) == count_cells(selected.experiment)
        ]
        users: dict[str, set[str]] = {}
        for experiment in self.collection.all().values():
            if not any(experiment is other for other in complete):
                for key in self._declared_keys(experiment, used):
                    if key in keys:
                        users.setdefault(key, set()).add(experiment.id)
        return users

    def _declared_keys(self, experiment: Experiment, settings: set[str]) -> Iterator[str]:
        for setting in experiment.settings:
            if setting.id not in settings:
                continue
            contexts: dict[Assignment, ResolvedSetting | None] = {}
            for cell in cells(attrs.evolve(experiment, settings=setting)):
                if cell.axes not in contexts:
                    contexts[cell.axes] = None
                    with suppress(MiError):  # reported when that experiment itself is run
                        contexts[cell.axes] = self.context(experiment, setting, cell.axes)
                if (context := contexts[cell.axes]) is not None:
                    with suppress(MiError):
                        yield from [unit.key for _, unit in cell_units(cell, context)]

    @cached_property
    def _previous_keys(self) -> dict[tuple[str, str], str]:
        """(cell, role) → the key of its unit in the last run with this model."""
        experiments = {selected.experiment.id for selected in self.selection}
        previous: dict[tuple[str, str], str] = {}
        manifests = set()
        for run in self.store.runs():
            if run["model"] != self.model.id or run["selection"] in manifests:
                continue
            if not experiments & set(run["experiments"]):
                continue
            manifests.add(run["selection"])
            with suppress(CorruptError):  # it would only have explained what changed
                for line in self.store.load_selection(run["selection"]):
                    for role, key in line["units"].items():
                        previous.setdefault((line["cell"], role), key)
            if len(manifests) >= 8:  # older runs do not explain what changed
                break
        return previous

    def _find_previous(self, cell: str, role: str) -> tuple[str, Any] | None:
        key = self._previous_keys.get((cell, role))
        if key is None or not self.store.is_published(key):
            return None
        try:
            return key, self.store.record(key).payload
        except CorruptError:  # reported where the unit is needed
            return None

    def cost_estimator(self, plan: Plan, archived_journals: Collection[str] = ()) -> CostEstimator:
        """The estimator of the costs of a plan's units.

        Args:
            plan: The units.
            archived_journals: Journals that will be archived, so their requests are made again.
        """
        return CostEstimator(
            plan=plan,
            model=self.model,
            is_free=self.provider.is_free,
            prices=self.prices,
            datasets=self.datasets(plan),
            questions=self.eval_resolver.questions_by_digest(),
            store=self.store,
            batch=self.providers.options.batch,
            archived_journals=archived_journals,
            subjects=self.subject_resolver.subjects,
            is_free_judge=self.is_free_judge,
            probes=self._expected_probes(plan),
        )

    def _model_of(self, unit: Unit) -> Model:
        return find_subject(unit, self.model, self.subject_resolver.subjects).model

    def _expected_probes(self, plan: Plan) -> list[Usage]:
        """What the probes that come before a plan's first unit are likely to use."""
        if not self.options.probe:
            return []
        usages = list(judge_probe_usages(plan, self.providers, self.store))
        if not (self.provider.is_free or self.options.rejudge):
            questions = self.eval_resolver.questions_by_digest()
            usages += server_probe_usage(plan, self._model_of, self.provider, self.store, questions)
        return usages

    def resources(
        self, plan: Plan, costs: CostEstimator | None = None, *, max_cost: float | None = None
    ) -> Resources:
        """The resources that a plan's units run with.

        Args:
            plan: The units to run.
            costs: The estimator of their costs; None: a new one.
            max_cost: The most that the run may spend, in US dollars; None: `options.max_cost`.
        """
        limit = self.options.max_cost if max_cost is None else max_cost
        judges = {
            judge.model: self.providers.for_model(judge.model)
            for planned in plan.todo
            if isinstance(planned.unit.payload, Evaluate)
            and (judge := judge_model(planned.unit.payload.eval)) is not None
        }
        return Resources(
            model=self.model,
            provider=self.provider,
            subjects=dict(self.subject_resolver.subjects),
            rows=self._selected_rows(),
            datasets=self._mix_datasets(plan),
            questions=self.eval_resolver.questions_by_digest(),
            judges=judges,
            prices=self.prices,
            budget=Budget(limit=limit),
            estimate_cost=(costs or self.cost_estimator(plan)).estimate,
            client_options=self.providers.options,
            judge_only=self.options.rejudge,
        )

    def _mix_datasets(self, plan: Plan) -> dict[DatasetName, Rows]:
        """The datasets of a plan's blends, by digest."""
        blends = (planned.unit.payload for planned in plan.units)
        names = {name for mix in blends if isinstance(mix, Blend) for name in mix.datasets}
        return {rows.digest: rows for rows in self._rows.values() if rows.digest in names}

    @cached_property
    def ledger(self) -> Ledger | None:
        """What all runs on the store together may still spend; None without such a limit."""
        limit = self.options.store_limit
        return None if limit is None else Ledger(self.store, limit)

    def check_credentials(self) -> None:
        """Check that every provider this run needs has credentials, before any work starts.

        Raises:
            UsageError: A provider has no credentials.
        """
        contexts = {id(context): context for _, context in self.cells()}.values()
        judges = [judge_model(spec) for one in contexts for spec in one.asked_evals]
        needed = [self.providers.for_model(judge.model) for judge in judges if judge is not None]
        if not self.options.rejudge:
            needed.append(self.provider)
        for provider in {id(provider): provider for provider in needed}.values():
            provider.check_credentials()

    def question_counts(self) -> dict[str, int]:
        """The number of questions of each question set, by its digest."""
        return {
            digest: len(questions.pairs)
            for digest, questions in self.eval_resolver.questions_by_digest().items()
        }
