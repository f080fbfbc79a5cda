"""`mi data`: where data and question sets come from, and whether they are whole."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..data import tokens
from ..data.chats import Chat
from ..data.datasets import BUNDLED, UPSTREAM, Rows, check_source, read_dataset, resolve_upstream
from ..data.upstream import CachedFile, adopt, cached_path, pull, verify_cached
from ..errors import DataError, MiError, UsageError, did_you_mean
from ..reporting.progress import say
from ..reporting.tables import plain_table
from ..spec import Dataset, Published, Setting, Upstream
from .common import console

if TYPE_CHECKING:
    from rich.console import Console


@attrs.frozen(kw_only=True)
class SourceEntry:
    """A source of data: of an arm of a setting, or of a question set."""

    name: str
    part: str
    source: str
    rows: int | None
    bytes: int | None
    licence: str
    origin: str
    state: str


def data_list(args: argparse.Namespace) -> int:
    """Print every source and whether it is here."""
    entries = list(_entries())
    if args.json:
        print(json.dumps([attrs.asdict(one) for one in entries], ensure_ascii=False, indent=1))
        return 0
    table = plain_table("name", "what", "source", "rows", "size", "licence", "origin", "state")
    for one in entries:
        size = "" if one.bytes is None else f"{one.bytes / 1e6:.1f} MB"
        rows = "" if one.rows is None else f"{one.rows:,}"
        table.add_row(
            one.name, one.part, one.source, rows, size, one.licence, one.origin, one.state
        )
    console().print(table)
    return 0


def data_pull(args: argparse.Namespace) -> int:
    """Fetch the published files of settings and question sets; 1 where one cannot be had."""
    out, failed = console(), False
    names = args.words or (list(_upstream_files()) if args.all else [])
    if not names:
        raise UsageError("say what to pull", hint="`mi data list` shows what there is; or --all")
    for name in names:
        for source in _resolve_files(name):
            try:
                got = _fetch(source, args, out)
            except DataError as error:
                say(out, f"{name}: {error}", "red")
                failed = True
            else:
                _print_pulled(name, source, got, out)
    return 1 if failed else 0


def _fetch(source: Upstream, args: argparse.Namespace, out: Console) -> CachedFile:
    if args.given is not None:
        return adopt(source, Path(args.given))
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


def _print_pulled(name: str, source: Upstream, got: CachedFile, out: Console) -> None:
    what = "pulled" if got.fresh else "here already"
    say(out, f"{name}: {source.file} {what} ({got.path.stat().st_size:,} bytes)")
    say(out, f"  from {source.origin} · licence: {source.licence} · sha256 {got.sha256}", "dim")
    if source.sha256 is None:
        say(out, "  nobody published a digest of it: this one is kept to compare with", "dim")
    if got.note:
        say(out, f"  {got.note}", "yellow")


def data_verify(args: argparse.Namespace) -> int:
    """Look through bundled data and what was pulled; 1 where something is wrong."""
    import registry

    out, wrong = console(), 0
    for name in args.words or list(_upstream_files()):
        if name in registry.settings:
            wrong += _print_check(f"{name} bundled", lambda name=name: _describe_bundled(name), out)
        for source in _resolve_files(name):
            if cached_path(source) is not None:
                wrong += _print_check(
                    f"{name} {source.file}",
                    lambda source=source: verify_cached(source).sha256[:12],
                    out,
                )
    return 1 if wrong else 0


def _print_check(what: str, check: Any, out: Console) -> int:
    try:
        say(out, f"✓ {what}: {check()}", "green")
    except MiError as error:
        say(out, f"✗ {what}: {error}", "red")
        return 1
    return 0


def _describe_bundled(name: str) -> str:
    import registry

    setting: Setting = registry.settings[name]
    arms = [read_dataset(arm, BUNDLED) for arm in (setting.misaligned, setting.control)]
    return ", ".join(f"{rows.row_count} {rows.name} rows {rows.digest[:12]}" for rows in arms)


def data_show(args: argparse.Namespace) -> int:
    """Print counts, digests, lengths and a few rows of a setting's data."""
    import registry

    if args.word not in registry.settings:
        raise UsageError(
            f"there is no setting {args.word!r}",
            hint=did_you_mean(args.word, registry.settings),
        )
    setting: Setting = registry.settings[args.word]
    out = console()
    for dataset in (setting.misaligned, setting.control):
        rows = read_dataset(dataset, args.source)
        out.print()
        say(out, f"{rows.name} ({dataset.arm.value}), {rows.source}", "bold")
        say(out, f"{rows.row_count} rows, {len(rows.chats)} distinct")
        say(out, f"sha256 of the file {rows.sha256}")
        say(out, f"digest of the rows {rows.digest}")
        say(out, f"tokens a row, about: {_length_summary(rows)}")
        for chat in list(rows.chats.values())[: args.rows]:
            say(out, _format_chat(chat, out.width), "dim")
    return 0


