"""Units written to a store as runs leave them.

Nothing is flushed to the disk, which no reader can tell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from mi.files.serialize import to_json
from mi.store.checksums import CHECKSUMS_FILE, RECORD_FILE
from mi.store.records import UnitRecord


def write_unit(store: Path, record: UnitRecord, files: dict[str, str]) -> None:
    """Write a published unit's folder.

    Args:
        store: The root of the store.
        record: The unit's record.
        files: The other files: name → text.
    """
    directory = store / "units" / record.key
    directory.mkdir(parents=True)
    files = {**files, RECORD_FILE: to_json(record) + "\n"}
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    sums = (f"{sha256(files[name].encode()).hexdigest()}  {name}\n" for name in sorted(files))
    (directory / CHECKSUMS_FILE).write_text("".join(sums), encoding="utf-8")


def jsonl(records: Iterable[Any]) -> str:
    """The records as JSONL."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
