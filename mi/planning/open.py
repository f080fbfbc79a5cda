"""Opening a session: what a command line resolves to before anything is done.

Names become values here, once: experiments, settings, a model with its provider, an address of a
store. From there on everything is plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from ..collect.collection import Collection
from ..collect.override import OverrideTargets, parse_overrides
from ..collect.select import CellFilter, filter_by_marks, select_cells
from ..data.datasets import check_source, is_named_source
from ..errors import UsageError, did_you_mean
from ..providers import Providers, canonical_model_name
from ..providers.base import Provider
from ..providers.pricing import PriceTable
from ..providers.types import ClientOptions
from ..spec import Eval, Model, RunOptions, Setting
from ..store import open_store
from .session import Session


class Registry(Protocol):
    """What a session needs of the registry: it is handed in, for the engine knows no names."""

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


def find_model(
    registry: Registry, name: str | None, providers: Providers
) -> tuple[Model, Provider]:
    """The model a user names `provider:name`, or the default one.

    Raises:
        UsageError: It is not of that form, or there is no such provider or model.
    """
    name = canonical_model_name(name or registry.DEFAULT_MODEL)
    kind, colon, rest = name.partition(":")
    if not colon or not rest:
        raise UsageError(
            f"{name!r} is not a model: PROVIDER:NAME is needed",
            hint=did_you_mean(name, registry.models),
        )
    serving = providers.get(kind)
    return registry.models.get(name) or serving.resolve_model(rest), serving


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
    names = OverrideTargets(settings=registry.settings, evals=registry.evals)
    change = parse_overrides(overrides, names)
    selected = select_cells(
        registry.collection, words, full=options.full, transform=change, cell_filter=cell_filter
    )
    providers = Providers(client_options or ClientOptions())
    found, serving = find_model(registry, model, providers)
    settings = {setting.id: setting for one in selected for setting in one.experiment.settings}
    overrides = {
        asked.id
        for one in selected
        for asked in (
            *one.experiment.evals,
            *(asked for setting in settings.values() for asked in setting.ood_evals),
        )
        if asked.published_file is not None
    }
    opened = Session(
        options=options,
        collection=registry.collection,
        selection=selected,
        model=found,
        provider=serving,
        sources=dict(_parse_source(text, settings, overrides) for text in data),
        store=open_store(options.store, options.lease_timeout),
        providers=providers,
        prices=registry.prices().with_overrides(
            (*_free_prices(providers.options, model, options), *prices)
        ),
    )
    if cell_filter is not None and cell_filter.marks is not None:
        opened.selection = filter_by_marks(opened.selection, cell_filter.marks, opened.is_paid)
    return opened


def _free_prices(
    client_options: ClientOptions, model: str | None, options: RunOptions
) -> Iterator[str]:
    """Stated prices of named models at endpoints whose tokens cost nothing."""
    for name in filter(None, (model, *options.judges)):
        endpoint, _, bare = canonical_model_name(name).partition(":")
        if client_options.endpoints.get(endpoint, {}).get("free"):
            yield f"{bare}=0,0,0,0,0"


def _parse_source(text: str, settings: Mapping[str, Setting], sets: set[str]) -> tuple[str, str]:
    """Whose data is meant, and where it comes from: a keyword, or a path made absolute."""
    name, equals, source = text.partition("=")
    if not equals or not source:
        raise UsageError(f"--data {text}: SETTING=SOURCE is needed", hint=_SOURCE_HINT)
    if name not in settings and name not in sets:
        raise UsageError(
            f"--data {text}: no selected experiment has a setting or question set {name!r}",
            hint=did_you_mean(name, {*settings, *sets}),
        )
    if name in sets and not Path(source).is_file():
        raise UsageError(f"--data {text}: there is no file {source!r}")
    if name in settings and is_named_source(source):
        check_source(settings[name], source)
        return name, source
    if name in settings and not Path(source).is_dir():
        raise UsageError(f"--data {text}: there is no folder {source!r}", hint=_SOURCE_HINT)
    return name, str(Path(source).resolve())


_SOURCE_HINT = "`bundled`, `upstream`, or a folder with misaligned.jsonl and control.jsonl"