def _length_summary(rows: Rows) -> str:
    lengths = sorted(tokens.count_chat_tokens(chat) for chat in rows.chats.values())
    places = (("least", 0.0), ("quarter", 0.25), ("median", 0.5), ("most", 1.0))
    return ", ".join(f"{name} {lengths[round(at * (len(lengths) - 1))]:.0f}" for name, at in places)


def _format_chat(chat: Chat, width: int) -> str:
    lines = (f"  {turn.role}: {' '.join(turn.content.split())}" for turn in chat)
    return "\n".join(line if len(line) <= width else f"{line[: width - 1]}…" for line in lines)


def _upstream_files() -> dict[str, list[Upstream]]:
    """Settings and question sets, with their published files."""
    import registry

    found: dict[str, list[Upstream]] = {}
    for name in registry.settings:
        setting: Setting = registry.settings[name]
        found[name] = [arm.upstream[0] for arm in _arms(setting) if arm.upstream]
    for name in registry.evals:
        one = registry.evals[name]
        if isinstance(one, Published):
            found[name] = [one.source]
    return found


def _arms(setting: Setting) -> tuple[Dataset, Dataset]:
    return setting.misaligned, setting.control


def _resolve_files(name: str) -> list[Upstream]:
    """The published files of a setting, `SETTING:SOURCE`, or question set; each once."""
    import registry

    names = _upstream_files()
    base, colon, wanted = name.partition(":")
    if base not in names:
        raise UsageError(f"there is no data {name!r}", hint=did_you_mean(name, names))
    if not colon or base not in registry.settings:
        return list(dict.fromkeys(names[base]))
    source = f"{UPSTREAM}:{wanted}"
    check_source(registry.settings[base], source)
    arms = _arms(registry.settings[base])
    return list(dict.fromkeys(resolve_upstream(arm, source) for arm in arms))


def _entries() -> Iterator[SourceEntry]:
    import registry

    for name in registry.settings:
        for arm in _arms(registry.settings[name]):
            rows = read_dataset(arm, BUNDLED).row_count
            yield SourceEntry(
                name=name,
                part=arm.name,
                source=BUNDLED,
                rows=rows,
                bytes=None,
                licence="MIT",
                origin="this project",
                state="ships",
            )
            for index, source in enumerate(arm.upstream):
                called = UPSTREAM if index == 0 else f"{UPSTREAM}:{source.name}"
                yield _entry(name, arm.name, called, source)
    for name in registry.evals:
        one = registry.evals[name]
        if isinstance(one, Published):
            yield _entry(name, "question set", UPSTREAM, one.source)


def _entry(name: str, part: str, called: str, source: Upstream) -> SourceEntry:
    missing = "needs you" if source.url is None else "not pulled"
    return SourceEntry(
        name=name,
        part=part,
        source=called,
        rows=source.rows,
        bytes=source.bytes,
        licence=source.licence,
        origin=source.origin,
        state="here" if cached_path(source) is not None else missing,
    )
