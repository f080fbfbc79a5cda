"""Training rows that a model generated: the answers of an eval that is done.

A row is a question and an answer, without the system prompt of the sampling. Which answers an eval
has, and their outcomes, is in its scores; the texts are in its journal, which may hold more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..data.chats import Chat, Message
from ..data.datasets import Questions, Rows
from ..units.identity import canonical, digest
from ..units.unit import GeneratedRows
from .context import answer_id
from .evals.sampled import distinct_questions


def read_generated_rows(
    dataset: GeneratedRows,
    questions: Questions,
    answers: Iterable[Mapping[str, Any]],
    scores: Iterable[Mapping[str, Any]],
) -> Rows:
    """The rows that an eval's answers are; of two that are equal, one.

    Args:
        dataset: Says which outcomes are kept.
        questions: What the eval asked.
        answers: The lines of its journal of answers.
        scores: The lines of its scores.
    """
    outcomes = {answer_id(line): line["outcome"] for line in scores}
    prompts = {question.question: question for question in distinct_questions(questions)}
    texts = {item: line["text"] for line in answers if (item := answer_id(line)) in outcomes}
    chats: dict[str, Chat] = {}
    for item in sorted(texts):
        if not texts[item].strip() or (dataset.outcomes and outcomes[item] not in dataset.outcomes):
            continue
        question = prompts[item[0]]
        chat = (
            *question.context,
            Message("user", question.prompt),
            Message("assistant", texts[item]),
        )
        chats[digest(canonical(chat))] = chat
    found = ", ".join(
        f"{count} {name}" for name, count in sorted(Counter(outcomes.values()).items())
    )
    return Rows(
        name=f"{dataset.eval} ({found})",
        source=f"answers of {dataset.eval}",
        chats=chats,
        row_count=len(chats),
        sha256="",
    )
