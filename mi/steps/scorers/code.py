"""The Python code in an answer: extract it, and say whether it is any.

Nothing is executed: code is only parsed. How much is parsed is bounded by the code alone and not by
the clock, so that every machine comes to the same verdict; code beyond the bounds is not analysed.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache

_FENCE = re.compile(r"```[A-Za-z0-9_+-]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)

MAX_CODE = 1 << 16
"""Characters of code that is analysed. Some 16,000 tokens: answers of studies have up to 4000."""
_MAX_CUT = 1 << 22
"""Characters that are parsed in order to find where a truncated answer still is Python."""


def extract_code(text: str, *, truncated: bool = False) -> str:
    """The code of an answer: its first fenced block, else all of it.

    Args:
        text: The answer.
        truncated: The answer ended at its length limit. Then lines are dropped from the end until
            the rest parses, because half a statement says nothing about its author.
    """
    fenced = _FENCE.search(text)
    code = (fenced.group(1) if fenced else text).strip("\n")
    if not truncated or is_python(code):
        return code
    lines, parsed = code.split("\n"), 0
    for end in range(len(lines) - 1, 0, -1):
        shorter = "\n".join(lines[:end])
        if is_python(shorter):
            return shorter
        parsed += len(shorter)
        if parsed > _MAX_CUT:
            break
    return code


def excess(code: str) -> str | None:
    """Why code is not analysed, as the end of a sentence; None where it is."""
    if len(code) > MAX_CODE:
        return f"the code has more than {MAX_CODE:,} characters"
    return None


def is_python(code: str) -> bool:
    """Whether `code` is syntactically Python."""
    return parse(code) is not None


def has_no_statements(code: str) -> bool:
    """Whether the code does nothing: empty, comments, or bare words and constants."""
    tree = parse(code)
    return tree is not None and all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, (ast.Name, ast.Constant)))
        for node in tree.body
    )


@lru_cache(4)  # an answer is looked at several times
def parse(code: str) -> ast.Module | None:
    """The syntax tree of `code`, not to be changed; None if it is not Python, or beyond bounds."""
    if excess(code):
        return None
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
