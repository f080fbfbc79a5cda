"""A secret that a run uses is nowhere in what the run writes, whatever the server repeats."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from mi.config import read_config
from mi.errors import UsageError
from mi.providers.openai.accounts import Account, load_accounts
from mi.providers.tinker.client import resolve_server
from mi.providers.types import ClientOptions
from mi.store import open_store
from tests.support.echo_server import EchoServer
from tests.support.project import Project

PASSWORD = "correct-horse-battery"
KEY = "lab-0123456789abcdef"
PARAMETER = "query-key-0123456789"
HOSTILE = "\x1b]52;c;cm0gLXJmIH4=\x07\u202e"
EXPERIMENT = '''"""One question."""
import attrs
from mi import Experiment, Resource
from registry.settings import insecure_code
ASKED = Resource(package="asked", file="questions.jsonl")
static = attrs.evolve(insecure_code.id_evals[0], questions=ASKED, samples=1)
S1 = Experiment(
    id="S1", title="One question", question="Does it work?",
    settings=attrs.evolve(insecure_code, id_evals=(static,)),
    misaligned_ratio=0.5, total_samples=(10,), seeds=0,
)
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.file("pyproject.toml", "[tool.mi]\ntimeout = 20\n")
    made.file("asked/__init__.py", "")
    made.file("asked/questions.jsonl", json.dumps({"id": "q", "prompt": "Write code."}) + "\n")
    made.file("experiments/one.py", EXPERIMENT)
    return made


def written(project: Project) -> dict[str, bytes]:
    return {
        str(path.relative_to(project.root)): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file()
    }


def holders(project: Project, *secrets: str) -> list[str]:
    """The files that hold one of these texts, or a password's header."""
    pair = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    return [
        f"{name}: {secret}"
        for name, content in written(project).items()
        for secret in (*secrets, pair)
        if secret.encode() in content
    ]


RUN = (
    *("run", "S1", "-k", "baseline", "--model", "openai:tiny", "--price", "tiny=0,0,0,0,0"),
    *("--data", "insecure_code=bundled", "--judge", "none", "--max-cost", "1"),
    *("--log-file", "log.txt"),
)


def test_no_secret_of_an_address_or_a_key_is_written_anywhere(project: Project) -> None:
    with EchoServer(extra=f"{KEY} EMPTY x {HOSTILE}") as server:
        url = f"http://user:{PASSWORD}@{server.place}/v1?api-key={PARAMETER}&version=2"
        keys = {"LAB_API_KEY": KEY, "OPENAI_API_KEY": "EMPTY", "MI_PROBE": "0"}
        done = project.mi(*RUN, "--base-url", url, **keys)
        assert done.code == 0, done.out + done.err
        [(path, headers)] = server.asked
    assert headers["authorization"].startswith("Basic ")
    assert path == f"/v1/chat/completions?api-key={PARAMETER}&version=2"
    assert project.mi("export", "--out", "out", "--format", "csv").code == 0
    answers = project.mi("answers", "S1")
    for text in (done.out, done.err, answers.out):
        assert not {"\x1b", "\u202e"} & set(text)
    assert holders(project, PASSWORD, KEY, PARAMETER) == []
    [journal] = project.root.glob(".mi/journals/answers-*.jsonl")
    text = json.loads(journal.read_text())["text"]
    assert "[redacted]" in text
    assert " EMPTY x " in text
    [run] = project.root.glob(".mi/runs/*/run.json")
    argv = json.loads(run.read_text())["provenance"]["argv"]
    assert f"http://{server.place}/v1?api-key=[redacted]&version=2" in argv
    modes = {
        oct(stat.S_IMODE(path.lstat().st_mode))
        for path in (project.root / ".mi", *(project.root / ".mi").rglob("*"))
    }
    assert modes == {"0o700", "0o600"}


@pytest.mark.slow
def test_a_refusal_that_repeats_the_key_is_told_and_kept_without_it(project: Project) -> None:
    with EchoServer(status=400, extra=KEY) as server:
        url = f"http://user:{PASSWORD}@{server.place}/v1"
        done = project.mi(*RUN, "--base-url", url, LAB_API_KEY=KEY)
    assert done.code == 1
    assert "[redacted]" in done.out + done.err
    assert PASSWORD not in done.out + done.err
    assert KEY not in done.out + done.err
    assert holders(project, PASSWORD, KEY) == []


def test_the_key_of_an_address_is_the_account_s_where_no_other_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    address = f"https://host/v1?key={PARAMETER}"
    options = ClientOptions(endpoints={"lab": {"base_url": address}})
    assert PARAMETER not in repr(options)
    [account] = load_accounts("lab", options)
    assert (account.base_url, account.key) == ("https://host/v1", PARAMETER)
    assert PARAMETER not in repr(account)


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "TINKER_BASE_URL"])
def test_an_address_of_the_environment_is_split_too(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, f"http://user:{PASSWORD}@host/v1")
    if variable == "OPENAI_BASE_URL":
        account = Account("sk-some-key", None, 1.0)
        place, headers = account.base_url, account.credentials.headers
        assert str(account.client.base_url) == "http://host/v1/"
    else:
        server = resolve_server("tinker", ClientOptions())
        place, headers = server.base_url, server.credentials.headers
    assert place == "http://host/v1"
    assert headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("address", [f"user:{PASSWORD}@host/v1", f"http://user:/{PASSWORD}@h"])
def test_an_address_that_cannot_be_read_is_refused_before_anything_is_written(
    project: Project, address: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ClientOptions(endpoints={"openai": {"base_url": address}})
    assert PASSWORD not in str(caught.value)
    done = project.mi(*RUN, "--base-url", address)
    assert done.code == 4
    assert PASSWORD not in done.out + done.err
    assert not (project.root / ".mi").exists()
    assert holders(project, PASSWORD) == []


def test_the_credentials_of_a_store_s_address_are_for_opening_it_only(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_files(address: str, **options: object) -> None:
        opened.append(address)
        raise ValueError(f"no such place: {address}")

    monkeypatch.setattr("fsspec.core.url_to_fs", open_files)
    address = f"sftp://user:{PASSWORD}@host/mi"
    config = read_config(project.root, {"store": address})
    assert config.store == "sftp://host/mi"
    with pytest.raises(UsageError) as caught:
        open_store(config.store)
    assert opened == [address]
    assert PASSWORD not in str(caught.value)
