"""What a run at a Tinker server leaves in the store, held against the server's books."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

from tests.support.fake_tinker import Fake
from tests.support.project import Project

TRAIN = import_module("mi.providers.tinker.train")
RESUME = import_module("mi.providers.tinker.resume")
PENDING_SAVE = import_module("mi.providers.tinker.pending_save")
PLANNED = 6
"""Steps of a training: three batches, two epochs."""


def stored_answers(root: Path) -> list[tuple[str, str, int]]:
    """What is in the journals: journal, question, sample."""
    found = []
    for path in sorted((root / ".mi" / "journals").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found.append((path.stem, record["question"], record.get("sample", 0)))
    return found


def assert_balanced(project: Project, fake: Fake) -> None:
    """Two units, each finished once; nothing is stored twice; the curves are whole."""
    assert sorted(fake.finished().values()) == [1, 1]
    for folder in (project.root / ".mi" / "units").glob("train-*"):
        lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        numbers = [json.loads(line)["step"] for line in lines]
        assert numbers == list(range(1, PLANNED + 1))
        told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        run = fake.runs[told["job"]]
        assert run.steps == PLANNED
        [name] = [name for kind, name in run.saved if kind == "sampler_weights"]
        assert name.startswith(f"{folder.name}-a")
        assert told["model"] == f"tinker://{run.id}/sampler_weights/{name}"
    there = stored_answers(project.root)
    assert len(there) == len(set(there)), "something was stored twice"
