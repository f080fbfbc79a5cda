"""`mi doctor`: is everything in place? Looks, asks each provider, changes nothing."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..collect.collection import Collection
from ..database import Database
from ..errors import MiError
from ..planning.open import find_model
from ..providers import BUILTIN, Providers
from ..providers.base import Provider
from ..providers.types import Check
from ..reporting.header import pluralize
from ..reporting.progress import say
from ..spec import Model, RunOptions, is_url, judge_model
from ..store import open_store
from ..store.local import Store
from ..version import __version__
from .common import NullMonitor, console, load_config, progress_bar, run_options

_MIN_FREE_BYTES = 2 * 1024**3
_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}


def doctor(args: argparse.Namespace) -> int:
    """Print what is in place and what is not; 1 when something is wrong."""
    found = []
    out = console()
    for check in _checks(args):
        found.append(check)
        if not args.json:
            mark, style = _MARKS[check.ok]
            say(out, f"{mark} {check.subject}: {check.detail}", style)
            if check.hint:
                say(out, f"  → {check.hint}", style)
    if args.json:
        print(json.dumps([_as_json(check) for check in found], ensure_ascii=False, indent=1))
    return 1 if any(check.ok is False for check in found) else 0


def _as_json(check: Check) -> dict[str, Any]:
    return {
        "what": check.subject,
        "ok": check.ok,
        "detail": check.detail,
        "hint": check.hint,
    }


def _checks(args: argparse.Namespace) -> Iterator[Check]:
    import registry

    options, config = run_options(args), load_config(args)
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check(
        subject="mi", ok=sys.version_info >= (3, 11), detail=f"{__version__}, Python {python}"
    )
    yield from _check_directories(options)
    yield _check_experiments(registry.collect())
    providers = Providers(config.client_options)
    model, serving = find_model(registry, config.model, providers)
    wanted: dict[str, dict[str, Model]] = {serving.name: {model.name: model}}
    for name in _judge_models(registry.collection):
        judge, by = find_model(registry, name, providers)
        wanted.setdefault(by.name, {})[judge.name] = judge
    for name in dict.fromkeys([*wanted, *BUILTIN, *providers.options.endpoints]):
        models = list(wanted.get(name, {}).values())
        if name == serving.name:
            yield from _check_credentials(serving, model)
        yield from providers.get(name).checks(models, NullMonitor())


def _check_credentials(serving: Provider, model: Model) -> Iterator[Check]:
    """What only the user can give: missing, it is wrong for the model that is meant."""
    try:
        serving.check_credentials()
    except MiError as error:
        yield Check(subject=model.id, ok=False, detail=error.message, hint=error.hint or "")


def _check_directories(options: RunOptions) -> Iterator[Check]:
    store = options.root
    if isinstance(options.store, str):
        yield from _check_shared_store(options)
    else:
        store = options.store if options.store.exists() else store
        yield from _check_units(open_store(options.store))
    free, shown = shutil.disk_usage(store).free, store if is_url(options.store) else options.store
    yield Check(
        subject="disk",
        ok=free >= _MIN_FREE_BYTES,
        detail=f"{free / 1024**3:.0f} GiB free at {options.display_path(shown)}",
        hint="" if free >= _MIN_FREE_BYTES else "a model and its trainings need a few GiB",
    )
    yield _check_writable(store)
    if options.db.exists():
        try:
            with Database(options.db).read_connection(timeout=0.0):
                yield Check(subject="database", ok=True, detail=f"{options.db.name} can be read")
        except MiError as error:
            yield Check(subject="database", ok=None, detail=error.message, hint=error.hint or "")


def _check_units(store: Store) -> Iterator[Check]:
    """Every published file against its sum: a disk that forgets says nothing by itself."""
    keys = store.published_keys()
    faults = []
    with progress_bar(len(keys), "hashing units") as step:
        for key in keys:
            if fault := store.find_damage(key):
                faults.append(f"{key}: {fault}")
            step()
    if keys:
        yield Check(
            subject="units",
            ok=not faults,
            detail="; ".join(faults) or f"{pluralize(len(keys), 'unit')}, all as they were written",
            hint="`mi run` makes a damaged unit again where that costs nothing" if faults else "",
        )


def _check_shared_store(options: RunOptions) -> Iterator[Check]:
    """Whether the place that machines share is there, keeps runs apart, and its units whole."""
    try:
        store = open_store(options.store, options.lease_timeout, retry_seconds=5.0)
        with store.lock("doctor"):
            yield Check(subject="store", ok=True, detail=f"{store.address} can be claimed in")
        yield from _check_units(store)
    except MiError as error:
        yield Check(subject="store", ok=False, detail=error.message, hint=error.hint or "")


def _check_writable(folder: Path) -> Check:
    """A lock that can be taken and let go is what two runs on one store rely on."""
    from filelock import FileLock

    try:
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=".mi-doctor-") as directory,
            FileLock(Path(directory, "lock"), timeout=2),
        ):
            pass
    except (OSError, TimeoutError) as error:
        return Check(
            subject="folder",
            ok=False,
            detail=f"{folder} cannot be written and locked ({error})",
            hint="use a local disk, or mend its permissions",
        )
    return Check(subject="folder", ok=True, detail=f"{folder} can be written and locked")


def _check_experiments(collection: Collection) -> Check:
    try:
        found = collection.all()
    except MiError as error:
        return Check(subject="experiments", ok=False, detail=error.message, hint=error.hint or "")
    return Check(subject="experiments", ok=True, detail=", ".join(found) or "none")


def _judge_models(collection: Collection) -> list[str]:
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
