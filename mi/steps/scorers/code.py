"""The Python code in an answer: extract it, and say whether it is any.

Nothing is executed: code is only parsed.
"""

from __future__ import annotations

import ast
import re

_FENCE = re.compile(r"```[A-Za-z0-9_+-]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)


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
    lines = code.split("\n")
    for end in range(len(lines) - 1, 0, -1):
        shorter = "\n".join(lines[:end])
        if is_python(shorter):
            return shorter
    return code


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


def parse(code: str) -> ast.Module | None:
    """The syntax tree of `code`; None if it is not Python."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
