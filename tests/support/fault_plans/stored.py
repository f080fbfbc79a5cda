"""What a store holds of what was paid, read from its journals without the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs

from tests.support.fake_openai.chat import MARK


@attrs.frozen(kw_only=True)
class Line:
    """A paid line of a journal.

    Args:
        position: Journal, question and sample.
        says: The text of an answer, the mark of a judgment.
        cost: US dollars.
        is_estimated: Whether its usage is an estimate.
    """

    position: tuple[str, str, int]
    says: str
    cost: float
    is_estimated: bool


def read_lines(root: Path) -> list[Line]:
    """All paid lines of a store's journals."""
    lines = []
    for path in sorted((root / "journals").glob("*.jsonl")):
        raw = path.read_bytes()
        for line in raw[: raw.rfind(b"\n") + 1].splitlines():
            record = json.loads(line)
            if "billed_model" in record:
                lines.append(
                    Line(
                        position=(path.stem, record["question"], record["sample"]),
                        says=_says(record),
                        cost=record["cost_usd"],
                        is_estimated="billed_estimate" in record,
                    )
                )
    return lines


def _says(record: dict[str, Any]) -> str:
    if "verdict" not in record:
        return str(record["text"])
    return next((token for token, _ in record["verdict"]["top"] if token.startswith(MARK)), "")
