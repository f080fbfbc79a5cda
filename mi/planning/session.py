"""A session: selected experiments on one model, as values.

Experiments become cells here, settings become rows and questions. A session reads files and spends
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import attrs

from ..collect.collection import Collection as Declared
from ..collect.select import Selection
from ..data.datasets import BUNDLED, Rows, read_dataset
from ..errors import DeclarationError, MiError
from ..providers import Providers
from ..providers.base import Provider
from ..providers.pricing import Budget, PriceTable
from ..spec import (
    Dataset,
    Experiment,
    Model,
    RunOptions,
    Setting,
    judge_model,
)
from ..store.base import Store
from ..units.cells import Cell, cells, count_cells
from ..units.unit import Evaluate
from .cost import CostEstimator
from .evals import EvalResolver, SkippedEval
from .plan import Context, Plan, build_plan, cell_units
from .resources import Resources


@attrs.define(kw_only=True, slots=False)
class Session:
    """Selected cells of experiments, on one model.

    Args:
        sources: Setting → where its data comes from, `bundled` or a folder.
        providers: Everyone who serves a model or a judge here, by name.
        prices: What tokens cost.
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
    skipped_evals: tuple[SkippedEval, ...] = ()
    _rows: dict[tuple[Dataset, str], Rows] = attrs.field(factory=dict)
    _contexts: dict[tuple[Any, ...], Context] = attrs.field(factory=dict)

    @cached_property
    def eval_resolver(self) -> EvalResolver:
        """What the settings' evals come to here."""
        return EvalResolver(
            options=self.options,
            provider=self.provider,
            providers=self.providers,
            sources=self.sources,
        )

    def source(self, setting: str) -> str:
        """Where a setting's data comes from."""
        return self.sources.get(setting, BUNDLED)

    def context(self, experiment: Experiment, setting: Setting) -> Context:
        """What a setting resolves to for an experiment; read once."""
        at = (experiment.training, experiment.evals, setting)
        if at not in self._contexts:
            misaligned, control = self.rows(setting)
            training = experiment.training.with_defaults(self.model.training)
            self._contexts[at] = Context(
                setting=setting.id,
                misaligned=misaligned,
                control=control,
                base=self.provider.pin(self.model),
                hyperparameters=self.provider.hyperparameters(training),
                evals=tuple(self.eval_resolver.resolve(setting, experiment.evals)),
                inoculations={one.name: one for one in setting.inoculations},
            )
        return self._contexts[at]

    def rows(self, setting: Setting) -> tuple[Rows, Rows]:
        """A setting's datasets: misaligned and control."""
        source = self.source(setting.id)
        arms = (setting.misaligned, setting.control)
        for arm in arms:
            if (arm, source) not in self._rows:
                self._rows[arm, source] = read_dataset(arm, source)
        return self._rows[arms[0], source], self._rows[arms[1], source]

    def _selected_rows(self) -> dict[str, tuple[Rows, Rows]]:
        """The datasets of the selected experiments, by their settings' ids.

        Raises:
            DeclarationError: Two of them mean different data by one setting's id.
        """
        found: dict[str, tuple[Rows, Rows]] = {}
        for one in self.selection:
            for setting in one.experiment.settings:
                rows = self.rows(setting)
                if found.setdefault(setting.id, rows) != rows:
                    raise DeclarationError(
                        f"the setting {setting.id!r} has other data here than in another "
                        "selected experiment",
                        where=one.experiment.id,
                        hint="give it another id, or run the experiments one after the other",
                    )
        return found

    def cells(self) -> Iterable[tuple[Cell, Context]]:
        """The selected cells with their contexts."""
        for one in self.selection:
            contexts: dict[str, Context] = {}
            settings = {setting.id: setting for setting in one.experiment.settings}
            for cell in one.cells:
                if cell.setting not in contexts:
                    contexts[cell.setting] = self.context(one.experiment, settings[cell.setting])
                yield cell, contexts[cell.setting]

    def is_paid(self, cell: Cell) -> bool:
        """Whether doing a cell from the start costs money."""
        if not self.provider.is_free and self.prices.is_charged(self.model.name):
            return True
        experiment = next(
            one.experiment for one in self.selection if one.experiment.id == cell.experiment
        )
        setting = next(one for one in experiment.settings if one.id == cell.setting)
        judges = (judge_model(asked.eval) for asked in self.context(experiment, setting).evals)
        return any(
            judge is not None and self.prices.is_charged(judge.model.partition(":")[2])
            for judge in judges
        )

    def plan(self) -> Plan:
        """What there is to do, as the store stands now."""
        selected = list(self.cells())
        self.skipped_evals = tuple(self.eval_resolver.skipped_evals.values())
        return build_plan(
            selected,
            self.store.states,
            self._find_other_users,
            self._find_previous,
            retry_permanent=self.options.retry_failed,
        )

    def _find_other_users(self, keys: Collection[str]) -> dict[str, set[str]]:
        """Key → declared experiments that need the unit, whether they are selected or not.

        An experiment that is selected whole has said so by its cells and is not gone through again.
        """
        used = {setting.id for one in self.selection for setting in one.experiment.settings}
        told = [
            one.experiment
            for one in self.selection
            if len(one.cells) == count_cells(one.experiment)
        ]
        users: dict[str, set[str]] = {}
        for experiment in self.collection.all().values():
            if not any(experiment is one for one in told):
                for key in self._declared_keys(experiment, used):
                    if key in keys:
                        users.setdefault(key, set()).add(experiment.id)
        return users

    def _declared_keys(self, experiment: Experiment, settings: set[str]) -> Iterator[str]:
        for setting in experiment.settings:
            if setting.id not in settings:
                continue
            try:
                context = self.context(experiment, setting)
            except MiError:  # another experiment's trouble is told when that one is run
                continue
            for cell in cells(attrs.evolve(experiment, settings=setting)):
                with suppress(MiError):
                    yield from [unit.key for _, unit in cell_units(cell, context)]

    @cached_property
    def _previous_keys(self) -> dict[tuple[str, str], str]:
        """(cell, role) → the unit it had when last run with this model."""
        wanted = {one.experiment.id for one in self.selection}
        last: dict[tuple[str, str], str] = {}
        seen = set()
        for run in self.store.runs():
            if run["model"] != self.model.id or run["selection"] in seen:
                continue
            if not wanted & set(run["experiments"]):
                continue
            seen.add(run["selection"])
            for line in self.store.load_selection(run["selection"]):
                for role, key in line["units"].items():
                    last.setdefault((line["cell"], role), key)
            if len(seen) >= 8:  # further back is history, not "what changed"
                break
        return last

    def _find_previous(self, cell: str, role: str) -> tuple[str, Any] | None:
        key = self._previous_keys.get((cell, role))
        if key is None or not self.store.is_published(key):
            return None
        return key, self.store.record(key).payload

    def cost_estimator(self, plan: Plan, archived_journals: Collection[str] = ()) -> CostEstimator:
        """What the units of a plan are likely to cost.

        Args:
            anew: Journals that will be put aside.
        """
        return CostEstimator(
            plan=plan,
            model=self.model,
            is_free=self.provider.is_free,
            prices=self.prices,
            rows=self._selected_rows(),
            questions=self.eval_resolver.questions_by_digest(),
            store=self.store,
            batch=self.providers.options.batch,
            archived_journals=archived_journals,
        )

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
            rows=self._selected_rows(),
            questions=self.eval_resolver.questions_by_digest(),
            judges=judges,
            prices=self.prices,
            budget=Budget(limit=limit),
            estimate_cost=(costs or self.cost_estimator(plan)).estimate,
            client_options=self.providers.options,
            judge_only=self.options.rejudge,
        )

    def check_credentials(self) -> None:
        """That all who will be asked can be: a missing key is told before anything begins.

        Raises:
            UsageError: Somebody needs a key.
        """
        for one in self.providers.instances.values():
            if one is not self.provider or not self.options.rejudge:
                one.check_credentials()

    def question_counts(self) -> dict[str, int]:
        """How many questions there are, by their digest."""
        return {
            digest: len(asked.pairs)
            for digest, asked in self.eval_resolver.questions_by_digest().items()
        }
