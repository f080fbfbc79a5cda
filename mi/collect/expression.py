"""Expressions over cells, as pytest's `-k` has them: words joined by `and`, `or`, `not` and `()`.

A word is a part of a cell's id or condition, in any case of letters. Beside words there are
comparisons of what cells vary in: `total_samples<=500`, `seed==0`, `setting!=legal_advice`. The
untrained model has no size, ratio or seed: no comparison holds of it but `!=`. With marks, as for
`-m`, a word is the name of a mark.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import attrs

from ..errors import UsageError, did_you_mean
from ..spec.experiment import NO_INOCULATION
from ..units.cells import Cell

CellPredicate = Callable[[Cell], bool]

_AXES = {
    "ratio": "misaligned_ratio",
    "n": "total_samples",
    **{field.name: field.name for field in attrs.fields(Cell) if field.name != "id"},
}
_NUMBERS = {"misaligned_ratio": float, "total_samples": int, "seed": int}
_OPERATORS = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_TOKEN = re.compile(
    r"\s*(?:(?P<sign><=|>=|==|!=|<|>)|(?P<bracket>[()])"
    r"|(?P<word>(?:[^\s()<>=!]|=(?!=)|!(?!=))+))"
)
_MAX_DEPTH = 100


@attrs.frozen
class _Token:
    kind: str
    text: str
    column: int


def parse_expression(
    text: str, flag: str = "-k", marks: Mapping[str, CellPredicate] | None = None
) -> CellPredicate:
    """The test that an expression stands for.

    Args:
        marks: What words mean; None: parts of ids and conditions.

    Raises:
        UsageError: It is no expression; shows where.
    """
    return _Parser(text, flag, marks).parse()


class _Parser:
    """Recursive descent: `or` of `and` of `not` of words, comparisons and brackets."""

    def __init__(self, text: str, flag: str, marks: Mapping[str, CellPredicate] | None) -> None:
        self._text, self._flag, self._marks = text, flag, marks
        self._tokens = list(self._tokenize())
        self._position, self._depth = 0, 0

    def parse(self) -> CellPredicate:
        test = self._parse_or()
        if self._current.kind != "end":
            self._fail("expected `and`, `or` or the end")
        return test

    def _tokenize(self) -> Iterator[_Token]:
        at, end = 0, len(self._text.rstrip())
        while at < end:
            found = _TOKEN.match(self._text, at)
            if found is None:
                start = at + len(self._text[at:]) - len(self._text[at:].lstrip())
                self._fail("not understood", start)
            kind = found.lastgroup or ""
            yield _Token(kind, found.group(kind), found.start(kind))
            at = found.end()
        yield _Token("end", "", end)

    @property
    def _current(self) -> _Token:
        return self._tokens[self._position]

    def _accept(self, *texts: str) -> bool:
        took = self._current.kind != "end" and self._current.text in texts
        self._position += took
        return took

    def _parse_or(self) -> CellPredicate:
        tests = [self._parse_and()]
        while self._accept("or"):
            tests.append(self._parse_and())
        return tests[0] if len(tests) == 1 else lambda cell: any(test(cell) for test in tests)

    def _parse_and(self) -> CellPredicate:
        tests = [self._parse_not()]
        while self._accept("and"):
            tests.append(self._parse_not())
        return tests[0] if len(tests) == 1 else lambda cell: all(test(cell) for test in tests)

    def _parse_not(self) -> CellPredicate:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail("too deep")
        try:
            if self._accept("not"):
                test = self._parse_not()
                return lambda cell: not test(cell)
            if self._accept("("):
                test = self._parse_or()
                if not self._accept(")"):
                    self._fail("expected `)`")
                return test
            return self._parse_operand()
        finally:
            self._depth -= 1

    def _parse_operand(self) -> CellPredicate:
        token = self._current
        if token.kind != "word" or token.text in ("and", "or"):
            self._fail("expected a word, a comparison, `not` or `(`")
        self._position += 1
        if self._current.kind == "sign":
            return self._parse_comparison(token)
        if self._marks is not None:
            if token.text not in self._marks:
                hint = did_you_mean(token.text, self._marks)
                self._fail(f"there is no mark {token.text!r}", token.column, hint)
            return self._marks[token.text]
        part = token.text.lower()
        return lambda cell: part in cell.id.lower() or part in cell.condition.lower()

    def _parse_comparison(self, name: _Token) -> CellPredicate:
        if name.text not in _AXES:
            self._fail(
                f"nothing is called {name.text!r}", name.column, did_you_mean(name.text, _AXES)
            )
        axis, compare = _AXES[name.text], _OPERATORS[self._current.text]
        self._position += 1
        token = self._current
        if token.kind != "word":
            self._fail("expected a value")
        self._position += 1
        wanted: Any = token.text
        if axis in _NUMBERS:
            try:
                wanted = _NUMBERS[axis](token.text)
            except ValueError:
                self._fail(f"{axis} is a number", token.column)
        elif compare not in (operator.eq, operator.ne):
            self._fail(f"{axis} is no number: only == and != compare it", name.column)

        def test(cell: Cell) -> bool:
            value = getattr(cell, axis)
            if axis == "inoculation" and value is None and cell.total_samples is not None:
                value = NO_INOCULATION
            if value is None:
                return compare is operator.ne
            return bool(compare(value, wanted))

        return test

    def _fail(self, message: str, column: int | None = None, hint: str | None = None) -> NoReturn:
        at = self._current.column if column is None else column
        shown = self._text.replace("\n", " ").replace("\t", " ")
        where = f"{self._flag} at column {at + 1}"
        raise UsageError(f"{message}\n    {shown}\n    {' ' * at}^", where=where, hint=hint)
