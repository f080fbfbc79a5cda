"""Checksums over the files of a unit: whether a directory still holds what was written.

`SHA256SUMS` names every file of a published unit, in the format of `sha256sum -c`. Each file is
flushed to the disk before its checksum is written, so a published unit survives a crash.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ..files import gate
from ..files.atomic import fsync_directory, system_error
from ..units.identity import digest

RECORD_FILE = "unit.json"
CHECKSUMS_FILE = "SHA256SUMS"
_MAX_NAME = 256


def write_checksums(directory: Path) -> None:
    """Write the checksums of every file below a directory.

    Raises:
        OSError: A file cannot be read or written.
    """
    lines = []
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.name != CHECKSUMS_FILE:
            with path.open("rb") as file:
                os.fsync(file.fileno())
                name = path.relative_to(directory).as_posix()
                lines.append(f"{digest(file.read())}  {name}\n")
    with (directory / CHECKSUMS_FILE).open("w", encoding="utf-8") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    fsync_directory(directory)


def read_checksums(directory: Path) -> dict[str, str]:
    """The files of a published unit: name → SHA-256.

    Raises:
        OSError, ValueError: They cannot be read.
    """
    checksums = {}
    for line in gate.read_file(directory / CHECKSUMS_FILE).decode().splitlines():
        checksum, name = line.split("  ", 1)
        if not is_file_name(name):
            raise ValueError(f"{CHECKSUMS_FILE} names {name[:80]!r}, which is no file of a unit")
        checksums[name] = checksum
    return checksums


def is_file_name(name: str) -> bool:
    """Whether a name can be that of a file of a unit: a path that stays below its directory."""
    parts = name.split("/")
    return name.isprintable() and all(
        part not in ("", ".", "..") and len(part) < _MAX_NAME for part in parts
    )


def list_files(directory: Path) -> list[str]:
    """The names of a unit's files, but its record and its checksums, sorted."""
    names = (
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )
    return sorted(name for name in names if name not in (RECORD_FILE, CHECKSUMS_FILE))


def find_damage(directory: Path) -> str | None:
    """Hash all files of a published unit. Returns what is wrong with it, or None.

    Every file must be named, and every file that such a unit has must be there. A file whose name
    begins with a dot may be one of the system.

    Raises:
        StoreError: This process has too many open files to look.
    """
    try:
        checksums = read_checksums(directory)
        if RECORD_FILE not in checksums:
            return f"{CHECKSUMS_FILE} does not name {RECORD_FILE}"
        for name, checksum in checksums.items():
            with gate.open_file(directory / name) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != checksum:
                return f"{name} is not what was written"
        present = {name for name in list_files(directory) if not name.startswith(".")}
        if unnamed := sorted(present - checksums.keys()):
            return f"{CHECKSUMS_FILE} does not name {unnamed[0]}"
        if missing := missing_files(directory):
            return f"{CHECKSUMS_FILE} does not name {missing[0]}"
    except OSError as error:
        if (failure := system_error(error, directory)) is not None:
            raise failure from None  # that says nothing about the unit
        return f"{directory.name}: {error}"
    except (ValueError, RecursionError) as error:
        return f"{directory.name}: {error}"
    return None


def missing_files(directory: Path) -> list[str]:
    """Files that a unit must have, by its record, and that its checksums do not name.

    Raises:
        OSError, ValueError: Its record or its checksums cannot be read.
    """
    required = _required_files(gate.read_file(directory / RECORD_FILE))
    return sorted(required - read_checksums(directory).keys())


def _required_files(record: bytes) -> set[str]:
    """The files that a unit must have, by its record."""
    content = gate.parse_object(record, gate.MAX_RECORD)
    files, outcome = content.get("files"), content.get("outcome")
    if isinstance(files, list):  # earlier versions did not list them
        return set(map(str, files))
    if content.get("kind") == "eval":
        return {"questions.jsonl", "scores.jsonl"}
    if content.get("kind") == "mix" and isinstance(outcome, dict):
        return {str(outcome.get("file"))}
    return set()
