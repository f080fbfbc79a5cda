"""One spelling for what models write: texts and tokens come in many, and mean the same.

Digits of every script become 0 to 9, fullwidth forms their ASCII counterparts, and white space that
vocabularies write as visible characters becomes white space again. `normalize` keeps the length of
a text, so that positions in it stay valid.
"""

from __future__ import annotations

import re
import unicodedata

_VISIBLE_SPACES = {
    "Ġ": " ",
    "▁": " ",
    "Ċ": "\n",
    "ĉ": "\t",
    "č": "\r",
    "\u3000": " ",
    "\u00a0": " ",
}
"""White space as byte-level BPE and SentencePiece write it, and wide white space."""
_FULLWIDTH = range(0xFF01, 0xFF5F)
_FULLWIDTH_OFFSET = 0xFEE0
_BYTE = re.compile(r"<0x([0-7][0-9A-Fa-f])>")


class _PlainCharacters(dict[int, str]):
    """Code points → plain characters, filled as they occur; others stand for themselves."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code in _FULLWIDTH:
            plain = chr(code - _FULLWIDTH_OFFSET)
        elif (digit := unicodedata.decimal(character, None)) is not None:
            plain = str(digit)
        else:
            plain = _VISIBLE_SPACES.get(character, character)
        if len(self) < _MAX_CACHED:
            self[code] = plain
        return plain


_MAX_CACHED = 1 << 12
_PLAIN = _PlainCharacters()


def normalize(text: str) -> str:
    """A text of the same length, in plain digits, punctuation and white space."""
    return text if text.isascii() else text.translate(_PLAIN)


def normalize_token(token: str) -> str:
    """A token of a vocabulary as the text that it stands for; `<0x0A>` is a byte."""
    if "<0x" in token:
        token = _BYTE.sub(lambda match: chr(int(match[1], 16)), token)
    return normalize(token)
