"""`mi doctor`: is everything in place? Looks, asks each provider, changes nothing."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs

from ..collect.collection import Collection
from ..database import Database
from ..errors import MiError
from ..planning.open import find_model
from ..providers import KNOWN, Providers
from ..providers.base import Provider
from ..providers.types import Check
from ..reporting.header import count
from ..reporting.progress import say
from ..spec import Model, RunOptions, is_url, judge_model
from ..store import open_store
from ..store.local import Store
from ..version import __version__
from .common import Quiet, bar, config, console, options

_ENOUGH = 2 * 1024**3
_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}


def doctor(parsed: argparse.Namespace) -> int:
    """Print what is in place and what is not; 1 when something is wrong."""
    found = []
    out = console()
    for check in _checks(parsed):
        found.append(check)
        if not parsed.json:
            mark, style = _MARKS[check.ok]
            say(out, f"{mark} {check.what}: {check.detail}", style)
            if check.hint:
                say(out, f"  → {check.hint}", style)
    if parsed.json:
        print(json.dumps([attrs.asdict(check) for check in found], ensure_ascii=False, indent=1))
    return 1 if any(check.ok is False for check in found) else 0


def _checks(parsed: argparse.Namespace) -> Iterator[Check]:
    import registry

    chosen, settled = options(parsed), config(parsed)
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check(what="mi", ok=sys.version_info >= (3, 11), detail=f"{__version__}, Python {python}")
    yield from _folders(chosen)
    yield _experiments(registry.collect())
    providers = Providers(settled.terms)
    model, serving = find_model(registry, settled.model, providers)
    wanted: dict[str, dict[str, Model]] = {serving.name: {model.name: model}}
    for name in _judges(registry.collection):
        judge, by = find_model(registry, name, providers)
        wanted.setdefault(by.name, {})[judge.name] = judge
    for name in dict.fromkeys([*wanted, *KNOWN, *providers.terms.endpoints]):
        models = list(wanted.get(name, {}).values())
        if name == serving.name:
            yield from _ready(serving, model)
        yield from providers.called(name).checks(models, Quiet())


def _ready(serving: Provider, model: Model) -> Iterator[Check]:
    """What only the user can give: missing, it is wrong for the model that is meant."""
    try:
        serving.ready()
    except MiError as error:
        yield Check(what=model.id, ok=False, detail=error.message, hint=error.hint or "")


def _folders(chosen: RunOptions) -> Iterator[Check]:
    store = chosen.root
    if isinstance(chosen.store, str):
        yield from _answers(chosen)
    else:
        store = chosen.store if chosen.store.exists() else store
        yield from _units(open_store(chosen.store))
    free, shown = shutil.disk_usage(store).free, store if is_url(chosen.store) else chosen.store
    yield Check(
        what="disk",
        ok=free >= _ENOUGH,
        detail=f"{free / 1024**3:.0f} GiB free at {chosen.short(shown)}",
        hint="" if free >= _ENOUGH else "a model and its trainings need a few GiB",
    )
    yield _writable(store)
    if chosen.db.exists():
        try:
            with Database(chosen.db).reading(patience=0.0):
                yield Check(what="database", ok=True, detail=f"{chosen.db.name} can be read")
        except MiError as error:
            yield Check(what="database", ok=None, detail=error.message, hint=error.hint or "")


def _units(store: Store) -> Iterator[Check]:
    """Every published file against its sum: a disk that forgets says nothing by itself."""
    keys = store.published()
    faults = []
    with bar(len(keys), "hashing units") as step:
        for key in keys:
            if fault := store.fault(key):
                faults.append(f"{key}: {fault}")
            step()
    if keys:
        yield Check(
            what="units",
            ok=not faults,
            detail="; ".join(faults) or f"{count(len(keys), 'unit')}, all as they were written",
            hint="`mi run` makes a damaged unit again where that costs nothing" if faults else "",
        )


def _answers(chosen: RunOptions) -> Iterator[Check]:
    """Whether the place that machines share is there, keeps runs apart, and its units whole."""
    try:
        store = open_store(chosen.store, chosen.claim, patience=5.0)
        with store.locked("doctor"):
            yield Check(what="store", ok=True, detail=f"{store.address} can be claimed in")
        yield from _units(store)
    except MiError as error:
        yield Check(what="store", ok=False, detail=error.message, hint=error.hint or "")


def _writable(folder: Path) -> Check:
    """A lock that can be taken and let go is what two runs on one store rely on."""
    from filelock import FileLock

    try:
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=".mi-doctor-") as aside,
            FileLock(Path(aside, "lock"), timeout=2),
        ):
            pass
    except (OSError, TimeoutError) as error:
        return Check(
            what="folder",
            ok=False,
            detail=f"{folder} cannot be written and locked ({error})",
            hint="use a local disk, or mend its permissions",
        )
    return Check(what="folder", ok=True, detail=f"{folder} can be written and locked")


def _experiments(collection: Collection) -> Check:
    try:
        found = collection.all()
    except MiError as error:
        return Check(what="experiments", ok=False, detail=error.message, hint=error.hint or "")
    return Check(what="experiments", ok=True, detail=", ".join(found) or "none")


def _judges(collection: Collection) -> list[str]:
    """Judge models that declared evals name."""
    names: dict[str, None] = {}
    try:
        experiments = collection.all().values()
    except MiError:
        return []
    for experiment in experiments:
        for setting in experiment.settings:
            for one in (*setting.id_evals, *setting.ood_evals):
                if (judge := judge_model(one)) is not None:
                    names[judge.model] = None
    return list(names)
