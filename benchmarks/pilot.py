"""How long the pilot of A05a takes, by phase, from an empty store with cached weights.

    python -m benchmarks.pilot
    python -m benchmarks.pilot --tree ../before --tree .
    python -m benchmarks.pilot --store .mi

Runs `mi run A05a` in each tree (this one by default) with a store of its own, or reads a store in
which the pilot was run in one go. Seconds are those of each unit's record. The outcomes stand next
to them, so that two trees can be compared.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
EXPERIMENT = "A05a"
GOAL = 480.0  # seconds


@attrs.frozen(kw_only=True)
class TimedUnit:
    """A unit of the run: its phase and title, how long it took, and its outcome in words."""

    phase: str
    title: str
    seconds: float
    outcome: str


@attrs.frozen(kw_only=True)
class PilotRun:
    """A pilot: its units in order, and seconds and CPU seconds of the whole command if known."""

    name: str
    units: tuple[TimedUnit, ...]
    wall: float
    cpu: float | None = None


def run_pilot(tree: Path, store: Path) -> PilotRun:
    """Run the pilot with the code in `tree`.

    Raises:
        SystemExit: The run failed.
    """
    tree = tree.resolve()
    command = [sys.executable, "-m", "mi", "run", EXPERIMENT, "--store", str(store)]
    start, cpu = time.monotonic(), os.times()
    process = subprocess.run(
        [*command, "--db", str(store.with_suffix(".duckdb"))],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        check=False,
    )
    if process.returncode:
        raise SystemExit(f"the run in {tree} ended with {process.returncode}")
    wall, times = time.monotonic() - start, os.times()
    cpu_seconds = (
        times.children_user - cpu.children_user + times.children_system - cpu.children_system
    )
    return PilotRun(name=tree.name, units=tuple(read_units(store)), wall=wall, cpu=cpu_seconds)


def read_pilot(store: Path) -> PilotRun:
    """A pilot that was run before; its wall time is the sum of its units."""
    units = tuple(read_units(store))
    if not any(unit.phase == "train" for unit in units):
        raise SystemExit(f"there is no training in {store}")
    return PilotRun(name=str(store), units=units, wall=sum(unit.seconds for unit in units))


def read_units(directory: Path) -> Iterator[TimedUnit]:
    """The units of the experiment in a store, in the order in which they ended."""
    from mi.store import LocalStore

    store = LocalStore(directory)
    records = [store.record(key) for key in store.published_keys()]
    for record in sorted(records, key=lambda record: record.finished):
        outcome, payload = record.outcome, record.payload
        phase = record.kind
        if record.kind == "eval":
            phase = "preference" if payload["eval"]["!"] == "Preference" else "static"
        yield TimedUnit(
            phase=phase,
            title=record.title,
            seconds=record.seconds,
            outcome=_format_outcome(outcome),
        )


def _format_outcome(outcome: dict[str, Any]) -> str:
    if "outcomes" in outcome:
        return ", ".join(f"{name} {count}" for name, count in outcome["outcomes"].items())
    return f"loss {outcome['loss']:.4f}" if "loss" in outcome else ""


def results_table(pilots: list[PilotRun]) -> Table:
    """A row for each unit but the mixes, then the phases and the total."""
    table = Table(title=f"{EXPERIMENT}, pilot: seconds, and what came out")
    table.add_column("unit")
    for pilot in pilots:
        table.add_column(pilot.name, justify="right")
        table.add_column("outcome")
    keys = {(unit.phase, unit.title): None for pilot in pilots for unit in pilot.units}
    by_name = [{(unit.phase, unit.title): unit for unit in pilot.units} for pilot in pilots]
    for key in (key for key in keys if key[0] != "mix"):
        units = [units.get(key) for units in by_name]
        cells = [
            ("", "") if pilot is None else (f"{pilot.seconds:.1f}", pilot.outcome)
            for pilot in units
        ]
        table.add_row(" ".join(key), *chain.from_iterable(cells))
    table.add_section()
    for phase in ("train", "static", "preference"):
        sums = [
            sum(unit.seconds for unit in pilot.units if unit.phase == phase) for pilot in pilots
        ]
        table.add_row(f"all {phase}", *(cell for pilot in sums for cell in (f"{pilot:.1f}", "")))
    walls = [
        (f"{pilot.wall:.1f}", "" if pilot.cpu is None else f"CPU {pilot.cpu:.0f} s")
        for pilot in pilots
    ]
    table.add_row("the whole", *chain.from_iterable(walls))
    return table


def main() -> int:
    """Print the table. Returns 0 if the last pilot reaches the goal, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pilot", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--tree", type=Path, action="append", help="a tree to run (default this one)"
    )
    parser.add_argument("--store", type=Path, action="append", help="read a store, run nothing")
    args = parser.parse_args()
    with ExitStack() as stack:
        if args.store:
            pilots = [read_pilot(store) for store in args.store]
        else:
            trees = args.tree or [ROOT]
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            pilots = [
                run_pilot(tree, directory / f"store{index}") for index, tree in enumerate(trees)
            ]
    Console().print(results_table(pilots))
    reached = pilots[-1].wall <= GOAL
    print(f"goal: {GOAL:.0f} s: {pilots[-1].wall:.0f}, {'reached' if reached else 'missed'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
