"""Accounts: API keys from the environment, and the clients that use them.

Only this module holds keys. Everywhere else an account is identified by its fingerprint, the start
of the key's sha256, which distinguishes accounts and does not reveal the key. Keys are registered
(`mi.files.secrets`), because some servers repeat them. Credentials in a server's address are taken
out of it and sent as headers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from ...errors import UsageError
from ...files.addresses import Credentials
from ...files.secrets import redact_reply, register_credentials, register_key, take_credentials
from ...units.identity import digest
from ..http_limits import MAX_BODY, MAX_FILE, limit_client, response_seconds
from ..types import ClientOptions

if TYPE_CHECKING:
    from openai import OpenAI

    from .transport import HttpTransport

URL_ENV = "OPENAI_BASE_URL"
_DEFAULT_URL = "https://api.openai.com/v1"
KEY_ENV = "OPENAI_API_KEY"
_URL_ENV = "OPENAI_BASE_URL"
_NO_KEY = "none"


@attrs.define(eq=False, slots=False)
class Account:
    """One key at one server.

    Args:
        key: The secret; never shown, stored or compared.
        base_url: The server; None leaves the choice to the client (`OPENAI_BASE_URL`).
        timeout: Seconds before a request times out.
        credentials: What the server's address said about who asks; sent with every request.
    """

    key: str = attrs.field(repr=False)
    base_url: str | None
    timeout: float
    credentials: Credentials = attrs.field(factory=Credentials, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.base_url is None and (stated := os.environ.get(_URL_ENV, "").strip()):
            self.base_url, self.credentials = _split_address(stated, _URL_ENV)
        if self.key == _NO_KEY:
            self.key = self.credentials.key or _NO_KEY
        register_key(self.key)
        register_credentials(self.credentials)  # in this process, which may be another machine's

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the key in files: 8 hex digits."""
        return digest(self.key)[:8]

    @cached_property
    def client(self) -> OpenAI:
        """The API client, without retries: `retry_api_call` retries, and can be interrupted."""
        from openai import DefaultHttpxClient, OpenAI

        from .service_replies import check_replies

        http = DefaultHttpxClient(timeout=self.timeout)
        limit_client(http, response_seconds(self.timeout), _max_bytes)
        check_replies(http)
        return OpenAI(
            http_client=http,
            api_key=self.key,
            base_url=self.base_url,
            timeout=self.timeout,
            max_retries=0,
            default_headers=self.credentials.headers,
            default_query=dict(self.credentials.query),
        )

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
        return (_account(_NO_KEY, endpoint, options),)
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
    return tuple(_account(key, endpoint, options) for key in keys)


def _max_bytes(request: Any) -> int:
    """The size that a response may have: files can be large, everything else is small."""
    return MAX_FILE if request.url.path.endswith("/content") else MAX_BODY


def server_address(name: str, options: ClientOptions) -> str:
    """The base URL of an endpoint, as its client resolves it.

    Args:
        name: The name of the endpoint.
        options: Its configuration.
    """
    stated = options.endpoints.get(name, {}).get("base_url") or os.environ.get(URL_ENV)
    return str(stated or _DEFAULT_URL).rstrip("/")


def redact(text: str, accounts: Sequence[Account] = ()) -> str:
    """A server's message without the keys of these accounts, or any other secret."""
    for account in accounts:
        text = redact_reply(text, account.key)
    return redact_reply(text, "")


def _account(key: str, endpoint: Mapping[str, Any], options: ClientOptions) -> Account:
    credentials = endpoint.get("credentials", Credentials())
    return Account(key, endpoint.get("base_url"), options.timeout, credentials)


def _split_address(address: str, where: str) -> tuple[str, Credentials]:
    try:
        return take_credentials(address)
    except ValueError as error:
        raise UsageError(str(error), where=where, hint="write it as https://HOST/v1") from None
