"""`mi why`, `mi diff`, `mi tree`, `mi log`: why there is what there is."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import NothingSelected, UsageError, did_you_mean
from ..planning.plan import Plan, PlannedUnit
from ..reporting.header import pluralize
from ..reporting.progress import say
from ..reporting.tables import plain_table
from ..store.base import Store
from ..store.provenance import command_line
from ..store.records import State, UnitRecord
from ..units.identity import difference, json_form
from .collect import collect
from .common import configured_store, console, load_session, prepare

_MAX_TEXT = 100
_MARKS = {State.DONE: "✓", State.TODO: "·", State.FAILED: "✗", State.CORRUPT: "!"}


def why(args: argparse.Namespace) -> int:
    """Say of each unit of a cell what it is made of, and why it is or is not done."""
    session = load_session(args, [args.word])
    plan, out = session.plan(), console()
    records = [session.store.record(key) for key in session.store.published_keys()]
    for one in plan.units:
        unit = one.unit
        say(out, f"{_MARKS[one.state]} {unit.key}  {unit.title}", "bold")
        say(out, f"  {one.reason}")
        others = [cell for cell in one.cells if cell != args.word]
        if users := [*others, *one.shared_with]:
            say(out, f"  also used by {', '.join(users)}")
        if one.state is State.TODO and "differs from" not in one.reason:
            for line in _nearest_units(one, records):
                say(out, f"  {line}", "yellow")
        for name, value in _flatten(json_form(unit.payload)):
            say(out, f"    {name} = {value}", "dim")
    return 0


def _nearest_units(planned: PlannedUnit, records: Sequence[UnitRecord]) -> Iterator[str]:
    """The unit that is done and differs least, with what differs."""
    payload = json_form(planned.unit.payload)
    alike = [
        (difference(one.payload, payload), one.key)
        for one in records
        if one.kind == planned.unit.kind and one.setting == planned.unit.setting
    ]
    if alike:
        lines, key = min(alike, key=lambda one: (len(one[0]), one[1]))
        yield f"nearest that is done: {key}, which differs in"
        yield from (f"  {line}" for line in lines)


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a payload by their paths, long texts shortened."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "!":
                yield from _flatten(inner, f"{path}.{name}" if path else name)
        return
    text = json.dumps(value, ensure_ascii=False)
    yield path, text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}… ({len(text)} letters)"


def diff(args: argparse.Namespace) -> int:
    """Say what differs between two units of the store; 0 for nothing, 1 for something."""
    store = configured_store(args)
    old, new = (_find_record(store, word) for word in (args.old, args.new))
    lines = difference(old.payload, new.payload)
    if args.json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
        return int(bool(lines))
    print(f"{old.key}  {old.title}\n{new.key}  {new.title}")
    print("\n".join(lines) or "nothing differs")
    return int(bool(lines))


def _find_record(store: Store, word: str) -> UnitRecord:
    keys = [key for key in store.published_keys() if key.startswith(word)]
    if len(keys) != 1:
        what = "several units begin with" if keys else "no unit in the store begins with"
        known = keys or store.published_keys()
        hint = did_you_mean(
            word, known, empty_hint="nothing was run here yet", overflow_hint="`mi tree` shows keys"
        )
        raise UsageError(f"{what} {word!r}", hint=hint)
    return store.record(keys[0])


def tree(args: argparse.Namespace) -> int:
    """Print the units of what is selected, each below what it needs."""
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
    """List what was run, the newest first."""
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
        table.add_row(
            run["run"], run.get("outcome", "–"), run["model"], commit, command_line(facts["argv"])
        )
    console().print(table, markup=False)
    return 0
