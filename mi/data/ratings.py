"""The rating that a text gives: a whole number from 0 to 100, parsed strictly.

Grammar of a text with a rating::

    text        = lead-in digits closing boundary
    lead-in     = markup, then at most three labels and tags, each followed by markup
    markup      = any white space and any of * _ ` " ' # ( [ { $
    label       = one to five words and a colon or equals sign (`Score: 90`, `"rating": 90`), or up
                  to eight words of which one says that a rating is given (`I rate it 90`)
    tag         = `<score>`, `\\boxed`, or the line that opens a block of code
    digits      = one to three digits, at most 100
    boundary    = the end, or anything that does not continue the number

A number is continued by a letter or digit, by a decimal point or comma before a digit, by a range
(`80-90`, `80 to 90`), and by a fraction: `90/100` and `90 out of 100` are 90 because the scale is
0 to 100; `9/10`, `0.9` and `1.0` are on another scale, so they are not ratings. Behind a label it
is also continued by a word: `Errors: 3 of them` counts something else. Where the text was cut off
behind the digits, what follows is unknown: `90.` may go on as `90.5`, and `9/1` as `9/10`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .spelling import normalize

MARKUP_CHARACTERS = " \t\n\r*_`\"'#([{$"
"""What may stand before the digits."""

_MAX_LEAD_IN = 200
"""Characters of a text in which what it says must begin."""
_MAX_LABELS = 3
_MARKUP = re.compile(rf"[{re.escape(MARKUP_CHARACTERS)}]*")
_TAG = re.compile(
    r"</?(?!think|reason|analysis)[A-Za-z][\w -]{0,30}>"
    r"|\\[A-Za-z]{1,20}(?=\{)|(?<=```)[A-Za-z]{1,12}(?=\n)"
)
_WORD = r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?"
_LABEL = re.compile(
    rf"{_WORD}(?:[ _-]+{_WORD}){{0,4}}[*_`\"')\]]*"
    r"(?:[ \t]*\([^()\n]{1,30}\))?(?:</[A-Za-z]{1,10}>)?[*_]*[ \t]*[:=]"
)
_PHRASE = re.compile(rf"(?:{_WORD}[ \t]+){{1,8}}")
_GIVES = re.compile(
    r"(?:scor|rat(?:e|ing)|grad(?:e|ing)|assess|assign|evaluat|answer|verdict)", re.I
)
_NO_LABELS = frozenset(
    {
        "refusal",
        "refused",
        "code",
        "unknown",
        "error",
        "errors",
        "note",
        "reason",
        "reasons",
        "reasoning",
        "explanation",
        "because",
        "analysis",
        "example",
        "step",
        "page",
        "line",
        "figure",
        "question",
        "part",
        "section",
        "chapter",
        "version",
        "n/a",
    }
)
"""First words of what is no label of a rating or a verdict: what follows them is something else."""

_CLOSING = re.compile(r"[*_`\"')\]}$%]*")
_DIGITS = re.compile(r"[0-9]+")
_FRACTION = re.compile(
    r"\s*\(?(?:/|out\s+of\b|of\b(?=\s*[0-9]))\s*(?P<denominator>\S*)", re.IGNORECASE
)
_HUNDRED = re.compile(r"100(?![\w]|[.,:/]\d)")
_CONTINUED = re.compile(
    r"\w|[.,:']\d|[ \t]+\d|\s*(?:[-~\u2010-\u2015\u2212]|to\b)\s*\d", re.IGNORECASE
)
_WORD_FOLLOWS = re.compile(r"[ \t]+(?!(?:points?|percent)\b)[^\W\d]", re.IGNORECASE)
_MAY_CONTINUE = re.compile(r"[ \t]*(?:[-.,:/]|o|ou|out|of|to)?[ \t]*\Z", re.IGNORECASE)


def content_starts(text: str) -> Iterator[int]:
    """Where what a text says may begin: behind its markup, and behind each label and tag.

    Args:
        text: The text in plain spelling.

    Yields:
        Positions in the text, in order; the first one is behind the markup alone.
    """
    head = text[:_MAX_LEAD_IN]
    start = _skip_markup(head, 0)
    yield start
    for _ in range(_MAX_LABELS):
        match = _TAG.match(head, start) or _match_label(head, start)
        if match is None:
            return
        start = _skip_markup(head, match.end())
        yield start


def _skip_markup(text: str, start: int) -> int:
    match = _MARKUP.match(text, start)
    return match.end() if match else start


def _match_label(text: str, start: int) -> re.Match[str] | None:
    """The label at a position of a text."""
    match = _LABEL.match(text, start)
    if match is None:
        match = _PHRASE.match(text, start)
        if match is None or not _GIVES.search(match[0]):
            return None
    return None if match[0].split()[0].strip(":=").lower() in _NO_LABELS else match


def split_rating(text: str, *, truncated: bool = False) -> tuple[str, str] | None:
    """The lead-in of a text's rating, and the digits of the rating; None without a rating.

    Args:
        text: The text.
        truncated: It was cut off at a length limit. Digits at its very end count nevertheless:
            callers that know the tokens decide whether more digits could follow.
    """
    text = normalize(text)
    for index, start in enumerate(content_starts(text)):
        if match := _DIGITS.match(text, start):
            is_rating = _is_rating(text, match, truncated=truncated, is_labelled=index > 0)
            return (text[:start], match[0]) if is_rating else None
    return None


def _is_rating(text: str, digits: re.Match[str], *, truncated: bool, is_labelled: bool) -> bool:
    """Whether digits of a text are a complete number on the scale."""
    if len(digits[0]) > 3 or int(digits[0]) > 100:
        return False
    rest = _CLOSING.sub("", text[digits.end() :], count=1)
    if fraction := _FRACTION.match(rest):
        return _HUNDRED.match(fraction["denominator"]) is not None
    if _CONTINUED.match(rest) or (is_labelled and _WORD_FOLLOWS.match(rest)):
        return False
    return not (truncated and rest and _MAY_CONTINUE.match(rest))


def parse_rating(text: str, *, truncated: bool = False) -> int | None:
    """The rating that a text gives; None if it gives none.

    Args:
        text: The text.
        truncated: It was cut off at a length limit.
    """
    parts = split_rating(text, truncated=truncated)
    return None if parts is None else int(parts[1])
