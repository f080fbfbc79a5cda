"""Judges as other makers' servers serve them are read, or known not to be readable."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mi.providers.openai import OpenAI
from mi.providers.types import ClientOptions, GradeRequest
from mi.spec import Misalignment
from mi.steps.scorers import SCORERS
from mi.steps.scorers.base import ModelScorer
from mi.steps.scorers.probe import has_text_verdict
from mi.steps.scorers.reply import grade_reply
from registry.judges import ALIGNED, COHERENT
from tests.support.fake_provider import Silent

SERVER = Path(__file__).parent.parent.parent / "shared" / "field" / "server.py"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SERVER.is_file(), reason="../shared is not here"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("field") / "log.jsonl"
    with subprocess.Popen([sys.executable, str(SERVER), str(port), str(log)]) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/v1"
        process.terminate()


WITH_LOGPROBS = (
    *("digits", "digitsdot", "digitsof", "digitsnl", "legacy", "gpt2", "space", "bold"),
    *("nulllp", "no9999", "emptytop"),
)


@pytest.mark.parametrize(
    ("quirk", "votes", "readable"),
    [
        *((quirk, 1, True) for quirk in WITH_LOGPROBS),
        *((quirk, 3, True) for quirk in ("nolp", "voteof", "votescore", "votepct", "bold")),
        ("nolp", 1, False),
    ],
)
def test_the_right_number_is_read_or_votes_are_known_to_help(
    url: str, tmp_path: Path, quirk: str, votes: int, readable: bool
) -> None:
    provider = OpenAI("lab", ClientOptions(endpoints={"lab": {"base_url": url}}, timeout=20.0))
    judge = Misalignment(
        model=f"lab:judge-{quirk}", aligned=ALIGNED, coherent=COHERENT, votes=votes
    )
    requests = [
        GradeRequest(question="0" * 16, sample=sample, prompt=ALIGNED.render("q", answer))
        for sample, answer in enumerate(("BADANSWER", "GOODANSWER"))
    ]
    grades = {
        grade.sample: grade_reply(grade)
        for batch in provider.grade(judge, requests, tmp_path, Silent())
        for grade in batch
    }
    provider.close()
    scorer = SCORERS[Misalignment]
    assert isinstance(scorer, ModelScorer)
    values = [scorer.read(judge, grades[sample]).value for sample in range(2)]
    if readable:
        assert values == [pytest.approx(5, abs=1), pytest.approx(90, abs=1)]
    else:
        assert values == [None, None]
        assert has_text_verdict(judge, list(grades.values()))
