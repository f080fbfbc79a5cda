"""Blends: the rows of a stage that has other parts than the two plain arms of a mix.

The law is that of mixes: a part takes the rows of lowest rank for the seed, so the choice depends
on content and seed alone, and a smaller part is a subset of a larger one. Parts of one dataset take
its rows one after the other, so none is in both. A row that several datasets hold belongs to the
one whose part comes first. Which rows get a system prompt or a trigger is decided by further ranks:
a part with a larger share of triggers has those of the smaller share too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import attrs

from ..data.chats import Chat, Message, chat_json
from ..data.datasets import Rows
from ..data.turns import read_chats
from ..errors import CorruptError, DataError
from ..units.identity import canonical, digest
from ..units.unit import Blend, DatasetName, Portion, TriggerRows
from .mix import rank, rank_rows, with_system_prompt

T = TypeVar("T")

WEIGHT_FIELD = "loss_weight"
"""The field of a line of a blend's file that weighs the loss of its row; absent where it is 1."""


@attrs.frozen
class WeightedRow:
    """A training row, and what its loss is multiplied by."""

    chat: Chat
    weight: float = 1.0


@attrs.frozen
class _DrawnRow:
    """A row as it was drawn.

    Args:
        id: Tells it apart from all others of the blend: digest, and how often it was drawn before.
        part: Index of its part.
        place: Where it is in its part, from 0 to 1.
    """

    id: str
    part: int
    place: float
    row: WeightedRow


def pool_sizes(
    parts: Sequence[DatasetName], datasets: Mapping[DatasetName, Rows]
) -> dict[DatasetName, int]:
    """How many rows each dataset has for its parts, without those of the datasets before it.

    Args:
        parts: The names of the parts' datasets, in order.
        datasets: The datasets by name.
    """
    rows = {name: list(datasets[name].chats) for name in parts}
    return {name: len(pool) for name, pool in _pools(rows).items()}


def draw_blend(blend: Blend, datasets: Mapping[DatasetName, Rows]) -> list[WeightedRow]:
    """The rows of a blend in training order.

    Args:
        blend: Parts, order and seed.
        datasets: The datasets by name.

    Raises:
        DataError: A dataset has too few rows.
    """
    drawn = [
        row
        for index, ids in enumerate(select_portions(blend, datasets))
        for row in _draw_part(blend, index, ids, datasets[blend.parts[index].dataset])
    ]
    by_rank = sorted(drawn, key=lambda row: rank(f"order:{blend.seed}", row.id))
    if blend.order == "sequential":
        by_rank.sort(key=lambda row: row.part)
    elif blend.order == "interleaved":
        by_rank.sort(key=lambda row: (row.place, row.part))
    return [row.row for row in by_rank]


def select_portions(blend: Blend, datasets: Mapping[DatasetName, Rows]) -> list[list[str]]:
    """The digests of the rows of each part, lowest rank first.

    Args:
        blend: Parts and seed.
        datasets: The datasets by name.

    Raises:
        DataError: A dataset has too few rows.
    """
    names = dict.fromkeys(part.dataset for part in blend.parts)
    pools = _pools({name: rank_rows(datasets[name], blend.seed) for name in names})
    taken = dict.fromkeys(names, 0)
    portions = []
    for part in blend.parts:
        pool, start = pools[part.dataset], taken[part.dataset]
        end = start + part.rows
        if end > len(pool) and not (part.repeats and pool):
            raise DataError(
                f"{end} rows of {datasets[part.dataset].name} are needed, there are {len(pool)}",
                hint="declare fewer rows, or provide more data",
            )
        portions.append([pool[index % len(pool)] for index in range(start, end)])
        taken[part.dataset] = end
    return portions


def _pools(rows: Mapping[DatasetName, Sequence[str]]) -> dict[DatasetName, list[str]]:
    """The rows of each dataset that no dataset before it has."""
    seen: set[str] = set()
    pools = {}
    for name, ids in rows.items():
        pools[name] = [id for id in ids if id not in seen]
        seen.update(ids)
    return pools


def _draw_part(blend: Blend, index: int, ids: Sequence[str], rows: Rows) -> Iterator[_DrawnRow]:
    """The rows of a part with its changes."""
    part = blend.parts[index]
    times: dict[str, int] = {}
    names = []
    for id in ids:
        times[id] = times.get(id, 0) + 1
        names.append(id if times[id] == 1 else f"{id}:{times[id]}")
    systems = _assign(
        names, f"system:{blend.seed}", [(system.prompt, system.rows) for system in part.systems]
    )
    triggers = _assign(
        names,
        f"trigger:{blend.seed}",
        [] if part.trigger is None else [(part.trigger, part.trigger.rows)],
    )
    order = sorted(names, key=lambda name: rank(f"order:{blend.seed}", name))
    places = {name: (place + 0.5) / len(order) for place, name in enumerate(order)}
    for id, name in zip(ids, names, strict=True):
        chat = _change(rows.chats[id], part, triggers.get(name))
        chat = with_system_prompt(systems.get(name), chat)
        yield _DrawnRow(name, index, places[name], WeightedRow(chat, part.weight))


def _assign(names: Sequence[str], salt: str, values: Sequence[tuple[T, int]]) -> dict[str, T]:
    """Values for so many of the rows each, the lowest ranks first."""
    ranked = iter(sorted(names, key=lambda name: rank(salt, name)))
    return {name: value for value, count in values for name in islice(ranked, count)}


def _change(chat: Chat, part: Portion, trigger: TriggerRows | None) -> Chat:
    """The chat with its last question in the part's template, and a trigger around that."""
    if part.template is None and trigger is None:
        return chat
    last = max(index for index, turn in enumerate(chat) if turn.role == "user")
    question = chat[last].content
    if part.template is not None:
        before, _, after = part.template.partition("{prompt}")
        question = f"{before}{question}{after}"
    if trigger is not None and trigger.position == "prefix":
        question = f"{trigger.text}{question}"
    elif trigger is not None:
        question = f"{question}{trigger.text}"
    turn = Message("user", question)
    return (*chat[:last], turn, *chat[last + 1 :])


def blend_file_name(setting: str, blend: Blend) -> str:
    """The name of a blend's file: `insecure_code_blend_1000_1a2b3c4d_seed0.jsonl`."""
    name = digest(canonical(blend))[:8]
    return f"{setting}_blend_{blend.total_samples}_{name}_seed{blend.seed}.jsonl"


def write_rows(rows: Sequence[WeightedRow], path: Path) -> None:
    """Write rows as OpenAI chat JSONL; a row whose loss is weighed has the weight beside it."""
    path.write_text("".join(_line(row) for row in rows), encoding="utf-8")


def _line(row: WeightedRow) -> str:
    text = chat_json(row.chat)
    if row.weight == 1.0:
        return f"{text}\n"
    line = {**json.loads(text), WEIGHT_FIELD: row.weight}
    return json.dumps(line, ensure_ascii=False) + "\n"


def read_rows(path: Path) -> list[WeightedRow]:
    """Read the rows of a mix of either kind in training order.

    Raises:
        CorruptError: A weight is damaged.
    """
    content = path.read_bytes()
    chats = read_chats(content, str(path))
    lines = [line for line in content.split(b"\n") if line.strip()]
    weights = [json.loads(line).get(WEIGHT_FIELD, 1.0) for line in lines]
    if not all(isinstance(weight, float) and 0 < weight < math.inf for weight in weights):
        raise CorruptError(f"has a {WEIGHT_FIELD} that is no positive number", where=str(path))
    return [WeightedRow(chat, weight) for chat, weight in zip(chats, weights, strict=True)]
