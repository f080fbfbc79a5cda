"""`mi doctor`: check the set-up.

Every check only reads, and asks each provider about itself. The one exception is a lock that is
taken and released where units are stored, because two runs on one store rely on it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from ..collect.collection import Collection
from ..database import Database
from ..database.served_models import mixed_aliases
from ..errors import MiError, StoreError
from ..files import atomic
from ..files.clock import utc_today
from ..planning.judge_probes import JudgeProbe, describe_probe, find_probe
from ..planning.open import select_model
from ..providers import BUILTIN, Providers
from ..providers.base import Provider
from ..providers.probe import ProbeFailed
from ..providers.types import Check
from ..providers.watch import NullMonitor
from ..reporting.console import say
from ..reporting.text import pluralize
from ..spec import Model, ModelJudge, RunOptions, Sampling, is_url, judge_model
from ..steps.scorers.probe import PASSED
from ..store import open_store
from ..store.base import Store
from ..store.journal_checks import JOURNAL_HINT
from ..store.journal_verifier import JournalVerifier
from ..version import __version__
from .common import console, load_config, progress_bar, run_options
from .ending_checks import check_archive, check_endings
from .summary import alias_line

_MIN_FREE_BYTES = 2 * 1024**3
_DISK_HINT = (
    "a model and its trainings need a few GiB; with less than "
    f"{atomic.RESERVE >> 20} MiB no run begins"
)
_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}


def doctor(args: argparse.Namespace) -> int:
    """Print the result of each check as it comes. Returns 1 if one failed, 0 otherwise."""
    checks = []
    out = console()
    for check in _run_checks(args):
        checks.append(check)
        if not args.json:
            mark, style = _MARKS[check.ok]
            say(out, f"{mark} {check.subject}: {check.detail}", style)
            if check.hint:
                say(out, f"  → {check.hint}", style)
    if args.json:
        print(json.dumps(list(map(_check_json, checks)), ensure_ascii=False, indent=1))
    return 1 if any(check.ok is False for check in checks) else 0


def _check_json(check: Check) -> dict[str, object]:
    return {"what": check.subject, "ok": check.ok, "detail": check.detail, "hint": check.hint}


def _run_checks(args: argparse.Namespace) -> Iterator[Check]:
    from .. import registry

    options, config = run_options(args), load_config(args)
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check(
        subject="mi", ok=sys.version_info >= (3, 11), detail=f"{__version__}, Python {python}"
    )
    yield from _check_places(options)
    yield _check_experiments(registry.collect())
    providers = Providers(config.client_options)
    model, provider = select_model(registry, config.model, providers)
    models: dict[str, dict[str, Model]] = {provider.name: {model.name: model}}
    judges = _declared_judges(registry.collection)
    names = list(dict.fromkeys((*options.judges, *(judge.model for judge in judges))))
    for name in names:
        served, judge_provider = select_model(registry, name, providers)
        models.setdefault(judge_provider.name, {})[served.name] = served
    yield from check_endings((model.id, *names), registry.endings(), utc_today(), (model.id,))
    yield from _check_judge_probes(judges, providers, options)
    if is_url(options.store) or Path(options.store).exists():
        yield from check_archive(options, names, providers)
    for name in dict.fromkeys([*models, *BUILTIN, *providers.options.endpoints]):
        if name == provider.name:
            yield from _check_credentials(provider, model)
            prices = registry.prices()
            endpoint = providers.options.endpoints.get(name, {})
            may_ask = endpoint.get("free", False) or not prices.is_charged(model.name)
            yield from _check_probe(provider, model, may_ask=may_ask)
        yield from providers.get(name).checks(list(models.get(name, {}).values()), NullMonitor())


def _check_credentials(provider: Provider, model: Model) -> Iterator[Check]:
    """Missing credentials are an error only for the model under test."""
    try:
        provider.check_credentials()
    except MiError as error:
        yield _failed(model.id, error)


def _check_probe(provider: Provider, model: Model, *, may_ask: bool) -> Iterator[Check]:
    """What is known of the server of the model under test; it is probed if that costs nothing.

    Args:
        provider: Serves the model.
        model: The model.
        may_ask: Whether requests cost nothing.
    """
    if not provider.has_probe:
        return
    subject = f"{model.id}: probe"
    try:
        known = provider.recall_probe(model)
        if known is None and not (may_ask and provider.needs_probe()):
            yield Check(subject=subject, ok=None, detail="comes before the first run, and is paid")
            return
        known = known or provider.probe(model, (Sampling(),), [], NullMonitor())
    except ProbeFailed as error:
        yield _failed(subject, error)
        return
    except MiError as error:
        yield attrs.evolve(_failed(subject, error), ok=None)
        return
    if known is not None:
        yield Check(subject=subject, ok=True, detail=f"{known.summary} ({known.probed_at[:10]})")
        served = known.facts.get("served", [])
        if len(served) > 1:
            yield Check(subject=model.id, ok=None, detail=alias_line(model.name, served))


def _check_judge_probes(
    judges: Sequence[ModelJudge], providers: Providers, options: RunOptions
) -> Iterator[Check]:
    """What is known of the judges that were probed; the others are probed by a run.

    Args:
        judges: The judges of all declared evals.
        providers: Serve them.
        options: Say where the store is.
    """
    if is_url(options.store) or not Path(options.store).exists():
        return
    store = open_store(options.store)
    for judge in judges:
        provider = providers.for_model(judge.model)
        judge = provider.resolve_judge(judge)
        probe = JudgeProbe(judge=judge, address=provider.address, store=store)
        if (known := find_probe(probe)) is not None:
            rubrics = ", ".join(rubric.name for rubric in judge.rubrics)
            yield Check(
                subject=f"{judge.model}: probe of {rubrics}",
                ok=known.result.summary == PASSED or None,
                detail=describe_probe(known),
            )


def _check_places(options: RunOptions) -> Iterator[Check]:
    """Check the store, the disk that it is on, and the results database."""
    directory = options.root
    if isinstance(options.store, str):
        yield from _check_shared_store(options)
    else:
        directory = options.store if options.store.exists() else directory
        yield from check_units(store := open_store(options.store))
        yield from check_registrations(store)
        yield from check_calibrations(store)
    free = atomic.free_space(directory) or 0
    shown = options.display_path(directory if is_url(options.store) else options.store)
    yield Check(
        subject="disk",
        ok=free >= _MIN_FREE_BYTES,
        detail=f"{free / 1024**3:.0f} GiB free at {shown}",
        hint="" if free >= _MIN_FREE_BYTES else _DISK_HINT,
    )
    yield _check_open_files()
    yield _check_writable(directory)
    if options.db.exists():
        try:
            with Database(options.db).read_connection(timeout=0.0) as connection:
                yield Check(subject="database", ok=True, detail=f"{options.db.name} can be read")
                for name, served in mixed_aliases(connection):
                    yield Check(subject=name, ok=None, detail=alias_line(name, served))
        except MiError as error:
            yield attrs.evolve(_failed("database", error), ok=None)


def check_units(store: Store) -> Iterator[Check]:
    """Hash every published file: a disk does not report the bits that it has lost."""
    keys = store.published_keys()
    faults = []
    journals = store.journal_verifier(thorough=True)
    with progress_bar(len(keys), "hashing units") as advance:
        for key in keys:
            if fault := store.find_damage(key) or _journal_fault(store, journals, key):
                faults.append(f"{key}: {fault}")
            advance()
    if keys:
        yield Check(
            subject="units",
            ok=not faults,
            detail="; ".join(faults) or f"{pluralize(len(keys), 'unit')}, all intact",
            hint="`mi run` mends a damaged unit if that costs nothing" if faults else "",
        )
    if problems := store.journal_problems(thorough=True):
        damaged = [f"{name} {check.damage}" for name, check in problems.items() if check.damage]
        foreign = [f"{name} {check.unsettled}" for name, check in problems.items()]
        yield Check(
            subject="journals",
            ok=False,
            detail="; ".join(damaged or foreign),
            hint=JOURNAL_HINT if damaged else "`mi run` sets these lines aside",
        )


def _journal_fault(store: Store, journals: JournalVerifier, key: str) -> str | None:
    """What is wrong with the journals of a unit whose own files are intact."""
    try:
        return journals.damage(store.record(key).journal_needs)
    except MiError as error:
        return error.message


def check_registrations(store: Store) -> Iterator[Check]:
    """Compare every registration with its name, which is its sha256."""
    damage, count = store.registration_faults(), len(store.registrations())
    if damage or count:
        faults = [f"{name}: {fault}" for name, fault in damage.items()]
        yield Check(
            subject="registrations",
            ok=not faults,
            detail="; ".join(faults) or f"{pluralize(count, 'registration')}, all intact",
            hint="restore them from a copy: until then their expectations count as not registered"
            if faults
            else "",
        )


def check_calibrations(store: Store) -> Iterator[Check]:
    """Compare every calibration with its name, which is its sha256."""
    damage, count = store.calibration_faults(), len(store.calibrations())
    if damage or count:
        faults = [f"{name}: {fault}" for name, fault in damage.items()]
        yield Check(
            subject="calibrations",
            ok=not faults,
            detail="; ".join(faults) or f"{pluralize(count, 'calibration')}, all intact",
            hint="restore them from a copy, or run `mi calibrate` with their labels again"
            if faults
            else "",
        )


def _check_shared_store(options: RunOptions) -> Iterator[Check]:
    """Check that a shared store can be reached and locked, and that its units are intact."""
    try:
        store = open_store(options.store, options.lease_timeout, retry_seconds=5.0)
        with store.lock("doctor"):
            yield Check(subject="store", ok=True, detail=f"{store.address} grants leases")
        yield from check_units(store)
        yield from check_registrations(store)
        yield from check_calibrations(store)
    except MiError as error:
        yield _failed("store", error)


def _check_open_files() -> Check:
    """Check that a run may open as many files as it can need."""
    try:
        atomic.require_open_files()
    except StoreError as error:
        return _failed("open files", error)
    return Check(subject="open files", ok=True, detail=f"at least {atomic.MIN_OPEN_FILES} allowed")


def _check_writable(directory: Path) -> Check:
    """Create a file and take a lock in the directory."""
    from filelock import FileLock

    try:
        with (
            tempfile.TemporaryDirectory(dir=directory, prefix=".mi-doctor-") as scratch,
            FileLock(Path(scratch, "lock"), timeout=2),
        ):
            pass
    except (OSError, TimeoutError) as error:
        return Check(
            subject="folder",
            ok=False,
            detail=f"{directory} cannot be written and locked ({error})",
            hint="use a local disk, or fix the permissions",
        )
    return Check(subject="folder", ok=True, detail=f"{directory} can be written and locked")


def _check_experiments(collection: Collection) -> Check:
    try:
        ids = list(collection.all())
    except MiError as error:
        return _failed("experiments", error)
    return Check(subject="experiments", ok=True, detail=", ".join(ids) or "none")


def _failed(subject: str, error: MiError) -> Check:
    return Check(subject=subject, ok=False, detail=error.message, hint=error.hint or "")


def _declared_judges(collection: Collection) -> list[ModelJudge]:
    """The judges of all declared evals; none where experiments cannot be collected."""
    try:
        experiments = collection.all().values()
    except MiError:
        return []
    evals = [
        eval
        for experiment in experiments
        for setting in experiment.settings
        for eval in (*setting.id_evals, *setting.ood_evals)
    ]
    return list(dict.fromkeys(judge for eval in evals if (judge := judge_model(eval)) is not None))
