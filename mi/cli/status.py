"""`mi status`: how far units and jobs are; of this machine's runs and of the provider's jobs."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import MiError, UsageError
from ..planning.cost import spent
from ..planning.plan import Planned
from ..planning.session import Session
from ..providers.pricing import dollars
from ..providers.types import Remote
from ..reporting.progress import clock, say
from ..reporting.tables import MANY, aligned, plain_table
from ..store.local import Store
from ..store.records import State
from .common import Quiet, config, opened_store, session
from .parser import parse

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_AGAIN = 5.0
_FRAME = 6  # lines of a table that are no rows
_NARROW = 130
_SHORT = 14
_LEAST = 16


@attrs.frozen(kw_only=True)
class Line:
    """How a unit stands.

    Args:
        done: Share of the phase under way that is done, in [0, 1].
        elapsed: Seconds so far, or that it took.
        left: Seconds it may still take.
    """

    key: str
    kind: str
    title: str
    state: str
    detail: str = ""
    done: float | None = None
    elapsed: float | None = None
    left: float | None = None
    loss: float | None = None
    cost_usd: float = 0.0


def status(parsed: argparse.Namespace) -> int:
    """Print how the units of the selection stand; the last run's experiments by default."""
    words = _words(parsed)
    if not parsed.watch:
        opened = session(parsed, words)
        lines = _lines(opened)
        if parsed.json:
            print(json.dumps([attrs.asdict(one) for one in lines], ensure_ascii=False, indent=1))
        else:
            from .common import console

            _print(lines, opened.model.id, console())
        return 0
    return _watch(parsed, words)


def _print(lines: list[Line], model: str, out: Console) -> None:
    if len(lines) > MANY:
        columns, rows = _rows(lines, lines, short=False)
        out.file.writelines(f"{line}\n" for line in aligned(columns, rows, range(3, 6)))
        say(out, _said(lines, 0, model))
    else:
        out.print(_table(lines, model, width=out.width if out.is_terminal else None))


def _watch(parsed: argparse.Namespace, words: list[str]) -> int:
    from rich.live import Live

    from .common import console

    out = console()
    with Live(console=out, refresh_per_second=2) as live, suppress(KeyboardInterrupt):
        while True:
            opened = session(parsed, words)
            lines = _lines(opened)
            width, room = (out.width, out.height - _FRAME) if out.is_terminal else (None, None)
            live.update(_table(lines, opened.model.id, width=width, room=room))
            if all(one.state in ("done", "failed") for one in lines):
                break
            time.sleep(_AGAIN)
    return 0


def _words(parsed: argparse.Namespace) -> list[str]:
    """What is meant: what was said, and for the rest what the last run of it was told."""
    words: list[str] = parsed.words
    last = _last(opened_store(parsed), words)
    if last is None and not words:
        raise UsageError(
            "nothing was run here yet", hint="`mi status EXPERIMENT`, or `mi run` first"
        )
    if last is not None and config(parsed).model is None:
        told = parse(last["provenance"]["argv"][1:])
        parsed.model = last["model"]
        parsed.data = parsed.data or told.data
        parsed.judge = parsed.judge or told.judge
        parsed.set = parsed.set or told.set
        parsed.votes = parsed.votes or told.votes
        if not words:
            words, parsed.full = told.words, told.full
    return words or list(last["experiments"] if last else ())


def _last(store: Store, words: list[str]) -> dict[str, Any] | None:
    """The newest run of any of these experiments; of any at all where none is named."""
    names = {word.partition("::")[0] for word in words}
    return next((run for run in store.runs() if not names or names & {*run["experiments"]}), None)


def _lines(opened: Session) -> list[Line]:
    asked = _Asked(opened)
    return [_line(opened, planned, asked) for planned in opened.plan().units]


@attrs.define
class _Asked:
    """Asks the provider; not again once it gave no answer."""

    opened: Session
    silent: bool = False

    def remote(self, planned: Planned) -> Remote | None:
        key, opened = planned.unit.key, self.opened
        if self.silent or opened.provider.free or not opened.store.begun(key):
            return None
        try:
            return opened.provider.remote(opened.store.working(key), Quiet())
        except MiError:  # no key here, or no answer: what the store says is said
            self.silent = True
            return None


def _line(opened: Session, planned: Planned, asked: _Asked) -> Line:
    unit, store = planned.unit, opened.store
    facts: dict[str, Any] = {"key": unit.key, "kind": unit.kind, "title": unit.title}
    facts["cost_usd"] = spent(store, planned)
    if planned.done is not None:
        return Line(**facts, state="done", elapsed=planned.done.seconds, loss=planned.done.loss)
    progress = store.progress(unit.key)
    remote = asked.remote(planned)
    if store.is_held(unit.key):
        return Line(**facts, state="at work", **_under_way(progress or {}, remote))
    if remote is not None and not remote.over:
        return Line(**facts, state="at the provider", **_job(remote))
    if planned.state is State.FAILED:
        failure = store.failure(unit.key)
        return Line(**facts, state="failed", detail=failure.message if failure else "")
    if store.has(unit.key):  # it was done while this was looked at
        known = store.states((unit.key,)).get(unit.key)
        if known is not None and known.done is not None:
            return _line(opened, attrs.evolve(planned, state=known.state, done=known.done), asked)
    return Line(**facts, state="to do", detail="begun" if store.begun(unit.key) else "")


