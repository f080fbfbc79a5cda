"""`mi list` and `mi show`: what is declared, and what is known of it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..collect.collection import Collection
from ..collect.patterns import match_ids
from ..errors import NothingSelected, did_you_mean
from ..reporting.tables import plain_table
from ..spec import Experiment, Published
from ..units.cells import cells, format_ratio
from .common import console, describe_rows, load_session, print_pairs
from .show_unit import show_unit


def list(args: argparse.Namespace) -> int:
    """List experiments."""
    import registry

    collection = registry.collect()
    found = collection.all()
    if args.words:
        ids = {id for word in args.words for id in match_ids(word, found)}
        if not ids:
            hint = did_you_mean(args.words[0], found)
            raise NothingSelected(f"no experiment matches {' '.join(args.words)}", hint=hint)
        found = {id: found[id] for id in sorted(ids)}
    rows = [_experiment_row(experiment, collection) for experiment in found.values()]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    table = plain_table("id", "title", "settings", "cells", "pilot", "file")
    for row in rows:
        numbers = (str(row["cells"]), str(row["pilot"]))
        table.add_row(row["id"], row["title"], ", ".join(row["settings"]), *numbers, row["file"])
    console().print(table)
    return 0


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
    import registry

    word = args.word
    if "::" in word:
        return _show_cell(args)
    if word.startswith(("mix-", "train-", "eval-")):
        return show_unit(args)
    return _show_experiment(args, registry.collect().get(word))


def _show_experiment(args: argparse.Namespace, experiment: Experiment) -> int:
    args.full = True
    session = load_session(args, [experiment.id])
    ratios = ", ".join(format_ratio(ratio) for ratio in experiment.misaligned_ratio)
    lines = [
        ("title", experiment.title),
        ("question", experiment.question),
        ("ratios", ratios),
        ("totals", ", ".join(map(str, experiment.total_samples))),
        ("seeds", ", ".join(map(str, experiment.seeds))),
        ("marks", "; ".join(f"{one.name}: {one.where or 'all'}" for one in experiment.marks)),
        ("model", session.model.id),
    ]
    for setting in experiment.settings:
        lines.append((setting.id, "; ".join(describe_rows(rows) for rows in session.rows(setting))))
        ood = (*setting.ood_evals, *experiment.evals)
        for name, evals in (("ID", setting.id_evals), ("OOD", ood)):
            for one in evals:
                asked = "as published"
                if not isinstance(one, Published):
                    asked = f"{len(session.eval_resolver.questions(one).pairs)} questions"
                lines.append((f"  {name}", f"{one.id}: {one.title}, {asked}"))
    print_pairs(experiment.id, lines)
    pilot = {cell.id for cell in cells(experiment, full=False)}
    table = plain_table("cell", "condition", "pilot")
    for cell in cells(experiment):
        table.add_row(cell.id, cell.condition, "pilot" if cell.id in pilot else "")
    console().print(table)
    return 0


def _show_cell(args: argparse.Namespace) -> int:
    session = load_session(args, [args.word])
    plan = session.plan()
    for planned in plan.cells:
        print(f"{planned.cell.id}  ({planned.cell.condition})")
    table = plain_table("unit", "what", "reason", "also in")
    for one in plan.units:
        table.add_row(one.unit.key, one.unit.title, one.reason, ", ".join(one.shared_with))
    console().print(table)
    return 0
