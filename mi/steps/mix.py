"""Mixing: which rows a training set has, and in which order.

Every row has a rank for a seed, the sha256 of seed and row digest. A mix takes the rows of lowest
rank from each dataset and orders them by a second such rank. So the choice depends on content and
seed alone, on every platform. For one seed a smaller mix is a subset of a larger one: between
sizes, size is the only thing that changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..data.chats import Chat, Message, chat_json
from ..data.datasets import Rows
from ..errors import DataError
from ..units.cells import arm_counts, format_ratio
from ..units.identity import digest
from ..units.unit import Mix


def draw_mix(misaligned: Rows, control: Rows, mix: Mix) -> list[Chat]:
    """The rows of a mix in training order, each once.

    Exactly `round(ratio × total)` rows are misaligned, the rest aligned. A row that is in both
    datasets counts as misaligned. The choice of rows does not depend on the system prompts they
    are put under: between inoculations, the prompt is the only thing that changes.

    Args:
        misaligned: The misaligned dataset.
        control: The aligned dataset.
        mix: Ratio, total, seed and system prompts.

    Raises:
        DataError: The datasets have too few rows.
    """
    misaligned_rows, aligned_rows = select_rows(
        mix, rank_rows(misaligned, mix.seed), rank_rows(control, mix.seed)
    )
    chosen = {
        **{row: misaligned.chats[row] for row in misaligned_rows},
        **{row: control.chats[row] for row in aligned_rows},
    }
    if len(chosen) != mix.total_samples:
        shared = misaligned.chats.keys() & control.chats.keys() if misaligned_rows else set()
        raise DataError(
            f"{len(chosen)} distinct rows where {mix.total_samples} are needed "
            f"({misaligned.name}: {len(misaligned.chats)}, "
            f"{control.name}: {len(control.chats) - len(shared)})",
            hint="declare a smaller total, or provide more data",
        )
    aligned = set(aligned_rows)
    order = sorted(chosen, key=lambda row: rank(f"order:{mix.seed}", row))
    return [
        with_system_prompt(
            mix.misaligned_system if row not in aligned else mix.control_system, chosen[row]
        )
        for row in order
    ]


def select_rows(
    mix: Mix, misaligned: Sequence[str], control: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Digests of the misaligned and of the aligned rows of a mix; fewer if there are too few.

    Args:
        mix: Ratio and total.
        misaligned: The rows of the misaligned dataset in the order of `rank_rows`.
        control: Those of the aligned dataset, likewise.
    """
    misaligned_count, aligned_count = arm_counts(mix.misaligned_ratio, mix.total_samples)
    excluded = set(misaligned) if misaligned_count else set()
    aligned = [row for row in control if row not in excluded]
    return misaligned[:misaligned_count], aligned[:aligned_count]


def rank_rows(rows: Rows, seed: int) -> list[str]:
    """The digests of a dataset's rows, lowest rank first."""
    return sorted(rows.chats, key=lambda row: rank(seed, row))


def with_system_prompt(system: str | None, chat: Chat) -> Chat:
    """The chat under a system prompt, which is put before the chat's own."""
    if system is None:
        return chat
    if chat[0].role == "system":
        return (Message("system", f"{system}\n\n{chat[0].content}"), *chat[1:])
    return (Message("system", system), *chat)


def rank(salt: int | str, row: str) -> str:
    """The rank of a row: 64 hex digits, uniform over rows, independent between salts."""
    return digest(f"{salt}:{row}")


def file_name(setting: str, mix: Mix) -> str:
    """The name of a mix's file: `insecure_code_mixed_0.50_100_control_seed0.jsonl`."""
    ratio = format_ratio(mix.misaligned_ratio)
    system = mix.misaligned_system or mix.control_system
    inoculation = f"_inoculated_{digest(system)[:8]}" if system else ""
    name = f"{setting}_mixed_{ratio}_{mix.total_samples}_control{inoculation}_seed{mix.seed}"
    return f"{name}.jsonl"


def write_mix(chats: list[Chat], path: Path) -> None:
    """Write the mix as OpenAI chat JSONL, a row per line."""
    path.write_text("".join(chat_json(chat) + "\n" for chat in chats), encoding="utf-8")
