"""The manifest of a run: the experiments, evals and cells that it selected.

The store keeps it beside the run. A result means nothing without the question it answers, so the
manifest holds the declarations as they were when the run started.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import attrs

from ..spec import Experiment
from ..store.run_files import SelectedCell, SelectionHeader
from ..units.cells import axes_json, conditions_form
from ..units.claims import expectation_id
from ..units.identity import json_form
from .plan import Plan
from .session import Session


def run_manifest(session: Session, plan: Plan) -> tuple[SelectionHeader, list[SelectedCell]]:
    """The selection as plain values: a header of experiments and evals, and one line per cell."""
    header: SelectionHeader = {
        "experiments": [
            _experiment_entry(session, selected.experiment) for selected in session.selection
        ],
        "evals": list(_eval_entries(session)),
    }
    lines = [
        {
            **attrs.asdict(planned.cell),
            "axes": axes_json(planned.cell.axes),
            "model": session.model.id,
            "data": session.source(planned.cell.setting),
            "units": dict(planned.units),
        }
        for planned in plan.cells
    ]
    for line in lines:
        line["cell"] = line.pop("id")
        if line["axes"] is None:
            del line["axes"]
    return header, cast(list[SelectedCell], lines)


def _experiment_entry(session: Session, experiment: Experiment) -> dict[str, Any]:
    file = session.collection.entries[experiment.id].file
    return {
        "id": experiment.id,
        "title": experiment.title,
        "question": experiment.question,
        "file": file.name if file else None,
        "declared": _declared_form(experiment),
        "expectations": [
            {
                "expectation": expectation_id(expectation),
                "says": expectation.says,
                "claims": json_form(expectation.claims),
            }
            for expectation in experiment.expectations
        ],
    }


def _declared_form(experiment: Experiment) -> dict[str, Any]:
    """The declaration as plain values; of one with axes that of the first combination, its axes
    and its conditions."""
    declared: dict[str, Any] = json_form(experiment.bind())
    if experiment.axes or experiment.only or experiment.exclude:
        declared["axes"] = {axis.name: list(axis.labels) for axis in experiment.axes}
        declared["conditions"] = conditions_form(experiment)
        declared |= {"only": experiment.only, "exclude": experiment.exclude}
    return declared


def _eval_entries(session: Session) -> Iterable[dict[str, Any]]:
    seen = set()
    for selected in session.selection:
        for setting in selected.experiment.settings:
            for planned in session.context(selected.experiment, setting).evals:
                if (setting.id, planned.eval.id) not in seen:
                    seen.add((setting.id, planned.eval.id))
                    yield {
                        "setting": setting.id,
                        "eval": planned.eval.id,
                        "title": planned.eval.title,
                        "distribution": planned.distribution.value,
                        "headline": planned.eval.headline,
                    }
