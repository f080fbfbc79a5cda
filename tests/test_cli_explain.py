"""What is done or not can be understood: unit by unit, and run by run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.support import hosted
from tests.support.project import Done, Project

Ask = Callable[..., Done]
CELL = "S1::insecure_code::n=10,r=0.50,seed=0"


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks about a project in which one of two cells was run."""
    project = Project(tmp_path_factory.mktemp("understand"))
    hosted.declare_few(project, static=False)
    with hosted.loopback() as server:
        done = hosted.mi(project, server, "run", CELL, *hosted.HOSTED, "--max-cost", "50")
        assert done.code == 0, done.err
        yield lambda *words: hosted.mi(project, server, *words)


def test_why_names_each_unit_with_all_it_is_made_of(ask: Ask) -> None:
    done = ask("why", CELL, *hosted.HOSTED)
    assert done.code == 0, done.err
    heads = re.findall(r"^(.) (\w+)-[0-9a-f]{16}  ", done.out, re.M)
    assert heads == [("✓", "mix"), ("✓", "train"), ("✓", "eval"), ("✓", "eval")]
    assert "hyperparameters.epochs = " in done.out
    assert "letters)" in done.out  # a judge's prompt is not printed whole


def test_why_tells_the_nearest_that_is_done(ask: Ask) -> None:
    done = ask("why", CELL.replace("n=10", "n=12"), *hosted.HOSTED)
    assert "most similar finished unit: mix-" in done.out
    assert "total_samples: 10 → 12" in done.out


def test_diff_names_what_two_units_differ_in(ask: Ask) -> None:
    keys = re.findall(r"eval-[0-9a-f]{16}", ask("tree", CELL, *hosted.HOSTED).out)
    done = ask("diff", keys[0], keys[1])
    assert done.code == 1
    assert "eval.judge" in done.out
    same = ask("diff", keys[0], keys[0], "--json")
    assert (same.code, same.json) == (0, [])
    slip = ask("diff", keys[0], "train-zz")
    assert slip.code == 4
    assert "no unit in the store begins with 'train-zz'" in slip.err


def test_a_tree_stands_on_what_is_needed_first(ask: Ask) -> None:
    done = ask("tree", "S1", *hosted.HOSTED)
    shape = [(len(line) - len(line.lstrip())) // 2 for line in done.out.splitlines()[:-1]]
    assert shape == [0, 0, 0, 1, 2, 2, 0, 1, 2, 2]
    assert done.out.splitlines()[-1] == "10 units: 4 done, 6 to do"


def test_the_log_has_the_newest_run_first(ask: Ask) -> None:
    done = ask("log")
    assert CELL in done.out
    assert ask("log", "S1", "--json").json[0]["outcome"] == "done"
    assert ask("log", "A05a").code == 5
