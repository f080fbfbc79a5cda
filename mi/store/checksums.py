"""Checksums over the files of a unit: whether a directory still holds what was written.

`SHA256SUMS` names every file of a published unit, in the format of `sha256sum -c`. Each file is
flushed to the disk before its checksum is written, so a published unit survives a crash.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..files.atomic import fsync_directory
from ..units.identity import digest

RECORD_FILE = "unit.json"
CHECKSUMS_FILE = "SHA256SUMS"

_MODEL_FILES = ("model.json", "adapter/")
"""Where a provider records the model that a training produced."""

_DIGEST_LENGTH = 64
"""Hex digits of a SHA-256."""


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
    for line in (directory / CHECKSUMS_FILE).read_text(encoding="utf-8").splitlines():
        checksum, name = line.split("  ", 1)
        checksums[name] = checksum
    return checksums


def list_files(directory: Path) -> list[str]:
    """The names of a unit's files, but its record and its checksums, sorted."""
    names = (
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )
    return sorted(name for name in names if name not in (RECORD_FILE, CHECKSUMS_FILE))


def model_digest(directory: Path) -> str:
    """A digest of the model that a training produced: equal for two trainings of the same model.

    It covers the files in which the provider records the model, or all files but the unit's record
    if there are none.

    Raises:
        OSError, ValueError: The checksums cannot be read.
    """
    checksums = read_checksums(directory)
    lines = [f"{checksum}  {name}" for name, checksum in checksums.items() if name != RECORD_FILE]
    model_lines = [line for line in lines if line[_DIGEST_LENGTH + 2 :].startswith(_MODEL_FILES)]
    return digest("\n".join(sorted(model_lines or lines)))[:16]


def find_damage(directory: Path) -> str | None:
    """Hash all files of a published unit. Returns what is wrong with it, or None.

    Every file must be named, and every file that such a unit has must be there. A file whose name
    begins with a dot may be one of the system.
    """
    try:
        checksums = read_checksums(directory)
        if RECORD_FILE not in checksums:
            return f"{CHECKSUMS_FILE} does not name {RECORD_FILE}"
        for name, checksum in checksums.items():
            if digest((directory / name).read_bytes()) != checksum:
                return f"{name} is not what was written"
        present = {name for name in list_files(directory) if not name.startswith(".")}
        if unnamed := sorted(present - checksums.keys()):
            return f"{CHECKSUMS_FILE} does not name {unnamed[0]}"
        if missing := missing_files(directory):
            return f"{CHECKSUMS_FILE} does not name {missing[0]}"
    except (OSError, ValueError, RecursionError) as error:
        return f"{directory.name}: {error}"
    return None


def missing_files(directory: Path) -> list[str]:
    """Files that a unit must have, by its record, and that its checksums do not name.

    Raises:
        OSError, ValueError: Its record or its checksums cannot be read.
    """
    required = _required_files((directory / RECORD_FILE).read_bytes())
    return sorted(required - read_checksums(directory).keys())


def _required_files(record: bytes) -> set[str]:
    """The files that a unit must have, by its record."""
    content = json.loads(record)
    if not isinstance(content, dict):
        raise ValueError(f"{RECORD_FILE} is not a record")
    files, outcome = content.get("files"), content.get("outcome")
    if isinstance(files, list):  # earlier versions did not list them
        return set(map(str, files))
    if content.get("kind") == "eval":
        return {"questions.jsonl", "scores.jsonl"}
    if content.get("kind") == "mix" and isinstance(outcome, dict):
        return {str(outcome.get("file"))}
    return set()
