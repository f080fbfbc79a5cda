"""A server that speaks the Tinker API: its address, its key, and the one session with it.

This is the only place that holds a key; elsewhere its fingerprint stands for it. The SDK runs an
event loop and a session with a heartbeat, and one of each serves a whole run. The SDK retries most
calls itself, so an error that it raises is permanent or has lasted for long.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from ...errors import MiError, ProviderError, UsageError
from ...files.addresses import Credentials, with_query
from ...files.secrets import redact_reply, register_credentials, register_key, take_credentials
from ...units.identity import digest
from ...version import __version__
from ..http_limits import MAX_BODY, limit_client, response_seconds
from ..retry import RetryPolicy, retry_call
from ..types import ClientOptions, Monitor
from .errors import translate_error
from .futures import run_in_thread

if TYPE_CHECKING:
    from tinker import ServiceClient

KEY_ENV, URL_ENV = "TINKER_API_KEY", "TINKER_BASE_URL"
PLACEHOLDER_KEY = "tml-none"
"""The SDK requires a key of this form, although a self-hosted server often ignores it."""
_REACH_ATTEMPTS = 5


@attrs.define(eq=False, slots=False)
class Server:
    """A server and the key used there.

    Args:
        name: Name of the provider or of the endpoint.
        key: The secret; never shown, stored or compared.
        base_url: None for the hosted service, the SDK's default.
        base_model: The server's name of the base model, if it differs from the model's name here.
        tokenizer: A directory or hub id with the model's tokenizer and chat template.
        timeout: Seconds after which a request fails.
        credentials: What the server's address said about who asks; sent as headers.
    """

    name: str
    key: str = attrs.field(repr=False)
    base_url: str | None
    base_model: str | None
    tokenizer: str | None
    timeout: float
    credentials: Credentials = attrs.field(factory=Credentials, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)
    _service: Any = attrs.field(default=None, repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """8 hex digits that stand for the key in files."""
        return digest(self.key)[:8]

    def served_name(self, model: str) -> str:
        """The server's name of a model."""
        return self.base_model or model

    def service(self, monitor: Monitor) -> ServiceClient:
        """The session, opened on first use.

        Raises:
            ProviderError: The server cannot be reached.
            Interrupted: The user asked to stop.
        """
        with self._lock:
            if self._service is None:
                self.check_reachable(monitor)
                try:
                    self._service = run_in_thread(self._open_session, monitor)
                except MiError:
                    raise
                except Exception as error:
                    raise translate_error(
                        error, self.key, f"opening a session at {self.name}"
                    ) from None
            return self._service  # type: ignore[no-any-return]

    def _open_session(self) -> ServiceClient:
        import_sdk()
        os.environ.setdefault("TINKER_TELEMETRY", "0")
        for name in ("tinker", "asyncio"):  # errors are raised here too, and reported once
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        from tinker import ServiceClient

        address = {} if self.base_url is None else {"base_url": self.base_url}
        service = ServiceClient(
            user_metadata={"mi": __version__},
            api_key=self.key,
            timeout=self.timeout,
            default_headers=self.credentials.headers,
            **address,
        )
        assert service.holder  # open both now: later, a failure would surface in another thread
        service.create_rest_client()
        return service

    def check_reachable(self, monitor: Monitor, *, attempts: int = _REACH_ATTEMPTS) -> None:
        """Check that the server answers; the SDK would retry silently for minutes.

        Raises:
            ProviderError: The server does not answer.
            Interrupted: The user asked to stop.
        """
        if self.base_url is None:
            return
        import httpx

        url = f"{self.base_url.rstrip('/')}/api/v1/healthz"
        policy = RetryPolicy(
            is_transient=lambda error: isinstance(error, httpx.TransportError),
            retry_after=lambda error: 0.0,
            describe=lambda error: type(error).__name__,
        )
        action = f"{self.name}: connecting to the server"
        try:
            retry_call(lambda: self._probe(url), monitor, policy, action, tries=attempts)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderError(
                f"no server answers at {self.base_url} ({redact_reply(str(error), self.key)})",
                hint="start the server, or wait: it compiles for a while before it listens",
            ) from None

    def _probe(self, url: str) -> None:
        import httpx

        with httpx.Client(timeout=10.0, headers=self.credentials.headers) as client:
            limit_client(client, response_seconds(10.0), lambda request: MAX_BODY)
            client.get(with_query(url, self.credentials.query))

    def served_models(self, monitor: Monitor) -> list[str]:
        """Names of the base models that the server serves."""
        response = run_in_thread(self.service(monitor).get_server_capabilities, monitor)
        return [model.model_name for model in response.supported_models if model.model_name]

    def close(self) -> None:
        """End the session with the server."""
        with self._lock:
            if self._service is not None:
                self._service.holder.close()
                self._service = None


def import_sdk() -> None:
    """Import what the SDK would import lazily, before several threads use it.

    In some versions of Python, concurrent imports can fail (CPython issue 106176).
    """
    for name in ("tinker", "pyqwest"):
        with suppress(ImportError):
            import_module(name)


def resolve_server(name: str, options: ClientOptions) -> Server:
    """The server of an endpoint, or the hosted service.

    Raises:
        UsageError: No key is set.
    """
    endpoint = options.endpoints.get(name, {})
    url = endpoint.get("base_url")
    credentials = endpoint.get("credentials", Credentials())
    if not url and (stated := os.environ.get(URL_ENV, "").strip()):
        url, credentials = _split_address(stated)
    variable = endpoint.get("key_env", KEY_ENV)
    key = os.environ.get(variable, "").strip()
    if name != "tinker" and endpoint.get("base_url") and "key_env" not in endpoint:
        key = ""  # never send the hosted service's key to another server
    if not key and url and "key_env" not in endpoint:
        key = credentials.key or PLACEHOLDER_KEY
    if not key:
        raise UsageError(
            f"{name} needs an API key", hint=f"set the environment variable {variable}"
        )
    register_key(key)
    register_credentials(credentials)
    return Server(
        name=name,
        key=key,
        base_url=url or None,
        credentials=credentials,
        base_model=endpoint.get("base_model"),
        tokenizer=endpoint.get("tokenizer"),
        timeout=options.timeout,
    )


def _split_address(address: str) -> tuple[str, Credentials]:
    try:
        return take_credentials(address)
    except ValueError as error:
        raise UsageError(str(error), where=URL_ENV, hint="write it as https://HOST") from None
