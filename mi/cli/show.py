"""`mi list` and `mi show`: the declared experiments, and one experiment, cell or unit."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..collect.collection import Collection
from ..collect.patterns import match_ids
from ..errors import NothingSelected, did_you_mean
from ..planning.session import Session
from ..reporting.console import say
from ..reporting.design import design_lines
from ..reporting.tables import plain_table
from ..spec import Eval, Experiment, Setting
from ..units.cells import cells
from ..units.unit import is_unit_key
from .common import console, describe_rows, load_session, print_pairs
from .show_unit import show_unit


def list_experiments(args: argparse.Namespace) -> int:
    """List the declared experiments, or those that match patterns."""
    from .. import registry

    collection = registry.collect()
    experiments = collection.all()
    if args.words:
        ids = {id for word in args.words for id in match_ids(word, experiments)}
        if not ids:
            hint = did_you_mean(args.words[0], experiments)
            raise NothingSelected(f"no experiment matches {' '.join(args.words)}", hint=hint)
        experiments = {id: experiments[id] for id in sorted(ids)}
    rows = [_experiment_row(experiment, collection) for experiment in experiments.values()]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    table = plain_table("id", "title", "settings", "cells", "pilot", "file")
    for row in rows:
        numbers = (str(row["cells"]), str(row["pilot"]))
        table.add_row(row["id"], row["title"], ", ".join(row["settings"]), *numbers, row["file"])
    console().print(table)
    for path, reason in sorted(collection.left_out.items()):
        say(console(stderr=True), f"{_short_name(path)} is left out: {reason}")
    return 0


def _short_name(path: Path) -> str:
    return f"{path.parent.name}/" if path.name == "__init__.py" else path.name


def _experiment_row(experiment: Experiment, collection: Collection) -> dict[str, Any]:
    file = collection.entries[experiment.id].file
    return {
        "id": experiment.id,
        "title": experiment.title,
        "question": experiment.question,
        "settings": [setting.id for setting in experiment.settings],
        "cells": sum(1 for _ in cells(experiment)),
        "pilot": sum(1 for _ in cells(experiment, full=False)),
        "file": file.name if file else "–",
    }


def show(args: argparse.Namespace) -> int:
    """Show an experiment, a cell or a unit."""
    from .. import registry

    word = args.word
    if "::" in word:
        return _show_cell(args)
    if is_unit_key(word):
        return show_unit(args)
    return _show_experiment(args, registry.collect().get(word))


def _show_experiment(args: argparse.Namespace, experiment: Experiment) -> int:
    args.full = True
    session = load_session(args, [experiment.id])
    lines = [
        ("title", experiment.title),
        ("question", experiment.question),
        *design_lines(experiment),
        ("seeds", ", ".join(map(str, experiment.seeds))),
        ("marks", "; ".join(f"{mark.name}: {mark.where or 'all'}" for mark in experiment.marks)),
        ("model", session.model.id),
    ]
    for setting in experiment.settings:
        lines += _setting_lines(session, setting, experiment.evals)
    print_pairs(experiment.id, lines)
    pilot = {cell.id for cell in cells(experiment, full=False)}
    table = plain_table("cell", "condition", "pilot")
    for cell in cells(experiment):
        table.add_row(cell.id, cell.condition, "pilot" if cell.id in pilot else "")
    console().print(table)
    return 0


def _setting_lines(
    session: Session, setting: Setting, evals: Sequence[Eval]
) -> Iterator[tuple[str, str]]:
    """The data of a setting and its evals; `evals` are those that the experiment adds."""
    yield setting.id, "; ".join(describe_rows(rows) for rows in session.rows(setting))
    for name, group in (("ID", setting.id_evals), ("OOD", (*setting.ood_evals, *evals))):
        for eval in group:
            size = "as published"
            if eval.published_file is None:
                size = f"{len(session.eval_resolver.questions(eval).pairs)} questions"
            yield f"  {name}", f"{eval.id}: {eval.title}, {size}"


def _show_cell(args: argparse.Namespace) -> int:
    session = load_session(args, [args.word])
    plan = session.plan()
    for cell in (planned.cell for planned in plan.cells):
        print(f"{cell.id}  ({cell.condition})")
    table = plain_table("unit", "title", "reason", "also in")
    for planned in plan.units:
        unit = planned.unit
        table.add_row(unit.key, unit.title, planned.reason, ", ".join(planned.shared_with))
    console().print(table)
    return 0
