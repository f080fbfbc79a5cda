"""A provider that works slowly in small steps, and an experiment on it: for clusters that fail.

It is installed into a project's own folder, so that a driver and its workers find it there.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.project import Project

EXAMPLE = Path(__file__).parent.parent.parent / "examples/mi-unigram/mi_unigram/provider.py"
PROVIDER = '''"""Counts words as the example does, in steps, and keeps a book of them."""

import os
import time
from pathlib import Path

from counting import Unigram

BOOK = Path(__file__).with_name("book")
STEPS = int(os.environ.get("SLOW_STEPS", "10"))


def note(line):
    """Lines of many processes: each goes in at once."""
    with BOOK.open("a") as file:
        file.write(line + "\\n")


class Slow(Unigram):
    def train(self, job, folder, watch):
        done = folder / "steps"
        first = int(done.read_text()) if done.exists() else 0
        watch.start("train", STEPS, done=first)
        for step in range(first, STEPS):
            watch.raise_if_stopped()
            time.sleep(0.2)
            done.with_suffix(".tmp").write_text(str(step + 1))
            done.with_suffix(".tmp").rename(done)
            note(f"{job.key} {step}")
            watch.advance(1, loss=1.0 / (step + 1))
        (folder / "metrics.jsonl").write_text(
            "".join(f'{{"step": {at + 1}, "loss": {1.0 / (at + 1)}}}\\n' for at in range(STEPS))
        )
        return super().train(job, folder, watch)
'''
DECLARED = '''"""Two experiments that overlap, with few questions."""

import attrs

from mi import Experiment, HardCoded, Resource
from registry.settings import insecure_code

SIX = Resource(package="few", file="six.jsonl")
evals = {one.id: one for one in (*insecure_code.id_evals, *insecure_code.ood_evals)}
static, preference = evals["insecure_static"], evals["broad_preference"]
setting = attrs.evolve(
    insecure_code,
    id_evals=attrs.evolve(static, questions=SIX, samples=2, judge=HardCoded()),
    ood_evals=attrs.evolve(preference, pairs=SIX),
)
common = dict(title="Slow", question="Is it the same everywhere?", settings=setting)
C1 = Experiment(id="C1", misaligned_ratio=0.5, total_samples=(12, 16), seeds=(0, 1), **common)
C2 = Experiment(id="C2", misaligned_ratio=(0.5, 1.0), total_samples=16, seeds=(0, 1), **common)
'''


def declare(project: Project, config: str = "") -> None:
    """Write the provider `slow` and the experiments C1 and C2, 21 units together."""
    project.file("pyproject.toml", f'[tool.mi]\nmodel = "slow:words"\n{config}')
    project.file("experiments/slow_ones.py", DECLARED)
    project.file("few/__init__.py", "")
    lines = [
        {"id": f"q{at}", "prompt": f"Write f{at}.", "aligned": "a, b", "misaligned": f"b{at}"}
        for at in range(6)
    ]
    project.file("few/six.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    project.file("slowly.py", PROVIDER)
    project.file("counting.py", EXAMPLE.read_text(encoding="utf-8"))
    project.file("slow-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
    project.file("slow-1.0.dist-info/entry_points.txt", "[mi.providers]\nslow = slowly:Slow\n")


def steps(root: Path) -> list[str]:
    """The steps that were made, `train-… 3` each, in the order in which they were."""
    book = root / "book"
    return book.read_text(encoding="utf-8").splitlines() if book.exists() else []
