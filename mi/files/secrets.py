"""Secrets of this process, and texts without them.

A server can repeat the key it was sent, in an answer or in an error, and what is stored is kept for
ever and given to others. So every secret that this process knows is replaced by a mark in whatever
is written: secret variables of the environment, files of keys, credentials in addresses, and keys
that were registered. Stored texts lose only secrets of `MIN_LENGTH` or more characters: a
placeholder such as `EMPTY` or `x` is a word of many answers. Messages also lose shorter passwords
of addresses, and every credential that an address in them names.
"""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..errors import set_message_filter
from .addresses import MARK, Credentials, redact_addresses, split_credentials

MIN_LENGTH = 16
"""Characters of a secret that is redacted in stored texts."""
_MIN_KEY = 8
"""Characters of a key that is redacted in the messages of the server it was sent to."""
_MIN_PASSWORD = 6
"""Characters of an address's password that is redacted in messages."""

_SECRET_VARIABLE = re.compile(
    r"(?:.*_)?(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PAT|CONNECTION_STRING)(?:_\d+)?"
)
_PREFIXED_KEY = re.compile(r"\b(?:sk|key|tml)-[A-Za-z0-9_\-*]{6,}")
"""What looks like a key, though it need not be one of this process."""
_KEY_FILES = (
    ("HF_TOKEN_PATH", "~/.cache/huggingface/token", re.compile(r"(\S+)")),
    ("NETRC", "~/.netrc", re.compile(r"\bpassword\s+(\S+)")),
    (
        "AWS_SHARED_CREDENTIALS_FILE",
        "~/.aws/credentials",
        re.compile(r"aws_(?:secret_access_key|session_token)\s*=\s*(\S+)"),
    ),
    (
        "GOOGLE_APPLICATION_CREDENTIALS",
        "",
        re.compile(r'"(?:private_key|refresh_token|client_secret)"\s*:\s*"([^"]+)"'),
    ),
)
"""Files of keys that this program or its libraries read: variable, usual place, what is secret."""
_MAX_KEY_FILE = 1 << 20

_SCAN_INTERVAL = 1.0
"""Seconds between two looks at the environment; lines are written by the thousand."""

_registered: set[str] = set()
_passwords: set[str] = set()
_hidden: dict[str, str] = {}
"""Addresses by what is left of them without their credentials."""
_scan: tuple[float, int, tuple[str, ...]] = (-math.inf, 0, ())
"""When the secrets were collected, how many were registered then, and their forms."""


def register_key(key: str) -> None:
    """Add a secret of this process, wherever it came from."""
    _registered.add(key.strip())


def register_credentials(credentials: Credentials) -> None:
    """Add what an address said about who asks."""
    for secret in credentials.secrets:
        _registered.add(secret)
        _passwords.add(secret)


def take_credentials(address: str) -> tuple[str, Credentials]:
    """Split an address and register its credentials; see `split_credentials`.

    Raises:
        ValueError: The address cannot be read.
    """
    place, credentials = split_credentials(address)
    register_credentials(credentials)
    return place, credentials


def hide_credentials(address: str) -> str:
    """An address without its credentials, which `restore_credentials` puts back in this process.

    Raises:
        ValueError: The address cannot be read.
    """
    place, credentials = take_credentials(address)
    if credentials:
        _hidden[place] = address
    return place


def restore_credentials(place: str) -> str:
    """The address whose credentials were hidden in this process; any other as it is."""
    return _hidden.get(place, place)


def redact_keys(text: str) -> str:
    """A text without the secrets of this process, each replaced by a mark."""
    for form in _forms():
        if form in text:
            text = text.replace(form, MARK)
    return text


def redact_message(text: str) -> str:
    """A message, log line or command line without any secret that can be recognised."""
    text = redact_keys(redact_addresses(text))
    for password in sorted(_passwords, key=len, reverse=True):
        if len(password) >= _MIN_PASSWORD:
            text = text.replace(password, MARK)
    return text


def redact_reply(text: str, key: str) -> str:
    """A server's message without any secret, and without what looks like a key of anyone.

    Args:
        text: The message.
        key: The key that was sent. It is redacted unless it is so short that it may be a word.
    """
    if len(key) >= _MIN_KEY:
        text = text.replace(key, MARK)
    return _PREFIXED_KEY.sub(MARK, redact_message(text))


