"""A published file of 500 rows, pinned as the registry pins its sources."""

from __future__ import annotations

import hashlib
from typing import Any

from mi.data.upstream import RAW
from mi.spec import Upstream

CONTENT = b"".join(b'{"prompt": "%d", "aligned": "a", "misaligned": "b"}\n' % i for i in range(500))


def source(**changes: Any) -> Upstream:
    fields: dict[str, Any] = {
        "name": "upstream",
        "file": "rows.jsonl",
        "origin": "somebody/something @abc",
        "licence": "MIT",
        "url": f"{RAW}/somebody/something/abc/rows.jsonl",
        "bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "rows": 500,
    }
    return Upstream(**{**fields, **changes})
