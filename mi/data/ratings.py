"""The rating that a text begins with: a whole number from 0 to 100, parsed strictly.

Grammar of a text with a rating::

    text        = markup digits markup boundary
    markup      = any white space and any of * _ ` " ' # ( [ { $
    digits      = one to three of 0-9, at most 100
    boundary    = the end, or anything that does not continue the number

A number is continued by a letter or digit, by a decimal point or comma before a digit, by a range
(`80-90`, `80 to 90`), and by a fraction: `90/100` and `90 out of 100` are 90 because the scale is
0 to 100; `9/10`, `0.9` and `1.0` are on another scale, so they are not ratings. Where the text was
cut off behind the digits, what follows is unknown: `90.` may go on as `90.5`, and `9/1` as `9/10`.
"""

from __future__ import annotations

import re

MARKUP_CHARACTERS = " \t\n\r*_`\"'#([{$"
"""What may stand before the digits."""

_CLOSING = re.compile(r"[*_`\"')\]}$%]*")
_RATING = re.compile(rf"(?P<start>[{re.escape(MARKUP_CHARACTERS)}]*)(?P<digits>[0-9]+)")
_FRACTION = re.compile(
    r"\s*(?:/|out\s+of\b|of\b(?=\s*[0-9]))\s*(?P<denominator>\S*)", re.IGNORECASE
)
_HUNDRED = re.compile(r"100(?![\w]|[.,:/]\d)")
_CONTINUED = re.compile(
    r"\w|[.,:']\d|[ \t]+\d|\s*(?:[-~\u2010-\u2015\u2212]|to\b)\s*\d", re.IGNORECASE
)
_MAY_CONTINUE = re.compile(r"[ \t]*(?:[-.,:/]|o|ou|out|of|to)?[ \t]*\Z", re.IGNORECASE)


def split_rating(text: str, *, truncated: bool = False) -> tuple[str, str] | None:
    """The markup before a text's rating, and the digits of the rating; None without a rating.

    Args:
        text: The text.
        truncated: It was cut off at a length limit. Digits at its very end count nevertheless:
            callers that know the tokens decide whether more digits could follow.
    """
    match = _RATING.match(text)
    if match is None or len(match["digits"]) > 3 or int(match["digits"]) > 100:
        return None
    rest = _CLOSING.sub("", text[match.end() :], count=1)
    if fraction := _FRACTION.match(rest):
        if not _HUNDRED.match(fraction["denominator"]):
            return None
    elif _CONTINUED.match(rest) or (truncated and rest and _MAY_CONTINUE.match(rest)):
        return None
    return match["start"], match["digits"]


def parse_rating(text: str, *, truncated: bool = False) -> int | None:
    """The rating that a text begins with; None if it begins with anything else.

    Args:
        text: The text.
        truncated: It was cut off at a length limit.
    """
    parts = split_rating(text, truncated=truncated)
    return None if parts is None else int(parts[1])
