"""`--collect-only`: which cells the words mean, and nothing else."""

from __future__ import annotations

import argparse
import json

import attrs

from ..planning.plan import Plan
from ..reporting.header import count
from .common import narrowed, session


def collect(parsed: argparse.Namespace) -> int:
    """Print the selected cells: by experiment, as bare ids, or as JSON."""
    opened = session(parsed, parsed.words)
    if parsed.kind:
        return _units(parsed, narrowed(parsed, opened.plan()))
    cells = [cell for one in opened.selected for cell in one.cells]
    if getattr(parsed, "json", False):
        print(json.dumps([attrs.asdict(cell) for cell in cells], ensure_ascii=False, indent=1))
        return 0
    for one in opened.selected:
        if not parsed.quiet:
            print(f"{one.experiment.id}: {one.experiment.title}")
        for cell in one.cells:
            print(cell.id if parsed.quiet else f"  {cell.id}  ({cell.condition})")
    if not parsed.quiet:
        print(f"\n{count(len(cells), 'cell')} collected")
    return 0


def _units(parsed: argparse.Namespace, made: Plan) -> int:
    """The units of some kinds, by their keys."""
    if getattr(parsed, "json", False):
        facts = [
            {"key": one.unit.key, "kind": one.unit.kind, "title": one.unit.title}
            for one in made.units
        ]
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return 0
    for one in made.units:
        print(one.unit.key if parsed.quiet else f"  {one.unit.key}  {one.unit.title}")
    if not parsed.quiet:
        print(f"\n{count(len(made.units), 'unit')} collected")
    return 0
