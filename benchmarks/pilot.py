"""How long the pilot of A05a takes, by phase: from an empty store, the model's weights at hand.

    python -m benchmarks.pilot
    python -m benchmarks.pilot --tree ../before --tree .
    python -m benchmarks.pilot --store .mi

Runs `mi run A05a` in each tree (this one by default) with a store of its own, or reads what a store
remembers of a run that was made in one go. Seconds are those each unit took, by the store's
records; beside them stands what was measured, so that two trees can be seen to say the same.
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
class Unit:
    """A unit of the run: what it was, how long it took, and what came out, in words."""

    phase: str
    title: str
    seconds: float
    outcome: str


@attrs.frozen(kw_only=True)
class Ran:
    """A pilot: its units in order, and seconds and CPU seconds of the whole command if known."""

    name: str
    units: tuple[Unit, ...]
    wall: float
    cpu: float | None = None


def run(tree: Path, store: Path) -> Ran:
    """Run the pilot of the code in `tree`.

    Raises:
        SystemExit: It failed.
    """
    tree = tree.resolve()
    command = [sys.executable, "-m", "mi", "run", EXPERIMENT, "--store", str(store)]
    began, cpu = time.monotonic(), os.times()
    ended = subprocess.run(
        [*command, "--db", str(store.with_suffix(".duckdb"))],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        check=False,
    )
    if ended.returncode:
        raise SystemExit(f"the run in {tree} ended with {ended.returncode}")
    wall, after = time.monotonic() - began, os.times()
    spent = after.children_user - cpu.children_user + after.children_system - cpu.children_system
    return Ran(name=tree.name, units=tuple(read(store)), wall=wall, cpu=spent)


def recorded(store: Path) -> Ran:
    """A pilot that was run before; its wall time is the sum of its units."""
    units = tuple(read(store))
    if not any(unit.phase == "train" for unit in units):
        raise SystemExit(f"there is no training in {store}")
    return Ran(name=str(store), units=units, wall=sum(unit.seconds for unit in units))


def read(folder: Path) -> Iterator[Unit]:
    """The units of the experiment in a store, in the order they ended."""
    from mi.store.local import Store

    store = Store(folder)
    records = [store.record(key) for key in store.published_keys()]
    for record in sorted(records, key=lambda one: one.finished):
        outcome, payload = record.outcome, record.payload
        phase = record.kind
        if record.kind == "eval":
            phase = "preference" if payload["eval"]["!"] == "Preference" else "static"
        yield Unit(phase=phase, title=record.title, seconds=record.seconds, outcome=_words(outcome))


def _words(outcome: dict[str, Any]) -> str:
    if "outcomes" in outcome:
        return ", ".join(f"{name} {count}" for name, count in outcome["outcomes"].items())
    return f"loss {outcome['loss']:.4f}" if "loss" in outcome else ""


def shown(ran: list[Ran]) -> Table:
    """A row for each unit but the mixes, then the phases and the whole."""
    table = Table(title=f"{EXPERIMENT}, pilot: seconds, and what came out")
    table.add_column("unit")
    for one in ran:
        table.add_column(one.name, justify="right")
        table.add_column("outcome")
    kept = {(unit.phase, unit.title): None for one in ran for unit in one.units}
    by_name = [{(unit.phase, unit.title): unit for unit in one.units} for one in ran]
    for at in (at for at in kept if at[0] != "mix"):
        found = [units.get(at) for units in by_name]
        cells = [("", "") if one is None else (f"{one.seconds:.1f}", one.outcome) for one in found]
        table.add_row(" ".join(at), *chain.from_iterable(cells))
    table.add_section()
    for phase in ("train", "static", "preference"):
        sums = [sum(unit.seconds for unit in one.units if unit.phase == phase) for one in ran]
        table.add_row(f"all {phase}", *(cell for one in sums for cell in (f"{one:.1f}", "")))
    walls = [(f"{one.wall:.1f}", "" if one.cpu is None else f"CPU {one.cpu:.0f} s") for one in ran]
    table.add_row("the whole", *chain.from_iterable(walls))
    return table


def main() -> int:
    """0 where the last pilot reaches the goal, 1 where it does not."""
    asks = argparse.ArgumentParser(prog="python -m benchmarks.pilot", description=__doc__)
    asks.formatter_class = argparse.RawDescriptionHelpFormatter
    asks.add_argument("--tree", type=Path, action="append", help="a tree to run (default this one)")
    asks.add_argument("--store", type=Path, action="append", help="read a store, run nothing")
    words = asks.parse_args()
    with ExitStack() as stack:
        if words.store:
            ran = [recorded(store) for store in words.store]
        else:
            trees = words.tree or [ROOT]
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            ran = [run(tree, folder / f"store{index}") for index, tree in enumerate(trees)]
    Console().print(shown(ran))
    reached = ran[-1].wall <= GOAL
    print(f"goal: {GOAL:.0f} s: {ran[-1].wall:.0f}, {'reached' if reached else 'missed'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
