"""`mi plan`: what a run would do, and why."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..estimate import total
from ..plan import Plan
from ..report.header import header
from ..report.tables import plain_table
from .common import console, seconds, session


def plan(parsed: argparse.Namespace) -> int:
    """Print the plan; does nothing else."""
    opened = session(parsed, parsed.words)
    made = opened.plan()
    if parsed.json:
        print(json.dumps(as_json(made), ensure_ascii=False, indent=1))
        return 0
    out = console()
    takes = seconds(opened, made)
    for line in header(opened, made, total(made, takes)):
        out.print(line, highlight=False, markup=False)
    table = plain_table("unit", "what", "reason")
    for one in made.units:
        table.add_row(one.unit.key, one.unit.title, one.reason, style="" if one.todo else "dim")
    out.print(table)
    return 0


def as_json(made: Plan) -> dict[str, Any]:
    """The plan as plain values; the form is documented in the README."""
    return {
        "units": [
            {
                "key": one.unit.key,
                "kind": one.unit.kind,
                "state": one.state.value,
                "reason": one.reason,
                "cost_usd": 0.0,
                "cells": list(one.cells),
            }
            for one in made.units
        ],
        "cells": [
            {
                "id": one.cell.id,
                "experiment": one.cell.experiment,
                "setting": one.cell.setting,
                "condition": one.cell.condition,
                "misaligned_ratio": one.cell.misaligned_ratio,
                "total_samples": one.cell.total_samples,
                "seed": one.cell.seed,
                "units": dict(one.units),
            }
            for one in made.cells
        ],
    }
