"""`--collect-only`: which cells the words mean, and nothing else."""

from __future__ import annotations

import argparse
import json

import attrs

from .common import session


def collect(parsed: argparse.Namespace) -> int:
    """Print the selected cells: by experiment, as bare ids, or as JSON."""
    opened = session(parsed, parsed.words)
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
        print(f"\n{len(cells)} cell{'' if len(cells) == 1 else 's'} collected")
    return 0
