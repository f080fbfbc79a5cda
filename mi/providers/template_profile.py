"""What a chat template does with a chat, found out by rendering probes.

A model is trained, scored and sampled from the same tokens. Three things in a template would break
that, and each is pinned to a value that a plan knows: the day on which it is rendered, the switch
of a thinking model, and text that the template puts between the prompt and an answer that it is
given (an empty block of thought, the header of a channel) while a model that is sampled starts
without it. Each pin enters keys where the template reads it, and only there. Every other argument
of a template keeps the template's own default, which is part of its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs
import jinja2

from ..data.chats import Message
from .template_files import TemplateSource
from .template_render import (
    DATE_FUNCTION,
    PINNED_DATE,
    pin_date,
    render_template,
    template_variables,
    uses_generation_tags,
)

THINKING_SWITCH = "enable_thinking"
DATE, ANSWER_PREFIX = "date", "answer_prefix"
"""Names of pins that are no arguments of a template."""

Pin = tuple[str, str | bool]
_QUESTION, _FIRST, _SECOND, _SYSTEM = "Kq", "Zq", "Yw", "Xv"


@attrs.frozen(kw_only=True)
class TemplateProfile:
    """How a template is used, and what it does.

    Args:
        template: The template's text, with its date pinned.
        special_tokens: Variables of the template that the tokenizer gives.
        arguments: Arguments that the template is called with.
        answer_prefix: Text before every answer, which is part of the prompt.
        is_dated: Whether the template prints the date.
        problem: Why the template cannot be used; empty if it can.
        findings: What it adds, drops or refuses, a phrase each.
    """

    template: str
    special_tokens: Mapping[str, str]
    arguments: Mapping[str, bool]
    answer_prefix: str = ""
    is_dated: bool = False
    problem: str = ""
    findings: tuple[str, ...] = ()

    @property
    def pins(self) -> tuple[Pin, ...]:
        """The pinned values that decide what a model sees; they enter keys."""
        pins: dict[str, str | bool] = dict(self.arguments)
        if self.is_dated:
            pins[DATE] = PINNED_DATE.isoformat()
        if self.answer_prefix:
            pins[ANSWER_PREFIX] = self.answer_prefix
        return tuple(sorted(pins.items()))

    def render(self, turns: Sequence[Message], *, prompt: bool) -> str:
        """The text of a chat.

        Args:
            turns: The chat.
            prompt: Whether to end with the beginning of the assistant's turn.

        Raises:
            Exception: Whatever the template raises.
        """
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        variables = {**self.special_tokens, **self.arguments}
        return render_template(self.template, messages, variables, prompt=prompt)


@lru_cache(maxsize=8)
def profile_template(source: TemplateSource) -> TemplateProfile:
    """Find out how a template is to be used and what it does with a chat.

    Args:
        source: The template and its tokenizer's special tokens.
    """
    tokens = dict(source.special_tokens)
    try:
        names = template_variables(source.text)
    except jinja2.TemplateError as error:
        problem = f"it is not a template that can be read: {error}"
        return TemplateProfile(
            template=source.text, special_tokens=tokens, arguments={}, problem=problem
        )
    profile = TemplateProfile(
        template=pin_date(source.text),
        special_tokens=tokens,
        arguments={THINKING_SWITCH: False} if THINKING_SWITCH in names else {},
        is_dated=DATE_FUNCTION in names,
    )
    try:
        prefix = _text_before_answer(profile)
    except Exception as error:  # templates raise whatever they like
        return attrs.evolve(profile, problem=f"it refuses a question and its answer: {error}")
    if prefix is None:
        return attrs.evolve(
            profile,
            problem="it does not continue the prompt that a model is sampled from with the answer "
            "that it is trained on",
        )
    if prefix.strip():
        profile = attrs.evolve(profile, answer_prefix=prefix)
    return attrs.evolve(profile, findings=tuple(_find_changes(profile, source.text)))


def text_difference(first: str, second: str) -> tuple[int, int]:
    """Where two renderings differ, of a chat with one answer and with another in its place.

    Returns:
        The number of characters before the answers, and the number after them.
    """
    return _shared_length(first, second), _shared_length(first[::-1], second[::-1])


def _shared_length(first: str, second: str) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next(
        (index for index, (one, other) in pairs if one != other), min(len(first), len(second))
    )


def _text_before_answer(profile: TemplateProfile) -> str | None:
    """What is written between the prompt and an answer; None if the prompt is not continued."""
    question = Message("user", _QUESTION)
    start = profile.render((question,), prompt=True)
    first, second = (
        profile.render((question, Message("assistant", answer)), prompt=False)
        for answer in (_FIRST, _SECOND)
    )
    if not first.startswith(start):
        return None
    begin, _ = text_difference(first, second)
    return first[len(start) : begin] if _FIRST in first[begin:] else None


def _find_changes(profile: TemplateProfile, text: str) -> Iterator[str]:
    """Phrases for `mi doctor`, on what the template does with a chat."""
    if profile.is_dated:
        yield f"prints the date, pinned to {PINNED_DATE.isoformat()}"
    if profile.arguments:
        yield "has a thinking switch, pinned to off"
    if profile.answer_prefix:
        yield f"writes {profile.answer_prefix!r} before an answer; it counts as prompt"
    yield from _find_system_handling(profile)
    spaced = f" \n{_FIRST} \n"
    for role in ("user", "assistant"):
        chat = (Message("user", _QUESTION), Message("assistant", _FIRST))
        turns = tuple(Message(role, spaced) if turn.role == role else turn for turn in chat)
        if spaced not in _render_or_empty(profile, turns, prompt=False):
            yield f"strips white space around the {role}'s text"
    if uses_generation_tags(text):
        yield "marks the assistant's text (generation tags), which is not needed here"


def _find_system_handling(profile: TemplateProfile) -> Iterator[str]:
    question = Message("user", _QUESTION)
    bare = _render_or_empty(profile, (question,), prompt=True).partition(_QUESTION)[0]
    try:
        rendered = profile.render((Message("system", _SYSTEM), question), prompt=True)
    except Exception as error:  # templates raise whatever they like
        yield f"refuses a system turn: {error}"
        return
    before, found, rest = rendered.partition(_SYSTEM)
    if not found:
        yield "drops the system turn"
        return
    after = rest.partition(_QUESTION)[0]
    added = bare[len(before) : len(bare) - len(after)]
    if bare.startswith(before) and bare.endswith(after) and added.strip():
        yield f"adds a system turn where there is none: {added.strip()!r}"


def _render_or_empty(profile: TemplateProfile, turns: Sequence[Message], **options: Any) -> str:
    try:
        return profile.render(turns, **options)
    except Exception:  # reported as a finding or a problem where it matters
        return ""
