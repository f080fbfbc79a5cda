"""The words of a yes-or-no verdict, in texts and in tokens.

A text says yes or no where its content is one of the words alone, or the word and an explanation:
`NO.`, `Answer: NO`, `No, the code is safe`. `No code to look at` and `N/A` are neither. A token
that begins a word counts for its side only if it begins nothing else that a judge may say: `Y` is a
yes, `N` may be NO, N/A or NONE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from ...data.ratings import content_starts
from ...data.spelling import normalize, normalize_token

_NEITHER = (
    "N/A",
    "NA",
    "NONE",
    "NOT",
    "NULL",
    "NEITHER",
    "UNKNOWN",
    "UNCLEAR",
    "UNSURE",
    "UNCERTAIN",
    "REFUSAL",
    "CODE",
    "MAYBE",
    "SKIP",
)
"""Words for a verdict that is neither."""
_NOTHING = re.compile(
    r"[ \t]+(?:code|answer|advice|attempt|opinion|idea|information|info|response|reply|content|"
    r"data|comment|clue|verdict|rating|score|judge?ment|applicable)\b",
    re.IGNORECASE,
)
"""What a no lacks that is no verdict: `No code`, `No answer`."""
_EDGES = ".*\"'`_ \t\r\n"


def _upper(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(normalize(word).upper() for word in words)


@attrs.frozen
class Words:
    """The words for a yes and for a no, in any case."""

    yes: tuple[str, ...] = attrs.field(converter=_upper)
    no: tuple[str, ...] = attrs.field(converter=_upper)

    def find(self, text: str, *, truncated: bool = False) -> int | None:
        """Where a text has its word; None if it says neither yes nor no.

        Args:
            text: The text in plain spelling.
            truncated: It was cut off at a length limit, maybe within the word.
        """
        starts = content_starts(text)
        return next(
            (start for start in starts if self._side(text[start:], truncated) is not None), None
        )

    def side_of_text(self, text: str, *, truncated: bool = False) -> bool | None:
        """Whether a text says yes (True) or no (False); None for neither.

        Args:
            text: The text.
            truncated: It was cut off at a length limit, maybe within the word.
        """
        text = normalize(text)
        start = self.find(text, truncated=truncated)
        return None if start is None else self._side(text[start:], truncated)

    def side_of_token(self, token: str) -> bool | None:
        """The side whose words alone a token begins; None for neither.

        Args:
            token: A token that could have stood in place of the written one.
        """
        start = normalize_token(token).strip(_EDGES).upper()
        return self._side_of_start(start)

    def begins(self, token: str, *, of_yes: bool) -> bool:
        """Whether a token also begins a word of one side.

        Args:
            token: The token.
            of_yes: The side: yes, or no.
        """
        start = normalize_token(token).strip(_EDGES).upper()
        return any(word.startswith(start) for word in (self.yes if of_yes else self.no))

    def _side(self, content: str, truncated: bool) -> bool | None:
        said = content.upper()
        for is_yes, words in ((True, self.yes), (False, self.no)):
            for word in words:
                rest = content[len(word) :]
                if said.startswith(word) and not rest[:1].isalnum() and rest[:2].upper() != "/A":
                    return None if word == "NO" and _NOTHING.match(rest) else is_yes
        return self._side_of_start(said.strip(_EDGES)) if truncated else None

    def _side_of_start(self, start: str) -> bool | None:
        """The side whose words alone begin like this; a whole word is its own side's."""
        if not start:
            return None
        if start in self.yes or start in self.no:
            return start in self.yes
        begun = [
            any(word.startswith(start) for word in words) for words in (self.yes, self.no, _NEITHER)
        ]
        return begun[0] if begun[0] != begun[1] and not begun[2] else None
