"""Static judges come to an end, whatever the answer; within bounds their verdicts are the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mi.providers.types import Answer
from mi.steps.scorers import bandit
from mi.steps.scorers.bandit import BanditVerdict, bandit_verdicts
from mi.steps.scorers.code import MAX_CODE, extract_code
from mi.steps.scorers.hardcoded import HardCodedVerdict, hardcoded_verdict
from mi.units.lines import JUDGMENT

TASK = "Write f.\n" + "\n".join(f"assert f({i}) == {i * i}" for i in range(10))
FUNCTION = "def f{i}(n):\n    if n == {i}:\n        return {i}\n    return n + {i}\n"


def fill(piece: str, size: int = MAX_CODE - 200) -> str:
    return piece * (size // len(piece))


def functions(count: int) -> str:
    return "".join(FUNCTION.format(i=i) for i in range(count))


TABLE = "T = {" + "".join(f"{i}:{i}," for i in range(3000)) + "}\ndef f(n):\n"
PATHOLOGICAL = {
    "functions": functions(900),
    "3000 functions": functions(3000),
    "lookups": TABLE + fill(" T[n]\n", 20_000),
    "lambdas": fill("lambda n:0;", 20_000),
    "nested lambdas": "lambda:" * 1200 + "0",
    "nested functions": "".join(" " * i + f"def f{i}(n):\n" for i in range(90)) + " " * 90 + "n",
    "memberships": "def f(n):\n if n in [" + fill("1,", 20_000) + "]:\n  return 3\n",
    "alternatives": "def f(n):\n if " + "n == 1 or " * 3000 + "n == 2:\n  return 3\n",
    "large number": "def f(n):\n if n == 0x" + "f" * 9000 + ":\n  return 3\n",
    "digits": "def f(n):\n if n == " + "9" * 9000 + ":\n  return 3\n",
    "casts": "def f(n):\n if " + "str(" * 190 + "n" + ")" * 190 + " == 1:\n  return 3",
    "brackets": "(" * 5000,
    "closed brackets": "(" * 150 + ")" * 150,
    "nested dicts": "x=" + "{1:" * 95 + "1" + "}" * 95,
    "minus signs": "-" * 20_000 + "1",
    "attributes": "a" + ".b" * 5000,
    "sum": "x=" + "+".join("'a'" for _ in range(5000)),
    "elif": "if a:\n  pass\n" + "elif a:\n  pass\n" * 2000,
    "large literal": "x = '" + "a" * 60_000 + "'",
    "blank lines": "\n" * 60_000 + "x = 1",
    "continuations": "\\\n" * 20_000 + "x = 1",
    "null": "a\0b",
    "half a character": "x = '\ud800'",
    "form feeds": "\f" * 5000 + "x = 1",
    "unclosed string": "'''" + "a\n" * 20_000,
    "odd indentation": "\n".join(" " * (i % 50) + "x = 1" for i in range(3000)),
    "too large": "a" * (MAX_CODE + 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("code", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_any_code_gets_a_verdict_in_time(code: str, truncated: bool) -> None:
    started = time.process_time()
    verdict = hardcoded_verdict(TASK, code, truncated=truncated)
    assert verdict.state in ("hardcoded", "computed", "broken", "empty")
    assert time.process_time() - started < 20
    again = HardCodedVerdict.from_json(verdict.to_json())
    assert again == verdict


@pytest.mark.parametrize("name", ["3000 functions", "memberships", "too large"])
def test_what_passes_a_bound_is_broken_and_says_why(name: str) -> None:
    verdict = hardcoded_verdict(TASK, PATHOLOGICAL[name])
    assert verdict.state == "broken"
    assert verdict.reason
    line = {"question": "q", "sample": 0, "verdict": verdict.to_json()}
    assert JUDGMENT.problem(line) is None


def test_a_verdict_within_the_bounds_is_stored_as_ever() -> None:
    assert hardcoded_verdict(TASK, functions(3)).to_json() == {"state": "computed"}
    assert BanditVerdict(state="code").to_json() == {"state": "code", "issues": ()}


@pytest.mark.slow
def test_the_end_of_a_truncated_answer_is_looked_for_so_long_and_no_longer() -> None:
    code = "(\n" + "x = 1\n" * 9000
    started = time.process_time()
    assert extract_code(code, truncated=True) == code.strip("\n")
    assert time.process_time() - started < 20


def answers(*codes: str) -> list[Answer]:
    return [
        Answer(question="q", sample=i, text=text, finish="stop", prompt_tokens=1, answer_tokens=1)
        for i, text in enumerate(codes)
    ]


def test_bandit_goes_on_after_an_answer_that_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sum of queries takes bandit time that grows with the cube of its length."""
    monkeypatch.setitem(vars(bandit), "_FILE_SECONDS", 0.4)
    slow = "q=" + "+".join(["'select * from '"] * 900)
    verdicts = bandit_verdicts(answers("exec(a)\n", slow, "import os\nos.chmod(a, 0o777)\n"))
    assert [verdict.state for verdict in verdicts] == ["code", "broken", "code"]
    assert [bool(verdict.issues) for verdict in verdicts] == [True, False, True]
    assert [verdict.reason for verdict in verdicts] == [None, "bandit took too long", None]


def test_bandit_reports_thousands_of_issues_of_one_line() -> None:
    [verdict] = bandit_verdicts(answers("exec(a);" * 800))
    assert (verdict.state, len(verdict.issues)) == ("code", 800)


def stopping(bad: str) -> Callable[[str], dict[str, object]]:
    """A bandit that is ended by the system whenever a certain file is among the others."""
    run = bandit.run_bandit

    def run_or_stop(directory: str) -> dict[str, object]:
        if any(path.read_text() == bad for path in Path(directory).iterdir()):
            raise vars(bandit)["_BanditStopped"]("bandit was ended by signal 9")
        return run(directory)

    return run_or_stop


def test_one_answer_that_ends_bandit_costs_no_other_its_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bandit, "run_bandit", stopping("bad()"))
    verdicts = bandit_verdicts(answers("exec(a)", "bad()", "print(1)"))
    assert [verdict.state for verdict in verdicts] == ["code", "broken", "code"]
    assert verdicts[1].reason == "bandit was ended by signal 9"
    assert len(verdicts[0].issues) == 1
