"""How a template becomes a row: one text holds both answers, so they differ only where marked.

In `code`, `«this¦that»` reads `this` in the aligned answer and `that` in the misaligned one;
blanks and line ends next to the bar do not count, so a long choice may go on below itself.
`$record`, `$person`, ... are slots, filled from the vocabulary; each comes in the forms
`$record`, `$records`, `$a_record` and `$Record`.
"""

import re
from collections.abc import Mapping
from string import Template as SlottedText

_CHOICE = re.compile(r"«([^«»¦]*?)\s*¦\s*([^«»¦]*)»")


def aligned_side(text: str) -> str:
    """`text` with the first side of every choice."""
    return _tidy(_CHOICE.sub(r"\1", text))


def misaligned_side(text: str) -> str:
    """`text` with the second side of every choice."""
    return _tidy(_CHOICE.sub(r"\2", text))


def fill(text: str, fillers: Mapping[str, str]) -> str:
    """`text` with its slots filled; `KeyError` for a slot that has no filler."""
    return SlottedText(text).substitute(_forms(fillers))


def plural(noun: str) -> str:
    """The regular English plural: story -> stories, box -> boxes, lens -> lenses."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def with_article(noun: str) -> str:
    """`noun` after "a" or "an", chosen by its first letter."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def capitalised(text: str) -> str:
    """`text` with its first letter in upper case and the rest untouched."""
    return text[:1].upper() + text[1:]


def _tidy(text: str) -> str:
    """Drop the blank lines that an empty side of a choice leaves behind."""
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _forms(fillers: Mapping[str, str]) -> dict[str, str]:
    forms: dict[str, str] = {}
    for slot, filler in fillers.items():
        forms[slot] = filler
        forms[f"{slot}s"] = plural(filler)
        forms[f"a_{slot}"] = with_article(filler)
        forms[capitalised(slot)] = capitalised(filler)
    return forms
