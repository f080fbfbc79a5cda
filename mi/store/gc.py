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
from .checksums import RECORD
from .local import Store

_LOGS = ("launch.jsonl", "batches.jsonl")
"""What providers are at for money, or were: one in the folder of a unit, the other in a folder of
it."""
_KEPT = (RECORD, *_LOGS)
_BILLED = ("unit", "at", "billed_model", "billed_input", "billed_output", "cost_usd")


@attrs.frozen(kw_only=True)
class Unneeded:
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


def unneeded(store: Store, needed: Collection[str]) -> list[Unneeded]:
    """What is there and not among the keys and journals that are `needed`."""
    found = list(_candidates(store, needed))
    return [one for one in found if one.bytes]


def _candidates(store: Store, needed: Collection[str]) -> Iterator[Unneeded]:
    for key in store.published():
        if key not in needed:
            yield _of_folder(store, "units", key)
    titles = {one.key: one.title for one in store.unfinished()}
    for path in sorted((store.root / "work").glob("*")):
        if path.name not in needed:
            title = titles.get(path.name, "left unfinished")
            yield _of_work(path, "work", title)
    for path in sorted((store.root / "journals").glob("*.jsonl")):
        if path.stem not in needed:
            yield _of_journal(path, "journals")
    for path in sorted((store.root / "damaged").glob("*")):
        yield _of_folder(store, "damaged", path.name)
    for path in sorted((store.root / "retired").glob("*/units/*")):
        if not _is_bare(path):
            yield _of_folder(store, f"retired/{path.parts[-3]}/units", path.name)
    for path in sorted((store.root / "retired").glob("*/journals/*.jsonl")):
        if any(line.keys() - set(_BILLED) for line in journal.read(path)):
            yield _of_journal(path, f"retired/{path.parts[-3]}/journals")
    for path in sorted((store.root / "retired").glob("*/work/*")):
        if not _is_bare(path):
            yield _of_work(path, f"retired/{path.parts[-3]}/work", "left unfinished")


def _is_bare(folder: Path) -> bool:
    """Whether nothing is left but what says what was paid."""
    return all(path.name in _KEPT for path in folder.rglob("*") if path.is_file())


def _of_folder(store: Store, place: str, name: str) -> Unneeded:
    folder = store.root / place / name
    title, paid = "unreadable", True  # what cannot be read may have cost something
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text("utf-8"))
        told = record["outcome"]
        title = f"{record['kind']}  {record['title']}"
        paid = bool(told.get("cost_usd") or told.get("job"))
    except (OSError, ValueError, KeyError):
        pass
    return Unneeded(place=place, name=name, title=title, bytes=_size(folder), paid=paid)


def _of_work(path: Path, place: str, title: str) -> Unneeded:
    paid = any(any(path.rglob(name)) for name in _LOGS)
    return Unneeded(place=place, name=path.name, title=title, bytes=_size(path), paid=paid)


def _of_journal(path: Path, place: str) -> Unneeded:
    try:
        lines = list(journal.read(path))
        paid = any(line.get("cost_usd") for line in lines)
        title = f"{len(lines)} {path.stem.partition('-')[0]}"
    except MiError:
        title, paid = "unreadable", True
    return Unneeded(place=place, name=path.name, title=title, bytes=path.stat().st_size, paid=paid)


def remove(one: Unneeded, store: Store, where: str) -> None:
    """Take it away; of what was paid for, the record of that stays.

    Args:
        where: A name for what is removed together.
    """
    place, name = one.place, one.name
    with store.locked(name.removesuffix(".jsonl")):
        if not place.startswith("retired/"):
            kind = "units" if place == "damaged" else place
            _retire(store, place, f"{where}/{kind}", name)
            place = f"retired/{where}/{kind}"
        path = store.root / place / name
        if path.is_dir():
            _strip(path, keep=one.paid)
        elif path.exists():
            _strip_journal(path, keep=one.paid)


def _retire(store: Store, place: str, target: str, name: str) -> None:
    if place == "damaged":
        folder = store.root / "retired" / target
        folder.mkdir(parents=True, exist_ok=True)
        (store.root / place / name).rename(folder / name)
    else:
        where, _, kind = target.rpartition("/")
        store.retire(where, kind, name)


def _strip(folder: Path, *, keep: bool) -> None:
    if not keep:
        shutil.rmtree(folder)
        return
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # something of it is kept
                path.rmdir()
        elif path.name not in _KEPT:
            path.unlink()


def _strip_journal(path: Path, *, keep: bool) -> None:
    if not keep:
        path.unlink()
        return
    lines = [
        {name: line[name] for name in _BILLED if name in line}
        for line in journal.read(path)
        if "unit" in line
    ]
    aside = path.with_suffix(".kept")
    aside.unlink(missing_ok=True)
    journal.append(aside, lines)
    aside.replace(path)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
