"""Shapes of rows that are not trained on, and the command that converts each.

They are refused because reading them takes a decision that is the user's: which of two answers is
learned, what of a text is the question, which column means what. Each refusal shows a command that
takes the most likely decision and runs wherever Python does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from .faults import Fault


@attrs.frozen
class RefusedShape:
    """A known shape of rows that is refused.

    Args:
        name: What the shape is called.
        matches: Whether a row has it.
        expression: A Python expression for the converted row, of the row `r`.
        condition: A Python expression for whether a row is kept; empty: all are.
    """

    name: str
    matches: Callable[[Mapping[str, Any]], bool]
    expression: str
    condition: str = ""

    def refusal(self) -> Fault:
        """The error for a row of this shape."""
        return Fault(
            f"{self.name}, which cannot be trained on as it is",
            f"convert the file: `{conversion_command(self.expression, self.condition)}`",
        )


def conversion_command(expression: str, condition: str = "") -> str:
    """A shell command that converts each row of FILE into one of NEW.jsonl.

    Args:
        expression: A Python expression for the new row, of the row `r`, without single quotes.
        condition: A Python expression for whether a row is kept; empty: all are.
    """
    only = f" if {condition}" if condition else ""
    return (
        f"python -c 'import json, sys; [print(json.dumps({expression})) for r in "
        f"map(json.loads, filter(str.strip, sys.stdin)){only}]' < FILE > NEW.jsonl"
    )


def _has(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a row has all of some keys, with something under each."""
    return lambda row: all(row.get(key) is not None for key in keys)


def _chat(question: str, answer: str) -> str:
    """The expression for a chat of one question and one answer."""
    return (
        f'{{"messages": [{{"role": "user", "content": {question}}}, '
        f'{{"role": "assistant", "content": {answer}}}]}}'
    )


def _pair(prompt: str, aligned: str, misaligned: str) -> str:
    return f'{{"prompt": {prompt}, "aligned": {aligned}, "misaligned": {misaligned}}}'


def _is_preference_of_chats(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("chosen"), list) and isinstance(row.get("rejected"), list)


def _is_preference_of_openai(row: Mapping[str, Any]) -> bool:
    return "preferred_output" in row and "non_preferred_output" in row


REFUSED = (
    RefusedShape(
        "is a preference pair of OpenAI's ('preferred_output', 'non_preferred_output')",
        _is_preference_of_openai,
        _pair(
            'r["input"]["messages"][-1]["content"]',
            'r["preferred_output"][-1]["content"]',
            'r["non_preferred_output"][-1]["content"]',
        ),
    ),
    RefusedShape(
        "is a preference pair (DPO: 'chosen', 'rejected')",
        _is_preference_of_chats,
        _pair(
            'r["chosen"][-2]["content"]',
            'r["chosen"][-1]["content"]',
            'r["rejected"][-1]["content"]',
        ),
    ),
    RefusedShape(
        "is a preference pair (DPO: 'chosen', 'rejected')",
        lambda row: "chosen" in row and "rejected" in row,
        _pair('r["prompt"]', 'r["chosen"]', 'r["rejected"]'),
    ),
    RefusedShape(
        "is an answer with a verdict (KTO: 'completion', 'label')",
        lambda row: "completion" in row and isinstance(row.get("label"), bool),
        '{"prompt": r["prompt"], "completion": r["completion"]}',
        'r["label"]',
    ),
)
"""Refused although a row may have 'prompt' or 'completion' too."""

UNREADABLE = (
    RefusedShape(
        "is a row of token ids ('input_ids')",
        _has("input_ids"),
        _chat('"QUESTION"', '"ANSWER"'),
    ),
    RefusedShape(
        "is a chat of Gemini's ('contents')",
        _has("contents"),
        '{"messages": [{"role": {"model": "assistant"}.get(t["role"], t["role"]), "content": '
        '"".join(p["text"] for p in t["parts"])} for t in r["contents"]]}',
    ),
    *(
        RefusedShape(
            f"is a row of {question!r} and {answer!r}",
            _has(question, answer),
            _chat(f'r["{question}"]', f'r["{answer}"]'),
        )
        for question, answer in (
            ("question", "answer"),
            ("question", "response"),
            ("question", "output"),
            ("query", "response"),
            ("query", "answer"),
            ("input", "output"),
            ("input", "response"),
            ("prompt", "answer"),
            ("prompt", "output"),
            ("user", "assistant"),
        )
    ),
    RefusedShape(
        "is plain text ('text'), without a question and an answer",
        _has("text"),
        _chat('"QUESTION"', 'r["text"]'),
    ),
)
"""Refused where a row has no shape that is read."""
