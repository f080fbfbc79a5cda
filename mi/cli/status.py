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
from ..planning.cost import cost_so_far
from ..planning.plan import PlannedUnit
from ..planning.prepare import prepare_plan
from ..planning.session import Session
from ..providers.pricing import format_cost
from ..providers.types import RemoteJob
from ..providers.watch import NullMonitor
from ..reporting.progress import format_clock, say
from ..reporting.tables import MAX_TABLE_ROWS, aligned_lines, plain_table
from ..store.base import Store
from ..store.records import State
from ..store.run_files import RunRecord
from .common import configured_store, load_config, load_session
from .parser import parse_args

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_REFRESH_SECONDS = 5.0
_TABLE_OVERHEAD = 6  # lines of a table that are no rows
_NARROW_WIDTH = 130
_SHORT_KEY = 14
_MIN_WIDTH = 16


@attrs.frozen(kw_only=True)
class UnitStatus:
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


def status(args: argparse.Namespace) -> int:
    """Print how the units of the selection stand; the last run's experiments by default."""
    words = _selected_words(args)
    if not args.watch:
        session = load_session(args, words)
        lines = _unit_statuses(session)
        if args.json:
            print(json.dumps([attrs.asdict(one) for one in lines], ensure_ascii=False, indent=1))
        else:
            from .common import console

            _print_statuses(lines, session.model.id, console())
        return 0
    return _watch_statuses(args, words)


def _print_statuses(lines: list[UnitStatus], model: str, out: Console) -> None:
    if len(lines) > MAX_TABLE_ROWS:
        columns, rows = _rows(lines, lines, short=False)
        out.file.writelines(f"{line}\n" for line in aligned_lines(columns, rows, range(3, 6)))
        say(out, _caption(lines, 0, model))
    else:
        out.print(_table(lines, model, width=out.width if out.is_terminal else None))


def _watch_statuses(args: argparse.Namespace, words: list[str]) -> int:
    from rich.live import Live

    from .common import console

    out = console()
    with Live(console=out, refresh_per_second=2) as live, suppress(KeyboardInterrupt):
        while True:
            session = load_session(args, words)
            lines = _unit_statuses(session)
            width, room = (
                (out.width, out.height - _TABLE_OVERHEAD) if out.is_terminal else (None, None)
            )
            live.update(_table(lines, session.model.id, width=width, room=room))
            if all(one.state in ("done", "failed") for one in lines):
                break
            time.sleep(_REFRESH_SECONDS)
    return 0


def _selected_words(args: argparse.Namespace) -> list[str]:
    """What is meant: what was said, and for the rest what the last run of it was told."""
    words: list[str] = args.words
    last = _last_run(configured_store(args), words)
    if last is None and not words:
        raise UsageError(
            "nothing was run here yet", hint="`mi status EXPERIMENT`, or `mi run` first"
        )
    if last is not None and load_config(args).model is None:
        run_args = parse_args(last["provenance"]["argv"][1:])
        args.model = last["model"]
        args.data = args.data or run_args.data
        args.judge = args.judge or run_args.judge
        args.set = args.set or run_args.set
        args.votes = args.votes or run_args.votes
        if not words:
            words, args.full = run_args.words, run_args.full
    return words or list(last["experiments"] if last else ())


def _last_run(store: Store, words: list[str]) -> RunRecord | None:
    """The newest run of any of these experiments; of any at all where none is named."""
    names = {word.partition("::")[0] for word in words}
    return next((run for run in store.runs() if not names or names & {*run["experiments"]}), None)


def _unit_statuses(session: Session) -> list[UnitStatus]:
    provider = _ProviderStatus(session)
    return [_unit_status(session, planned, provider) for planned in prepare_plan(session).units]


@attrs.define
class _ProviderStatus:
    """Asks the provider; not again once it gave no answer."""

    session: Session
    unavailable: bool = False

    def remote(self, planned: PlannedUnit) -> RemoteJob | None:
        key, session = planned.unit.key, self.session
        if self.unavailable or session.provider.is_free or not session.store.is_begun(key):
            return None
        try:
            return session.provider.remote_job(session.store.work_dir(key), NullMonitor())
        except MiError:  # no key here, or no answer: what the store says is said
            self.unavailable = True
            return None


def _unit_status(session: Session, planned: PlannedUnit, provider: _ProviderStatus) -> UnitStatus:
    unit, store = planned.unit, session.store
    facts: dict[str, Any] = {"key": unit.key, "kind": unit.kind, "title": unit.title}
    facts["cost_usd"] = cost_so_far(store, planned)
    if planned.completion is not None:
        return UnitStatus(
            **facts, state="done", elapsed=planned.completion.seconds, loss=planned.completion.loss
        )
    progress = store.load_progress(unit.key)
    remote = provider.remote(planned)
    if store.is_locked(unit.key):
        return UnitStatus(**facts, state="at work", **_local_progress(progress or {}, remote))
    if remote is not None and not remote.is_finished:
        return UnitStatus(**facts, state="at the provider", **_job_progress(remote))
    if planned.state is State.FAILED:
        failure = store.failure(unit.key)
        return UnitStatus(**facts, state="failed", detail=failure.message if failure else "")
    if store.is_published(unit.key):  # it was done while this was looked at
        known = store.states((unit.key,)).get(unit.key)
        if known is not None and known.summary is not None:
            return _unit_status(
                session,
                attrs.evolve(planned, state=known.state, completion=known.summary),
                provider,
            )
    return UnitStatus(**facts, state="to do", detail="begun" if store.is_begun(unit.key) else "")


