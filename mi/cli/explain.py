"""`mi why`, `mi diff`, `mi tree`, `mi log`: why there is what there is."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import NothingSelected, UsageError, did_you_mean
from ..planning.plan import Plan, Planned
from ..reporting.header import count
from ..reporting.progress import say
from ..reporting.tables import plain_table
from ..store.local import Store
from ..store.records import State, UnitRecord
from ..units.identity import difference, plain
from .collect import collect
from .common import console, narrowed, opened_store, session

_LONG = 100
_MARKS = {State.DONE: "✓", State.TODO: "·", State.FAILED: "✗", State.CORRUPT: "!"}


def why(parsed: argparse.Namespace) -> int:
    """Say of each unit of a cell what it is made of, and why it is or is not done."""
    opened = session(parsed, [parsed.word])
    made, out = opened.plan(), console()
    records = [opened.store.record(key) for key in opened.store.published()]
    for one in made.units:
        unit = one.unit
        say(out, f"{_MARKS[one.state]} {unit.key}  {unit.title}", "bold")
        say(out, f"  {one.reason}")
        others = [cell for cell in one.cells if cell != parsed.word]
        if users := [*others, *one.shared]:
            say(out, f"  also used by {', '.join(users)}")
        if one.state is State.TODO and "differs from" not in one.reason:
            for line in _neighbour(one, records):
                say(out, f"  {line}", "yellow")
        for name, value in _flat(plain(unit.payload)):
            say(out, f"    {name} = {value}", "dim")
    return 0


def _neighbour(planned: Planned, records: Sequence[UnitRecord]) -> Iterator[str]:
    """The unit that is done and differs least, with what differs."""
    payload = plain(planned.unit.payload)
    alike = [
        (difference(one.payload, payload), one.key)
        for one in records
        if one.kind == planned.unit.kind and one.setting == planned.unit.setting
    ]
    if alike:
        lines, key = min(alike, key=lambda one: (len(one[0]), one[1]))
        yield f"nearest that is done: {key}, which differs in"
        yield from (f"  {line}" for line in lines)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a payload by their paths, long texts shortened."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "!":
                yield from _flat(inner, f"{path}.{name}" if path else name)
        return
    text = json.dumps(value, ensure_ascii=False)
    yield path, text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text)} letters)"


def diff(parsed: argparse.Namespace) -> int:
    """Say what differs between two units of the store; 0 for nothing, 1 for something."""
    store = opened_store(parsed)
    old, new = (_record(store, word) for word in (parsed.old, parsed.new))
    lines = difference(old.payload, new.payload)
    if parsed.json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
        return int(bool(lines))
    print(f"{old.key}  {old.title}\n{new.key}  {new.title}")
    print("\n".join(lines) or "nothing differs")
    return int(bool(lines))


def _record(store: Store, word: str) -> UnitRecord:
    keys = [key for key in store.published() if key.startswith(word)]
    if len(keys) != 1:
        what = "several units begin with" if keys else "no unit in the store begins with"
        known = keys or store.published()
        hint = did_you_mean(
            word, known, none="nothing was run here yet", many="`mi tree` shows keys"
        )
        raise UsageError(f"{what} {word!r}", hint=hint)
    return store.record(keys[0])


def tree(parsed: argparse.Namespace) -> int:
    """Print the units of what is selected, each below what it needs."""
    if parsed.collect_only:
        return collect(parsed)
    opened = session(parsed, parsed.words)
    made, out = narrowed(parsed, opened.plan()), console()
    known = {one.unit.key: one for one in made.units}
    for one in made.units:
        if not any(need in known for need in one.unit.needs):
            _branch(one, made, 0)
    done = len(made.units) - len(made.todo)
    say(out, f"{count(len(made.units), 'unit')}: {done} done, {len(made.todo)} to do")
    return 0


def _branch(one: Planned, made: Plan, depth: int) -> None:
    shared = f"  (also {', '.join(one.shared)})" if one.shared else ""
    print(f"{'  ' * depth}{_MARKS[one.state]} {one.unit.key}  {one.unit.title}{shared}")
    for other in made.units:
        if other.unit.needs[:1] == (one.unit.key,):
            _branch(other, made, depth + 1)


def log(parsed: argparse.Namespace) -> int:
    """List what was run, the newest first."""
    runs = opened_store(parsed).runs()
    if parsed.words:
        runs = [run for run in runs if set(parsed.words) & set(run["experiments"])]
    if not runs:
        raise NothingSelected("nothing was run here yet", hint="`mi run EXPERIMENT`")
    runs = runs[: parsed.number]
    if parsed.json:
        print(json.dumps(runs, ensure_ascii=False, indent=1))
        return 0
    from ..store.provenance import command

    table = plain_table("run", "outcome", "model", "commit", "command")
    for run in runs:
        facts = run["provenance"]
        commit = (facts["commit"] or "–")[:10] + ("+" if facts["dirty"] else "")
        table.add_row(
            run["run"], run.get("outcome", "–"), run["model"], commit, command(facts["argv"])
        )
    console().print(table, markup=False)
    return 0
