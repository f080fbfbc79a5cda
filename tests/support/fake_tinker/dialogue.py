"""One training and its questions: what is said to a Tinker server, and what is heard."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import attrs

from mi.providers.tinker import Tinker
from mi.providers.types import (
    ClientOptions,
    ModelUnderTest,
    SampleRequest,
    ScoreRequest,
    TrainJob,
)
from mi.spec import Sampling, Training
from tests.support.tiny_model import Watcher, asked, taught

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


if __name__ == "__main__":
    print(json.dumps(talk(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
