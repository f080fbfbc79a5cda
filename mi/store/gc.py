"""What stands in a store and is needed by nothing, and taking it away.

Money stays in the books: what was paid for is put aside first and keeps its record, whatever is
removed of it.
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
from .base import Store
from .checksums import RECORD_FILE

_PROVIDER_LOGS = ("launch.jsonl", "batches.jsonl")
"""What providers are at for money, or were: one in the folder of a unit, the other in a folder of
it."""
_BILLING_FILES = (RECORD_FILE, *_PROVIDER_LOGS)
_BILLING_FIELDS = ("unit", "at", "billed_model", "billed_input", "billed_output", "cost_usd")


@attrs.frozen(kw_only=True)
class UnneededItem:
    """Something that could go.

    Args:
        place: Its folder in the store: `units`, `journals`, `work`, `damaged`, `retired/…`.
        name: Of the file or folder there.
        title: What it is, for people.
        bytes: Its size.
        paid: Whether money was paid for it.
    """

    place: str
    name: str
    title: str
    bytes: int
    paid: bool


def find_unneeded(store: Store, needed: Collection[str]) -> list[UnneededItem]:
    """What is there and not among the keys and journals that are `needed`."""
    found = list(_candidates(store, needed))
    return [one for one in found if one.bytes]


def _candidates(store: Store, needed: Collection[str]) -> Iterator[UnneededItem]:
    for key in store.published_keys():
        if key not in needed:
            yield _unit_item(store, "units", key)
    titles = {one.key: one.title for one in store.unfinished_units()}
    for path in sorted((store.root / "work").glob("*")):
        if path.name not in needed:
            title = titles.get(path.name, "left unfinished")
            yield _work_item(path, "work", title)
    for path in sorted((store.root / "journals").glob("*.jsonl")):
        if path.stem not in needed:
            yield _journal_item(path, "journals")
    for path in sorted((store.root / "damaged").glob("*")):
        yield _unit_item(store, "damaged", path.name)
    for path in sorted((store.root / "retired").glob("*/units/*")):
        if not _is_stripped(path):
            yield _unit_item(store, f"retired/{path.parts[-3]}/units", path.name)
    for path in sorted((store.root / "retired").glob("*/journals/*.jsonl")):
        if any(line.keys() - set(_BILLING_FIELDS) for line in journal.read_records(path)):
            yield _journal_item(path, f"retired/{path.parts[-3]}/journals")
    for path in sorted((store.root / "retired").glob("*/work/*")):
        if not _is_stripped(path):
            yield _work_item(path, f"retired/{path.parts[-3]}/work", "left unfinished")


def _is_stripped(folder: Path) -> bool:
    """Whether nothing is left but what says what was paid."""
    return all(path.name in _BILLING_FILES for path in folder.rglob("*") if path.is_file())


def _unit_item(store: Store, place: str, name: str) -> UnneededItem:
    folder = store.root / place / name
    title, paid = "unreadable", True  # what cannot be read may have cost something
    try:
        record: dict[str, Any] = json.loads((folder / RECORD_FILE).read_text("utf-8"))
        told = record["outcome"]
        title = f"{record['kind']}  {record['title']}"
        paid = bool(told.get("cost_usd") or told.get("job"))
    except (OSError, ValueError, KeyError):
        pass
    return UnneededItem(place=place, name=name, title=title, bytes=_size(folder), paid=paid)


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
    return UnneededItem(
        place=place, name=path.name, title=title, bytes=path.stat().st_size, paid=paid
    )


def remove_unneeded(item: UnneededItem, store: Store, label: str) -> None:
    """Take it away; of what was paid for, the record of that stays.

    Args:
        where: A name for what is removed together.
    """
    place, name = item.place, item.name
    with store.lock(name.removesuffix(".jsonl")):
        if not place.startswith("retired/"):
            kind = "units" if place == "damaged" else place
            _archive(store, place, f"{label}/{kind}", name)
            place = f"retired/{label}/{kind}"
        path = store.root / place / name
        if path.is_dir():
            _strip(path, keep_billing=item.paid)
        elif path.exists():
            _strip_journal(path, keep_billing=item.paid)


def _archive(store: Store, place: str, target: str, name: str) -> None:
    if place == "damaged":
        folder = store.root / "retired" / target
        folder.mkdir(parents=True, exist_ok=True)
        (store.root / place / name).rename(folder / name)
    else:
        where, _, kind = target.rpartition("/")
        store.archive(where, kind, name)


def _strip(folder: Path, *, keep_billing: bool) -> None:
    if not keep_billing:
        shutil.rmtree(folder)
        return
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # something of it is kept
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
    aside = path.with_suffix(".kept")
    aside.unlink(missing_ok=True)
    journal.append_records(aside, lines)
    aside.replace(path)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
