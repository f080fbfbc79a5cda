"""A real server's answers (SkyRL 0.4.0 on a CPU), played back: what is said to it and heard."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

pytest.importorskip("tinker")

from mi.providers.tinker import Tinker
from mi.providers.types import (
    ClientOptions,
    ModelUnderTest,
    SampleRequest,
    ScoreRequest,
    TrainJob,
)
from mi.spec import Sampling, Training
from tests.local_fixtures import Watcher, asked, make_tiny_model, taught
from tests.tinkering.recording import Playback

ROWS = [taught(f"Say {word}.", f"{word}, {word}!") for word in ("one", "two", "three", "four")]
SAMPLING = Sampling(temperature=1.0, max_tokens=6)


def talk(url: str, tiny: Path, folder: Path) -> dict[str, Any]:
    """Train on four rows, then ask the base model and the trained one."""
    endpoint = {
        "provider": "tinker",
        "base_url": url,
        "base_model": "tiny",
        "tokenizer": str(tiny),
    }
    provider = Tinker("lab", ClientOptions(timeout=60, endpoints={"lab": endpoint}))
    training = Training(batch_size=2, lora_rank=4, learning_rate=0.01, epochs=2)
    model, watch = provider.resolve_model("tiny"), Watcher()
    job = TrainJob(
        key="train-0123456789abcdef",
        model=model,
        rows=ROWS,
        file=folder / "rows.jsonl",
        title="four rows",
        hyperparameters=provider.hyperparameters(training),
        seed=0,
    )
    done = provider.train(job, folder, watch)
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    heard: dict[str, Any] = {
        "trained": attrs.asdict(done),
        "curve": [json.loads(line) for line in lines],
    }
    for name, trained in (("base", None), ("tuned", folder)):
        subject = ModelUnderTest(model=model, trained=trained)
        requests = [
            SampleRequest(question=f"q{i // 3}", sample=i % 3, chat=asked(f"Say {i // 3}."))
            for i in range(6)
        ]
        sampled = provider.sample(subject, requests, SAMPLING, folder, watch)
        heard[f"answers {name}"] = sorted(
            [one.question, one.sample, one.text, one.finish, one.answer_tokens]
            for batch in sampled
            for one in batch
        )
        pairs = [
            ScoreRequest(question=f"p{i}", chat=row[:-1], answers=(row[-1].content, "no"))
            for i, row in enumerate(ROWS[:2])
        ]
        scored = [one for batch in provider.score(subject, pairs, watch) for one in batch]
        heard[f"likelihoods {name}"] = sorted(
            [one.question, list(one.logprobs), list(one.tokens)] for one in scored
        )
    provider.close()
    return heard


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """In a process of its own: the SDK leaves its first connection open."""
    tiny = make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    with Playback() as server:
        words = [server.url, str(tiny), str(tmp_path_factory.mktemp("unit"))]
        done = subprocess.run(
            [sys.executable, "-m", "tests.test_tinker_recorded", *words],
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
    from tests.local_fixtures import tiny

    local, model = Local(), tiny(make_tiny_model(tmp_path / "tiny"))
    pairs = [
        ScoreRequest(question=f"p{i}", chat=row[:-1], answers=(row[-1].content, "no"))
        for i, row in enumerate(ROWS[:2])
    ]
    scored = local.score(ModelUnderTest(model=model), pairs, Watcher())
    here = sorted([one.question, *one.logprobs] for batch in scored for one in batch)
    for ours, theirs in zip(here, heard["likelihoods base"], strict=True):
        assert ours[1:] == pytest.approx(theirs[1], abs=0.02)


if __name__ == "__main__":
    print(json.dumps(talk(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
