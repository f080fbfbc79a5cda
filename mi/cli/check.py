"""`mi check`: judge the expectations of experiments by the results."""

from __future__ import annotations

import argparse
import json

import attrs

from ..analysis.rulings import Outcome
from ..analysis.verdicts import ExpectationVerdict, verdicts
from ..database import Database
from ..reporting.console import say
from ..reporting.findings import outcome_counts, print_verdicts, verdict_json
from .common import console, load_session
from .scope import result_scope


def check(args: argparse.Namespace) -> int:
    """Judge each experiment's expectations. Returns 1 if one is refuted, 0 otherwise."""
    args.full = True
    session = load_session(args, args.words)
    verdicts_by_id: dict[str, list[ExpectationVerdict]] = {}
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        for selection in session.selection:
            experiment = selection.experiment
            own_scope = attrs.evolve(scope, experiments=(experiment.id,))
            verdicts_by_id[experiment.id] = verdicts(connection, experiment, own_scope)
    if args.json:
        values = {
            id: [verdict_json(verdict) for verdict in judged]
            for id, judged in verdicts_by_id.items()
        }
        print(json.dumps(values, ensure_ascii=False, indent=1))
    else:
        out = console()
        for id, judged in verdicts_by_id.items():
            say(out, f"{id} on {scope.model}", "bold")
            print_verdicts(judged, out)
            say(out, f"{id}: {outcome_counts(judged)}")
    outcomes = [verdict.outcome for judged in verdicts_by_id.values() for verdict in judged]
    return 1 if Outcome.REFUTED in outcomes else 0