def _local_progress(progress: dict[str, Any], remote: RemoteJob | None) -> dict[str, Any]:
    done, total = progress.get("done", 0), progress.get("total", 0)
    elapsed = time.time() - progress["began"] if "began" in progress else None
    fresh = done - progress.get("skipped", 0)
    left = elapsed / fresh * (total - done) if elapsed and fresh else None
    detail = f"{progress.get('what', '')} {done}/{total}" if total else progress.get("note", "")
    if remote is not None:
        detail = f"{remote.job} {remote.status} {detail}".strip()
        if elapsed is None and remote.created_at:
            elapsed = time.time() - remote.created_at
        if remote.estimated_finish:
            left = max(remote.estimated_finish - time.time(), 0.0)
    return {
        "detail": detail,
        "done": done / total if total else None,
        "elapsed": elapsed,
        "left": left,
        "loss": progress.get("loss"),
    }


def _job_progress(remote: RemoteJob) -> dict[str, Any]:
    now = time.time()
    return {
        "detail": f"{remote.job} {remote.status}; `mi run` goes on with it",
        "elapsed": now - remote.created_at if remote.created_at else None,
        "left": max(remote.estimated_finish - now, 0.0) if remote.estimated_finish else None,
    }


def _table(
    lines: list[UnitStatus], model: str, *, width: int | None, room: int | None = None
) -> Table:
    """The units as a table.

    Args:
        width: Of the terminal, in signs; a narrow one gets keys as short as commands take them.
            None: nothing is cut.
        room: How many rows fit; None: as many as there are.
    """
    shown = _most_urgent(lines, room)
    columns, rows = _rows(lines, shown, short=width is not None and width < _NARROW_WIDTH)
    table = plain_table(*columns)
    for column in table.columns[3:-1]:
        column.justify = "right"
    if width is not None:
        _set_widths(table, rows, width)
    for one, row in zip(shown, rows, strict=True):
        table.add_row(*row, style=_STYLES.get(one.state, ""))
    table.caption = _caption(lines, len(lines) - len(shown), model)
    table.caption_justify = "left"
    return table


def _rows(
    lines: list[UnitStatus], shown: list[UnitStatus], *, short: bool
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns, and a row for each unit shown; without money where none was spent."""
    columns = ("unit", "what", "state", "elapsed", "left", "loss", "cost", "detail")
    rows = [_row(one, short=short) for one in shown]
    if any(one.cost_usd for one in lines):
        return columns, rows
    return (*columns[:6], columns[7]), [(*row[:6], row[7]) for row in rows]


def _caption(lines: list[UnitStatus], hidden: int, model: str) -> str:
    """All units in a line: how many stand how, and what was paid."""
    states = Counter(one.state for one in lines)
    counts = ", ".join(f"{states[state]} {state}" for state in _STATE_ORDER if states[state])
    more = f" · {hidden} not shown" if hidden else ""
    return f"{model} · {counts} · {format_cost(sum(one.cost_usd for one in lines))}{more}"


def _set_widths(table: Table, rows: list[tuple[str, ...]], width: int) -> None:
    """Give columns their widths: what a unit is gives way, and then the detail."""
    texts = zip(*([str(column.header) for column in table.columns], *rows), strict=True)
    widths = [max(map(len, column)) for column in texts]
    for column in table.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    spare = width - 3 * len(widths) - sum(widths) + widths[1] + widths[-1]
    what = min(widths[1], max(spare * 2 // 3, _MIN_WIDTH))
    table.columns[1].max_width = what
    table.columns[-1].max_width = max(spare - what, _MIN_WIDTH // 2)


def _row(unit: UnitStatus, *, short: bool) -> tuple[str, ...]:
    share = f" {unit.done:.0%}" if unit.done is not None else ""
    return (
        unit.key[:_SHORT_KEY] if short else unit.key,
        unit.title,
        f"{unit.state}{share}",
        format_clock(unit.elapsed) if unit.elapsed is not None else "–",
        format_clock(unit.left) if unit.left is not None else "–",
        f"{unit.loss:.3g}" if unit.loss is not None else "–",
        format_cost(unit.cost_usd),
        unit.detail.splitlines()[0] if unit.detail else "",
    )


def _most_urgent(lines: list[UnitStatus], room: int | None) -> list[UnitStatus]:
    """As many units as there is room for, in their order: those that something happens to first."""
    if room is None or len(lines) <= room:
        return lines
    places = sorted(range(len(lines)), key=lambda at: (_URGENCY.index(lines[at].state), at))
    return [lines[at] for at in sorted(places[: max(room, 1)])]


_STATE_ORDER = ("done", "at work", "at the provider", "failed", "to do")
_STYLES = {"done": "dim", "failed": "red", "at work": "green", "at the provider": "green"}
_URGENCY = ("at work", "at the provider", "failed", "to do", "done")
