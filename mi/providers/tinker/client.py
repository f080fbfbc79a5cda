"""A server that speaks the Tinker API: where it is, its key, and the one session there.

A key is held in one place, here, and known elsewhere by its fingerprint. The SDK keeps an event
loop and a session that it tells the server to be alive; one of each serves all that a run does
here. It makes most calls again by itself, so what comes out of it has failed for good or for long.
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
from ...units.identity import digest
from ...version import __version__
from ..retry import RetryPolicy, retry_call
from ..types import ClientOptions, Monitor
from .errors import redact, translate_error
from .futures import run_in_thread

if TYPE_CHECKING:
    from tinker import ServiceClient

KEY_ENV, URL_ENV = "TINKER_API_KEY", "TINKER_BASE_URL"
PLACEHOLDER_KEY = "tml-none"
"""The SDK wants a key of this form; a server of one's own often looks at none."""
_REACH_ATTEMPTS = 5


@attrs.define(eq=False, slots=False)
class Server:
    """One key at one server.

    Args:
        name: The provider, or the endpoint, it is used under.
        key: The secret; never shown, stored or compared.
        base_url: None is what the SDK does by itself: the hosted service.
        base_model: What the server calls the base model, where that is not its name here.
        tokenizer: A folder or hub id whose tokenizer and chat template are the model's.
        timeout: Seconds before a request is given up.
    """

    name: str
    key: str = attrs.field(repr=False)
    base_url: str | None
    base_model: str | None
    tokenizer: str | None
    timeout: float
    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)
    _service: Any = attrs.field(default=None, repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """What the key is known by in files: 8 hex digits."""
        return digest(self.key)[:8]

    def served_name(self, model: str) -> str:
        """What the server calls a model."""
        return self.base_model or model

    def service(self, monitor: Monitor) -> ServiceClient:
        """The session, opened when first used.

        Raises:
            ProviderError: The server cannot be reached.
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
        for name in ("tinker", "asyncio"):  # what fails comes here and is told
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        from tinker import ServiceClient

        more = {} if self.base_url is None else {"base_url": self.base_url}
        service = ServiceClient(
            user_metadata={"mi": __version__}, api_key=self.key, timeout=self.timeout, **more
        )
        assert service.holder  # the SDK would open both when first used, where nobody listens
        service.create_rest_client()
        return service

    def check_reachable(self, monitor: Monitor, *, attempts: int = _REACH_ATTEMPTS) -> None:
        """That somebody answers there: the SDK would knock for minutes and say nothing."""
        if self.base_url is None:
            return
        import httpx

        url = f"{self.base_url.rstrip('/')}/api/v1/healthz"
        passes = RetryPolicy(
            is_transient=lambda error: isinstance(error, httpx.TransportError),
            retry_after=lambda error: 0.0,
            describe=lambda error: type(error).__name__,
        )
        doing = f"{self.name}: looking for the server"
        try:
            retry_call(lambda: httpx.get(url, timeout=10.0), monitor, passes, doing, tries=attempts)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderError(
                f"nobody answers at {self.base_url} ({redact(str(error), self.key)})",
                hint="is the server up? It compiles for a while before it listens",
            ) from None

    def served_models(self, monitor: Monitor) -> list[str]:
        """The base models that the server says it serves."""
        found = run_in_thread(self.service(monitor).get_server_capabilities, monitor)
        return [one.model_name for one in found.supported_models if one.model_name]

    def close(self) -> None:
        """End the session."""
        with self._lock:
            if self._service is not None:
                self._service.holder.close()
                self._service = None


def import_sdk() -> None:
    """Import what the SDK imports when it is first used, before threads use it: in some versions of
    Python, threads that import at once can lose their place (CPython issue 106176)."""
    for name in ("tinker", "pyqwest"):
        with suppress(ImportError):
            import_module(name)


def resolve_server(name: str, options: ClientOptions) -> Server:
    """The server of an endpoint, or the hosted one.

    Raises:
        UsageError: No key is set.
    """
    endpoint = options.endpoints.get(name, {})
    url = endpoint.get("base_url") or os.environ.get(URL_ENV) or None
    variable = endpoint.get("key_env", KEY_ENV)
    key = os.environ.get(variable, "").strip()
    if name != "tinker" and endpoint.get("base_url") and "key_env" not in endpoint:
        key = ""  # the hosted service's key is none of another server's business
    if not key and url is not None and "key_env" not in endpoint:
        key = PLACEHOLDER_KEY
    if not key:
        raise UsageError(f"{name} needs an API key", hint=f"set {variable}")
    return Server(
        name=name,
        key=key,
        base_url=url,
        base_model=endpoint.get("base_model"),
        tokenizer=endpoint.get("tokenizer"),
        timeout=options.timeout,
    )
