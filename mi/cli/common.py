"""What commands share: from arguments to configuration, session and store; the console."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ..collect.select import CellFilter
from ..config import Config, read_config
from ..data.datasets import Rows
from ..planning.open import open_session
from ..planning.prepare import PreparedPlan, prepare_plan
from ..planning.session import Session
from ..providers import with_base_url
from ..spec import RunOptions
from ..store import open_store
from ..store.base import Store

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 140
_FALSE_WORDS = ("", "0", "false")


def console(*, stderr: bool = False) -> Console:
    """Create the console for people. A pipe has no width, so it gets one that tables fit in.

    With `CI` set a terminal gets plain lines too. rich itself respects `NO_COLOR`.
    """
    from ..reporting.terminal_console import TerminalConsole

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    force_terminal = False if os.environ.get("CI", "").lower() not in _FALSE_WORDS else None
    return TerminalConsole(
        stderr=stderr, width=width, soft_wrap=False, force_terminal=force_terminal
    )


@contextmanager
def progress_bar(total: int, label: str) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal's error stream; yields the function that advances it by one."""
    from rich.progress import Progress

    out = console(stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task(label, total=total)
        yield lambda: progress.advance(task)


def load_config(args: argparse.Namespace) -> Config:
    """The configuration in effect: arguments before environment before file."""
    config = read_config(Path.cwd(), vars(args))
    url = getattr(args, "base_url", None)
    if url is None:
        return config
    return attrs.evolve(
        config, client_options=with_base_url(config.client_options, config.model, url)
    )


def run_options(args: argparse.Namespace) -> RunOptions:
    """The options of a run, from flags and configuration."""
    config = load_config(args)
    return RunOptions(
        root=config.root,
        store=config.store,
        db=config.db,
        figures=config.figures,
        full=getattr(args, "full", False),
        max_cost=getattr(args, "max_cost", None),
        store_limit=config.max_cost,
        judges=tuple(getattr(args, "judge", ())),
        votes=getattr(args, "votes", None),
        rejudge=getattr(args, "rejudge", False),
        retry_failed=getattr(args, "retry_failed", False) or getattr(args, "lf", False),
        max_concurrent=getattr(args, "max_concurrent", None),
        max_failures=getattr(args, "maxfail", None),
        executor=config.executor,
        probe=config.probe,
        lease_timeout=config.lease_timeout,
        ray=config.ray,
    )


def configured_store(args: argparse.Namespace) -> Store:
    """Open the store that the arguments or the configuration name."""
    config = load_config(args)
    return open_store(config.store, config.lease_timeout)


def load_session(args: argparse.Namespace, words: list[str]) -> Session:
    """Open the session that the words and the flags select; no words select no experiment."""
    from .. import registry

    registry.collect()
    config = load_config(args)
    return open_session(
        registry,
        run_options(args),
        words,
        model=config.model,
        data=args.data,
        overrides=args.set,
        prices=args.price,
        client_options=attrs.evolve(config.client_options, batch=getattr(args, "batch", False)),
        cell_filter=CellFilter(
            keyword=getattr(args, "keyword", None),
            settings=tuple(getattr(args, "setting", ())),
            seeds=tuple(getattr(args, "seed", ())),
            marks=getattr(args, "marks", None),
        ),
    )


def prepare(args: argparse.Namespace, words: list[str]) -> PreparedPlan:
    """Open the session and prepare its plan with `--kind`, `--lf` and `--force`.

    Raises:
        NothingSelected: The filters leave no unit.
    """
    return prepare_plan(
        load_session(args, words),
        kinds=getattr(args, "kind", ()),
        last_failed=getattr(args, "lf", False),
        force=getattr(args, "force", ()),
    )


def verbosity(args: argparse.Namespace) -> int:
    """1 with `-v`, -1 with `-q`, else 0."""
    return int(args.verbose) - int(args.quiet)


def print_pairs(title: str, lines: Sequence[tuple[str, str]]) -> None:
    """Print names and values, one pair per line, without markup."""
    from rich.table import Table
    from rich.text import Text

    out = console()
    out.print(title, style="bold", highlight=False, markup=False)
    table = Table.grid(padding=(0, 2))
    for name, value in lines:
        table.add_row(Text(name, style="dim"), Text(value))
    out.print(table)


def describe_rows(rows: Rows) -> str:
    """`1296 secure rows (bundled)`."""
    repeated = f", {len(rows.chats)} distinct" if rows.row_count != len(rows.chats) else ""
    return f"{rows.row_count} {rows.name} rows{repeated} ({rows.source})"
