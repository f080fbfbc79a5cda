"""Boolean expressions over cells: the values of `-k` and `-m`, `only`, and the `where` of marks.

    expression: and_test ("or" and_test)*
    and_test:   not_test ("and" not_test)*
    not_test:   "not" not_test | "(" expression ")" | comparison | WORD
    comparison: AXIS ("<=" | ">=" | "==" | "!=" | "<" | ">") VALUE

A WORD matches the cells whose id or condition contains it, ignoring case; over marks (`-m`) it is
the name of a mark. An AXIS is what cells vary in: `total_samples<=500`, `seed==0`,
`setting!=legal_advice`; or a named axis: `lr>=0.0001`. The untrained model has no size, ratio or
seed, so that among comparisons of those only `!=` is true of it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from ..errors import UsageError, did_you_mean
from ..spec.axis import label_text
from ..spec.experiment import NO_INOCULATION
from ..spec.grid import is_axis_name

if TYPE_CHECKING:
    from .cells import Cell

CellPredicate = Callable[["Cell"], bool]

_AXES = {
    "ratio": "misaligned_ratio",
    "n": "total_samples",
    "experiment": "experiment",
    "setting": "setting",
    "condition": "condition",
    "misaligned_ratio": "misaligned_ratio",
    "total_samples": "total_samples",
    "seed": "seed",
    "inoculation": "inoculation",
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
    """A piece of the text: `kind` is sign, bracket, word or end; `column` counts from 0."""

    kind: str
    text: str
    column: int


def parse_expression(
    text: str,
    flag: str = "-k",
    marks: Mapping[str, CellPredicate] | None = None,
    axes: Collection[str] = (),
) -> CellPredicate:
    """The predicate that an expression stands for.

    Args:
        text: The expression.
        flag: Where the text comes from, for messages.
        marks: Predicates of marks by name. Words are then marks; otherwise they are parts of ids
            and conditions.
        axes: The names of the experiments' named axes.

    Raises:
        UsageError: The text is not a valid expression; the message points at the column.
    """
    return _Parser(text, flag, marks, axes).parse()


class _Parser:
    """A recursive-descent parser for the grammar above."""

    def __init__(
        self,
        text: str,
        flag: str,
        marks: Mapping[str, CellPredicate] | None,
        axes: Collection[str],
    ) -> None:
        self._text, self._flag, self._marks, self._named_axes = text, flag, marks, axes
        self._tokens = list(self._tokenize())
        self._position, self._depth = 0, 0

    def parse(self) -> CellPredicate:
        test = self._parse_or()
        if self._current.kind != "end":
            self._fail("expected `and`, `or` or the end")
        return test

    def _tokenize(self) -> Iterator[_Token]:
        start, end = 0, len(self._text.rstrip())
        while start < end:
            match = _TOKEN.match(self._text, start)
            if match is None:
                blanks = len(self._text[start:]) - len(self._text[start:].lstrip())
                self._fail("unexpected character", start + blanks)
            kind = match.lastgroup or ""
            yield _Token(kind, match.group(kind), match.start(kind))
            start = match.end()
        yield _Token("end", "", end)

    @property
    def _current(self) -> _Token:
        return self._tokens[self._position]

    def _accept(self, text: str) -> bool:
        """Consume the current token if it is `text`."""
        accepted = self._current.kind != "end" and self._current.text == text
        self._position += accepted
        return accepted

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
            self._fail(f"is nested more than {_MAX_DEPTH} levels deep")
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
            return self._parse_named_axis(name)
        axis, compare = _AXES[name.text], _OPERATORS[self._current.text]
        self._position += 1
        token = self._current
        if token.kind != "word":
            self._fail("expected a value")
        self._position += 1
        expected: Any = token.text
        if axis in _NUMBERS:
            try:
                expected = _NUMBERS[axis](token.text)
            except ValueError:
                self._fail(f"{axis} must be a number", token.column)
        elif compare not in (operator.eq, operator.ne):
            self._fail(f"{axis} is not a number: compare it with == or !=", name.column)

        def test(cell: Cell) -> bool:
            value = getattr(cell, axis)
            if axis == "inoculation" and value is None and cell.total_samples is not None:
                value = NO_INOCULATION
            if value is None:
                return compare is operator.ne
            return bool(compare(value, expected))

        return test

    def _parse_named_axis(self, name: _Token) -> CellPredicate:
        """A comparison of a named axis: as numbers if both sides are, else as texts."""
        if not any(is_axis_name(axis, name.text) for axis in self._named_axes):
            known = [*_AXES, *self._named_axes]
            self._fail(
                f"cells have no axis {name.text!r}", name.column, did_you_mean(name.text, known)
            )
        compare = _OPERATORS[self._current.text]
        self._position += 1
        token = self._current
        if token.kind != "word":
            self._fail("expected a value")
        self._position += 1
        number = _to_number(token.text)
        is_equality = compare in (operator.eq, operator.ne)
        if number is None and not is_equality:
            self._fail(f"{name.text} must be compared with a number", token.column)

        def test(cell: Cell) -> bool:
            for axis, label in cell.axes:
                if is_axis_name(axis, name.text):
                    if isinstance(label, (int, float)) and not isinstance(label, bool):
                        return compare is operator.ne if number is None else compare(label, number)
                    return is_equality and bool(compare(label_text(label), token.text))
            return compare is operator.ne

        return test

    def _fail(self, message: str, column: int | None = None, hint: str | None = None) -> NoReturn:
        column = self._current.column if column is None else column
        text = self._text.replace("\n", " ").replace("\t", " ")
        where = f"{self._flag} at column {column + 1}"
        raise UsageError(f"{message}\n    {text}\n    {' ' * column}^", where=where, hint=hint)


def _to_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
