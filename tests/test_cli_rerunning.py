"""Running again, and what a run says: flags that pytest has, and what they do here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support import hosted
from tests.support.fake_openai import Faults
from tests.support.project import Done, Project

CHEAP = ("--judge", "none")


def summary(done: Done) -> str:
    return done.out.splitlines()[-1]


def test_what_failed_is_run_again_alone(project: Project) -> None:
    hosted.declare_few(project, static=False)
    with hosted.loopback(faults=Faults(fail_jobs=2)) as server:
        first = hosted.run(project, server, *CHEAP, "-x", "-n", "1", "--junitxml", "out/first.xml")
        assert first.code == 1
        assert "stopped after 1 failure" in first.out
        assert "1 failed" in summary(first)
        suite = ElementTree.parse(project.root / "out" / "first.xml").getroot()[0]
        assert suite.get("failures") == "1"
        [failure] = suite.iter("failure")
        assert "server_error" in (failure.text or "")
        assert any("not attempted" in (one.get("message") or "") for one in suite.iter("skipped"))
        planned = hosted.mi(project, server, "plan", "S1", *hosted.HOSTED, *CHEAP, "--lf", "--json")
        assert {one["kind"] for one in planned.json["units"]} <= {"train", "eval"}
        second = hosted.run(project, server, *CHEAP, "--lf", "--maxfail", "3")
        assert second.code == 1, "the second job fails too"
        third = hosted.run(project, server, *CHEAP, "--lf", "--durations", "1")
        assert third.code == 0, third.out + third.err
        assert "1 trained" in summary(third)
        assert "deselected" in summary(third)
        assert "slowest units" in third.out
        assert sum(server.books.trainings.values()) == 1
        whole = hosted.run(project, server, *CHEAP, "--lf")
        assert whole.code == 0, "nothing failed before: everything is run"
        assert "1 trained" in summary(whole)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(project: Project) -> None:
    hosted.declare_few(project, static=False)
    with hosted.loopback() as server:
        done = hosted.mi(project, server, "run", "S1", *hosted.HOSTED, *CHEAP, "--dry-run")
        assert done.code == 0, done.err
        assert done.out.splitlines()[-1] == "nothing was done (--dry-run)"
        assert len(re.findall(r"^ train-", done.out, re.MULTILINE)) == 2
        assert server.books.trainings == {}
    assert not (project.root / ".mi").exists()


def test_trainings_first_and_evals_later(project: Project) -> None:
    hosted.declare_few(project, static=False)
    with hosted.loopback() as server:
        trained = hosted.run(project, server, *CHEAP, "--kind", "train")
        assert summary(trained).startswith("2 mixed, 2 trained")
        listed = hosted.mi(
            project, server, "run", "S1", *hosted.HOSTED, *CHEAP, "--kind", "train", "--co", "-q"
        )
        assert re.fullmatch(r"((mix|train)-[0-9a-f]{16}\n){4}", listed.out)


@pytest.fixture
def quick(project: Project, tmp_path: Path) -> Project:
    """A project whose experiment takes no time: no rows are drawn, only mixes made."""
    project.file(
        "mine.py",
        "import registry\nQ1 = registry.get('A05a').evolve(id='Q1', total_samples=10)\n",
    )
    return project


def test_how_much_is_said(quick: Project) -> None:
    words = ("run", "Q1", "--kind", "mix")
    loud = quick.mi(*words, "-v", "--store", "a", "--log-file", "log.txt")
    assert "mix-" in loud.out
    assert ": new" in loud.out
    plain = quick.mi(*words, "--store", "b")
    assert "✓ mix    n=10" in plain.out
    assert ": new" not in plain.out
    quiet = quick.mi(*words, "-q", "--store", "c")
    assert quiet.out.splitlines() == [summary(quiet)]
    assert summary(quiet).startswith("1 mixed, ")
    log = (quick.root / "log.txt").read_text()
    assert re.search(r"^\d{4}-\d\d-\d\d .* INFO +mi: ✓ mix", log, re.MULTILINE)
    assert quick.mi(*words, "--log-file", "no/such/folder").code == 4


@pytest.mark.parametrize("variable", ["CI", "NO_COLOR"])
def test_a_terminal_is_left_plain_where_that_is_asked(quick: Project, variable: str) -> None:
    command = " ".join((sys.executable, "-m", "mi", "run", "Q1", "--kind", "mix"))
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        cwd=quick.root,
        env={**quick.environment(), variable: "true", "TERM": "xterm-256color"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    colours = re.findall(r"\x1b\[[0-9;]*m", done.stdout)
    assert not [one for one in colours if re.search(r"[34]\d", one)]
    if variable == "CI":
        assert "\x1b" not in done.stdout


PYTEST = """
import pytest

@pytest.mark.parametrize("n", [100, 500])
def test_size(n):
    assert n != 500
"""


@pytest.mark.parametrize(
    ("pytest_words", "mi_words", "code"),
    [
        (["--collect-only", "-q"], ["Q1", "--collect-only", "-q"], 0),
        (["-k", "nothing"], ["Q1", "-k", "nothing"], 5),
        (["-k", "a and"], ["Q1", "-k", "a and"], 4),
        (["-k", "("], ["Q1", "-k", "("], 4),
        (["-m", "a or or"], ["Q1", "-m", "a or or"], 4),
        (["--no-such-flag"], ["Q1", "--no-such-flag"], 4),
        (["no_such_file.py"], ["no_such_file.py"], 4),
        (["--maxfail", "x"], ["Q1", "--maxfail", "x"], 4),
        (["-k", "100", "--durations", "1"], ["Q1", "--kind", "mix", "--durations", "1"], 0),
        (["-k", "100", "--junitxml", "p.xml"], ["Q1", "--kind", "mix", "--junitxml", "m.xml"], 0),
    ],
)
def test_exit_codes_are_those_of_pytest(
    quick: Project, pytest_words: list[str], mi_words: list[str], code: int
) -> None:
    quick.file("pytest.ini", "[pytest]\n")
    quick.file("test_it.py", PYTEST)
    runner = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *pytest_words]
    theirs = subprocess.run(runner, cwd=quick.root, env=quick.environment(), capture_output=True)
    assert theirs.returncode == code
    ours = quick.mi("run", *mi_words)
    assert ours.code == code, ours.err
    assert "Traceback" not in ours.err


def test_a_shell_completes_experiments_and_cells(quick: Project) -> None:
    def completions(line: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", "from mi.cli import main; main()"],
            cwd=quick.root,
            env={
                **quick.environment(),
                "_ARGCOMPLETE": "1",
                "_ARGCOMPLETE_SHELL": "fish",
                "_ARGCOMPLETE_IFS": "\n",
                "_ARGCOMPLETE_STDOUT_FILENAME": str(quick.root / "completions"),
                "COMP_LINE": line,
                "COMP_POINT": str(len(line)),
                "COMP_TYPE": "9",
            },
        )
        assert done.returncode == 0
        text = (quick.root / "completions").read_text()
        return [word.partition("\t")[0].strip() for word in text.splitlines()]

    assert {"A05a", "A05b"} <= set(completions("mi run A05"))
    assert any("seed=0" in word for word in completions("mi run Q1::insecure_code::n"))
    assert "legal_advice" in completions("mi run Q1 --setting le")
    assert "total_samples=" in completions("mi run Q1 --set total")
    assert "argcomplete" in quick.mi("completion", "bash").out
