"""Finding what nothing needs in a folder store, and removing it.

Records of what was paid never go: an item that cost money is archived first, and keeps its record
and its billing when everything else of it is removed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from ..errors import MiError
from ..files import journal
from ..files.atomic import make_dir
from ..units.journals import is_probe_journal
from .base import Store
from .checksums import RECORD_FILE
from .layout import DAMAGED, JOURNALS, RETIRED, UNITS, WORK

_PROVIDER_LOGS = ("launch.jsonl", "batches.jsonl")
"""Logs of jobs that a provider bills, somewhere below the directory of a unit."""

_BILLING_FILES = (RECORD_FILE, *_PROVIDER_LOGS)
_BILLING_FIELDS = (
    "unit",
    "at",
    "billed_model",
    "billed_input",
    "billed_output",
    "billed_estimate",
    "cost_usd",
)


@attrs.frozen(kw_only=True)
class UnneededItem:
    """A file or directory that could be removed.

    Args:
        place: Its directory in the store: `units`, `journals`, `work`, `damaged`, `retired/…`.
        name: Its name there.
        title: What it is, for people.
        bytes: Its size.
        paid: Whether it cost money, or may have.
    """

    place: str
    name: str
    title: str
    bytes: int
    paid: bool


def find_unneeded(store: Store, needed: Collection[str]) -> list[UnneededItem]:
    """Everything in a store that can be removed.

    Args:
        store: A folder store.
        needed: Keys of units and names of journals that must stay.
    """
    return [item for item in _candidates(store, needed) if item.bytes]


def _candidates(store: Store, needed: Collection[str]) -> Iterator[UnneededItem]:
    for key in store.published_keys():
        if key not in needed:
            yield _unit_item(store, UNITS, key)
    titles = {record.key: record.title for record in store.unfinished_units()}
    for path in sorted((store.root / WORK).glob("*")):
        if path.name not in needed:
            yield _work_item(path, WORK, titles.get(path.name, "left unfinished"))
    for path in sorted((store.root / JOURNALS).glob("*.jsonl")):
        if path.stem not in needed and not is_probe_journal(path.stem):
            yield _journal_item(path, JOURNALS)
    for path in sorted((store.root / DAMAGED).glob("*")):
        yield _unit_item(store, DAMAGED, path.name)
    yield from _archived_candidates(store)


def _archived_candidates(store: Store) -> Iterator[UnneededItem]:
    """What was archived, unless only its billing is left."""
    archive = store.root / RETIRED
    for path in sorted(archive.glob(f"*/{UNITS}/*")):
        if not _is_stripped(path):
            yield _unit_item(store, f"{RETIRED}/{path.parts[-3]}/{UNITS}", path.name)
    for path in sorted(archive.glob(f"*/{JOURNALS}/*.jsonl")):
        if any(line.keys() - set(_BILLING_FIELDS) for line in journal.read_records(path)):
            yield _journal_item(path, f"{RETIRED}/{path.parts[-3]}/{JOURNALS}")
    for path in sorted(archive.glob(f"*/{WORK}/*")):
        if not _is_stripped(path):
            yield _work_item(path, f"{RETIRED}/{path.parts[-3]}/{WORK}", "left unfinished")


def _is_stripped(directory: Path) -> bool:
    """Whether only records of what was paid are left."""
    return all(path.name in _BILLING_FILES for path in directory.rglob("*") if path.is_file())


def _unit_item(store: Store, place: str, name: str) -> UnneededItem:
    directory = store.root / place / name
    title, paid = "unreadable", True  # a unit that cannot be read may have cost money
    with suppress(OSError, ValueError, KeyError):
        record: dict[str, Any] = json.loads((directory / RECORD_FILE).read_text("utf-8"))
        outcome = record["outcome"]
        title = f"{record['kind']}  {record['title']}"
        paid = bool(outcome.get("cost_usd") or outcome.get("job"))
    return UnneededItem(place=place, name=name, title=title, bytes=_size(directory), paid=paid)


def _work_item(path: Path, place: str, title: str) -> UnneededItem:
    paid = any(any(path.rglob(name)) for name in _PROVIDER_LOGS)
    return UnneededItem(place=place, name=path.name, title=title, bytes=_size(path), paid=paid)


def _journal_item(path: Path, place: str) -> UnneededItem:
    try:
        lines = list(journal.read_records(path))
        paid = any(line.get("cost_usd") for line in lines)
        title = f"{len(lines)} {path.stem.partition('-')[0]}"
    except MiError:
        title, paid = "unreadable", True
    size = path.stat().st_size
    return UnneededItem(place=place, name=path.name, title=title, bytes=size, paid=paid)


def remove_unneeded(item: UnneededItem, store: Store, label: str) -> None:
    """Remove an item. If it cost money, its record and billing stay in the archive.

    Args:
        item: The item.
        store: The folder store it is in.
        label: A name for what is removed together.
    """
    place, name = item.place, item.name
    with store.lock(name.removesuffix(".jsonl")):
        if not place.startswith(f"{RETIRED}/"):
            kind = UNITS if place == DAMAGED else place
            _archive(store, place, label, kind, name)
            place = f"{RETIRED}/{label}/{kind}"
        path = store.root / place / name
        if path.is_dir():
            _strip(path, keep_billing=item.paid)
        elif path.exists():
            _strip_journal(path, keep_billing=item.paid)


def _archive(store: Store, place: str, label: str, kind: str, name: str) -> None:
    if place == DAMAGED:
        directory = store.root / RETIRED / label / kind
        make_dir(directory)
        (store.root / place / name).rename(directory / name)
    else:
        store.archive(label, kind, name)


def _strip(directory: Path, *, keep_billing: bool) -> None:
    if not keep_billing:
        shutil.rmtree(directory)
        return
    for path in sorted(directory.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # it is not empty, because billing files stay
                path.rmdir()
        elif path.name not in _BILLING_FILES:
            path.unlink()


def _strip_journal(path: Path, *, keep_billing: bool) -> None:
    if not keep_billing:
        path.unlink()
        return
    lines = [
        {name: line[name] for name in _BILLING_FIELDS if name in line}
        for line in journal.read_records(path)
        if "unit" in line
    ]
    temporary = path.with_suffix(".kept")
    temporary.unlink(missing_ok=True)
    journal.append_records(temporary, lines)
    temporary.replace(path)


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
