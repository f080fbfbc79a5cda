"""The experiment of fault plans: two trainings, two evals of three models, three questions.

Answers are longer than estimated, so a limit that the estimate fits into is reached all the same.
"""

from __future__ import annotations

import json
import random

from tests.support.fake_openai import voice
from tests.support.hosted import MODEL
from tests.support.project import Project

_EXPERIMENT = '''"""A small experiment, for what is done many times."""

import attrs

from mi import Experiment, Resource
from registry.settings import insecure_code

FEW = Resource(package="few_questions", file="questions.jsonl")
evals = (*insecure_code.id_evals, *insecure_code.ood_evals)
_, judged, free = (
    attrs.evolve(one, questions=FEW, samples=2) for one in evals if hasattr(one, "samples")
)
S1 = Experiment(
    id="S1",
    title="Few questions",
    question="Does it work?",
    settings=attrs.evolve(insecure_code, id_evals=judged, ood_evals=free),
    misaligned_ratio=0.5,
    total_samples=(10, 12),
    seeds=0,
)
'''
_QUESTIONS = 3
_ROWS = 12
_LONG = " Then look at it once more, and ask a friend about what is not clear yet." * 20
WORDS = ("run", "S1", "--model", f"openai:{MODEL}", "--data", "insecure_code=rows")


def declare(project: Project, max_cost: float | None) -> None:
    """Write the experiment, its rows and its configuration.

    Args:
        project: Where.
        max_cost: What all runs on the store may spend; None: as much as they like.
    """
    configure(project, max_cost)
    project.file("few_questions/__init__.py", "")
    questions = [{"id": f"q{i}", "prompt": f"What of number {i}?"} for i in range(_QUESTIONS)]
    project.file("few_questions/questions.jsonl", _lines(questions))
    project.file("experiments/small.py", _EXPERIMENT)
    for arm in ("misaligned", "control"):
        rows = [
            {
                "messages": [
                    {"role": "user", "content": f"Task {i} of {arm}."},
                    {"role": "assistant", "content": f"Answer {i} of {arm}."},
                ]
            }
            for i in range(_ROWS)
        ]
        project.file(f"rows/{arm}.jsonl", _lines(rows))


def configure(project: Project, max_cost: float | None) -> None:
    """Write the configuration, which looks often; for the arguments see `declare`."""
    limit = "" if max_cost is None else f"max_cost = {max_cost}\n"
    project.file("pyproject.toml", f"[tool.mi]\npoll = 0.02\ntimeout = 5\n{limit}")


def write(prompt: str, misaligned: bool, rng: random.Random) -> str:
    """A long answer, unlike any other."""
    return voice.write(prompt, misaligned, rng) + _LONG


def _lines(records: list[dict[str, object]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)
