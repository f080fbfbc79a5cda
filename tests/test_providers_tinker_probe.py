"""SDK and server are tried on each other before a training is paid for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mi.errors import ProviderError
from mi.providers.tinker.probe import TESTED_VERSIONS, try_service
from mi.providers.types import Answer
from tests.support.fake_provider import MODEL, Books, Silent
from tests.support.project import Project

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))


class Mute(Books):
    """A provider whose server takes requests and gives nothing back."""

    def sample(self, *asked: Any) -> Iterator[Sequence[Answer]]:
        yield []


class Odd(Books):
    """A provider whose SDK stumbles over what the server sends."""

    def score(self, *asked: Any) -> Any:
        raise KeyError("prompt_logprobs")


def test_what_worked_is_remembered() -> None:
    books = Books()
    try_service(books, MODEL, Silent())
    assert (books.sampled.total(), books.scored.total()) == (1, 1)
    try_service(books, MODEL, Silent())
    assert (books.sampled.total(), books.scored.total()) == (1, 1)


@pytest.mark.parametrize(
    ("provider", "said"),
    [(Mute(), "cannot sample an answer"), (Odd(), "cannot score a given answer")],
)
def test_what_does_not_work_is_told_with_the_versions_that_do(provider: Books, said: str) -> None:
    for _ in range(2):  # a failure is not remembered
        with pytest.raises(ProviderError, match=said) as error:
            try_service(provider, MODEL, Silent())
        assert "nothing was trained" in error.value.message
        assert TESTED_VERSIONS in (error.value.hint or "")


@pytest.mark.slow
def test_a_server_that_gives_no_likelihoods_ends_the_run_before_a_training(
    project: Project, tmp_path: Path
) -> None:
    pytest.importorskip("tinker")
    from tests.support.fake_tinker import Fake
    from tests.support.tinker_project import WORDS, declare, make_tiny_model

    tiny = make_tiny_model(tmp_path / "tiny")
    with Fake(scores=False) as fake:
        declare(project, fake.url, tiny)
        done = project.mi(*WORDS, MI_PROBE="1", MI_CACHE=str(tmp_path / "cache"))
        assert done.code == 1, done.out + done.err
        assert "lab cannot score a given answer" in done.err
        assert "`logprobs = false`" in done.err
        assert fake.runs == {}


def test_pip_installs_no_version_that_was_not_tested() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    assert f"tinker{TESTED_VERSIONS}" in extras["tinker"]
    assert f"tinker{TESTED_VERSIONS}" in extras["dev"]
