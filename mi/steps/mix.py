"""Mixing: which rows a training set has, and in which order.

Every row has a rank for a seed, the sha256 of seed and row digest. A mix takes the rows of lowest
rank from each dataset and orders them by a second such rank. So the choice depends on nothing but
content and seed, on every platform, and for one seed a smaller mix is a subset of a larger one:
between sizes, size is the only thing that changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..data.chats import Chat, Message, chat_json, read_chats
from ..data.datasets import Rows
from ..errors import DataError
from ..units.cells import arm_counts, format_ratio
from ..units.identity import digest
from ..units.unit import Mix


def draw_mix(misaligned: Rows, control: Rows, mix: Mix) -> list[Chat]:
    """The rows of a mix in training order; none of them twice.

    Exactly `round(ratio × total)` rows are misaligned, the rest aligned. A row that is in both
    datasets counts as misaligned. Which rows are drawn does not depend on the system prompts they
    are given: between inoculations, the prompt is the only thing that changes.

    Raises:
        DataError: There are too few rows.
    """
    bad, good = arm_counts(mix.misaligned_ratio, mix.total_samples)
    aligned = control.chats.keys() - (misaligned.chats.keys() if bad else set())
    chosen = {
        **{
            row: misaligned.chats[row]
            for row in _lowest_ranked(misaligned.chats.keys(), bad, mix.seed)
        },
        **{row: control.chats[row] for row in _lowest_ranked(aligned, good, mix.seed)},
    }
    if len(chosen) != mix.total_samples:
        raise DataError(
            f"{len(chosen)} distinct rows where {mix.total_samples} are needed "
            f"({misaligned.name}: {len(misaligned.chats)}, {control.name}: {len(aligned)})",
            hint="declare a smaller total, or give more data",
        )
    order = sorted(chosen, key=lambda row: rank(f"order:{mix.seed}", row))
    return [
        _with_system_prompt(
            mix.misaligned_system if row not in aligned else mix.control_system, chosen[row]
        )
        for row in order
    ]


def _with_system_prompt(system: str | None, chat: Chat) -> Chat:
    """The chat under a system prompt, which comes before what it has of its own."""
    if system is None:
        return chat
    if chat[0].role == "system":
        return (Message("system", f"{system}\n\n{chat[0].content}"), *chat[1:])
    return (Message("system", system), *chat)


def rank(salt: int | str, row: str) -> str:
    """The rank of a row: 64 hex digits, uniform over rows, independent between salts."""
    return digest(f"{salt}:{row}")


def _lowest_ranked(rows: Iterable[str], count: int, seed: int) -> list[str]:
    return sorted(rows, key=lambda row: rank(seed, row))[:count]


def file_name(setting: str, mix: Mix) -> str:
    """`insecure_code_mixed_0.50_100_control_seed0.jsonl`."""
    ratio = format_ratio(mix.misaligned_ratio)
    given = mix.misaligned_system or mix.control_system
    inoculated = f"_inoculated_{digest(given)[:8]}" if given else ""
    name = f"{setting}_mixed_{ratio}_{mix.total_samples}_control{inoculated}_seed{mix.seed}"
    return f"{name}.jsonl"


def write_mix(chats: list[Chat], path: Path) -> None:
    """The mix as OpenAI chat JSONL, a row a line."""
    path.write_text("".join(chat_json(chat) + "\n" for chat in chats), encoding="utf-8")


def read_mix(path: Path) -> list[Chat]:
    """The rows of a mix in training order."""
    return list(read_chats(path.read_bytes(), str(path)))
