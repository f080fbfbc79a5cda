"""What is written holds no secret of this process, and loses nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from mi.cli.logfile import log_to_file
from mi.errors import MiError
from mi.files import journal, secrets
from mi.files.addresses import redact_addresses, split_credentials
from mi.files.atomic import write_atomic
from mi.store.provenance import capture_provenance

KEY = 'a"b\\c/0123456789ü'
PLAIN = "lab-0123456789abcdef"


@pytest.fixture(autouse=True)
def _keys() -> None:
    for key in (KEY, PLAIN, "EMPTY", "x", "fifteen-letters"):
        secrets.register_key(key)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:pw@host:8000/v1", "http://host:8000/v1"),
        ("--base-url=https://user:pa/ss@host/v1", "--base-url=https://host/v1"),
        ("https://user:p@ss@host/v1", "https://host/v1"),
        ("https://token@host/v1", "https://host/v1"),
        ("s3://AK:SK@bucket/mi", "s3://bucket/mi"),
        ("sftp://me:pw@host/mi: refused", "sftp://host/mi: refused"),
        ("GET https://h/v1?api_key=abc&x=1", "GET https://h/v1?api_key=[redacted]&x=1"),
        ("https://h/v1?x=1&X-Amz-Signature=ab", "https://h/v1?x=1&X-Amz-Signature=[redacted]"),
        ("https://h/?sig=a%2Fb#top", "https://h/?sig=[redacted]#top"),
        ("'http://u:p@h/v1' failed", "'http://h/v1' failed"),
    ],
)
def test_credentials_of_an_address_are_not_shown(text: str, shown: str) -> None:
    assert redact_addresses(text) == shown
    assert redact_addresses(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "openai:gpt-4.1@lab",
        "git+ssh://git@github.com/some/repository",
        "file:///shared/a@b/mi",
        "http://127.0.0.1:8000/v1/models",
        "http://[::1]:8000/v1",
        "see http://host/page?email=a@b.c",
        "http://host/a:b@c",
        "a // comment by me@home",
        "x=1, key=value",
        "A05a::insecure_code::n=100,r=0.50,seed=0",
    ],
)
def test_what_is_no_secret_is_shown_as_it_is(text: str) -> None:
    assert secrets.redact_message(text) == text


@pytest.mark.parametrize(
    ("address", "place", "headers", "query"),
    [
        ("http://u:p%40@h:80/v1", "http://h:80/v1", {"Authorization": "Basic dTpwQA=="}, {}),
        ("http://u@h/v1", "http://h/v1", {"Authorization": "Basic dTo="}, {}),
        ("https://h/v1?key=K&v=2", "https://h/v1", {}, {"key": "K", "v": "2"}),
        ("https://h/v1?v=2", "https://h/v1?v=2", {}, {}),
        ("http://u:p@[::1]:80/v1", "http://[::1]:80/v1", {"Authorization": "Basic dTpw"}, {}),
    ],
)
def test_credentials_become_headers_and_the_place_stays(
    address: str, place: str, headers: dict[str, str], query: dict[str, str]
) -> None:
    rest, credentials = split_credentials(address)
    assert (rest, credentials.headers, dict(credentials.query)) == (place, headers, query)
    assert repr(credentials) == "Credentials()"


@pytest.mark.parametrize("address", ["http://user:se/cret@host/v1", "http://user:se#cret@host"])
def test_an_address_that_cannot_be_read_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(ValueError, match="percent-encoded") as caught:
        split_credentials(address)
    assert "cret" not in str(caught.value)


def to_journal(path: Path, text: str) -> None:
    journal.append_records(path, [{"text": text, text: [text, 1.5]}])


def to_file(path: Path, text: str) -> None:
    write_atomic(path, json.dumps({"text": text, "n": 0.1234567890123456}, indent=1))


def to_log(path: Path, text: str) -> None:
    with log_to_file(str(path)):
        logging.getLogger("mi").warning("a server says %s", text)


def to_error(path: Path, text: str) -> None:
    path.write_text(str(MiError(text, where=text, hint=text)), encoding="utf-8")


def to_argv(path: Path, text: str) -> None:
    path.write_text(str(capture_provenance(Path(), ("mi", text)).argv), encoding="utf-8")


WRITERS = [to_journal, to_file, to_log, to_error, to_argv]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("key", [KEY, PLAIN])
def test_no_writer_writes_a_key(
    tmp_path: Path, write: Callable[[Path, str], None], key: str
) -> None:
    path = tmp_path / "file"
    write(path, f"the key is {key}, they say")
    text = path.read_text(encoding="utf-8")
    assert key not in text
    assert json.dumps(key)[1:-1] not in text
    assert json.dumps(key, ensure_ascii=False)[1:-1] not in text
    assert "the key is [redacted], they say" in text


@pytest.mark.parametrize("write", WRITERS)
def test_a_short_key_eats_no_text(tmp_path: Path, write: Callable[[Path, str], None]) -> None:
    path = tmp_path / "file"
    write(path, "EMPTY boxes, fifteen-letters")
    assert "EMPTY boxes, fifteen-letters" in path.read_text(encoding="utf-8")


def test_a_line_stays_json_whatever_the_key_is(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    number = "1234567890123456"
    secrets.register_key(number)
    journal.append_records(path, [{"text": f"{KEY}{number}", "n": 0.1234567890123456}])
    assert list(journal.read_records(path)) == [
        {"text": "[redacted][redacted]", "n": 0.1234567890123456}
    ]


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("LAB_API_KEY", "0123456789-variable", True),
        ("HF_TOKEN", "hf_0123456789abcdef", True),
        ("SERVICE_KEY_2", "0123456789-second-key", True),
        ("DB_PASSWORD", "0123456789-password", True),
        ("HTTPS_PROXY", "http://me:0123456789abcdef@proxy:3128", True),
        ("SSH_KEY", "/", False),
        ("TOKENIZERS_PARALLELISM", "0123456789-no-secret", False),
        ("MAX_TOKENS", "0123456789-no-secret", False),
        ("WELCOME_KEY", "press any key to continue", False),
    ],
)
def test_secret_variables_are_known_by_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, is_secret: bool
) -> None:
    path = tmp_path / ("0123456789" * 2)
    path.touch()
    text = value if value != "/" else str(path)
    monkeypatch.setenv(name, text)
    secrets.register_key(f"look-again-{name}-{value}")  # the environment is looked at again
    said = text.rpartition("//")[2].partition("@")[0].rpartition(":")[2]
    assert (secrets.redact_keys(f"it says {said}") == "it says [redacted]") is is_secret


def test_files_of_keys_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine h login me password 0123456789-netrc\n")
    (tmp_path / "aws").write_text("[default]\naws_secret_access_key = 0123456789/aws/key\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws"))
    secrets.register_key("look-again-for-files")
    assert secrets.redact_keys("0123456789-netrc, 0123456789/aws/key") == "[redacted], [redacted]"
