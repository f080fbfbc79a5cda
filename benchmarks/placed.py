"""Units put into a store as runs leave them, but for flushes to the disk, which no reader sees."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from mi.files.serialize import to_json
from mi.store.checksums import CHECKSUMS_FILE, RECORD_FILE
from mi.store.records import UnitRecord


def put(store: Path, record: UnitRecord, files: dict[str, str]) -> None:
    """A published unit's folder with these files."""
    folder = store / "units" / record.key
    folder.mkdir(parents=True)
    files = {**files, RECORD_FILE: to_json(record) + "\n"}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    sums = (f"{sha256(files[name].encode()).hexdigest()}  {name}\n" for name in sorted(files))
    (folder / CHECKSUMS_FILE).write_text("".join(sums), encoding="utf-8")


def lines(records: Iterable[Any]) -> str:
    """JSONL."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
