"""`--collect-only`: which cells the words mean, and nothing else."""

from __future__ import annotations

import argparse
import json

import attrs

from ..planning.plan import Plan
from ..reporting.header import pluralize
from .common import filter_plan, load_session


def collect(args: argparse.Namespace) -> int:
    """Print the selected cells: by experiment, as bare ids, or as JSON."""
    session = load_session(args, args.words)
    if args.kind:
        return _print_units(args, filter_plan(args, session.plan()))
    cells = [cell for one in session.selection for cell in one.cells]
    if getattr(args, "json", False):
        print(json.dumps([attrs.asdict(cell) for cell in cells], ensure_ascii=False, indent=1))
        return 0
    for one in session.selection:
        if not args.quiet:
            print(f"{one.experiment.id}: {one.experiment.title}")
        for cell in one.cells:
            print(cell.id if args.quiet else f"  {cell.id}  ({cell.condition})")
    if not args.quiet:
        print(f"\n{pluralize(len(cells), 'cell')} collected")
    return 0


def _print_units(args: argparse.Namespace, plan: Plan) -> int:
    """The units of some kinds, by their keys."""
    if getattr(args, "json", False):
        facts = [
            {"key": one.unit.key, "kind": one.unit.kind, "title": one.unit.title}
            for one in plan.units
        ]
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return 0
    for one in plan.units:
        print(one.unit.key if args.quiet else f"  {one.unit.key}  {one.unit.title}")
    if not args.quiet:
        print(f"\n{pluralize(len(plan.units), 'unit')} collected")
    return 0
