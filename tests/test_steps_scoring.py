"""Judges: panels, judging again, judges without logprobs; the server's books say what was asked."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import pytest

from tests.support.fake_openai import Loopback
from tests.support.fake_openai.voice import write
from tests.support.hosted import HOSTED, JUDGE, MODEL, declare_few, loopback, mi, run
from tests.support.project import Project

OTHER = "gpt-4.1-mini-2025-04-14"
PRICE = ("--price", f"{OTHER}=1,1")


def asked(server: Loopback) -> Counter[str]:
    """Answers that were delivered, by the model that gave them; fine-tunes under one name."""
    found: Counter[str] = Counter()
    for (model, _), number in server.books.answers.items():
        found["tuned" if model.startswith("ft:") else model] += number
    return found


def vote(prompt: str, misaligned: bool, rng: random.Random) -> str:
    """What a judge says that gives no logprobs, or a model under test."""
    if "<<<BEGIN" not in prompt:
        return write(prompt, misaligned, rng)
    return rng.choice(("YES", "No.")) if "YES" in prompt else f" {rng.randint(60, 99)}\n"


def query(project: Project, text: str) -> Any:
    done = project.mi("sql", text, "--format", "json")
    assert done.code == 0, done.err
    return done.json


def edit(project: Project, before: str, after: str) -> None:
    path = project.root / "experiments/small.py"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.slow
def test_what_changes_decides_what_is_asked(project: Project) -> None:
    """More samples ask for the rest, a threshold for nothing, a judge for judgments only."""
    declare_few(project, static=False)
    edit(project, "samples=2", "samples=10")
    with loopback() as server:
        assert run(project, server).code == 0
        first = asked(server)
        assert first[JUDGE] == 3 * 6 * 10 * 3, "three models, six questions, three rubrics"

        edit(project, "samples=10", "samples=20")
        assert run(project, server).code == 0
        second = asked(server)
        assert second == Counter({name: 2 * number for name, number in first.items()})

        edit(
            project,
            "\nS1 =",
            "\nfree = attrs.evolve(free, judge=attrs.evolve(free.judge, aligned_below=60.0))\nS1 =",
        )
        done = run(project, server)
        assert done.code == 0
        assert "3 evaluated" in done.out
        assert asked(server) == second

        done = run(project, server, "--judge", f"openai:{OTHER}", *PRICE)
        assert done.code == 0, done.err
        third = asked(server)
        assert third.pop(OTHER) == second[JUDGE]
        assert third == second


def test_a_panel_shares_the_answers_and_says_how_far_it_agrees(project: Project) -> None:
    declare_few(project, static=False)
    panel = ("--judge", "declared", "--judge", f"openai:{OTHER}", *PRICE)
    with loopback() as server:
        done = run(project, server, *panel)
        assert done.code == 0, done.out + done.err
        found = asked(server)
    assert found[JUDGE] == found[OTHER] == 3 * 6 * 2 * 3
    assert found[MODEL] + found["tuned"] == 3 * 6 * 2, "one set of answers for all"
    evals = {row["eval"] for row in query(project, "SELECT DISTINCT eval FROM results")}
    assert evals == {
        "insecure_judged",
        "emergent_free_form",
        f"insecure_judged-by-{OTHER}",
        f"emergent_free_form-by-{OTHER}",
    }
    said = re.search(r"answers to emergent_free_form \(insecure_code\), Kripp.*", done.out)
    assert said is not None, done.out
    assert " on misaligned" in done.out


@pytest.mark.slow
def test_judging_again_asks_the_model_under_test_nothing_and_keeps_both(project: Project) -> None:
    declare_few(project, static=False)
    words = ("rejudge", "S1", *HOSTED, "--max-cost", "9", "--judge", f"openai:{OTHER}", *PRICE)
    with loopback() as server:
        early = mi(project, server, *words)
        assert early.code == 5
        assert "no answers to judge" in early.err
        assert run(project, server).code == 0
        before = asked(server)
        done = mi(project, server, *words)
        assert done.code == 0, done.out + done.err
        after = asked(server)
        assert after.pop(OTHER) == before[JUDGE]
        assert after == before
        assert "6 evaluated" in done.out
        again = mi(project, server, *words)
        assert " reused in" in again.out
        assert asked(server)[OTHER] == before[JUDGE]
    rows = query(
        project,
        "SELECT judge, count(*) AS n FROM results WHERE headline GROUP BY judge ORDER BY judge",
    )
    assert rows == [
        {"judge": f"openai:{OTHER}", "n": 6},
        {"judge": f"openai:{JUDGE}", "n": 6},
    ]


def test_an_eval_that_lacks_answers_is_left_out_of_judging_again(project: Project) -> None:
    declare_few(project, static=False)
    words = ("rejudge", "S1", *HOSTED, "--max-cost", "9", "--judge", f"openai:{OTHER}", *PRICE)
    with loopback() as server:
        assert run(project, server).code == 0
        edit(project, "total_samples=(10, 12)", "total_samples=(10, 12, 14)")
        edit(project, "samples=2", "samples=1")
        done = mi(project, server, *words)
        assert done.code == 0, done.out + done.err
        assert "2 evals without all answers left out" in done.out
        assert asked(server)[OTHER] == 3 * 6 * 3


def test_a_judge_without_logprobs_votes(project: Project) -> None:
    declare_few(project, static=False)
    with loopback(write=vote) as server:
        done = run(project, server, "--judge", f"openai:{OTHER}", "--votes", "5", *PRICE)
        assert done.code == 0, done.out + done.err
        assert asked(server)[OTHER] == 5 * 3 * 6 * 2 * 3
    assert query(project, "SELECT count(*) AS n FROM judgment") == [{"n": 3 * 6 * 2 * 3}]
    scored = query(project, "SELECT DISTINCT scores['p_insecure'] AS p FROM answers")
    shares = {row["p"] for row in scored} - {None}
    assert len(shares) > 2
    assert all(round(share * 5, 6) % 1 == 0 for share in shares), "fifths"
    [ratings] = query(project, "SELECT min(mean) AS low FROM results WHERE metric = 'coherent'")
    assert 60 <= ratings["low"] <= 99


@pytest.mark.parametrize("called", ["lab:judge-1", "openai:judge-1@lab"])
def test_any_server_that_speaks_the_api_judges(project: Project, called: str) -> None:
    declare_few(project, static=False)
    endpoint = '[tool.mi.endpoints.lab]\nbase_url = "{url}"\nkey_env = "LAB_KEY"\nfree = true\n'
    with loopback() as server, loopback(models=("judge-1",)) as lab:
        path = project.root / "pyproject.toml"
        text = path.read_text(encoding="utf-8") + endpoint.format(url=lab.url)
        path.write_text(text, encoding="utf-8")
        words = ("run", "S1", *HOSTED, "--max-cost", "50", "--judge", called)
        done = mi(project, server, *words, LAB_KEY=lab.keys[0])
        assert done.code == 0, done.out + done.err
        assert asked(lab)["judge-1"] == 3 * 6 * 2 * 3
        assert JUDGE not in asked(server)
    judges = query(project, "SELECT DISTINCT judge FROM results")
    assert judges == [{"judge": "lab:judge-1"}]
