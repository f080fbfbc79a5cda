"""Credentials in addresses: taken out of what is used, and hidden in what is shown or stored.

An address such as `https://user:password@host/v1?api_key=…` is a place and a secret in one text.
The place is kept everywhere, the secret only in memory, where it becomes headers of requests.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import attrs

MARK = "[redacted]"
"""What stands where a secret was."""

_SECRET_NAME = (
    r"(?:[\w.-]*(?:key|token|secret|passw(?:or)?d|passphrase|pwd|signature|credentials?)"
    r"|sig|auth|authorization|access_code|code)"
)
_PARAMETER = re.compile(rf"([?&]{_SECRET_NAME}=)[^\s&\"'<>#]+", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(_SECRET_NAME, re.IGNORECASE)
_USER_INFO = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s/?#\"'<>]*@", re.IGNORECASE)
_ODD_PASSWORD = re.compile(
    r"([a-z][a-z0-9+.-]*://)[^\s/?#@:\"'<>]*:(?!\d{1,5}(?:[/?#\s\"']|$))[^\s\"'<>]*@", re.IGNORECASE
)
"""A password with a character that it may not have unescaped, such as a slash."""
_UNREADABLE = "the address cannot be read; a password in it must be percent-encoded (`/` is %2F)"
_LOGIN_SCHEMES = ("ssh://", "git+ssh://", "svn+ssh://")
"""Schemes whose user name is part of the place, as in `ssh://git@host`."""


@attrs.frozen(kw_only=True)
class Credentials:
    """What an address said about who asks.

    Args:
        user: The user's name; None if the address has none.
        password: The password that goes with it.
        query: All parameters of the address, if one of them is a secret. The server expects them
            with every request.
    """

    user: str | None = attrs.field(default=None, repr=False)
    password: str = attrs.field(default="", repr=False)
    query: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say the same as the user and the password."""
        if self.user is None:
            return {}
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        return {"Authorization": f"Basic {pair}"}

    @property
    def key(self) -> str | None:
        """The first secret parameter, which a server may also take as a bearer token."""
        names = (name for name in self.query if _SECRET_PARAMETER.fullmatch(name))
        return next((self.query[name] for name in names), None)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must not be stored."""
        values = (v for name, v in self.query.items() if _SECRET_PARAMETER.fullmatch(name))
        pair = (value.partition(" ")[2] for value in self.headers.values())
        login = () if self.user is None else (self.password or self.user,)
        return tuple(value for value in (*login, *pair, *values) if value)

    def __bool__(self) -> bool:
        return self.user is not None or bool(self.query)


def split_credentials(address: str) -> tuple[str, Credentials]:
    """Take the credentials out of an address.

    Args:
        address: An address, with or without credentials.

    Returns:
        The address without them, and the credentials.

    Raises:
        ValueError: The address cannot be read; the message does not repeat it.
    """
    try:
        parts = urlsplit(address)
        login, at, place = parts.netloc.rpartition("@")
        _ = parts.port
    except ValueError:
        raise ValueError(_UNREADABLE) from None
    if not at and redact_addresses(address) != address and "@" in address:
        raise ValueError(_UNREADABLE)
    user, _, password = login.partition(":")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    has_secret = any(_SECRET_PARAMETER.fullmatch(name) and value for name, value in pairs)
    credentials = Credentials(
        user=unquote(user) if at else None,
        password=unquote(password),
        query=dict(pairs) if has_secret else {},
    )
    if not credentials:
        return address, credentials
    query = "" if has_secret else parts.query
    return parts._replace(netloc=place, query=query).geturl(), credentials


def with_query(address: str, query: Mapping[str, str]) -> str:
    """An address with parameters."""
    if not query:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def redact_addresses(text: str) -> str:
    """A text whose addresses have no passwords, keys or tokens; for messages and command lines."""
    if "//" in text:
        text = _USER_INFO.sub(_without_login, text)
        text = _ODD_PASSWORD.sub(r"\1", text)
    if "=" in text:
        text = _PARAMETER.sub(rf"\1{MARK}", text)
    return text


def _without_login(match: re.Match[str]) -> str:
    start, login = match.group(1), match.group(0)[len(match.group(1)) :]
    is_place = start.lower() in _LOGIN_SCHEMES and ":" not in login
    return match.group(0) if is_place else start
