"""Opening a session: resolving the names on a command line.

Names of experiments, settings, a model with its provider and a store are resolved here, once. All
later code works on plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import attrs

from ..collect.collection import Collection
from ..collect.override import OverrideTargets, parse_overrides
from ..collect.select import CellFilter, filter_by_marks, select_cells
from ..data.datasets import check_source, is_named_source
from ..errors import UsageError, did_you_mean
from ..providers import Providers, canonical_model_name
from ..providers.base import Provider
from ..providers.endings import EndingTable
from ..providers.pricing import PriceTable
from ..providers.types import ClientOptions
from ..spec import Eval, Model, RunOptions, Setting
from ..store import open_store
from .session import Session


class Registry(Protocol):
    """What a session needs from the registry, which is passed in: the engine knows no names."""

    @property
    def collection(self) -> Collection: ...
    @property
    def models(self) -> Mapping[str, Model]: ...
    @property
    def DEFAULT_MODEL(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Setting]: ...
    @property
    def evals(self) -> Mapping[str, Eval]: ...
    def prices(self) -> PriceTable: ...
    def endings(self) -> EndingTable: ...


def select_model(
    registry: Registry, name: str | None, providers: Providers
) -> tuple[Model, Provider]:
    """The model that a user names `provider:name`, or the default one, and its provider.

    Args:
        registry: The registered models.
        name: `provider:name`; None for the default.
        providers: Makes the provider.

    Raises:
        UsageError: The name lacks a provider, or the provider or the model is unknown.
    """
    name = canonical_model_name(name or registry.DEFAULT_MODEL)
    kind, colon, rest = name.partition(":")
    if not colon or not rest:
        raise UsageError(
            f"{name!r} is not a model: write PROVIDER:NAME",
            hint=did_you_mean(name, registry.models),
        )
    provider = providers.get(kind)
    return registry.models.get(name) or provider.resolve_model(rest), provider


def open_session(
    registry: Registry,
    options: RunOptions,
    words: list[str],
    *,
    model: str | None = None,
    data: Iterable[str] = (),
    overrides: Iterable[str] = (),
    prices: Iterable[str] = (),
    client_options: ClientOptions | None = None,
    cell_filter: CellFilter | None = None,
) -> Session:
    """Resolve a command line.

    Args:
        registry: The experiments, settings, evals, models and prices that have names.
        options: Where results go, and how a run proceeds.
        words: What to select; see `mi.collect.select.select_cells`. Empty: nothing.
        model: `provider:name`; None for the default.
        data: `SETTING=SOURCE` each, or `SET=FILE` for a published question set.
        overrides: `FIELD=VALUE` each, in place of what experiments declare.
        prices: `MODEL=INPUT,OUTPUT,…` each, in place of the registry's.
        client_options: How hosted providers are used.
        cell_filter: Which of the selected cells are kept.

    Raises:
        MiError: Something named does not exist, or does not fit.
    """
    names = OverrideTargets(settings=registry.settings, evals=registry.evals)
    transform = parse_overrides(overrides, names)
    selected = (
        select_cells(
            registry.collection,
            words,
            full=options.full,
            transform=transform,
            cell_filter=cell_filter,
        )
        if words
        else []
    )
    client_options = client_options or ClientOptions()
    providers = Providers(attrs.evolve(client_options, models=dict(registry.models)))
    found_model, provider = select_model(registry, model, providers)
    settings = {setting.id: setting for entry in selected for setting in entry.experiment.settings}
    evals = [spec for entry in selected for spec in entry.experiment.evals]
    evals += [
        spec for setting in settings.values() for spec in (*setting.id_evals, *setting.ood_evals)
    ]
    question_sets = {spec.id for spec in evals if spec.published_file is not None}
    session = Session(
        options=options,
        collection=registry.collection,
        selection=selected,
        model=found_model,
        provider=provider,
        sources=dict(_parse_source(text, settings, question_sets) for text in data),
        store=open_store(options.store, options.lease_timeout),
        providers=providers,
        prices=registry.prices().with_overrides(
            (*_free_prices(providers.options, model, options), *prices)
        ),
        endings=registry.endings(),
    )
    if cell_filter is not None and cell_filter.marks is not None:
        session.selection = filter_by_marks(session.selection, cell_filter.marks, session.is_paid)
    return session


def _free_prices(
    client_options: ClientOptions, model: str | None, options: RunOptions
) -> Iterator[str]:
    """Price overrides of zero for named models at endpoints that are configured as free."""
    for name in filter(None, (model, *options.judges)):
        endpoint, _, bare = canonical_model_name(name).partition(":")
        if client_options.endpoints.get(endpoint, {}).get("free"):
            yield f"{bare}=0,0,0,0,0"


def _parse_source(
    text: str, settings: Mapping[str, Setting], question_sets: set[str]
) -> tuple[str, str]:
    """A setting or question set, and the source of its data: a keyword or an absolute path."""
    name, equals, source = text.partition("=")
    if not equals or not source:
        raise UsageError(f"--data {text}: write SETTING=SOURCE", hint=_SOURCE_HINT)
    if name not in settings and name not in question_sets:
        raise UsageError(
            f"--data {text}: no selected experiment has a setting or question set {name!r}",
            hint=did_you_mean(name, {*settings, *question_sets}),
        )
    if name in question_sets and not Path(source).is_file():
        raise UsageError(f"--data {text}: there is no file {source!r}")
    if name in settings and is_named_source(source):
        check_source(settings[name], source)
        return name, source
    if name in settings and not Path(source).is_dir():
        raise UsageError(f"--data {text}: there is no folder {source!r}", hint=_SOURCE_HINT)
    return name, str(Path(source).resolve())


_SOURCE_HINT = "`bundled`, `upstream`, or a folder with misaligned.jsonl and control.jsonl"
