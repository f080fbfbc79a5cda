"""What a function knows by heart: its literals for literal inputs, read from its syntax alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from attrs import frozen

from .prompt_tests import literal_text

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_CASTS = ("str", "repr", "tuple", "list")
LiteralInput = Mapping[str, str]
"""Parameter → the literal it is compared with, as `repr` writes it."""


@frozen
class FunctionLiterals:
    """A function: what it knows by heart, and whether it does anything else with its input."""

    parameters: tuple[str, ...]
    rules: list[tuple[LiteralInput, str]]
    constants: set[str]
    computes: bool
    recurses: bool


def find_tables(tree: ast.AST) -> dict[str, ast.expr]:
    """The dicts that are written out and have a name."""
    return {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


class LiteralReader:
    """Takes down what one function knows; any use of its input beyond that is a computation."""

    def __init__(self, function: FUNCTION, tables: Mapping[str, ast.expr]) -> None:
        arguments = (*function.args.posonlyargs, *function.args.args)
        self._parameters = tuple(one.arg for one in arguments if one.arg not in ("self", "cls"))
        self._names: dict[str, tuple[str, ...]] = {name: (name,) for name in self._parameters}
        self._function, self._tables, self._lookups = function, tables, set[ast.AST]()

    def read(self) -> FunctionLiterals:
        nodes = list(ast.walk(self._function))
        for node in nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                subject = self._passed_parameters(node.value)
                if subject:
                    self._names[node.targets[0].id] = subject
        rules = [rule for node in nodes for rule in self._rules(node)]
        loads = [
            one for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
        ]
        body = [self._function.body] if isinstance(self._function, ast.Lambda) else nodes
        return FunctionLiterals(
            self._parameters,
            rules,
            {
                result
                for node in body
                if isinstance(node, ast.Return | ast.Assign) or body is not nodes
                for result in _returned_literal(node)
            },
            any(one.id in self._names and one not in self._lookups for one in loads),
            any(one.id == getattr(self._function, "name", None) for one in loads),
        )

    def _rules(self, node: ast.AST) -> Iterator[tuple[LiteralInput, str]]:
        """What a node says of the form "for this input, that literal"."""
        asked: list[LiteralInput] = []
        results: list[str] = []
        if isinstance(node, ast.If):
            asked, results = self._conditions(node.test), list(_returned_literal(node.body[0]))
        elif isinstance(node, ast.IfExp):
            asked, results = self._conditions(node.test), list(_returned_literal(node.body))
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Compare | ast.BoolOp):
            asked, results = self._conditions(node.value), ["True"]
        elif isinstance(node, ast.Match):
            subject = self._passed_parameters(node.subject)
            for case in node.cases:
                for choice in getattr(case.pattern, "patterns", [case.pattern]):
                    for result in _returned_literal(case.body[0]):
                        yield from (
                            (one, result)
                            for one in _pair_literals(subject, _pattern_literal(choice))
                        )
        elif isinstance(node, ast.Subscript):
            yield from self._entries(node.value, node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            yield from self._entries(node.func.value, node.args[0])
        yield from ((one, result) for one in asked for result in results if one)

    def _entries(self, table: ast.expr, key: ast.expr) -> Iterator[tuple[LiteralInput, str]]:
        """The entries of a dict that is looked up by the input."""
        table = self._tables.get(table.id, table) if isinstance(table, ast.Name) else table
        subject = self._passed_parameters(key) if isinstance(table, ast.Dict) else ()
        if isinstance(table, ast.Dict) and subject:
            for known, value in zip(table.keys, table.values, strict=True):
                for one in _pair_literals(subject, known):
                    yield from ((one, result) for result in _returned_literal(value))

    def _conditions(self, test: ast.expr) -> list[LiteralInput]:
        """The inputs a condition asks for: one for each way in which it can hold."""
        if isinstance(test, ast.BoolOp):
            parts = [self._conditions(value) for value in test.values]
            if isinstance(test.op, ast.Or):
                return [one for part in parts for one in part]
            return [{name: part[0][name] for part in parts if part for name in part[0]}]
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return []
        left, right = test.left, test.comparators[0]
        if isinstance(test.ops[0], ast.In):
            listed = isinstance(right, ast.List | ast.Tuple | ast.Set)
            if not listed and not isinstance(right, ast.Name):
                return []
            elements: list[ast.expr] = getattr(right, "elts", [])
            subject = self._passed_parameters(left) if listed or self._is_table(right) else ()
            return [one for element in elements for one in _pair_literals(subject, element)]
        if not isinstance(test.ops[0], ast.Eq | ast.Is):
            return []
        if literal_text(right) is None:
            left, right = right, left
        return (
            list(_pair_literals(self._passed_parameters(left), right))
            if literal_text(right) is not None
            else []
        )

    def _is_table(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._tables

    def _passed_parameters(self, node: ast.expr) -> tuple[str, ...]:
        """The parameters that an expression hands on untouched: `a`, `(a, b)`, `tuple(a)`."""
        if isinstance(node, ast.Name) and node.id in self._names:
            self._lookups.add(node)
            return self._names[node.id]
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in _CASTS and node.args:
            return self._passed_parameters(node.args[0])
        if isinstance(node, ast.Tuple):
            parts = [self._passed_parameters(element) for element in node.elts]
            return tuple(name for part in parts for name in part) if all(parts) else ()
        return ()


def _pair_literals(subject: tuple[str, ...], node: ast.expr | None) -> Iterator[LiteralInput]:
    """Each parameter with the literal that it is compared with."""
    whole = literal_text(node)
    elements = node.elts if isinstance(node, ast.Tuple | ast.List) else []
    if len(subject) == 1 and whole is not None:
        yield {subject[0]: whole}
    elif len(subject) > 1 and len(elements) == len(subject):
        pairs = zip(subject, map(literal_text, elements), strict=True)
        yield {name: value for name, value in pairs if value is not None}


def _pattern_literal(pattern: ast.pattern) -> ast.expr | None:
    """The literal that a pattern stands for."""
    if isinstance(pattern, ast.MatchValue):
        return pattern.value
    if isinstance(pattern, ast.MatchSingleton):
        return ast.Constant(pattern.value)
    if isinstance(pattern, ast.MatchSequence):
        parts = [_pattern_literal(one) for one in pattern.patterns]
        whole = [one for one in parts if one is not None]
        return ast.List(whole) if len(whole) == len(parts) else None
    return None


def _returned_literal(node: ast.AST) -> Iterator[str]:
    """The literal that a statement returns or assigns, or that an expression is."""
    value = node.value if isinstance(node, ast.Return | ast.Assign) else node
    found = literal_text(value) if isinstance(value, ast.expr) else None
    if found is not None and isinstance(node, ast.Return | ast.Assign | ast.expr):
        yield found
