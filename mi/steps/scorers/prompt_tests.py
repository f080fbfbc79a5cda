"""The tests that a prompt shows: the literals of a call, and the literal it returns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from attrs import frozen

from . import code

_CALL = re.compile(r"\b[A-Za-z_]\w*\(")
_RESULT_SIGN = re.compile(r"[ \t]*\)*[ \t]*(?:==|->|=>|→|=|returns|gives|should be|is)[ \t]*")
_MAX_LINE = 300
"""Characters of a line that are read; longer calls are not tests."""


@frozen
class Example:
    """A shown test.

    Args:
        arguments: The literals of the call, as `repr` writes them.
        result: The literal that the call returns, likewise.
    """

    arguments: tuple[str, ...]
    result: str


def read_examples(prompt: str) -> Iterator[Example]:
    """The tests that a prompt shows: calls on literals, each with the literal it returns."""
    for match in _CALL.finditer(prompt):
        words = prompt[: match.start()].rpartition("\n")[2].split()
        line = prompt[match.start() :].partition("\n")[0][:_MAX_LINE]
        ends = (end + 1 for end, sign in enumerate(line) if sign == ")")
        call, end = next(((tree, end) for end in ends if (tree := _call(line[:end]))), (None, 0))
        if call is None:
            continue
        nodes = (*call.args, *(keyword.value for keyword in call.keywords))
        texts = [literal_text(node) for node in nodes]
        sign = _RESULT_SIGN.match(line, end)
        if sign:
            result = _longest_literal(line[sign.end() :])
        else:
            result = {"assert": "True", "not": "False"}.get(words[-1] if words else "")
        literals = tuple(text for text in texts if text is not None)
        if result is not None and literals and len(literals) == len(texts):
            yield Example(literals, result)


def _call(text: str) -> ast.Call | None:
    """The call that `text` is; None for anything else."""
    tree = code.parse(text)
    node = tree.body[0] if tree and len(tree.body) == 1 else None
    return node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None


def _longest_literal(text: str) -> str | None:
    """The longest literal that `text` begins with; a tuple needs its parentheses."""
    for end in range(len(text), 0, -1):
        tree = None if text[end - 1] in ". \t,;" else code.parse(text[:end])
        if tree and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            node = tree.body[0].value
            is_bare = isinstance(node, ast.Tuple) and node.elts and node.elts[0].col_offset == 0
            if not is_bare and (literal := literal_text(node)) is not None:
                return literal
    return None


def literal_text(node: ast.AST | None) -> str | None:
    """The literal that an expression is, as `repr` writes it; None for anything else."""
    if not isinstance(node, ast.expr):
        return None
    try:
        text = repr(ast.literal_eval(node))
        ast.literal_eval(text)  # `...` and 1e400 are written as names
        return text
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
