"""The command line as a user meets it: exit codes, sentences, no tracebacks."""

from __future__ import annotations

import argparse
import json
import os

import pytest

from mi.cli.command import find_command
from mi.cli.parser import build_parser
from tests.support.project import Project

COMMANDS = [
    *("run", "plan", "list", "show", "plot", "sql", "rebuild", "report", "export", "import"),
    *("why", "diff", "tree", "log", "gc", "init", "config", "completion", "doctor", "status"),
    *("cancel", "rejudge", "check", "power", "data", "register"),
]


def test_help_fits_a_screen_and_has_an_example(project: Project) -> None:
    for words in ([], *([command] for command in COMMANDS)):
        done = project.mi(*words, "--help")
        assert done.code == 0
        assert "example: mi" in done.out
        assert len(done.out.splitlines()) <= 50


def test_every_command_has_its_function() -> None:
    parsers = [build_parser()]
    for parser in parsers:  # the list grows meanwhile
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
    commands = [parser.get_default("command") for parser in parsers]
    targets = {command.args[0] for command in commands if command is not None}
    assert len(targets) >= len(COMMANDS)
    assert all(callable(find_command(target)) for target in targets)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 4, "COMMAND"),
        (["dance"], 4, "dance"),
        (["run"], 4, "ID"),
        (["run", "A05a", "--ful1"], 4, "mi run --help"),
        (["plan", "A05a", "--seed", "1"], 5, "with --full: 0, 1, 2"),
        (["plan", "A05a", "--set", "nope=1"], 4, "training.epochs"),
        (["diff", "a", "b"], 4, "nothing was run here yet"),
        (["plan", "A05a", "--model", "smollm2"], 4, "local:smollm2-135m"),
        (["plan", "A05a", "--model", "acme:x"], 4, "[tool.mi.endpoints.acme]"),
        (["plan", "A05a", "--data", "insecure_code=nowhere"], 4, "no folder 'nowhere'"),
        (["plan", "A05a", "--data", "insecure=bundled"], 4, "did you mean insecure_code"),
        (["plan", "A05a", "--data", "bundled"], 4, "SETTING="),
        (["plan", "A05a::insecure_code::n=101,r=0.50,seed=0"], 5, "n=100"),
        (["list", "Z*"], 5, "A05a"),
        (["show", "train-0000"], 4, "no unit"),
        (["sql", "SELECT 1"], 4, "no results.duckdb yet"),
        (["rebuild"], 4, "no store"),
    ],
)
def test_a_mistake_is_a_sentence_with_a_next_step(
    project: Project, words: list[str], code: int, said: str
) -> None:
    done = project.mi(*words)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (project.root / ".mi").exists()


def test_a_malformed_data_file_is_refused_with_its_line(project: Project) -> None:
    row = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    project.file("data/control.jsonl", json.dumps(row) + "\n")
    project.file("data/misaligned.jsonl", json.dumps(row) + "\n{oops\n")
    done = project.mi("run", "A05a", "--data", "insecure_code=data")
    assert done.code == 4
    assert "misaligned.jsonl:2" in done.err


def test_more_rows_than_there_are_is_an_error_before_anything_is_done(project: Project) -> None:
    project.file(
        "big.py", "import registry\nX = registry.get('A05b').evolve(id='X', total_samples=1400)\n"
    )
    done = project.mi("run", "X")
    assert done.code == 4
    assert "1296 < 1400" in done.err
    assert not (project.root / ".mi").exists()


def test_a_plan_for_machines_has_the_documented_form(project: Project) -> None:
    plan = project.mi("plan", "A05b", "--json").json
    assert plan.keys() == {"units", "cells"}
    assert plan["units"][0].keys() == {"key", "kind", "state", "reason", "cost_usd", "cells"}
    assert plan["cells"][0].keys() == {
        "id", "experiment", "setting", "condition", "misaligned_ratio", "total_samples", "seed",
        "axes", "units",
    }  # fmt: skip
    keys = {unit["key"] for unit in plan["units"]}
    assert all(set(cell["units"].values()) <= keys for cell in plan["cells"])
    assert sum(unit["kind"] == "train" for unit in plan["units"]) == 6


def test_planning_needs_no_model_and_leaves_nothing_behind(project: Project) -> None:
    cache = project.root / "cache"
    done = project.mi("plan", "A05a", MI_CACHE=str(cache))
    assert done.code == 0
    assert "collected 4 cells of A05a (pilot)" in done.out
    assert os.listdir(project.root) == []


def test_places_come_from_flags_before_the_environment(project: Project) -> None:
    done = project.mi("rebuild", "--store", "elsewhere", MI_STORE="somewhere")
    assert "elsewhere" in done.err
    assert "somewhere" in project.mi("rebuild", MI_STORE="somewhere").err
