"""Killed anywhere, started again: each unit is trained to its end once, each answer stored once.

Each case kills a run for real before or after one step, looks into the server's books, and runs the
same command again. A killed training goes on from the last state that it saved, so what it did
after that is done again, which is counted, and nothing else may be.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.slow import mostly_slow
from tests.support.tinker_runs import PLANNED, RESUME, TRAIN, assert_balanced

pytest.importorskip("tinker")
import pyqwest  # noqa: F401
import tinker  # noqa: F401
from transformers import AutoTokenizer  # noqa: F401

from tests.support.fake_tinker import Fake
from tests.support.kill import Step, forked
from tests.support.project import Project
from tests.support.tinker_project import WORDS, declare, make_tiny_model

STEPS = [
    Step(target, when, number)
    for target, numbers in {
        "mi.steps.mix:write_mix": (1,),
        "mi.providers.launch:LaunchLog.append": (1, 3, 5),  # intent, created or saved
        "mi.providers.tinker.resume:create_training_client": (1,),
        "mi.providers.tinker.train:submit_step": (2, 5),
        "mi.providers.tinker.train:_TrainingLoop._submit_save": (2,),
        "mi.providers.tinker.train:_TrainingLoop._save_model": (1,),
        "mi.providers.tinker.train:_TrainingLoop._unload": (1,),
        "mi.providers.trained_model:TrainedModel.write": (1,),
        "mi.providers.metrics_log:append_metrics": (3,),
        "mi.providers.tinker.sampling:_to_answers": (2,),
        "mi.providers.tinker.sampling:_to_likelihood": (4,),
        "mi.store.base:Store.publish": (3,),
    }.items()
    for number in numbers
    for when in ("before", "after")
]
CASES = [(step, (at + at // 2) % 2 == 0) for at, step in enumerate(STEPS)]
"""Every step, at a server that keeps runs' metadata or at one that does not."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.mark.parametrize(("step", "keeps"), mostly_slow(CASES, every=7), ids=str)
def test_a_killed_run_goes_on_where_it_was(
    project: Project, tiny: Path, step: Step, keeps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TRAIN, "SAVE_INTERVAL", 0.0)  # a state after each step
    monkeypatch.setattr(RESUME, "PENDING_SAVE_SECONDS", 1.0)
    with Fake(keeps=keeps) as fake:
        declare(project, fake.url, tiny)
        log = project.root / "log.txt"
        assert forked(project.root, [*WORDS], {}, step) == -9, log.read_text()
        assert forked(project.root, [*WORDS], {}) == 0, log.read_text()
        assert_balanced(project, fake)
        taken = sum(run.taken for run in fake.runs.values())
        # What was sent after the last state: steps ahead of it, of both trainings.
        assert 2 * PLANNED <= taken <= 2 * (PLANNED + TRAIN.MAX_STEPS_AHEAD + 2)
        assert sum(run.taken for run in fake.runs.values() if run.began == 0) <= taken


def test_a_training_whose_record_is_gone_is_found_by_its_key(
    project: Project, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TRAIN, "SAVE_INTERVAL", 0.0)
    last = Step("mi.providers.trained_model:TrainedModel.write", "before")
    with Fake(keeps=False) as fake:
        declare(project, fake.url, tiny)
        assert forked(project.root, [*WORDS], {}, last) == -9
        for log in (project.root / ".mi" / "work").glob("train-*/launch.jsonl"):
            log.unlink()
        assert forked(project.root, [*WORDS], {}) == 0, (project.root / "log.txt").read_text()
        assert_balanced(project, fake)
