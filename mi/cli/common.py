"""What commands share: folders, the console, opening a session."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ..collect.select import Only
from ..config import Config, read
from ..data.datasets import Rows
from ..errors import NothingSelected
from ..planning.duration import estimate
from ..planning.filters import last_failed, of_kinds
from ..planning.open import open_session
from ..planning.plan import Plan
from ..planning.session import Session
from ..providers import aimed
from ..spec import Preference, RunOptions, Sampled
from ..store import open_store
from ..store.local import Store
from ..units.unit import Evaluate, Mix, Train, Unit

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 140
_UNSET = ("", "0", "false")


def console(*, stderr: bool = False) -> Console:
    """Where people read. A pipe has no width of its own and gets one that tables fit in.

    With `CI` set there are plain lines on a terminal too; `NO_COLOR` is rich's to respect.
    """
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    plain = False if os.environ.get("CI", "").lower() not in _UNSET else None
    return Console(stderr=stderr, width=width, soft_wrap=False, force_terminal=plain)


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[], None]]:
    """A bar on the error stream, where people look at it; gives what moves it on by one."""
    from rich.progress import Progress

    out = console(stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def config(parsed: argparse.Namespace) -> Config:
    """The configuration that holds for a command line."""
    chosen = read(Path.cwd(), vars(parsed))
    url = getattr(parsed, "base_url", None)
    if url is None:
        return chosen
    return attrs.evolve(chosen, terms=aimed(chosen.terms, chosen.model, url))


def options(parsed: argparse.Namespace) -> RunOptions:
    """How a run is steered, by flags and configuration."""
    chosen = config(parsed)
    return RunOptions(
        root=chosen.root,
        store=chosen.store,
        db=chosen.db,
        figures=chosen.figures,
        full=getattr(parsed, "full", False),
        max_cost=getattr(parsed, "max_cost", None),
        judges=tuple(getattr(parsed, "judge", ())),
        votes=getattr(parsed, "votes", None),
        rejudge=getattr(parsed, "rejudge", False),
        retry_failed=getattr(parsed, "retry_failed", False) or getattr(parsed, "lf", False),
        at_once=getattr(parsed, "at_once", None),
        max_failures=getattr(parsed, "maxfail", None),
        executor=chosen.executor,
        claim=chosen.claim,
        ray=chosen.ray,
    )


def opened_store(parsed: argparse.Namespace) -> Store:
    """The store that holds for a command line."""
    chosen = config(parsed)
    return open_store(chosen.store, chosen.claim)


def session(parsed: argparse.Namespace, words: list[str]) -> Session:
    """The session a command line asks for."""
    import registry

    registry.collect()
    settled = config(parsed)
    return open_session(
        registry,
        options(parsed),
        words,
        model=settled.model,
        data=parsed.data,
        sets=parsed.set,
        prices=parsed.price,
        terms=attrs.evolve(settled.terms, batch=getattr(parsed, "batch", False)),
        only=Only(
            keyword=getattr(parsed, "keyword", None),
            settings=tuple(getattr(parsed, "setting", ())),
            seeds=tuple(getattr(parsed, "seed", ())),
            marks=getattr(parsed, "marks", None),
        ),
    )


def narrowed(parsed: argparse.Namespace, made: Plan) -> Plan:
    """The part of a plan that `--kind` and `--lf` leave.

    Raises:
        NothingSelected: They leave nothing.
    """
    whole, kinds = made, getattr(parsed, "kind", ())
    if getattr(parsed, "lf", False):
        made = last_failed(made)
    if kinds:
        made = of_kinds(made, kinds)
    if whole.units and not made.units:
        raise NothingSelected(
            f"none of {len(whole.units)} units is left by --kind {' --kind '.join(kinds)}",
            hint="an eval needs its training done first" if "eval" in kinds else None,
        )
    return made


def loudness(parsed: argparse.Namespace) -> int:
    """1 with `-v`, -1 with `-q`, else 0."""
    return int(parsed.verbose) - int(parsed.quiet)


def seconds(opened: Session, plan: Plan) -> Callable[[Unit], float | None]:
    """How long units will take, judging from this store."""
    asked = opened.questions_asked()
    rows = {one.unit.key: one.unit.payload for one in plan.everything if one.unit.kind == "mix"}

    def size(unit: Unit) -> int:
        payload = unit.payload
        if isinstance(payload, Evaluate):
            assert isinstance(payload.eval, (Sampled, Preference))
            samples = payload.eval.samples if isinstance(payload.eval, Sampled) else 1
            return asked[payload.questions] * samples
        drawn = rows[payload.mix] if isinstance(payload, Train) else payload
        assert isinstance(drawn, Mix)
        return drawn.total_samples

    return estimate(plan, size)


def pairs(title: str, lines: Sequence[tuple[str, str]]) -> None:
    """Print what is known of something: a name and a value a line, as they are."""
    from rich.table import Table
    from rich.text import Text

    out = console()
    out.print(title, style="bold", highlight=False, markup=False)
    table = Table.grid(padding=(0, 2))
    for name, value in lines:
        table.add_row(Text(name, style="dim"), Text(value))
    out.print(table)


def rows_text(rows: Rows) -> str:
    """`1620 secure rows (bundled)`."""
    repeated = f", {len(rows.chats)} distinct" if rows.read != len(rows.chats) else ""
    return f"{rows.read} {rows.name} rows{repeated} ({rows.source})"


class Quiet:
    """A watch for short questions: it says nothing, and Ctrl-C ends the command."""

    def start(self, what: str, total: int, *, unit: str = "step", done: int = 0) -> None: ...

    def advance(self, n: int = 1, **facts: float) -> None: ...

    def note(self, text: str) -> None: ...

    def check(self) -> None: ...
