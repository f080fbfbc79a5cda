"""A session: what a command line resolves to before anything is done.

Names become values here, once: experiments become cells, settings become rows and questions, a
model name becomes a provider and pinned weights. From there on everything is plain values. A
session reads files and spends nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import attrs

from .asking import Asking, LeftOut
from .collect import Collection as Declared
from .cost import Costs
from .data import BUNDLED, Rows, check_source, is_named, read_dataset
from .doing import Bench
from .errors import DeclarationError, MiError, UsageError
from .grid import Cell, cells, count
from .money import Prices, Purse
from .names import nearest
from .override import Names, overriding
from .plan import Context, Plan, cell_units, plan
from .providers import Providers, at_endpoint
from .providers.base import Provider, Terms
from .select import Only, Selected, marked, select
from .shared import open_store
from .spec import (
    Dataset,
    Eval,
    Experiment,
    Model,
    Published,
    RunOptions,
    Setting,
    judge_model,
)
from .store import Store
from .units import Evaluate


class Registry(Protocol):
    """What a session needs of the registry: it is handed in, for the engine knows no names."""

    @property
    def collection(self) -> Declared: ...
    @property
    def models(self) -> Mapping[str, Model]: ...
    @property
    def DEFAULT_MODEL(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Setting]: ...
    @property
    def evals(self) -> Mapping[str, Eval]: ...
    def prices(self) -> Prices: ...


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
    selected: list[Selected]
    model: Model
    provider: Provider
    sources: Mapping[str, str]
    store: Store
    providers: Providers
    prices: Prices
    left_out: tuple[LeftOut, ...] = ()
    _rows: dict[tuple[Dataset, str], Rows] = attrs.field(factory=dict)
    _contexts: dict[tuple[Any, ...], Context] = attrs.field(factory=dict)

    @cached_property
    def asking(self) -> Asking:
        """What the settings' evals come to here."""
        return Asking(
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
            training = experiment.training.over(self.model.training)
            self._contexts[at] = Context(
                setting=setting.id,
                misaligned=misaligned,
                control=control,
                base=self.provider.base(self.model),
                hyperparameters=self.provider.hyperparameters(training),
                evals=tuple(self.asking.of(setting, experiment.evals)),
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
        for one in self.selected:
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
        for one in self.selected:
            contexts: dict[str, Context] = {}
            settings = {setting.id: setting for setting in one.experiment.settings}
            for cell in one.cells:
                if cell.setting not in contexts:
                    contexts[cell.setting] = self.context(one.experiment, settings[cell.setting])
                yield cell, contexts[cell.setting]

    def is_paid(self, cell: Cell) -> bool:
        """Whether doing a cell from the start costs money."""
        if not self.provider.free and self.prices.are_charged(self.model.name):
            return True
        experiment = next(
            one.experiment for one in self.selected if one.experiment.id == cell.experiment
        )
        setting = next(one for one in experiment.settings if one.id == cell.setting)
        judges = (judge_model(asked.eval) for asked in self.context(experiment, setting).evals)
        return any(
            judge is not None and self.prices.are_charged(judge.model.partition(":")[2])
            for judge in judges
        )

    def plan(self) -> Plan:
        """What there is to do, as the store stands now."""
        selected = list(self.cells())
        self.left_out = tuple(self.asking.left_out.values())
        return plan(
            selected,
            self.store.states,
            self._elsewhere,
            self._before,
            retry=self.options.retry_failed,
        )

    def _elsewhere(self, keys: Collection[str]) -> dict[str, set[str]]:
        """Key → declared experiments that need the unit, whether they are selected or not.

        An experiment that is selected whole has said so by its cells and is not gone through again.
        """
        used = {setting.id for one in self.selected for setting in one.experiment.settings}
        told = [one.experiment for one in self.selected if len(one.cells) == count(one.experiment)]
        users: dict[str, set[str]] = {}
        for experiment in self.collection.all().values():
            if not any(experiment is one for one in told):
                for key in self._declared(experiment, used):
                    if key in keys:
                        users.setdefault(key, set()).add(experiment.id)
        return users

    def _declared(self, experiment: Experiment, settings: set[str]) -> Iterator[str]:
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
    def _last(self) -> dict[tuple[str, str], str]:
        """(cell, role) → the unit it had when last run with this model."""
        wanted = {one.experiment.id for one in self.selected}
        last: dict[tuple[str, str], str] = {}
        seen = set()
        for run in self.store.runs():
            if run["model"] != self.model.id or run["selection"] in seen:
                continue
            if not wanted & set(run["experiments"]):
                continue
            seen.add(run["selection"])
            for line in self.store.selection(run["selection"]):
                for role, key in line["units"].items():
                    last.setdefault((line["cell"], role), key)
            if len(seen) >= 8:  # further back is history, not "what changed"
                break
        return last

    def _before(self, cell: str, role: str) -> tuple[str, Any] | None:
        key = self._last.get((cell, role))
        if key is None or not self.store.has(key):
            return None
        return key, self.store.record(key).payload

    def costs(self, made: Plan, anew: Collection[str] = ()) -> Costs:
        """What the units of a plan are likely to cost.

        Args:
            anew: Journals that will be put aside.
        """
        return Costs(
            plan=made,
            model=self.model,
            free=self.provider.free,
            prices=self.prices,
            rows=self._selected_rows(),
            questions=self.asking.by_digest(),
            store=self.store,
            batch=self.providers.terms.batch,
            anew=anew,
        )

    def bench(self, made: Plan, costs: Costs | None = None) -> Bench:
        """What executing a plan needs beside it."""
        judges = {
            judge.model: self.providers.named(judge.model)
            for planned in made.todo
            if isinstance(planned.unit.payload, Evaluate)
            and (judge := judge_model(planned.unit.payload.eval)) is not None
        }
        return Bench(
            model=self.model,
            provider=self.provider,
            rows=self._selected_rows(),
            questions=self.asking.by_digest(),
            judges=judges,
            prices=self.prices,
            purse=Purse(limit=self.options.max_cost),
            likely=(costs or self.costs(made)).of,
            terms=self.providers.terms,
            judge_only=self.options.rejudge,
        )

    def reachable(self) -> None:
        """That all who will be asked can be: a missing key is told before anything begins.

        Raises:
            UsageError: Somebody needs a key.
        """
        for one in self.providers.made.values():
            if one is not self.provider or not self.options.rejudge:
                one.ready()

    def questions_asked(self) -> dict[str, int]:
        """How many questions there are, by their digest."""
        return {digest: len(asked.pairs) for digest, asked in self.asking.by_digest().items()}


def find_model(
    registry: Registry, name: str | None, providers: Providers
) -> tuple[Model, Provider]:
    """The model a user names `provider:name`, or the default one.

    Raises:
        UsageError: It is not of that form, or there is no such provider or model.
    """
    name = at_endpoint(name or registry.DEFAULT_MODEL)
    kind, colon, rest = name.partition(":")
    if not colon or not rest:
        raise UsageError(
            f"{name!r} is not a model: PROVIDER:NAME is needed",
            hint=nearest(name, registry.models),
        )
    serving = providers.called(kind)
    return registry.models.get(name) or serving.find(rest), serving


def open_session(
    registry: Registry,
    options: RunOptions,
    words: list[str],
    *,
    model: str | None = None,
    data: Iterable[str] = (),
    sets: Iterable[str] = (),
    prices: Iterable[str] = (),
    terms: Terms | None = None,
    only: Only | None = None,
) -> Session:
    """Resolve a command line.

    Args:
        words: What to select; see `select`.
        model: `provider:name`; None for the default.
        data: `SETTING=SOURCE` each, or `SET=FILE` for a published question set.
        sets: `FIELD=VALUE` each, in place of what experiments declare.
        prices: `MODEL=INPUT,OUTPUT,…` each, in place of the registry's.
        terms: How hosted providers are used.
        only: Which of the selected cells are kept.

    Raises:
        MiError: Something named does not exist, or does not fit.
    """
    names = Names(settings=registry.settings, evals=registry.evals)
    change = overriding(sets, names)
    selected = select(registry.collection, words, full=options.full, change=change, only=only)
    providers = Providers(terms or Terms())
    found, serving = find_model(registry, model, providers)
    settings = {setting.id: setting for one in selected for setting in one.experiment.settings}
    sets = {
        asked.id
        for one in selected
        for asked in (
            *one.experiment.evals,
            *(asked for setting in settings.values() for asked in setting.ood_evals),
        )
        if isinstance(asked, Published)
    }
    opened = Session(
        options=options,
        collection=registry.collection,
        selected=selected,
        model=found,
        provider=serving,
        sources=dict(_source(text, settings, sets) for text in data),
        store=open_store(options.store, options.claim),
        providers=providers,
        prices=registry.prices().with_stated((*_free(providers.terms, model, options), *prices)),
    )
    if only is not None and only.marks is not None:
        opened.selected = marked(opened.selected, only.marks, opened.is_paid)
    return opened


def _free(terms: Terms, model: str | None, options: RunOptions) -> Iterator[str]:
    """Stated prices of named models at endpoints whose tokens cost nothing."""
    for name in filter(None, (model, *options.judges)):
        endpoint, _, bare = at_endpoint(name).partition(":")
        if terms.endpoints.get(endpoint, {}).get("free"):
            yield f"{bare}=0,0,0,0,0"


def _source(text: str, settings: Mapping[str, Setting], sets: set[str]) -> tuple[str, str]:
    """Whose data is meant, and where it comes from: a keyword, or a path made absolute."""
    name, equals, source = text.partition("=")
    if not equals or not source:
        raise UsageError(f"--data {text}: SETTING=SOURCE is needed", hint=_SOURCES)
    if name not in settings and name not in sets:
        raise UsageError(
            f"--data {text}: no selected experiment has a setting or question set {name!r}",
            hint=nearest(name, {*settings, *sets}),
        )
    if name in sets and not Path(source).is_file():
        raise UsageError(f"--data {text}: there is no file {source!r}")
    if name in settings and is_named(source):
        check_source(settings[name], source)
        return name, source
    if name in settings and not Path(source).is_dir():
        raise UsageError(f"--data {text}: there is no folder {source!r}", hint=_SOURCES)
    return name, str(Path(source).resolve())


_SOURCES = "`bundled`, `upstream`, or a folder with misaligned.jsonl and control.jsonl"
