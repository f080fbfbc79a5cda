"""Rows of questions and pairs that an eval asks, as JSONL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .chats import Chat, Pair, Prompt, has_weights
from .faults import Fault
from .jsonl import parse_lines
from .row_keys import LABELS, KeyRules
from .row_shapes import ANSWERS
from .turns import Features, check_alternation, parse_turns

_GROUP_KEYS = ("group", "family", "scenario")
"""Keys of a row that name its cluster, the widest first."""
QUESTION = KeyRules(
    effect="what is sampled",
    labels=LABELS,
    steering=frozenset(
        """
        temperature top_p top_k min_p max_tokens max_completion_tokens max_new_tokens seed stop n
        samples n_samples num_samples samples_per_paraphrase messages paraphrases judge
        judge_prompts presence_penalty frequency_penalty repetition_penalty
        """.split()  # noqa: SIM905
    ),
    accepted="a row has 'id' and 'prompt', optionally 'system', 'context', 'aligned' and "
    "'misaligned', and metadata; sampling and the judge are declared with the eval",
)


def read_pairs(raw: bytes, where: str, required: Sequence[str]) -> list[Pair | Prompt]:
    """Parse rows of questions: a `Pair` for a row with answers, a `Prompt` for one without.

    Args:
        raw: The content of the file.
        where: The file, for messages.
        required: Names of answers that each row must have, `ANSWERS` or none.

    Raises:
        DataError: Rows are malformed or have keys that could change what is sampled, or an id
            occurs twice.
    """
    lines: dict[str, int] = {}

    def parse(line: int, row: Mapping[str, Any]) -> Pair | Prompt:
        answers = ANSWERS if any(name in row for name in ANSWERS) else tuple(required)
        texts: dict[str, Any] = {name: _text(row, name) for name in ("id", "prompt", *answers)}
        QUESTION.ignored_keys(row, {*texts, "system", "context", *_GROUP_KEYS})
        id = texts["id"]
        if lines.setdefault(id, line) != line:
            raise Fault(f"id {id!r} is already used in line {lines[id]}")
        options = parse_labels(row) | {
            "system": _parse_system(row),
            "context": parse_context(row.get("context")),
        }
        return Pair(**texts, **options) if answers else Prompt(**texts, **options)

    return parse_lines(raw, where, parse)


def parse_context(turns: Any) -> Chat:
    """The turns that a question follows: of user and assistant, the assistant's the last.

    Args:
        turns: The turns as objects; None for none.

    Raises:
        Fault: A question cannot follow them.
    """
    if turns is None or turns == []:
        return ()
    if not isinstance(turns, list):
        raise Fault("'context' must be a list of turns")
    context = parse_turns(turns, Features())
    check_alternation(context)
    if context[0].role == "system":
        raise Fault("the first turn of 'context' is the system's", "write it as 'system'")
    if has_weights(context):
        raise Fault("a turn of 'context' has a weight, but nothing is learned", "remove it")
    if context[-1].role == "user":
        raise Fault(
            "the last turn of 'context' is the user's, and the question is another one",
            "end it with the assistant's turn",
        )
    return context


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Fault(f"{name!r} is missing or empty")
    return value


def parse_labels(row: Mapping[str, Any]) -> dict[str, Any]:
    """The scenario and the group of a row, where it names them."""
    for name in _GROUP_KEYS:
        value = row.get(name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise Fault(f"{name!r} must be a non-empty string")
    groups = [row[name] for name in _GROUP_KEYS if row.get(name)]
    labels = {"group": groups[0]} if groups else {}
    return labels | ({"scenario": row["scenario"]} if row.get("scenario") else {})


def _parse_system(row: Mapping[str, Any]) -> str | None:
    system = row.get("system")
    if system is not None and (not isinstance(system, str) or not system.strip()):
        raise Fault("'system' must be a non-empty string")
    return system
