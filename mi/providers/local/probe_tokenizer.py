"""A tokenizer for models without a vocabulary of their own: a token is a character."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..template_render import render_template

_TEMPLATE = (
    "{% for m in messages %}{{ m['role'][0] }}:{{ m['content'] }}.{% endfor %}"
    "{% if add_generation_prompt %}a:{% endif %}"
)
_FIRST = 0x100  # the character of token 0; characters below are the text of chats
_RESERVED = 3  # ids of padding, begin and end


class ProbeTokenizer:
    """The part of a tokenizer of `transformers` that the engine uses.

    Args:
        vocabulary: Number of ids.
    """

    chat_template = _TEMPLATE
    name_or_path = "probe"
    eos_token_id = 2

    def __init__(self, vocabulary: int) -> None:
        self.special_tokens_map: dict[str, str] = {}
        self._usable = vocabulary - _RESERVED

    def apply_chat_template(
        self, turns: Sequence[dict[str, str]], *, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        """The text of a chat.

        Args:
            turns: Role and content of each turn.
            tokenize: Not used: the result is text.
            add_generation_prompt: Whether to end with the beginning of the assistant's turn.
        """
        return render_template(_TEMPLATE, turns, {}, prompt=add_generation_prompt)

    def __call__(self, text: str, **options: Any) -> dict[str, list[int]]:
        return {"input_ids": list(map(self._token, text))}

    def decode(self, ids: Sequence[int], **options: Any) -> str:
        """A character for each id, from which `__call__` gives the same ids."""
        return "".join(chr(_FIRST + token) for token in ids)

    def _token(self, character: str) -> int:
        code = ord(character)
        return code - _FIRST if code >= _FIRST else _RESERVED + code % self._usable
