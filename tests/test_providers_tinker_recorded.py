"""A real server's answers (SkyRL 0.4.0 on a CPU), played back: what is said to it and heard."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_tinker.dialogue import ROWS

pytest.importorskip("tinker")

from mi.providers.types import (
    ModelUnderTest,
    ScoreRequest,
)
from tests.support.fake_tinker.recording import Playback
from tests.support.tiny_model import Watcher, make_tiny_model


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """In a process of its own: the SDK leaves its first connection open."""
    tiny = make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    with Playback() as server:
        words = [server.url, str(tiny), str(tmp_path_factory.mktemp("unit"))]
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.fake_tinker.dialogue", *words],
            capture_output=True,
            text=True,
        )
    assert server.strange == [], done.stderr
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_training_is_told_with_its_curve(heard: dict[str, Any]) -> None:
    told, curve = heard["trained"], heard["curve"]
    assert told["steps"] == len(curve) == 4
    assert [line["step"] for line in curve] == [1, 2, 3, 4]
    assert all(math.isfinite(line["loss"]) and line["loss"] > 0 for line in curve)
    assert curve[-1]["loss"] < curve[0]["loss"]
    assert told["trained_tokens"] == sum(line["tokens"] for line in curve)
    assert told["billed_tokens"] == told["tokens"] > told["trained_tokens"]
    assert told["model"].startswith("tinker://")


def test_every_answer_comes_once(heard: dict[str, Any]) -> None:
    for name in ("base", "tuned"):
        answers = heard[f"answers {name}"]
        assert [one[:2] for one in answers] == [[f"q{i}", j] for i in range(2) for j in range(3)]
        assert {one[3] for one in answers} <= {"stop", "length"}
        assert len({one[2] for one in answers}) > 1, "samples of a question differ"


def test_what_was_taught_is_likelier_afterwards(heard: dict[str, Any]) -> None:
    base, tuned = heard["likelihoods base"], heard["likelihoods tuned"]
    for before, after in zip(base, tuned, strict=True):
        assert before[2] == after[2]
        assert after[1][0] > before[1][0]


def test_the_base_model_is_scored_as_the_local_provider_scores_it(
    heard: dict[str, Any], tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    from mi.providers.local import Local
    from tests.support.tiny_model import tiny

    local, model = Local(), tiny(make_tiny_model(tmp_path / "tiny"))
    pairs = [
        ScoreRequest(question=f"p{i}", chat=row[:-1], answers=(row[-1].content, "no"))
        for i, row in enumerate(ROWS[:2])
    ]
    scored = local.score(ModelUnderTest(model=model), pairs, Watcher())
    here = sorted([one.question, *one.logprobs] for batch in scored for one in batch)
    for ours, theirs in zip(here, heard["likelihoods base"], strict=True):
        assert ours[1:] == pytest.approx(theirs[1], abs=0.02)
