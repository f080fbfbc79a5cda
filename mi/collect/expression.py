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

Test = Callable[[Cell], bool]

_AXES = {
    "ratio": "misaligned_ratio",
    "n": "total_samples",
    **{field.name: field.name for field in attrs.fields(Cell) if field.name != "id"},
}
_NUMBERS = {"misaligned_ratio": float, "total_samples": int, "seed": int}
_COMPARE = {
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
_DEEPEST = 100


@attrs.frozen
class _Token:
    kind: str
    text: str
    column: int


def parse(text: str, flag: str = "-k", marks: Mapping[str, Test] | None = None) -> Test:
    """The test that an expression stands for.

    Args:
        marks: What words mean; None: parts of ids and conditions.

    Raises:
        UsageError: It is no expression; shows where.
    """
    return _Parser(text, flag, marks).whole()


class _Parser:
    """Recursive descent: `or` of `and` of `not` of words, comparisons and brackets."""

    def __init__(self, text: str, flag: str, marks: Mapping[str, Test] | None) -> None:
        self._text, self._flag, self._marks = text, flag, marks
        self._tokens = list(self._read())
        self._at, self._depth = 0, 0

    def whole(self) -> Test:
        test = self._any()
        if self._now.kind != "end":
            self._fail("expected `and`, `or` or the end")
        return test

    def _read(self) -> Iterator[_Token]:
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
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _took(self, *texts: str) -> bool:
        took = self._now.kind != "end" and self._now.text in texts
        self._at += took
        return took

    def _any(self) -> Test:
        tests = [self._all()]
        while self._took("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda cell: any(test(cell) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._took("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda cell: all(test(cell) for test in tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail("too deep")
        try:
            if self._took("not"):
                test = self._one()
                return lambda cell: not test(cell)
            if self._took("("):
                test = self._any()
                if not self._took(")"):
                    self._fail("expected `)`")
                return test
            return self._leaf()
        finally:
            self._depth -= 1

    def _leaf(self) -> Test:
        token = self._now
        if token.kind != "word" or token.text in ("and", "or"):
            self._fail("expected a word, a comparison, `not` or `(`")
        self._at += 1
        if self._now.kind == "sign":
            return self._comparison(token)
        if self._marks is not None:
            if token.text not in self._marks:
                hint = did_you_mean(token.text, self._marks)
                self._fail(f"there is no mark {token.text!r}", token.column, hint)
            return self._marks[token.text]
        part = token.text.lower()
        return lambda cell: part in cell.id.lower() or part in cell.condition.lower()

    def _comparison(self, name: _Token) -> Test:
        if name.text not in _AXES:
            self._fail(
                f"nothing is called {name.text!r}", name.column, did_you_mean(name.text, _AXES)
            )
        axis, compare = _AXES[name.text], _COMPARE[self._now.text]
        self._at += 1
        token = self._now
        if token.kind != "word":
            self._fail("expected a value")
        self._at += 1
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
        at = self._now.column if column is None else column
        shown = self._text.replace("\n", " ").replace("\t", " ")
        where = f"{self._flag} at column {at + 1}"
        raise UsageError(f"{message}\n    {shown}\n    {' ' * at}^", where=where, hint=hint)
