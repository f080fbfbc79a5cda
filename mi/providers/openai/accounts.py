"""Accounts: API keys from the environment, and the clients that use them.

Only this module holds keys. Everywhere else an account is identified by its fingerprint, the start
of the key's sha256, which distinguishes accounts and does not reveal the key. `redact` removes keys
from messages, because some servers repeat them in their errors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from ...errors import UsageError
from ...units.identity import digest
from ..types import ClientOptions

if TYPE_CHECKING:
    from openai import OpenAI

    from .transport import HttpTransport

URL_ENV = "OPENAI_BASE_URL"
_DEFAULT_URL = "https://api.openai.com/v1"
KEY_ENV = "OPENAI_API_KEY"
_NO_KEY = "none"
_KEY_PATTERN = re.compile(r"\b(sk|key)-[A-Za-z0-9_\-*]{6,}")


@attrs.define(eq=False, slots=False)
class Account:
    """One key at one server.

    Args:
        key: The secret; never shown, stored or compared.
        base_url: The server; None leaves the choice to the client (`OPENAI_BASE_URL`).
        timeout: Seconds before a request times out.
    """

    key: str = attrs.field(repr=False)
    base_url: str | None
    timeout: float

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the key in files: 8 hex digits."""
        return digest(self.key)[:8]

    @cached_property
    def client(self) -> OpenAI:
        """The API client, without retries: `retry_api_call` retries, and can be interrupted."""
        from openai import OpenAI

        return OpenAI(api_key=self.key, base_url=self.base_url, timeout=self.timeout, max_retries=0)

    def close(self) -> None:
        """Close the client's connections, if it was used."""
        if "client" in self.__dict__:
            self.client.close()
            del self.__dict__["client"]

    def open_transport(self) -> HttpTransport:
        """A transport for many concurrent requests. Call it on the event loop that will use it."""
        from .transport import HttpTransport

        return HttpTransport.open(self.client, self.timeout)


def load_accounts(name: str, options: ClientOptions) -> tuple[Account, ...]:
    """The accounts of an endpoint, from the variables `KEY`, `KEY_1`, `KEY_2` … of the environment.

    A self-hosted server often needs no key. Without `key_env` it gets the placeholder `none`, since
    the client insists on a key, and never a key that is meant for another server.

    Raises:
        UsageError: No key is set.
    """
    endpoint = options.endpoints.get(name, {})
    if endpoint and name != "openai" and "key_env" not in endpoint:
        return (Account(_NO_KEY, endpoint.get("base_url"), options.timeout),)
    variable = endpoint.get("key_env", KEY_ENV)
    numbered = sorted(
        (int(match.group(1)), value)
        for other, value in os.environ.items()
        if (match := re.fullmatch(rf"{re.escape(variable)}_(\d+)", other))
    )
    keys = [os.environ.get(variable, ""), *(value for _, value in numbered)]
    keys = list(dict.fromkeys(key.strip() for key in keys if key.strip()))
    if not keys and endpoint and "key_env" not in endpoint:
        keys = [_NO_KEY]
    if not keys:
        raise UsageError(
            f"{name} needs an API key", hint=f"set {variable} (and {variable}_1, … for more)"
        )
    return tuple(Account(key, endpoint.get("base_url"), options.timeout) for key in keys)


def server_address(name: str, options: ClientOptions) -> str:
    """The base URL of an endpoint, as its client resolves it.

    Args:
        name: The name of the endpoint.
        options: Its configuration.
    """
    stated = options.endpoints.get(name, {}).get("base_url") or os.environ.get(URL_ENV)
    return str(stated or _DEFAULT_URL).rstrip("/")


def redact(text: str, accounts: Sequence[Account] = ()) -> str:
    """The text with every key replaced by `[key]`."""
    for account in accounts:
        if account.key != _NO_KEY:
            text = text.replace(account.key, "[key]")
    return _KEY_PATTERN.sub("[key]", text)
