"""`mi status`: show the progress of units and jobs, of runs on any machine and at the provider."""

from __future__ import annotations

import argparse
import json
import time
from contextlib import suppress

from ..errors import UsageError
from ..planning.progress import DONE, FAILED, unit_progress
from ..reporting.unit_table import TABLE_OVERHEAD, print_unit_table, unit_table
from ..store.base import Store
from ..store.run_files import RunRecord
from .common import configured_store, console, load_config, load_session
from .parser import parse_args

_REFRESH_SECONDS = 5.0


def status(args: argparse.Namespace) -> int:
    """Print the progress of the selected units; by default, of the last run's experiments."""
    words = _complete_from_last_run(args)
    if args.watch:
        return _watch(args, words)
    session = load_session(args, words)
    units = unit_progress(session)
    if args.json:
        print(json.dumps([unit.to_json() for unit in units], ensure_ascii=False, indent=1))
    else:
        print_unit_table(units, session.model.id, console())
    return 0


def _watch(args: argparse.Namespace, words: list[str]) -> int:
    """Refresh the table until every unit is done or failed."""
    from rich.live import Live

    out = console()
    width, max_rows = None, None
    with Live(console=out, refresh_per_second=2) as live, suppress(KeyboardInterrupt):
        while True:
            session = load_session(args, words)
            units = unit_progress(session)
            if out.is_terminal:  # its size may change
                width, max_rows = out.width, out.height - TABLE_OVERHEAD
            live.update(unit_table(units, session.model.id, width=width, max_rows=max_rows))
            if all(unit.state in (DONE, FAILED) for unit in units):
                return 0
            time.sleep(_REFRESH_SECONDS)
    return 0


def _complete_from_last_run(args: argparse.Namespace) -> list[str]:
    """The ids to show. What the flags leave open is completed from the last run of these ids.

    Raises:
        UsageError: No ids are given, and nothing was run yet.
    """
    words: list[str] = args.words
    last = _last_run(configured_store(args), words)
    if last is None and not words:
        raise UsageError(
            "nothing was run here yet", hint="`mi status EXPERIMENT`, or `mi run EXPERIMENT` first"
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
    """The newest run of any of these experiments, or the newest run if none is named."""
    ids = {word.partition("::")[0] for word in words}
    return next((run for run in store.runs() if not ids or ids & {*run["experiments"]}), None)
