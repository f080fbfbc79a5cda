"""A list that is too long for a table on a screen reads like one all the same."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mi.reporting import tables

COLUMNS = ("unit", "what", "reason")


def rows(number: int) -> list[tuple[str, str, str]]:
    return [
        (f"mix-{n}", f"n={n},r=0.50", "done" if n % 2 else "new – ratio") for n in range(number)
    ]


def printed(number: int) -> list[str]:
    out = Console(file=io.StringIO(), width=120)
    tables.print_listing(out, COLUMNS, rows(number))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_a_long_list_has_the_lines_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = printed(40)
    monkeypatch.setattr(tables, "MAX_TABLE_ROWS", 10)
    assert printed(40) == table


def test_a_list_names_every_unit_however_many() -> None:
    lines = printed(tables.MAX_TABLE_ROWS + 1)
    assert len(lines) == tables.MAX_TABLE_ROWS + 3
    assert lines[-1].split()[0] == f"mix-{tables.MAX_TABLE_ROWS}"


def test_numbers_stand_on_the_right() -> None:
    assert list(
        tables.aligned_lines(("what", "s"), [("a", "1"), ("b", "10")], right_aligned=(1,))
    ) == [
        " what    s",
        " ─────────",
        " a       1",
        " b      10",
    ]
