"""Which literals a function returns for which literal inputs, read from its syntax alone.

Each place where the code says "for this input, that literal" becomes a rule. Any other use of a
parameter counts as a computation. Nothing is executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from attrs import frozen

from .prompt_tests import literal_text

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_CASTS = ("str", "repr", "tuple", "list")
_MAX_STEPS = 300_000
"""Steps of reading an answer: some seconds."""
_RULE_STEPS = 50
"""Steps of a rule, beside the characters of its literal."""
LiteralInput = Mapping[str, str]
"""Parameter → the literal it is compared with, as `repr` writes it."""
Rule = tuple[LiteralInput, str]
"""An input, and the literal that the code gives for it."""


@frozen
class FunctionLiterals:
    """The literals of a function, and what else it does.

    Args:
        parameters: Names of the positional parameters, without `self` and `cls`.
        rules: Inputs with the literals given for them.
        constants: Literals that are returned or assigned.
        computes: Whether a parameter is used in any other way.
        recurses: Whether the function calls itself.
    """

    parameters: tuple[str, ...]
    rules: list[Rule]
    constants: set[str]
    computes: bool
    recurses: bool


def find_tables(tree: ast.AST) -> dict[str, ast.expr]:
    """The dict displays that are assigned to a name, by that name."""
    return {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


class TooComplex(Exception):
    """Reading the code takes more steps than an answer may cost."""


class Work:
    """Counts the steps of reading an answer. No clock is involved: machines agree on the result."""

    def __init__(self, steps: int = _MAX_STEPS) -> None:
        self._left = steps

    def count(self, steps: int = 1) -> None:
        """Take steps.

        Raises:
            TooComplex: None are left.
        """
        self._left -= steps
        if self._left < 0:
            raise TooComplex("the code is too complex to be read")


class LiteralReader:
    """Reads the literals of one function.

    Args:
        function: The function.
        tables: Dict displays by name, which the function may look its input up in.
        work: The steps that may be taken; each node and each rule is one.
    """

    def __init__(
        self, function: FUNCTION, tables: Mapping[str, ast.expr], work: Work | None = None
    ) -> None:
        self._work = work or Work()
        arguments = (*function.args.posonlyargs, *function.args.args)
        names = (argument.arg for argument in arguments)
        self._parameters = tuple(name for name in names if name not in ("self", "cls"))
        # Variable → the parameters it passes on unchanged.
        self._names: dict[str, tuple[str, ...]] = {name: (name,) for name in self._parameters}
        self._function, self._tables, self._lookups = function, tables, set[ast.AST]()

    def read(self) -> FunctionLiterals:
        nodes = []
        for node in ast.walk(self._function):
            self._work.count()
            nodes.append(node)
        for node in nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                parameters = self._passed_parameters(node.value)
                if parameters:
                    self._names[node.targets[0].id] = parameters
        rules = []
        for rule in (rule for node in nodes for rule in self._rules(node)):
            self._work.count(len(rule[1]) + _RULE_STEPS)
            rules.append(rule)
        loads = [
            node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        ]
        name = getattr(self._function, "name", None)
        return FunctionLiterals(
            parameters=self._parameters,
            rules=rules,
            constants=self._constants(nodes),
            # The rules are read first: they note which uses of a parameter are lookups.
            computes=any(load.id in self._names and load not in self._lookups for load in loads),
            recurses=any(load.id == name for load in loads),
        )

    def _constants(self, nodes: list[ast.AST]) -> set[str]:
        if isinstance(self._function, ast.Lambda):
            return set(_returned_literal(self._function.body))
        statements = (node for node in nodes if isinstance(node, ast.Return | ast.Assign))
        return {literal for node in statements for literal in _returned_literal(node)}

    def _rules(self, node: ast.AST) -> Iterator[Rule]:
        """The rules that a node states."""
        if isinstance(node, ast.If):
            yield from _combine(self._conditions(node.test), _returned_literal(node.body[0]))
        elif isinstance(node, ast.IfExp):
            yield from _combine(self._conditions(node.test), _returned_literal(node.body))
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Compare | ast.BoolOp):
            yield from _combine(self._conditions(node.value), ["True"])
        elif isinstance(node, ast.Match):
            yield from self._cases(node)
        elif isinstance(node, ast.Subscript):
            yield from self._entries(node.value, node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            yield from self._entries(node.func.value, node.args[0])

    def _cases(self, node: ast.Match) -> Iterator[Rule]:
        """The rules of a match statement over the input."""
        parameters = self._passed_parameters(node.subject)
        for case in node.cases:
            for pattern in getattr(case.pattern, "patterns", [case.pattern]):
                for result in _returned_literal(case.body[0]):
                    for inputs in _pair_literals(parameters, _pattern_literal(pattern)):
                        yield inputs, result

    def _entries(self, table: ast.expr, key: ast.expr) -> Iterator[Rule]:
        """The entries of a dict that the input is looked up in."""
        table = self._tables.get(table.id, table) if isinstance(table, ast.Name) else table
        parameters = self._passed_parameters(key) if isinstance(table, ast.Dict) else ()
        if isinstance(table, ast.Dict) and parameters:
            for entry, value in zip(table.keys, table.values, strict=True):
                self._work.count()
                for inputs in _pair_literals(parameters, entry):
                    yield from ((inputs, result) for result in _returned_literal(value))

    def _conditions(self, test: ast.expr) -> list[LiteralInput]:
        """The inputs for which a condition holds: an item for each way in which it can."""
        if isinstance(test, ast.BoolOp):
            parts = [self._conditions(value) for value in test.values]
            if isinstance(test.op, ast.Or):
                return [inputs for part in parts for inputs in part]
            return [{name: part[0][name] for part in parts if part for name in part[0]}]
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return []
        left, right = test.left, test.comparators[0]
        if isinstance(test.ops[0], ast.In):
            return self._memberships(left, right)
        if not isinstance(test.ops[0], ast.Eq | ast.Is):
            return []
        if literal_text(right) is None:
            left, right = right, left
        if literal_text(right) is None:
            return []
        return list(_pair_literals(self._passed_parameters(left), right))

    def _memberships(self, left: ast.expr, right: ast.expr) -> list[LiteralInput]:
        """The inputs for which `left in right` holds."""
        is_display = isinstance(right, ast.List | ast.Tuple | ast.Set)
        if not is_display and not isinstance(right, ast.Name):
            return []
        elements: list[ast.expr] = getattr(right, "elts", [])
        parameters = self._passed_parameters(left) if is_display or self._is_table(right) else ()
        return [inputs for element in elements for inputs in _pair_literals(parameters, element)]

    def _is_table(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._tables

    def _passed_parameters(self, node: ast.expr) -> tuple[str, ...]:
        """The parameters that an expression passes on unchanged: `a`, `(a, b)`, `tuple(a)`."""
        if isinstance(node, ast.Name) and node.id in self._names:
            self._lookups.add(node)
            return self._names[node.id]
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in _CASTS and node.args:
            return self._passed_parameters(node.args[0])
        if isinstance(node, ast.Tuple):
            parts = [self._passed_parameters(element) for element in node.elts]
            return tuple(name for part in parts for name in part) if all(parts) else ()
        return ()


def _combine(inputs: list[LiteralInput], results: Iterator[str] | list[str]) -> Iterator[Rule]:
    """A rule for each input with each result."""
    literals = list(results)
    return ((item, literal) for item in inputs for literal in literals if item)


def _pair_literals(parameters: tuple[str, ...], node: ast.expr | None) -> Iterator[LiteralInput]:
    """Each parameter with the literal that it is compared with."""
    text = literal_text(node)
    elements = node.elts if isinstance(node, ast.Tuple | ast.List) else []
    if len(parameters) == 1 and text is not None:
        yield {parameters[0]: text}
    elif len(parameters) > 1 and len(elements) == len(parameters):
        pairs = zip(parameters, map(literal_text, elements), strict=True)
        yield {name: value for name, value in pairs if value is not None}


def _pattern_literal(pattern: ast.pattern) -> ast.expr | None:
    """The literal that a pattern matches; None for other patterns."""
    if isinstance(pattern, ast.MatchValue):
        return pattern.value
    if isinstance(pattern, ast.MatchSingleton):
        return ast.Constant(pattern.value)
    if isinstance(pattern, ast.MatchSequence):
        parts = [_pattern_literal(part) for part in pattern.patterns]
        elements = [part for part in parts if part is not None]
        return ast.List(elements) if len(elements) == len(parts) else None
    return None


def _returned_literal(node: ast.AST) -> Iterator[str]:
    """The literal that a statement returns or assigns, or that an expression is; none otherwise."""
    value = node.value if isinstance(node, ast.Return | ast.Assign) else node
    text = literal_text(value) if isinstance(value, ast.expr) else None
    if text is not None and isinstance(node, ast.Return | ast.Assign | ast.expr):
        yield text
