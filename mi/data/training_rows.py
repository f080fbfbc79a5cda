"""Files of training rows, read as strictly as fine-tuning services read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ..errors import DataError
from ..spec import Arm
from .chats import Chat
from .faults import Fault
from .jsonl import parse_lines
from .row_shapes import read_training_row
from .turns import Features

MIN_ROWS = 10
MAX_TOKENS = 65_536
"""Maximum tokens of a row in OpenAI's fine-tuning service."""
MAX_CHARACTERS = 8 * MAX_TOKENS
"""A longer text certainly exceeds `MAX_TOKENS`; the provider counts the tokens of shorter ones."""


@attrs.frozen(kw_only=True)
class TrainingRows:
    """The rows of a file.

    Args:
        chats: What each row teaches, in the file's order.
        scenarios: The scenario that each row names; None for one that names none.
        notes: What a reader of the header has to know: other shapes than chats and pairs, and keys
            that are ignored.
    """

    chats: tuple[Chat, ...]
    scenarios: tuple[str | None, ...]
    notes: tuple[str, ...]


def read_training_rows(raw: bytes, where: str, arm: Arm) -> TrainingRows:
    """Parse a file of training rows, of any shape that `mi.data.row_shapes` reads.

    Args:
        raw: The content of the file.
        where: The file, for messages.
        arm: The answer to take from pairs.

    Raises:
        DataError: Rows are malformed, too long or have keys that could change the training, or
            there are fewer than `MIN_ROWS` rows.
    """
    features, shapes = Features(), Counter[str]()

    def parse(line: int, row: Mapping[str, Any]) -> tuple[Chat, str | None]:
        shape, chat = read_training_row(row, arm, features)
        _check_length(chat)
        shapes[shape] += 1
        scenario = row.get("scenario")
        return chat, None if scenario is None else str(scenario)

    rows = parse_lines(raw, where, parse)
    if len(rows) < MIN_ROWS:
        raise DataError(
            f"{len(rows)} rows are too few to train on",
            where=where,
            hint=f"at least {MIN_ROWS} are needed",
        )
    return TrainingRows(
        chats=tuple(chat for chat, _ in rows),
        scenarios=tuple(scenario for _, scenario in rows),
        notes=tuple(_notes(features, shapes)),
    )


def _check_length(chat: Chat) -> None:
    size = sum(len(turn.content) for turn in chat)
    if size > MAX_CHARACTERS:
        raise Fault(f"{size:,} characters are more than {MAX_TOKENS:,} tokens can be")


def _notes(features: Features, shapes: Mapping[str, int]) -> Iterator[str]:
    total = sum(shapes.values())
    for name, count in sorted(shapes.items()):
        if name:
            number = "" if count == total else f"{count:,} of {total:,} rows "
            yield f"{number}read as {name}"
    yield from sorted(features.notes)
    if features.ignored:
        yield f"keys ignored: {', '.join(sorted(features.ignored))}"
