"""`--collect-only`: list the cells or units of the selection and do nothing else."""

from __future__ import annotations

import argparse
import json

import attrs

from ..planning.plan import Plan
from ..reporting.text import pluralize
from .common import load_session, prepare


def collect(args: argparse.Namespace) -> int:
    """Print the selected cells, or with `--kind` units: by experiment, as bare ids, or as JSON."""
    if args.kind:
        return _print_units(args, prepare(args, args.words).plan)
    session = load_session(args, args.words)
    cells = [cell for selection in session.selection for cell in selection.cells]
    if getattr(args, "json", False):
        print(json.dumps([attrs.asdict(cell) for cell in cells], ensure_ascii=False, indent=1))
        return 0
    for selection in session.selection:
        if not args.quiet:
            print(f"{selection.experiment.id}: {selection.experiment.title}")
        for cell in selection.cells:
            print(cell.id if args.quiet else f"  {cell.id}  ({cell.condition})")
    if not args.quiet:
        print(f"\n{pluralize(len(cells), 'cell')} collected")
    return 0


def _print_units(args: argparse.Namespace, plan: Plan) -> int:
    if getattr(args, "json", False):
        values = [
            {"key": unit.key, "kind": unit.kind, "title": unit.title}
            for unit in (planned.unit for planned in plan.units)
        ]
        print(json.dumps(values, ensure_ascii=False, indent=1))
        return 0
    for planned in plan.units:
        unit = planned.unit
        print(unit.key if args.quiet else f"  {unit.key}  {unit.title}")
    if not args.quiet:
        print(f"\n{pluralize(len(plan.units), 'unit')} collected")
    return 0
