"""`mi register`: register the expectations of experiments, without a run and without a model."""

from __future__ import annotations

import argparse
import json
import sys

from ..collect.override import OverrideTargets, parse_overrides
from ..collect.select import select_cells
from ..database import Database, sync_database
from ..errors import MiError
from ..planning.registration import Registration, register_expectations
from ..reporting.console import say
from ..reporting.text import pluralize
from ..store.provenance import capture_provenance
from ..units.claim_scope import is_applicable
from .common import configured_store, console, run_options


def register(args: argparse.Namespace) -> int:
    """Register what is not registered yet, and print when, from which commit and as what."""
    from .. import registry

    registry.collect()
    targets = OverrideTargets(settings=registry.settings, evals=registry.evals)
    selection = select_cells(
        registry.collection, args.words, full=True, transform=parse_overrides(args.set, targets)
    )
    experiments = [selected.experiment for selected in selection]
    options, store = run_options(args), configured_store(args)
    out = console(stderr=args.json)
    registrations = register_expectations(
        store,
        experiments,
        capture_provenance(options.root, tuple(args.argv)),
        on_wait=lambda name: say(out, "waiting for another run to register", "dim"),
    )
    if args.json:
        values = [_registration_json(registration) for registration in registrations]
        print(json.dumps(values, ensure_ascii=False, indent=1))
    else:
        for registration in registrations:
            for line, style in _lines(registration):
                say(out, line, style)
        for experiment in experiments:
            for expectation in experiment.expectations:
                if not is_applicable(expectation, experiment):
                    says = f"– {experiment.id}: {expectation.says}: not part of this design"
                    say(out, says, "dim")
        new_count = sum(registration.is_new for registration in registrations)
        say(out, f"{pluralize(new_count, 'expectation')} of {len(registrations)} registered now")
    try:
        faults = sync_database(Database(options.db), store).faults
    except MiError as error:  # the registrations stand; the next command loads them
        faults = (str(error),)
    for fault in faults:
        print(f"mi: {fault}", file=sys.stderr)
    return 0


def _lines(registration: Registration) -> list[tuple[str, str | None]]:
    """What is printed of a registration, with styles."""
    record = registration.record
    commit = f"commit {record.commit}" if record.commit else "no git commit"
    changes = " with uncommitted changes" if record.dirty else ""
    state = "registered" if registration.is_new else "was registered"
    time = record.time.replace("T", " ").partition(".")[0]
    existing = " · results of its conditions exist" if record.existing else ""
    return [
        (f"{record.experiment}: {record.says}", "bold"),
        (f"    {state} {time} UTC · {commit}{changes}{existing}", None),
        (f"    sha256 {registration.name}", "dim"),
    ]


def _registration_json(registration: Registration) -> dict[str, object]:
    record = registration.record
    return {
        "experiment": record.experiment,
        "expectation": record.expectation,
        "says": record.says,
        "claims": record.claims,
        "declared": record.time,
        "commit": record.commit,
        "dirty": record.dirty,
        "hash": registration.name,
        "new": registration.is_new,
        "existing": list(record.existing),
    }
