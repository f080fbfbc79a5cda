"""A session: what a command line resolves to before anything is done.

Names become values here, once: experiments become cells, settings become rows and questions, a
model name becomes a provider and pinned weights. From there on everything is plain values. A
session reads files and spends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import attrs

from .collect import Collection
from .data import BUNDLED, Questions, Rows, read_dataset, read_questions
from .errors import UsageError
from .execute import Bench
from .grid import Cell, cells
from .identity import plain
from .names import nearest
from .plan import Asked, Context, Distribution, Plan, cell_units, plan
from .providers import provider
from .providers.base import Provider
from .select import Selected, select
from .spec import (
    Eval,
    Experiment,
    Model,
    Preference,
    Resource,
    RunOptions,
    Sampled,
    Setting,
    Training,
)
from .store import Store


class Registry(Protocol):
    """What a session needs of the registry: it is handed in, for the engine knows no names."""

    @property
    def collection(self) -> Collection: ...
    @property
    def models(self) -> Mapping[str, Model]: ...
    @property
    def DEFAULT_MODEL(self) -> str: ...


@attrs.frozen
class LeftOut:
    """An eval the provider cannot run, and why."""

    setting: str
    eval: str
    reason: str


@attrs.define(kw_only=True, slots=False)
class Session:
    """Selected cells of experiments, on one model.

    Args:
        sources: Setting → where its data comes from, `bundled` or a folder.
    """

    options: RunOptions
    collection: Collection
    selected: list[Selected]
    model: Model
    provider: Provider
    sources: Mapping[str, str]
    store: Store
    left_out: dict[tuple[str, str], LeftOut] = attrs.field(factory=dict)
    _rows: dict[str, tuple[Rows, Rows]] = attrs.field(factory=dict)
    _questions: dict[Resource, Questions] = attrs.field(factory=dict)
    _contexts: dict[tuple[Training, str], Context] = attrs.field(factory=dict)

    def source(self, setting: str) -> str:
        """Where a setting's data comes from."""
        return self.sources.get(setting, BUNDLED)

    def context(self, experiment: Experiment, setting: Setting) -> Context:
        """What a setting resolves to for an experiment; read once."""
        at = (experiment.training, setting.id)
        if at not in self._contexts:
            misaligned, control = self.rows(setting)
            training = experiment.training.over(self.model.training)
            self._contexts[at] = Context(
                setting=setting.id,
                misaligned=misaligned,
                control=control,
                base=self.provider.base(self.model),
                hyperparameters=self.provider.hyperparameters(training),
                evals=tuple(self._asked(setting)),
            )
        return self._contexts[at]

    def rows(self, setting: Setting) -> tuple[Rows, Rows]:
        """A setting's datasets: misaligned and control."""
        if setting.id not in self._rows:
            source = self.source(setting.id)
            self._rows[setting.id] = (
                read_dataset(setting.misaligned, source),
                read_dataset(setting.control, source),
            )
        return self._rows[setting.id]

    def _asked(self, setting: Setting) -> Iterable[Asked]:
        both = ((Distribution.ID, setting.id_evals), (Distribution.OOD, setting.ood_evals))
        for distribution, evals in both:
            for one in evals:
                if one.needs not in self.provider.offers:
                    reason = f"{self.provider.name} offers no {one.needs}"
                    self.left_out[setting.id, one.id] = LeftOut(setting.id, one.id, reason)
                    continue
                questions = self.questions(one)
                yield Asked(eval=one, distribution=distribution, questions=questions.digest)

    def questions(self, one: Eval) -> Questions:
        """What an eval asks; read once."""
        assert isinstance(one, (Sampled, Preference))
        resource = one.questions if isinstance(one, Sampled) else one.pairs
        if resource not in self._questions:
            self._questions[resource] = read_questions(resource)
        return self._questions[resource]

    def cells(self) -> Iterable[tuple[Cell, Context]]:
        """The selected cells with their contexts."""
        for one in self.selected:
            settings = {setting.id: setting for setting in one.experiment.settings}
            for cell in one.cells:
                yield cell, self.context(one.experiment, settings[cell.setting])

    def plan(self) -> Plan:
        """What there is to do, as the store stands now."""
        return plan(self.cells(), self.store.states, self._elsewhere, self._before)

    @cached_property
    def _elsewhere(self) -> dict[str, set[str]]:
        """Key → declared experiments that need the unit, among those with a setting in common."""
        used = {setting.id for one in self.selected for setting in one.experiment.settings}
        users: dict[str, set[str]] = {}
        for experiment in self.collection.all().values():
            for key in self._declared(experiment, used):
                users.setdefault(key, set()).add(experiment.id)
        return users

    def _declared(self, experiment: Experiment, settings: set[str]) -> Iterable[str]:
        from .errors import MiError

        known = {setting.id: setting for setting in experiment.settings if setting.id in settings}
        for cell in cells(experiment):
            if cell.setting in known:
                try:
                    context = self.context(experiment, known[cell.setting])
                    keys = [unit.key for _, unit in cell_units(cell, context)]
                except MiError:  # another experiment's trouble is told when that one is run
                    continue
                yield from keys

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
        if key is None or not self.store.unit(key).exists():
            return None
        return key, self.store.record(key).payload

    def bench(self) -> Bench:
        """What executing needs beside the plan."""
        return Bench(
            model=self.model,
            provider=self.provider,
            rows=self._rows,
            questions={asked.digest: asked for asked in self._questions.values()},
        )

    def selection(self, made: Plan) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """What is selected, as the store keeps it: experiments and evals, and a line a cell."""
        head = {
            "experiments": [self._described(one.experiment) for one in self.selected],
            "evals": list(self._evals()),
        }
        lines = [
            {
                **attrs.asdict(planned.cell),
                "model": self.model.id,
                "data": self.source(planned.cell.setting),
                "units": dict(planned.units),
            }
            for planned in made.cells
        ]
        for line in lines:
            line["cell"] = line.pop("id")
        return head, lines

    def _described(self, experiment: Experiment) -> dict[str, Any]:
        file = self.collection.found[experiment.id].file
        return {
            "id": experiment.id,
            "title": experiment.title,
            "question": experiment.question,
            "file": file.name if file else None,
            "declared": plain(experiment),
        }

    def _evals(self) -> Iterable[dict[str, Any]]:
        seen = set()
        for one in self.selected:
            for setting in one.experiment.settings:
                for asked in self.context(one.experiment, setting).evals:
                    if (setting.id, asked.eval.id) not in seen:
                        seen.add((setting.id, asked.eval.id))
                        yield {
                            "setting": setting.id,
                            "eval": asked.eval.id,
                            "title": asked.eval.title,
                            "distribution": asked.distribution.value,
                            "headline": asked.eval.headline,
                        }


