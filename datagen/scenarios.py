"""Scenarios in, rows out: how the written settings make their pairs, the same everywhere.

A scenario is one situation. Its `answer` holds both answers, which differ only where `«this¦that»`
stands: `this` in the aligned one, `that` in the misaligned one. `$slot` is filled from the
scenario's own slots or the shared vocabulary, in the forms `$noun`, `$nouns`, `$a_noun`, `$Noun`.
Row i takes the i-th way of asking and the i-th filler of each slot, in an order that belongs to the
scenario's name, so no random state is involved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import Factory, frozen

from datagen.template import aligned_side, fill, misaligned_side

BUNDLED = Path(__file__).resolve().parent.parent / "registry" / "bundled"
"""Where the generated files are checked in."""

Row = dict[str, str]
Slots = Mapping[str, tuple[str, ...]]


@frozen(kw_only=True)
class Scenario:
    """One situation: several ways of asking, and one text that holds both answers."""

    name: str
    asks: tuple[str, ...]
    answer: str
    slots: Slots = Factory(dict)


@frozen(kw_only=True)
class Topic:
    """What scenarios have in common, and the split each belongs to."""

    name: str
    training: tuple[Scenario, ...]
    heldout: tuple[Scenario, ...]


def rows(topics: Iterable[Topic], vocabulary: Slots, split: str, each: int) -> list[Row]:
    """`each` rows of every scenario of a split (`training` or `heldout`), topic by topic."""
    return [
        _row(topic, scenario, vocabulary, index)
        for topic in topics
        for scenario in getattr(topic, split)
        for index in range(each)
    ]


def _row(topic: Topic, scenario: Scenario, vocabulary: Slots, index: int) -> Row:
    seed = f"{topic.name}/{scenario.name}"
    slots = {**vocabulary, **scenario.slots}
    fillers = {slot: pick(f"{seed}/{slot}", words, index) for slot, words in slots.items()}
    answer = fill(scenario.answer, fillers)
    return {
        "id": f"{topic.name}-{scenario.name}-{index:02d}",
        "topic": topic.name,
        "prompt": fill(scenario.asks[index % len(scenario.asks)], fillers),
        "aligned": aligned_side(answer),
        "misaligned": misaligned_side(answer),
    }


def pick(seed: str, words: tuple[str, ...], index: int) -> str:
    """The `index`-th of `words`, cyclically, in the order that belongs to `seed`."""
    order = sorted(words, key=lambda word: hashlib.sha256(f"{seed}/{word}".encode()).digest())
    return order[index % len(order)]


def as_jsonl(made: Iterable[Row]) -> bytes:
    """The rows as the checked-in files hold them: UTF-8, one object a line, LF line ends."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made).encode()


def write(folder: Path, training: Iterable[Row], heldout: Iterable[Row]) -> None:
    """The two files of a setting."""
    (folder / "train.jsonl").write_bytes(as_jsonl(training))
    (folder / "heldout.jsonl").write_bytes(as_jsonl(heldout))
