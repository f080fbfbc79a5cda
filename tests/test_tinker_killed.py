"""Killed anywhere, started again: each unit is trained to its end once, each answer stored once.

Each case kills a run for real before or after one step, looks into the server's books, and runs the
same command again. A killed training goes on from the last state that it saved, so what it did
after that is done again, which is counted, and nothing else may be.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

pytest.importorskip("tinker")
import pyqwest  # noqa: F401
import tinker  # noqa: F401
from transformers import AutoTokenizer  # noqa: F401

from tests.conftest import Project
from tests.killing import Step, forked
from tests.tinkered import WORDS, declare, make_tiny_model
from tests.tinkering import Fake

_TINKER = "mi.providers.tinker"
_TRAIN = import_module(f"{_TINKER}.train")
_RESUME = import_module(f"{_TINKER}.resume")
STEPS = [
    Step(target, when, number)
    for target, numbers in {
        "mi.steps.mix:write_mix": (1,),
        "mi.providers.launch:LaunchLog.append": (1, 3, 5),  # intent, created or saved
        f"{_TINKER}.resume:create_training_client": (1,),
        f"{_TINKER}.train:submit_step": (2, 5),
        f"{_TINKER}.train:_TrainingLoop._submit_save": (2,),
        f"{_TINKER}.train:_TrainingLoop._save_model": (1,),
        f"{_TINKER}.train:_TrainingLoop._unload": (1,),
        "mi.providers.trained_model:TrainedModel.write": (1,),
        "mi.providers.metrics_log:append_metrics": (3,),
        f"{_TINKER}.sampling:_to_answers": (2,),
        f"{_TINKER}.sampling:_to_likelihood": (4,),
        "mi.store.local:Store.publish": (3,),
    }.items()
    for number in numbers
    for when in ("before", "after")
]
CASES = [(step, (at + at // 2) % 2 == 0) for at, step in enumerate(STEPS)]
"""Every step, at a server that keeps runs' metadata or at one that does not."""
PLANNED = 6
"""Steps of a training: three batches, two epochs."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def stored(root: Path) -> list[tuple[str, str, int]]:
    """What is in the journals: journal, question, sample."""
    found = []
    for path in sorted((root / ".mi" / "journals").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found.append((path.stem, record["question"], record.get("sample", 0)))
    return found


def balanced(project: Project, fake: Fake) -> None:
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
    there = stored(project.root)
    assert len(there) == len(set(there)), "something was stored twice"


@pytest.mark.parametrize(("step", "keeps"), CASES, ids=str)
def test_a_killed_run_goes_on_where_it_was(
    project: Project, tiny: Path, step: Step, keeps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_TRAIN, "SAVE_INTERVAL", 0.0)  # a state after each step
    monkeypatch.setattr(_RESUME, "PENDING_SAVE_SECONDS", 1.0)
    with Fake(keeps=keeps) as fake:
        declare(project, fake.url, tiny)
        log = project.root / "log.txt"
        assert forked(project.root, [*WORDS], {}, step) == -9, log.read_text()
        assert forked(project.root, [*WORDS], {}) == 0, log.read_text()
        balanced(project, fake)
        taken = sum(run.taken for run in fake.runs.values())
        # What was sent after the last state: steps ahead of it, of both trainings.
        assert 2 * PLANNED <= taken <= 2 * (PLANNED + _TRAIN.MAX_STEPS_AHEAD + 2)
        assert sum(run.taken for run in fake.runs.values() if run.began == 0) <= taken


def test_a_training_whose_record_is_gone_is_found_by_its_key(
    project: Project, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_TRAIN, "SAVE_INTERVAL", 0.0)
    last = Step("mi.providers.trained_model:TrainedModel.write", "before")
    with Fake(keeps=False) as fake:
        declare(project, fake.url, tiny)
        assert forked(project.root, [*WORDS], {}, last) == -9
        for log in (project.root / ".mi" / "work").glob("train-*/launch.jsonl"):
            log.unlink()
        assert forked(project.root, [*WORDS], {}) == 0, (project.root / "log.txt").read_text()
        balanced(project, fake)
