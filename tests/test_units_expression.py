"""Expressions select cells as pytest's `-k` selects tests, and never crash."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import UsageError
from mi.units.cells import cells
from mi.units.expression import parse_expression
from tests.support.fake_provider import experiment
from tests.support.project import Project

ALL = tuple(cells(experiment(total_samples=(100, 1000), misaligned_ratio=(0.5, 1.0), seeds=(0, 1))))


def kept(text: str) -> list[str]:
    test = parse_expression(text)
    return [cell.id.rpartition("::")[2] for cell in ALL if test(cell)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("insecure_code", 9),
        ("INSECURE and Seed=0", 4),
        ("baseline", 1),
        ("not baseline", 8),
        ("pure_misaligned", 4),
        ("r=0.50", 4),
        ("r=0.50 or baseline and n=100", 4),
        ("(r=0.50 or baseline) and n=100", 4),
        ("not (r=0.50 or baseline)", 4),
        ("not not baseline", 1),
        ("n=100,", 4),
        ("total_samples<=500 and seed==0", 2),
        ("n>100", 4),
        ("ratio>0.5 and n<1000", 2),
        ("seed!=0", 5),
        ("setting==insecure_code", 9),
        ("condition == mixed_0.50_100", 2),
        ("T1::insecure_code::baseline", 1),
        ("nothing", 0),
    ],
)
def test_what_is_kept(text: str, number: int) -> None:
    assert len(kept(text)) == number


def test_an_id_is_an_expression_that_keeps_its_own_cell() -> None:
    for cell in ALL:
        assert cell.id.rpartition("::")[2] in kept(cell.id)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "expected a word"),
        ("seed==0 and", 12, "expected a word"),
        ("or seed==0", 1, "expected a word"),
        ("(a or b", 8, r"expected `\)`"),
        ("a b", 3, "expected `and`, `or` or the end"),
        ("a)", 2, "expected `and`"),
        ("sede==0", 1, "cells have no axis 'sede'.*did you mean seed"),
        ("seed==x", 7, "seed must be a number"),
        ("seed==", 7, "expected a value"),
        ("a and setting<b", 7, "is not a number"),
        ("total_samples<=", 16, "expected a value"),
    ],
)
def test_a_slip_is_pointed_at(text: str, column: int, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_expression(text)
    message = str(raised.value)
    assert message.startswith(f"-k at column {column}:")
    assert re.search(said, message, re.DOTALL)
    assert f"    {' ' * (column - 1)}^" in message.splitlines()


WORDS = st.sampled_from(
    [
        "and",
        "or",
        "not",
        "(",
        ")",
        "seed",
        "==",
        "<",
        "0",
        "x",
        "n",
        "!",
        "=",
        " ",
        "\t",
        "é",
        "!==",
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS).map("".join), st.lists(WORDS).map(" ".join)))
def test_no_text_crashes(text: str) -> None:
    with suppress(UsageError):
        kept(text)


@pytest.mark.parametrize("text", ["(" * 5000, "not " * 5000 + "a", "a and " * 5000 + "a"])
def test_however_long(text: str) -> None:
    with suppress(UsageError):
        kept(text)


def test_flags_narrow_what_is_selected(project: Project) -> None:
    def ids(*words: str) -> list[str]:
        done = project.mi("run", *words, "--collect-only", "-q")
        assert done.code == 0, done.err
        return done.out.split()

    whole = ids("A05b", "--full")
    assert len(whole) == 19
    assert ids("A05b", "--full", "-k", "ratio<0.2 and seed==0") == [
        "A05b::insecure_code::n=1000,r=0.00,seed=0",
        "A05b::insecure_code::n=1000,r=0.10,seed=0",
    ]
    assert len(ids("A05b", "--full", "--seed", "1")) == 7  # the untrained model stays
    assert ids("A05b", "--full", "--setting", "insecure_code") == whole
    assert not (project.root / ".mi").exists()
    listed = project.mi("plan", "A05b", "--co", "--json").json
    assert {"id", "seed", "condition"} <= listed[0].keys()
    assert "7 cells collected" in project.mi("run", "A05b", "--collect-only").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("-k", "nothing_like_it"), 5, "none of 7 cells matches the filters"),
        (("--setting", "insecure"), 5, "did you mean insecure_code"),
        (("-k", "seed=="), 4, "column 7"),
        (("--seed", "one"), 4, "invalid int value"),
    ],
)
def test_nothing_kept_is_five(
    project: Project, words: tuple[str, ...], code: int, said: str
) -> None:
    done = project.mi("plan", "A05b", *words)
    assert done.code == code
    assert said in done.err
