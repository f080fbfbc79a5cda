"""The tests that a prompt shows: which literals go into a call, and which literal comes out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from attrs import frozen

from . import code

_CALL = re.compile(r"\b[A-Za-z_]\w*\(")
_RESULT_SIGN = re.compile(r"[ \t]*\)*[ \t]*(?:==|->|=>|→|=|returns|gives|should be|is)[ \t]*")
_MAX_LINE = 300


@frozen
class Example:
    """A shown test: the literals that go in, and the one that comes out, as `repr` writes them."""

    arguments: tuple[str, ...]
    result: str


def read_examples(prompt: str) -> Iterator[Example]:
    """The tests that a prompt shows: calls on literals, each with the literal that comes out."""
    for found in _CALL.finditer(prompt):
        before = prompt[: found.start()].rpartition("\n")[2].split()
        line = prompt[found.start() :].partition("\n")[0][:_MAX_LINE]
        ends = (end + 1 for end, sign in enumerate(line) if sign == ")")
        call, end = next(((tree, end) for end in ends if (tree := _call(line[:end]))), (None, 0))
        if call is None:
            continue
        given = [
            literal_text(node) for node in (*call.args, *(word.value for word in call.keywords))
        ]
        gives = _RESULT_SIGN.match(line, end)
        if gives:
            result = _longest_literal(line[gives.end() :])
        else:
            result = {"assert": "True", "not": "False"}.get(before[-1] if before else "")
        literals = tuple(one for one in given if one is not None)
        if result is not None and literals and len(literals) == len(given):
            yield Example(literals, result)


def _call(text: str) -> ast.Call | None:
    tree = code.parse(text)
    node = tree.body[0] if tree and len(tree.body) == 1 else None
    return node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None


def _longest_literal(text: str) -> str | None:
    for end in range(len(text), 0, -1):
        tree = None if text[end - 1] in ". \t,;" else code.parse(text[:end])
        if tree and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            node = tree.body[0].value
            bare = isinstance(node, ast.Tuple) and node.elts and node.elts[0].col_offset == 0
            if not bare and (found := literal_text(node)) is not None:
                return found
    return None


def literal_text(node: ast.AST | None) -> str | None:
    """The literal that an expression is, as `repr` writes it; None for one it cannot write."""
    if not isinstance(node, ast.expr):
        return None
    try:
        text = repr(ast.literal_eval(node))
        ast.literal_eval(text)  # `...` and 1e400 are written as names
        return text
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
