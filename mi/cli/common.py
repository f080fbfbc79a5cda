"""What commands share: folders, the console, opening a session."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..collect import find_root
from ..config import terms
from ..data import Rows
from ..estimate import estimate
from ..plan import Plan
from ..select import Only
from ..session import Session, open_session
from ..spec import Preference, RunOptions, Sampled
from ..units import Evaluate, Mix, Train, Unit

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 140


def console(*, stderr: bool = False) -> Console:
    """Where people read. A pipe has no width of its own and gets one that tables fit in."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    return Console(stderr=stderr, width=width, soft_wrap=False)


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[], None]]:
    """A bar on the error stream, where people look at it; gives what moves it on by one."""
    from rich.progress import Progress

    out = console(stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def options(parsed: argparse.Namespace) -> RunOptions:
    """Folders from flags, then environment, then the project's root."""
    root = find_root(Path.cwd())
    store = getattr(parsed, "store", None) or os.environ.get("MI_STORE") or root / ".mi"
    db = getattr(parsed, "db", None) or os.environ.get("MI_DB") or root / "results.duckdb"
    figures = getattr(parsed, "out", None) or root / "figures"
    return RunOptions(
        root=root,
        store=Path(store).resolve(),
        db=Path(db).resolve(),
        figures=Path(figures).resolve(),
        full=getattr(parsed, "full", False),
        max_cost=getattr(parsed, "max_cost", None),
        judges=tuple(getattr(parsed, "judge", ())),
        votes=getattr(parsed, "votes", None),
        rejudge=getattr(parsed, "rejudge", False),
        retry_failed=getattr(parsed, "retry_failed", False),
    )


def session(parsed: argparse.Namespace, words: list[str]) -> Session:
    """The session a command line asks for."""
    import registry

    registry.collect()
    model = parsed.model or os.environ.get("MI_MODEL")
    chosen = options(parsed)
    return open_session(
        registry,
        chosen,
        words,
        model=model,
        data=parsed.data,
        sets=parsed.set,
        prices=parsed.price,
        terms=terms(chosen.root, batch=getattr(parsed, "batch", False)),
        only=Only(
            keyword=getattr(parsed, "keyword", None),
            settings=tuple(getattr(parsed, "setting", ())),
            seeds=tuple(getattr(parsed, "seed", ())),
        ),
    )


def seconds(opened: Session, plan: Plan) -> Callable[[Unit], float | None]:
    """How long units will take, judging from this store."""
    asked = opened.questions_asked()
    rows = {one.unit.key: one.unit.payload for one in plan.units if one.unit.kind == "mix"}

    def size(unit: Unit) -> int:
        payload = unit.payload
        if isinstance(payload, Evaluate):
            assert isinstance(payload.eval, (Sampled, Preference))
            samples = payload.eval.samples if isinstance(payload.eval, Sampled) else 1
            return asked[payload.questions] * samples
        drawn = rows[payload.mix] if isinstance(payload, Train) else payload
        assert isinstance(drawn, Mix)
        return drawn.total_samples

    return estimate(plan, opened.store, size)


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
