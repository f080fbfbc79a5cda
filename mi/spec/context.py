"""Contexts: how the questions of an eval are put.

A defence can look clean on bare questions and fail where a question looks like the training data. A
context resolves into the request, its system prompt and its turns, and its name is a label: what is
asked alike is one unit, whatever the contexts are called.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from attrs import validators as check

from . import fields

PLAIN = "plain"
"""The context that changes nothing."""
TRAINING_FORMAT, TRIGGER = "training_format", "trigger"
"""Contexts that a setting declares: as its training rows look; with a trigger of its rows."""
INOCULATED, OPPOSITE = "inoculated", "opposite"
"""Contexts that a setting derives: its inoculation prompts or their opposites, as system prompt."""
SLOT = "{question}"


def _to_turns(value: Any) -> Any:
    return tuple(tuple(turn) if isinstance(turn, (list, tuple)) else turn for turn in value)


def _has_slot(owner: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    if not isinstance(value, str) or value.count(SLOT) != 1:
        raise fields.declaration_error(
            owner, attribute.name, f"{value!r} must contain {SLOT} exactly once"
        )


def _alternating(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    for index, turn in enumerate(value):
        role = ("user", "assistant")[index % 2]
        is_turn = isinstance(turn, tuple) and len(turn) == 2 and turn[0] == role
        if not is_turn or not isinstance(turn[1], str) or not turn[1].strip():
            raise fields.declaration_error(
                owner,
                f"{attribute.name}[{index}]",
                f'{turn!r} is not ("{role}", TEXT)',
                "turns alternate, the user's first and the assistant's last",
            )
    if len(value) % 2:
        raise fields.declaration_error(
            owner, attribute.name, "end with the user's turn, and the question is another one"
        )


@attrs.frozen
class Context:
    """A way of putting every question of an eval.

    Args:
        name: Its name in roles, tables and claims.
        system: A system prompt. One that the eval or the question has follows it, after an empty
            line.
        prefix: Text before the question, after `template` is filled in.
        suffix: Text after it.
        template: Text with `{question}` in it, which stands for the question.
        turns: Earlier turns, as `("user", TEXT)` and `("assistant", TEXT)` in turn. Those that the
            question has follow them.

    Raises:
        DeclarationError: A value is no such text, or the name is `plain`, which changes nothing.
    """

    name: str = attrs.field(validator=fields.name)
    system: str | None = attrs.field(
        default=None, kw_only=True, validator=check.optional(fields.instance(str))
    )
    prefix: str = attrs.field(default="", kw_only=True, validator=fields.instance(str))
    suffix: str = attrs.field(default="", kw_only=True, validator=fields.instance(str))
    template: str = attrs.field(default=SLOT, kw_only=True, validator=_has_slot)
    turns: tuple[tuple[str, str], ...] = attrs.field(
        default=(), kw_only=True, converter=_to_turns, validator=_alternating
    )

    def __attrs_post_init__(self) -> None:
        if self.name == PLAIN and attrs.astuple(self)[1:] != (None, "", "", SLOT, ()):
            raise fields.declaration_error(
                self, "name", f"{PLAIN!r} is the context that changes nothing", "name it otherwise"
            )
        if self.system is not None and not self.system.strip():
            raise fields.declaration_error(self, "system", "is empty", "leave it out")

    def combine_system(self, own: str | None) -> str | None:
        """The system prompt of a request; `own` is that of the eval or of the question."""
        parts = [text for text in (self.system, own) if text is not None]
        return "\n\n".join(parts) if parts else None

    def put(self, question: str) -> str:
        """The user's turn that puts a question."""
        return self.prefix + self.template.replace(SLOT, question) + self.suffix


def to_contexts(value: Any) -> Any:
    """A converter: the names and contexts of an experiment, `plain` first and always there."""
    items = tuple(
        item.name if isinstance(item, Context) and item.name == PLAIN else item
        for item in fields.one_or_many(value)
    )
    return items if PLAIN in items else (PLAIN, *items)


def distinct_names(owner: Any, path: str, contexts: Iterable[Context]) -> None:
    """Check that no two contexts have one name.

    Args:
        owner: What declares them.
        path: The field that does.
        contexts: The contexts.

    Raises:
        DeclarationError: Two have.
    """
    names: set[str] = set()
    for context in contexts:
        if context.name in names:
            raise fields.declaration_error(owner, path, f"{context.name!r} is given twice")
        names.add(context.name)
