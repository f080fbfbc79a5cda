"""Screening a folder of somebody else: which of its entries may be read at all.

A store that comes from elsewhere may hold anything: links that lead to this machine's own files,
pipes and devices that never end, names that lead out of a folder. So before a byte of it is read,
every entry is looked at without being opened. What is left are plain files of bounded size below
plain directories, none of which is also the name of a file elsewhere.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import attrs

from ...files import gate
from ..checksums import is_file_name
from ..layout import CALIBRATIONS, CELLS, JOURNALS, REGISTRATIONS, RUNS, UNITS

PLACES = (UNITS, JOURNALS, RUNS, CELLS, REGISTRATIONS, CALIBRATIONS)
"""The directories of a store from which something is imported."""

MAX_FILE = 1 << 36
"""Bytes of a file."""
_MAX_FILES = 10_000
"""Files of a unit or run."""
_MAX_DEPTH = 8
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@attrs.frozen
class Screening:
    """What a screened folder holds.

    Args:
        names: Place → names of its entries that may be read, sorted: units, journals with their
            suffix, runs.
        refused: Why others may not be, a sentence each.
        sizes: Bytes of each entry that may be read, by place and name.
    """

    names: dict[str, list[str]]
    refused: list[str]
    sizes: dict[tuple[str, str], int]


class _Refused(Exception):
    """Why an entry may not be read."""


_File = tuple[str, os.stat_result]


def screen_folder(root: Path) -> Screening:
    """Look at every entry of a store, and open none.

    Raises:
        OSError: The folder cannot be listed.
    """
    found: dict[tuple[str, str], list[_File]] = {}
    refused = []
    for place in PLACES:
        try:
            if not stat.S_ISDIR((facts := os.lstat(root / place)).st_mode):
                refused.append(f"{place} is {_describe_kind(facts)}, not a folder")
                continue
        except FileNotFoundError:
            continue
        for name in sorted(os.listdir(root / place)):
            if name.startswith("."):
                continue  # a file of the system
            try:
                if not gate.is_name(name):
                    raise _Refused("is not a name that a store can have")
                found[place, name] = list(_files(root / place / name, ""))
            except _Refused as error:
                refused.append(f"{place}/{gate.clean_text(name)[:200]!s} {error}")
    links = Counter((facts.st_dev, facts.st_ino) for files in found.values() for _, facts in files)
    names: dict[str, list[str]] = {place: [] for place in PLACES}
    sizes = {}
    for (place, name), files in found.items():
        outside = [
            path for path, facts in files if facts.st_nlink > links[facts.st_dev, facts.st_ino]
        ]
        if outside:
            path = "/".join(part for part in (place, name, outside[0]) if part)
            refused.append(
                f"{path} is the same file as one outside the folder (a hard link): copy the store "
                "with `cp -r`, and import the copy"
            )
        else:
            names[place].append(name)
            sizes[place, name] = sum(facts.st_size for _, facts in files)
    return Screening(names, refused, sizes)


def find_odd_entry(root: Path) -> str | None:
    """The first entry below a folder that is neither a plain file nor a directory, if any."""
    for parent, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = Path(parent, name)
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                return f"{path.relative_to(root)} is {_describe_kind(path.lstat())}"
    return None


def _files(path: Path, name: str, depth: int = 0) -> Iterator[_File]:
    """The files of an entry, by their paths below it.

    Args:
        path: The entry, or a directory below it.
        name: Its path below the entry.
        depth: How many directories lie between.

    Raises:
        _Refused: The entry may not be read.
    """
    facts = os.lstat(path)
    where = f"holds {gate.clean_text(name)[:200]}, which " if name else ""
    if stat.S_ISREG(facts.st_mode):
        if facts.st_size > MAX_FILE:
            raise _Refused(f"{where}is larger than {MAX_FILE >> 30} GiB")
        yield name, facts
    elif not stat.S_ISDIR(facts.st_mode):
        raise _Refused(f"{where}is {_describe_kind(facts)}")
    elif depth == _MAX_DEPTH:
        raise _Refused(f"{where}lies too deep")
    else:
        yield from _directory_files(path, name, depth)


def _directory_files(path: Path, name: str, depth: int) -> Iterator[_File]:
    """The files below a directory; for the arguments see `_files`."""
    children = sorted(os.listdir(path))
    if len(children) > _MAX_FILES:
        raise _Refused(f"holds more than {_MAX_FILES} files")
    for child in children:
        inner = f"{name}/{child}" if name else child
        if not is_file_name(inner):
            raise _Refused("holds a file whose name a store cannot have")
        yield from _files(path / child, inner, depth + 1)


def _describe_kind(facts: os.stat_result) -> str:
    return _KINDS.get(stat.S_IFMT(facts.st_mode), "a file of an unknown kind")
