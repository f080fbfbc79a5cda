"""Whether a folder of the store is what was written: sums over its files, and their check.

`SHA256SUMS` names every file of a published unit (`sha256sum -c SHA256SUMS` checks it too). Each
file is flushed to the disk before its sum is written down, so that a published unit survives a
crash.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..files.atomic import fsync_directory
from ..units.identity import digest

RECORD_FILE = "unit.json"
CHECKSUMS_FILE = "SHA256SUMS"
_MODEL_FILES = (
    "model.json",
    "adapter/",
)  # where a provider says what it made; else all files count


def write_checksums(folder: Path) -> None:
    """Write the sums over every file."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != CHECKSUMS_FILE:
            with path.open("rb") as file:
                os.fsync(file.fileno())
                lines.append(f"{digest(file.read())}  {path.relative_to(folder).as_posix()}\n")
    with (folder / CHECKSUMS_FILE).open("w", encoding="utf-8") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    fsync_directory(folder)


def read_checksums(folder: Path) -> dict[str, str]:
    """File → SHA-256, as a published folder has them written down."""
    found = {}
    for line in (folder / CHECKSUMS_FILE).read_text(encoding="utf-8").splitlines():
        known, name = line.split("  ", 1)
        found[name] = known
    return found


def model_digest(folder: Path) -> str:
    """What a training made, as a digest: the same for two trainings that made the same model.

    Raises:
        OSError, ValueError: The folder is not there, or its sums cannot be read.
    """
    lines = [
        f"{known}  {name}" for name, known in read_checksums(folder).items() if name != RECORD_FILE
    ]
    named = [line for line in lines if line[66:].startswith(_MODEL_FILES)]
    return digest("\n".join(sorted(named or lines)))[:16]


def find_damage(folder: Path) -> str | None:
    """What is wrong with a published folder; None for nothing."""
    try:
        expected = read_checksums(folder)
        if RECORD_FILE not in expected:
            return f"{CHECKSUMS_FILE} does not name {RECORD_FILE}"
        for name, known in expected.items():
            if digest((folder / name).read_bytes()) != known:
                return f"{name} is not what was written"
    except (OSError, ValueError) as error:
        return f"{folder.name}: {error}"
    return None
