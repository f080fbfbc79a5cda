"""What a run selected, as the store keeps it beside the run: experiments, evals and cells.

A result says nothing without the question it answers, so the declarations stand in the store in the
words they had when they were run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import attrs

from ..spec import Experiment
from ..store.run_files import SelectedCell, SelectionHeader
from ..units.claims import expectation_id
from ..units.identity import json_form
from .plan import Plan
from .session import Session


def run_manifest(session: Session, plan: Plan) -> tuple[SelectionHeader, list[SelectedCell]]:
    """What is selected as plain values: experiments and evals, and a line a cell."""
    header: SelectionHeader = {
        "experiments": [_experiment_entry(session, one.experiment) for one in session.selection],
        "evals": list(_eval_entries(session)),
    }
    lines = [
        {
            **attrs.asdict(planned.cell),
            "model": session.model.id,
            "data": session.source(planned.cell.setting),
            "units": dict(planned.units),
        }
        for planned in plan.cells
    ]
    for line in lines:
        line["cell"] = line.pop("id")
    return header, cast(list[SelectedCell], lines)


def _experiment_entry(session: Session, experiment: Experiment) -> dict[str, Any]:
    file = session.collection.entries[experiment.id].file
    return {
        "id": experiment.id,
        "title": experiment.title,
        "question": experiment.question,
        "file": file.name if file else None,
        "declared": json_form(experiment),
        "expectations": [
            {"expectation": expectation_id(one), "says": one.says, "claims": json_form(one.claims)}
            for one in experiment.expectations
        ],
    }


def _eval_entries(session: Session) -> Iterable[dict[str, Any]]:
    seen = set()
    for one in session.selection:
        for setting in one.experiment.settings:
            for asked in session.context(one.experiment, setting).evals:
                if (setting.id, asked.eval.id) not in seen:
                    seen.add((setting.id, asked.eval.id))
                    yield {
                        "setting": setting.id,
                        "eval": asked.eval.id,
                        "title": asked.eval.title,
                        "distribution": asked.distribution.value,
                        "headline": asked.eval.headline,
                    }
