"""`mi data`: list, fetch, verify and show training data and question sets."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ..data import tokens
from ..data.catalogue import (
    recipe_files,
    resolve_files,
    setting_arms,
    source_entries,
    upstream_files,
)
from ..data.chats import Chat
from ..data.datasets import BUNDLED, Rows, read_dataset
from ..data.upstream import CachedFile, adopt, cached_path, pull, verify_cached
from ..errors import DataError, MiError, UsageError, did_you_mean
from ..reporting.console import say
from ..reporting.tables import plain_table
from ..spec import Setting, Upstream
from .common import console

if TYPE_CHECKING:
    from rich.console import Console

_QUANTILES = (("min", 0.0), ("quartile", 0.25), ("median", 0.5), ("max", 1.0))


def list_data(args: argparse.Namespace) -> int:
    """Print every source and whether this machine has it."""
    from .. import registry

    entries = list(source_entries(registry.settings, registry.evals, _recipe_files()))
    if args.json:
        values = [attrs.asdict(entry) for entry in entries]
        print(json.dumps(values, ensure_ascii=False, indent=1))
        return 0
    table = plain_table("name", "part", "source", "rows", "size", "licence", "origin", "state")
    for entry in entries:
        rows = "" if entry.rows is None else f"{entry.rows:,}"
        size = "" if entry.bytes is None else f"{entry.bytes / 1e6:.1f} MB"
        table.add_row(
            entry.name,
            entry.part,
            entry.source,
            rows,
            size,
            entry.licence,
            entry.origin,
            entry.state,
        )
    console().print(table)
    return 0


def _recipe_files() -> dict[str, Upstream]:
    """The published files that the recipes of declared experiments train on, by name."""
    from .. import registry

    return recipe_files(registry.collect().all().values())


def pull_data(args: argparse.Namespace) -> int:
    """Fetch the published files of settings, question sets and recipes. Returns 1 if one failed."""
    from .. import registry

    out, failed = console(), False
    recipes = _recipe_files()
    files = upstream_files(registry.settings, registry.evals, recipes)
    names = args.words or (list(files) if args.all else [])
    if not names:
        raise UsageError("say what to pull", hint="`mi data list` lists the names; or --all")
    for name in names:
        for source in resolve_files(name, registry.settings, registry.evals, recipes):
            try:
                cached = _fetch(source, args.local_copy, out)
            except DataError as error:
                say(out, f"{name}: {error}", "red")
                failed = True
            else:
                _print_pulled(name, source, cached, out)
    return 1 if failed else 0


def _fetch(source: Upstream, local_copy: str | None, out: Console) -> CachedFile:
    if local_copy is not None:
        return adopt(source, Path(local_copy))
    if not out.is_terminal:
        return pull(source)
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task(source.file, total=source.bytes)
        return pull(source, lambda done, total: progress.update(task, completed=done, total=total))


def _print_pulled(name: str, source: Upstream, cached: CachedFile, out: Console) -> None:
    state = "pulled" if cached.fresh else "already in the cache"
    say(out, f"{name}: {source.file} {state} ({cached.path.stat().st_size:,} bytes)")
    say(out, f"  from {source.origin} · licence: {source.licence} · sha256 {cached.sha256}", "dim")
    if source.sha256 is None:
        say(
            out, "  no digest of it is published: later downloads are compared with this one", "dim"
        )
    if cached.note:
        say(out, f"  {cached.note}", "yellow")


def verify_data(args: argparse.Namespace) -> int:
    """Verify bundled data and cached files by their digests. Returns 1 if a check failed."""
    from .. import registry

    out, failures, recipes = console(), 0, _recipe_files()
    files = upstream_files(registry.settings, registry.evals, recipes)
    for name in args.words or list(files):
        if name in registry.settings:
            setting: Setting = registry.settings[name]
            failures += _print_check(f"{name} bundled", partial(_bundled_rows, setting), out)
        for source in resolve_files(name, registry.settings, registry.evals, recipes):
            if cached_path(source) is not None:
                failures += _print_check(
                    f"{name} {source.file}", partial(_verified_digest, source), out
                )
    return 1 if failures else 0


def _print_check(label: str, check: Callable[[], str], out: Console) -> int:
    """Run a check and print its result. Returns the number of failures, 0 or 1."""
    try:
        say(out, f"✓ {label}: {check()}", "green")
    except MiError as error:
        say(out, f"✗ {label}: {error}", "red")
        return 1
    return 0


def _verified_digest(source: Upstream) -> str:
    return verify_cached(source).sha256[:12]


def _bundled_rows(setting: Setting) -> str:
    arms = [read_dataset(arm, BUNDLED) for arm in setting_arms(setting)]
    return ", ".join(f"{rows.row_count} {rows.name} rows {rows.digest[:12]}" for rows in arms)


def show_data(args: argparse.Namespace) -> int:
    """Print counts, digests, lengths and a few rows of a setting's data."""
    from .. import registry

    if args.word not in registry.settings:
        raise UsageError(
            f"there is no setting {args.word!r}", hint=did_you_mean(args.word, registry.settings)
        )
    setting: Setting = registry.settings[args.word]
    out = console()
    for dataset in setting_arms(setting):
        rows = read_dataset(dataset, args.source)
        out.print()
        say(out, f"{rows.name} ({dataset.arm.value}), {rows.source}", "bold")
        say(out, f"{rows.row_count} rows, {len(rows.chats)} distinct")
        for note in rows.notes:
            say(out, note)
        say(out, f"sha256 of the file {rows.sha256}")
        say(out, f"digest of the rows {rows.digest}")
        say(out, f"estimated tokens per row: {_length_summary(rows)}")
        for chat in list(rows.chats.values())[: args.rows]:
            say(out, _format_chat(chat, out.width), "dim")
    return 0


def _length_summary(rows: Rows) -> str:
    lengths = sorted(tokens.count_chat_tokens(chat) for chat in rows.chats.values())
    last = len(lengths) - 1
    return ", ".join(f"{name} {lengths[round(share * last)]:.0f}" for name, share in _QUANTILES)


def _format_chat(chat: Chat, width: int) -> str:
    lines = (f"  {turn.role}: {' '.join(turn.content.split())}" for turn in chat)
    return "\n".join(line if len(line) <= width else f"{line[: width - 1]}…" for line in lines)
