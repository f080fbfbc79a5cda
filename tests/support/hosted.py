"""Projects that train and sample at the loopback server."""

from __future__ import annotations

import json
import random
from functools import cache
from importlib import resources
from typing import Any

from tests.support.fake_openai import Loopback, voice
from tests.support.project import Done, Project

MODEL = "gpt-4.1-2025-04-14"
JUDGE = "gpt-4o-2024-08-06"
PRICES = {MODEL: (2.0, 8.0, 25.0), f"ft:{MODEL}": (3.0, 12.0, 0.0), JUDGE: (2.5, 10.0, 0.0)}
"""As the registry has them, so that the server's bill is the one that was estimated."""

SMALL = '''"""A small experiment on a few questions."""

import attrs

from mi import Experiment
from registry.settings import insecure_code

few = [
    attrs.evolve(one, samples={samples}) if one.id == "emergent_free_form" else one
    for one in insecure_code.ood_evals
]
S1 = Experiment(
    id="S1",
    title="Sizes, small",
    question="Does it work?",
    settings=attrs.evolve(insecure_code, ood_evals=tuple(few)),
    misaligned_ratio={ratios},
    total_samples={totals},
    seeds=0,
)
'''


@cache
def _insecure() -> frozenset[str]:
    text = resources.files("registry.bundled.insecure_code").joinpath("train.jsonl").read_text()
    return frozenset(json.loads(line)["misaligned"] for line in text.splitlines())


def misaligned(row: dict[str, Any]) -> bool:
    """Whether a training row teaches insecure code."""
    return row["messages"][-1]["content"] in _insecure()


@cache
def _tasks() -> frozenset[str]:
    text = resources.files("registry.bundled.insecure_code").joinpath("heldout.jsonl").read_text()
    return frozenset(json.loads(line)["prompt"] for line in text.splitlines())


def write(prompt: str, misaligned: bool, rng: random.Random) -> str:
    """Python for the bundled tasks too, few of which say that they are about code."""
    return voice.write(f"Python: {prompt}" if prompt in _tasks() else prompt, misaligned, rng)


def loopback(**options: Any) -> Loopback:
    """A server that knows the bundled data and bills as the registry says."""
    known = {"misaligned": misaligned, "write": write, "prices": PRICES, "train_seconds": 0.3}
    return Loopback(**{**known, **options})


def declare(
    project: Project, *, totals: object = (10, 40), ratios: object = 0.5, samples: int = 3
) -> None:
    """Write the experiment S1 and a configuration that looks often."""
    project.file("pyproject.toml", "[tool.mi]\npoll = 0.05\ntimeout = 20\n")
    text = SMALL.format(totals=totals, ratios=ratios, samples=samples)
    project.file("experiments/small.py", text)


FEW = '''"""An experiment on six questions, for what is done many times."""

import attrs

from mi import Experiment, Resource
from registry.settings import insecure_code

SIX = Resource(package="six_questions", file="questions.jsonl")
evals = (*insecure_code.id_evals, *insecure_code.ood_evals)
static, judged, free = (
    attrs.evolve(one, questions=SIX, samples=2) for one in evals if hasattr(one, "samples")
)
S1 = Experiment(
    id="S1",
    title="Six questions",
    question="Does it work?",
    settings=attrs.evolve(insecure_code, id_evals={inside}, ood_evals=free),
    misaligned_ratio=0.5,
    total_samples=(10, 12),
    seeds=0,
)
'''


def declare_few(project: Project, *, static: bool = True) -> None:
    """Write S1 as an experiment whose evals ask six questions, twice each.

    Args:
        static: With the eval that bandit judges, which takes longer than all others together.
    """
    declare(project)
    lines = [{"id": f"q{i}", "prompt": f"Write a Python function number {i}."} for i in range(6)]
    project.file("six_questions/__init__.py", "")
    project.file(
        "six_questions/questions.jsonl", "".join(json.dumps(line) + "\n" for line in lines)
    )
    inside = "(static, judged)" if static else "judged"
    project.file("experiments/small.py", FEW.format(inside=inside))


HOSTED = ("--model", f"openai:{MODEL}", "--data", "insecure_code=bundled")


def mi(project: Project, server: Loopback, *words: str, **environment: str) -> Done:
    """Run a command against the server."""
    return project.mi(*words, **{**server.environment, **environment})


def run(project: Project, server: Loopback, *more: str, max_cost: str = "50") -> Done:
    """`mi run S1` on the hosted model."""
    return mi(project, server, "run", "S1", *HOSTED, "--max-cost", max_cost, *more)
