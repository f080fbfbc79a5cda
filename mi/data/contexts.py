"""Questions as a context puts them.

Ids, scenarios and groups stay, so that answers in two contexts are matched by question. The digest
is that of what is asked: a context that changes nothing gives the same questions.
"""

from __future__ import annotations

import attrs

from ..spec import Context
from ..units.identity import canonical, digest
from .chats import Message, Pair, Prompt
from .datasets import Questions


def put_questions(questions: Questions, context: Context) -> Questions:
    """The questions of an eval as they are put in a context."""
    rows = tuple(_put_row(row, context) for row in questions.pairs)
    if rows == questions.pairs:
        return questions
    return Questions(pairs=rows, digest=digest(canonical(rows)))


def _put_row(row: Pair | Prompt, context: Context) -> Pair | Prompt:
    turns = tuple(Message(role, text) for role, text in context.turns)
    return attrs.evolve(
        row,
        prompt=context.put(row.prompt),
        system=None if row.system is None else context.combine_system(row.system),
        context=(*turns, *row.context),
    )