def _under_way(progress: dict[str, Any], remote: Remote | None) -> dict[str, Any]:
    done, total = progress.get("done", 0), progress.get("total", 0)
    elapsed = time.time() - progress["began"] if "began" in progress else None
    here = done - progress.get("skipped", 0)
    left = elapsed / here * (total - done) if elapsed and here else None
    detail = f"{progress.get('what', '')} {done}/{total}" if total else progress.get("note", "")
    if remote is not None:
        detail = f"{remote.job} {remote.status} {detail}".strip()
        if elapsed is None and remote.created:
            elapsed = time.time() - remote.created
        if remote.finish:
            left = max(remote.finish - time.time(), 0.0)
    return {
        "detail": detail,
        "done": done / total if total else None,
        "elapsed": elapsed,
        "left": left,
        "loss": progress.get("loss"),
    }


def _job(remote: Remote) -> dict[str, Any]:
    now = time.time()
    return {
        "detail": f"{remote.job} {remote.status}; `mi run` goes on with it",
        "elapsed": now - remote.created if remote.created else None,
        "left": max(remote.finish - now, 0.0) if remote.finish else None,
    }


def _table(lines: list[Line], model: str, *, width: int | None, room: int | None = None) -> Table:
    """The units as a table.

    Args:
        width: Of the terminal, in signs; a narrow one gets keys as short as commands take them.
            None: nothing is cut.
        room: How many rows fit; None: as many as there are.
    """
    shown = _fitting(lines, room)
    columns, rows = _rows(lines, shown, short=width is not None and width < _NARROW)
    table = plain_table(*columns)
    for column in table.columns[3:-1]:
        column.justify = "right"
    if width is not None:
        _fit(table, rows, width)
    for one, row in zip(shown, rows, strict=True):
        table.add_row(*row, style=_STYLES.get(one.state, ""))
    table.caption = _said(lines, len(lines) - len(shown), model)
    table.caption_justify = "left"
    return table


def _rows(
    lines: list[Line], shown: list[Line], *, short: bool
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns, and a row for each unit shown; without money where none was spent."""
    columns = ("unit", "what", "state", "elapsed", "left", "loss", "cost", "detail")
    rows = [_row(one, short=short) for one in shown]
    if any(one.cost_usd for one in lines):
        return columns, rows
    return (*columns[:6], columns[7]), [(*row[:6], row[7]) for row in rows]


def _said(lines: list[Line], hidden: int, model: str) -> str:
    """All units in a line: how many stand how, and what was paid."""
    states = Counter(one.state for one in lines)
    said = ", ".join(f"{states[state]} {state}" for state in _ORDER if states[state])
    more = f" · {hidden} not shown" if hidden else ""
    return f"{model} · {said} · {dollars(sum(one.cost_usd for one in lines))}{more}"


def _fit(table: Table, rows: list[tuple[str, ...]], width: int) -> None:
    """Give columns their widths: what a unit is gives way, and then the detail."""
    texts = zip(*([str(column.header) for column in table.columns], *rows), strict=True)
    widths = [max(map(len, column)) for column in texts]
    for column in table.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    spare = width - 3 * len(widths) - sum(widths) + widths[1] + widths[-1]
    what = min(widths[1], max(spare * 2 // 3, _LEAST))
    table.columns[1].max_width = what
    table.columns[-1].max_width = max(spare - what, _LEAST // 2)


def _row(one: Line, *, short: bool) -> tuple[str, ...]:
    share = f" {one.done:.0%}" if one.done is not None else ""
    return (
        one.key[:_SHORT] if short else one.key,
        one.title,
        f"{one.state}{share}",
        clock(one.elapsed) if one.elapsed is not None else "–",
        clock(one.left) if one.left is not None else "–",
        f"{one.loss:.3g}" if one.loss is not None else "–",
        dollars(one.cost_usd),
        one.detail.splitlines()[0] if one.detail else "",
    )


def _fitting(lines: list[Line], room: int | None) -> list[Line]:
    """As many units as there is room for, in their order: those that something happens to first."""
    if room is None or len(lines) <= room:
        return lines
    places = sorted(range(len(lines)), key=lambda at: (_URGENT.index(lines[at].state), at))
    return [lines[at] for at in sorted(places[: max(room, 1)])]


_ORDER = ("done", "at work", "at the provider", "failed", "to do")
_STYLES = {"done": "dim", "failed": "red", "at work": "green", "at the provider": "green"}
_URGENT = ("at work", "at the provider", "failed", "to do", "done")
