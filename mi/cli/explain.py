"""`mi why`, `mi diff`, `mi tree`, `mi log`: explain units and list past runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import NothingSelected, UsageError, did_you_mean
from ..planning.plan import Plan, PlannedUnit
from ..reporting.console import say
from ..reporting.tables import plain_table
from ..reporting.text import pluralize
from ..store.base import Store
from ..store.provenance import command_line
from ..store.records import State, UnitRecord
from ..units.identity import difference, json_form
from .collect import collect
from .common import configured_store, console, load_session, prepare

_MAX_TEXT = 100
_MARKS = {State.DONE: "✓", State.TODO: "·", State.FAILED: "✗", State.CORRUPT: "!"}


def why(args: argparse.Namespace) -> int:
    """Print what each unit of a cell is made of, and why it is done or not."""
    session = load_session(args, [args.word])
    plan, out = session.plan(), console()
    records = [session.store.record(key) for key in session.store.published_keys()]
    for planned in plan.units:
        unit = planned.unit
        say(out, f"{_MARKS[planned.state]} {unit.key}  {unit.title}", "bold")
        say(out, f"  {planned.reason}")
        other_cells = [cell for cell in planned.cells if cell != args.word]
        if users := [*other_cells, *planned.shared_with]:
            say(out, f"  also used by {', '.join(users)}")
        if planned.state is State.TODO and "differs from" not in planned.reason:
            for line in _nearest_unit(planned, records):
                say(out, f"  {line}", "yellow")
        for path, value in _flatten(json_form(unit.payload)):
            say(out, f"    {path} = {value}", "dim")
    return 0


def _nearest_unit(planned: PlannedUnit, records: Sequence[UnitRecord]) -> Iterator[str]:
    """The finished unit of the same kind and setting that differs least, and the differences."""
    payload = json_form(planned.unit.payload)
    candidates = [
        (difference(record.payload, payload), record.key)
        for record in records
        if record.kind == planned.unit.kind and record.setting == planned.unit.setting
    ]
    if candidates:
        lines, key = min(candidates, key=lambda candidate: (len(candidate[0]), candidate[1]))
        yield f"most similar finished unit: {key}, which differs in"
        yield from (f"  {line}" for line in lines)


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a payload with their paths; long texts are shortened."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "!":
                yield from _flatten(inner, f"{path}.{name}" if path else name)
        return
    text = json.dumps(value, ensure_ascii=False)
    yield path, text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}… ({len(text)} letters)"


def diff(args: argparse.Namespace) -> int:
    """Print the differences of two units of the store. Returns 0 if there are none, 1 if any."""
    store = configured_store(args)
    old, new = (_find_record(store, prefix) for prefix in (args.old, args.new))
    lines = difference(old.payload, new.payload)
    if args.json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
    else:
        print(f"{old.key}  {old.title}\n{new.key}  {new.title}")
        print("\n".join(lines) or "nothing differs")
    return int(bool(lines))


def _find_record(store: Store, prefix: str) -> UnitRecord:
    keys = [key for key in store.published_keys() if key.startswith(prefix)]
    if len(keys) != 1:
        problem = "several units begin with" if keys else "no unit in the store begins with"
        hint = did_you_mean(
            prefix,
            keys or store.published_keys(),
            empty_hint="nothing was run here yet",
            overflow_hint="`mi tree` shows keys",
        )
        raise UsageError(f"{problem} {prefix!r}", hint=hint)
    return store.record(keys[0])


def tree(args: argparse.Namespace) -> int:
    """Print the selected units, each below the units that it needs."""
    if args.collect_only:
        return collect(args)
    plan, out = prepare(args, args.words).plan, console()
    keys = {planned.unit.key for planned in plan.units}
    for planned in plan.units:
        if keys.isdisjoint(planned.unit.needs):
            _print_branch(planned, plan, 0)
    done = len(plan.units) - len(plan.todo)
    say(out, f"{pluralize(len(plan.units), 'unit')}: {done} done, {len(plan.todo)} to do")
    return 0


def _print_branch(planned: PlannedUnit, plan: Plan, depth: int) -> None:
    shared = f"  (also {', '.join(planned.shared_with)})" if planned.shared_with else ""
    print(f"{'  ' * depth}{_MARKS[planned.state]} {planned.unit.key}  {planned.unit.title}{shared}")
    for other in plan.units:
        if other.unit.needs[:1] == (planned.unit.key,):
            _print_branch(other, plan, depth + 1)


def log(args: argparse.Namespace) -> int:
    """List past runs, the newest first.

    Raises:
        NothingSelected: There are no runs, or none of these experiments.
    """
    runs = configured_store(args).runs()
    if args.words:
        runs = [run for run in runs if set(args.words) & set(run["experiments"])]
    if not runs:
        raise NothingSelected("nothing was run here yet", hint="`mi run EXPERIMENT`")
    runs = runs[: args.number]
    if args.json:
        print(json.dumps(runs, ensure_ascii=False, indent=1))
        return 0
    table = plain_table("run", "outcome", "model", "commit", "command")
    for run in runs:
        facts = run["provenance"]
        commit = (facts["commit"] or "–")[:10] + ("+" if facts["dirty"] else "")
        command = command_line(facts["argv"])
        table.add_row(run["run"], run.get("outcome", "–"), run["model"], commit, command)
    console().print(table, markup=False)
    return 0
