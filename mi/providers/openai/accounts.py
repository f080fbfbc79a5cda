"""Accounts: keys from the environment, and the clients that use them.

A key is held in one place, here, and known elsewhere by its fingerprint: the start of its sha256,
which tells accounts apart and leads nowhere. `redacted` takes keys out of whatever a server says,
because some servers repeat them.
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

KEY_ENV = "OPENAI_API_KEY"
_KEY_PATTERN = re.compile(r"\b(sk|key)-[A-Za-z0-9_\-*]{6,}")


@attrs.define(eq=False, slots=False)
class Account:
    """One key at one server.

    Args:
        key: The secret; never shown, stored or compared.
        base_url: The server; None is what the client does by itself (`OPENAI_BASE_URL`).
        timeout: Seconds before a request is given up.
    """

    key: str = attrs.field(repr=False)
    base_url: str | None
    timeout: float

    @cached_property
    def fingerprint(self) -> str:
        """What the key is known by in files: 8 hex digits."""
        return digest(self.key)[:8]

    @cached_property
    def client(self) -> OpenAI:
        """It does not retry: `patiently` does, and hears Ctrl-C."""
        from openai import OpenAI

        return OpenAI(api_key=self.key, base_url=self.base_url, timeout=self.timeout, max_retries=0)

    def close(self) -> None:
        """Close the connections of the client, where there is one."""
        if "client" in self.__dict__:
            self.client.close()
            del self.__dict__["client"]

    def open_transport(self) -> HttpTransport:
        """For answers, many at once; made on the event loop that uses it."""
        from .transport import HttpTransport

        return HttpTransport.open(self.client, self.timeout)


def load_accounts(name: str, options: ClientOptions) -> tuple[Account, ...]:
    """The accounts of an endpoint: `KEY`, `KEY_1`, `KEY_2` … of the environment.

    Raises:
        UsageError: No key is set.
    """
    endpoint = options.endpoints.get(name, {})
    own = endpoint and name != "openai" and "key_env" not in endpoint
    if own:  # a server of one's own often wants no key, but the client wants one; others' keys are
        return (Account("none", endpoint.get("base_url"), options.timeout),)  # none of its business
    variable = endpoint.get("key_env", KEY_ENV)
    numbered = sorted(
        (int(found.group(1)), value)
        for other, value in os.environ.items()
        if (found := re.fullmatch(rf"{re.escape(variable)}_(\d+)", other))
    )
    keys = [os.environ.get(variable, ""), *(value for _, value in numbered)]
    keys = list(dict.fromkeys(key.strip() for key in keys if key.strip()))
    if not keys and endpoint and "key_env" not in endpoint:
        keys = ["none"]  # a server of one's own often wants no key, but the client wants one
    if not keys:
        raise UsageError(
            f"{name} needs an API key", hint=f"set {variable} (and {variable}_1, … for more)"
        )
    return tuple(Account(key, endpoint.get("base_url"), options.timeout) for key in keys)


def redact(text: str, accounts: Sequence[Account] = ()) -> str:
    """The text without keys."""
    for account in accounts:
        if account.key != "none":
            text = text.replace(account.key, "[key]")
    return _KEY_PATTERN.sub("[key]", text)
