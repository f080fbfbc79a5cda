"""`mi check`: judge the expectations of experiments by the results.

With `--multiverse` each claim is also ruled on in every specification of judge, thresholds,
questions and scoring rule. The exit code is that of the verdicts.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ..analysis.multiverse import ClaimMultiverse, multiverses
from ..analysis.rulings import Outcome
from ..analysis.verdicts import ExpectationVerdict, verdicts
from ..database import Database
from ..reporting.console import say
from ..reporting.figures import save_drawing, specification_curves
from ..reporting.findings import outcome_counts, print_verdicts, verdict_json
from ..reporting.multiverse import multiverse_json, print_multiverses
from .common import console, load_session
from .scope import result_scope


def check(args: argparse.Namespace) -> int:
    """Judge each experiment's expectations. Returns 1 if one is refuted, 0 otherwise."""
    args.full = True
    session = load_session(args, args.words)
    verdicts_by_id: dict[str, list[ExpectationVerdict]] = {}
    multiverses_by_id: dict[str, list[ClaimMultiverse]] = {}
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        for selection in session.selection:
            experiment = selection.experiment
            own_scope = attrs.evolve(scope, experiments=(experiment.id,))
            verdicts_by_id[experiment.id] = verdicts(connection, experiment, own_scope)
            if args.multiverse:
                multiverses_by_id[experiment.id] = multiverses(connection, experiment, own_scope)
    if args.json:
        print(json.dumps(_as_json(verdicts_by_id, multiverses_by_id), ensure_ascii=False, indent=1))
    else:
        out = console()
        for id, judged in verdicts_by_id.items():
            say(out, f"{id} on {scope.model}", "bold")
            print_verdicts(judged, out)
            say(out, f"{id}: {outcome_counts(judged)}")
            print_multiverses(multiverses_by_id.get(id, []), out)
            for drawing in specification_curves(id, multiverses_by_id.get(id, [])):
                file = save_drawing(drawing, session.options.figures)[0]
                say(out, session.options.display_path(file))
    outcomes = [verdict.outcome for judged in verdicts_by_id.values() for verdict in judged]
    return 1 if Outcome.REFUTED in outcomes else 0


def _as_json(
    verdicts_by_id: Mapping[str, Sequence[ExpectationVerdict]],
    multiverses_by_id: Mapping[str, Sequence[ClaimMultiverse]],
) -> dict[str, Any]:
    """Expectations by experiment; with `--multiverse`, beside the multiverses of their claims."""
    values: dict[str, Any] = {
        id: [verdict_json(verdict) for verdict in judged] for id, judged in verdicts_by_id.items()
    }
    return {
        id: {"expectations": expectations, "multiverse": list(map(multiverse_json, own))}
        if (own := multiverses_by_id.get(id)) is not None
        else expectations
        for id, expectations in values.items()
    }