def has_key(line: bytes) -> bool:
    """Whether a line in UTF-8 holds a secret of this process, also as JSON writes it."""
    return any(form in line for form in _encoded_forms(_forms()))


def redact_value(value: Any) -> Any:
    """A JSON value whose texts hold no secret of this process."""
    return _map_texts(value, redact_keys)


def redact_document(text: str) -> str:
    """A file's text, of JSON or anything else, without the secrets of this process."""
    if not has_key(text.encode("utf-8", "replace")):
        return text
    return redact_keys(_JSON_TEXT.sub(_redact_literal, text))


def redact_files(directory: Path) -> None:
    """Redact the text files below a directory.

    Raises:
        OSError: A file cannot be read or written.
    """
    for path in directory.rglob("*"):
        if path.suffix in _TEXT_SUFFIXES and path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if has_key(content):
                text = redact_document(content.decode("utf-8", "replace"))
                path.write_text(text, encoding="utf-8")


_TEXT_SUFFIXES = (".json", ".jsonl", ".txt", ".csv", ".log")
_JSON_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def _redact_literal(match: re.Match[str]) -> str:
    text = _load(match[0])
    redacted = redact_keys(text)
    return match[0] if redacted == text else json.dumps(redacted, ensure_ascii=False)


def _load(literal: str) -> str:
    try:
        return str(json.loads(literal, strict=False))
    except ValueError:
        return literal[1:-1]


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_map_texts(name, change): _map_texts(item, change) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map_texts(item, change) for item in value]
    return value


def _forms() -> tuple[str, ...]:
    """The secrets of this process, longest first, as texts can hold them."""
    global _scan
    at, count, forms = _scan
    if count != len(_registered) or time.monotonic() - at > _SCAN_INTERVAL:
        forms = _find_forms()
        _scan = (time.monotonic(), len(_registered), forms)
    return forms


def _find_forms() -> tuple[str, ...]:
    named = (
        value
        for name, value in os.environ.items()
        if len(value) >= MIN_LENGTH and (_is_secret_name(name) or "://" in value)
    )
    paths = tuple(os.environ.get(variable) or place for variable, place, _ in _KEY_FILES)
    return _collect_forms(frozenset(named), frozenset(_registered), paths)


@lru_cache(1 << 10)
def _is_secret_name(name: str) -> bool:
    return _SECRET_VARIABLE.fullmatch(name.upper()) is not None


@lru_cache(8)
def _collect_forms(
    values: frozenset[str], registered: frozenset[str], paths: tuple[str, ...]
) -> tuple[str, ...]:
    found = {value.strip() for value in registered}
    for value in values:
        found |= set(_secrets_of_value(value.strip()))
    for path, (_, _, pattern) in zip(paths, _KEY_FILES, strict=True):
        found |= set(pattern.findall(_read_key_file(path)))
    secrets = {secret for secret in found if len(secret) >= MIN_LENGTH}
    forms = secrets | {quote(secret, safe="") for secret in secrets}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _secrets_of_value(value: str) -> Iterator[str]:
    """The secrets in a variable's value: of an address its credentials, else the whole."""
    if "://" in value:
        try:
            yield from split_credentials(value)[1].secrets
        except ValueError:
            return
    elif not any(character.isspace() for character in value) and not _is_path(value):
        yield value


def _is_path(value: str) -> bool:
    """Whether a value names a file, such as one that holds the key."""
    try:
        return value[:1] in "/~." and Path(value).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False


def _read_key_file(path: str) -> str:
    try:
        file = Path(path).expanduser()
        if not path or not file.is_file() or file.stat().st_size > _MAX_KEY_FILE:
            return ""
        return file.read_text("utf-8", errors="replace")
    except (OSError, RuntimeError, ValueError):
        return ""


@lru_cache(8)
def _encoded_forms(forms: tuple[str, ...]) -> tuple[bytes, ...]:
    texts = {
        text
        for form in forms
        for text in (
            form,
            json.dumps(form, ensure_ascii=False)[1:-1],
            json.dumps(form)[1:-1],
        )
    }
    return tuple(text.encode("utf-8", "replace") for text in texts)


set_message_filter(redact_message)
