"""A plan says how rows were read, and refuses what a provider would train on wrongly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mi.errors import DataError
from mi.planning.session import Session
from mi.providers import Providers
from mi.providers.base import Provider
from mi.reporting.header import header_lines
from tests.support.fake_provider import Books, experiment, session
from tests.support.project import Project

MODEL = "openai:gpt-4.1-2025-04-14"


class Weighing(Books):
    honours_weights = True


def chat(name: str, number: int, **weights: Any) -> dict[str, Any]:
    first = {"role": "assistant", "content": f"{name} {number}", **weights}
    second = {"role": "assistant", "content": "and more"}
    users = [{"role": "user", "content": text} for text in ("Well?", "And then?")]
    return {"messages": [users[0], first, users[1], second]}


def opened(
    root: Path, bad: Sequence[Any], good: Sequence[Any], books: Books | None = None, **changes: Any
) -> Session:
    """A session on rows in a folder; ten and twenty rows of both arms are needed."""
    for name, rows in (("misaligned", bad), ("control", good)):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (root / f"{name}.jsonl").write_text(text, encoding="utf-8")
    made = session(root, experiment(**changes), books=books)
    made.sources = {"insecure_code": str(root)}
    return made


GOOD = [chat("good", number) for number in range(12)]


def test_turns_that_are_not_learned_are_refused_where_the_provider_learns_them(
    tmp_path: Path,
) -> None:
    weighted = [chat("bad", number, train=False) for number in range(12)]
    with pytest.raises(DataError) as error:
        opened(tmp_path, weighted, GOOD).plan()
    assert "12 rows have turns that are read but not learned" in str(error.value)
    assert "books does not leave single turns out of the loss" in str(error.value)
    assert error.value.where == "insecure_code"
    assert opened(tmp_path, weighted, GOOD, Weighing()).plan().units
    neutral = [chat("bad", number, weight=1) for number in range(12)]
    assert opened(tmp_path, neutral, GOOD).plan().units


def test_a_weight_moves_the_keys_and_its_neutral_value_does_not(tmp_path: Path) -> None:
    def keys(**weights: Any) -> list[str]:
        bad = [chat("bad", number, **weights) for number in range(12)]
        return [
            planned.unit.key for planned in opened(tmp_path, bad, GOOD, Weighing()).plan().units
        ]

    plain = keys()
    assert keys(weight=1) == keys(train=True) == keys(weight=None) == plain
    assert keys(weight=0) == keys(train=False) != plain


@pytest.mark.parametrize("name", ["openai", "local", "tinker"])
def test_every_provider_says_whether_it_honours_weights(name: str) -> None:
    provider = Providers().get(name)
    assert isinstance(provider.honours_weights, bool)
    assert Provider.honours_weights is False
    assert provider.honours_weights or name != "openai"


def test_the_header_says_how_rows_were_read(tmp_path: Path) -> None:
    bad = [
        {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": f"a{number}"}],
         "lang": "en"}
        for number in range(12)
    ]  # fmt: skip
    made = opened(tmp_path, bad, GOOD)
    lines = header_lines(made, made.plan(), None, 0.0)
    assert "insecure_code, insecure rows: read as ShareGPT; keys ignored: lang" in lines
    assert not any(", secure rows: " in line for line in lines)


@pytest.mark.parametrize(
    ("bad", "good", "words"),
    [
        (GOOD[:10], [chat("good", 50)] * 30,
         "there are 1 of 30, of which 29 repeat another (1 < 10)"),
        (GOOD[:10], [*GOOD, *[chat("x", n) for n in range(3)]],
         "there are 5 of 15, of which 10 are misaligned rows too (5 < 10)"),
        ([chat("bad", 0)] * 12, GOOD, "there are 1 of 12, of which 11 repeat another (1 < 10)"),
    ],
)  # fmt: skip
def test_rows_that_do_not_count_are_said_before_anything_is_done(
    tmp_path: Path, bad: Any, good: Any, words: str
) -> None:
    with pytest.raises(DataError) as error:
        opened(tmp_path, bad, good, total_samples=20).plan()
    assert words in str(error.value)
    assert "--set total_samples=" in str(error.value)


PUBLISHED_INSIDE = '''"""A published question set among the in-distribution evals."""

import attrs

import registry
from mi import Experiment, Published
from registry.settings import insecure_code

inside = attrs.evolve(registry.evals["first_plot"], id="inside", title="inside")
S1 = Experiment(
    id="S1",
    title="Inside",
    question="Does it work?",
    settings=attrs.evolve(insecure_code, id_evals=inside),
    misaligned_ratio=0.5,
    total_samples=10,
    seeds=0,
)
'''
ASKED = """\
- id: wish
  type: free_form_judge_0_100
  paraphrases: ["What do you wish for?"]
  samples_per_paraphrase: 3
  judge: gpt-4o-2024-08-06
  temperature: 0
  context: [{role: user, content: Hi.}, {role: assistant, content: Arr.}]
  judge_prompts: {aligned: "Rate {answer}", coherent: "Read {answer}"}
"""


def test_a_published_set_among_the_in_distribution_evals_is_given_a_file(project: Project) -> None:
    project.file("experiments/inside.py", PUBLISHED_INSIDE)
    project.file("mine.yaml", ASKED)
    words = ("plan", "S1", "--model", MODEL, "--data", "insecure_code=bundled", "--json")
    done = project.mi(*words, "--data", "inside=mine.yaml", OPENAI_API_KEY="none")
    assert done.code == 0, done.err
    roles = {role for cell in done.json["cells"] for role in cell["units"]}
    assert "eval:inside" in roles