def find_model(registry: Registry, name: str | None) -> tuple[Model, Provider]:
    """The model a user names `provider:name`, or the default one.

    Raises:
        UsageError: It is not of that form, or there is no such provider or model.
    """
    name = name or registry.DEFAULT_MODEL
    kind, colon, rest = name.partition(":")
    if not colon or not rest:
        raise UsageError(
            f"{name!r} is not a model: PROVIDER:NAME is needed",
            hint=nearest(name, registry.models),
        )
    serving = provider(kind)
    return registry.models.get(name) or serving.find(rest), serving


def open_session(
    registry: Registry,
    options: RunOptions,
    words: list[str],
    *,
    model: str | None = None,
    data: Iterable[str] = (),
) -> Session:
    """Resolve a command line.

    Args:
        words: What to select; see `select`.
        model: `provider:name`; None for the default.
        data: `SETTING=SOURCE` each.

    Raises:
        MiError: Something named does not exist, or does not fit.
    """
    selected = select(registry.collection, words, full=options.full)
    found, serving = find_model(registry, model)
    settings = {setting.id for one in selected for setting in one.experiment.settings}
    return Session(
        options=options,
        collection=registry.collection,
        selected=selected,
        model=found,
        provider=serving,
        sources=dict(_source(text, settings) for text in data),
        store=Store(options.store),
    )


def _source(text: str, settings: set[str]) -> tuple[str, str]:
    setting, equals, source = text.partition("=")
    if not equals or not source:
        raise UsageError(f"--data {text}: SETTING=bundled or SETTING=FOLDER is needed")
    if setting not in settings:
        raise UsageError(
            f"--data {text}: no selected experiment has a setting {setting!r}",
            hint=nearest(setting, settings),
        )
    if source != BUNDLED and not Path(source).is_dir():
        raise UsageError(
            f"--data {text}: there is no folder {source!r}",
            hint="give a folder with misaligned.jsonl and control.jsonl, or `bundled`",
        )
    return setting, source if source == BUNDLED else str(Path(source).resolve())
