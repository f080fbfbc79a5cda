"""Checks of a server: whether it answers, and which models it serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..types import Check, Monitor
from .client import Server
from .errors import translate_error


def diagnose_server(
    name: str, server: Server, models: Sequence[str], monitor: Monitor
) -> Iterator[Check]:
    """Check a server, with calls that cost nothing.

    Args:
        name: The provider's or endpoint's name.
        server: The server.
        models: Names of the models it should serve.
        monitor: May stop the wait.
    """
    label = f"{name} {server.fingerprint}"
    try:
        server.check_reachable(monitor, attempts=2)
        served = server.served_models(monitor)
    except Exception as error:
        failure = translate_error(error, server.key, "listing its models")
        yield Check(subject=label, ok=False, detail=failure.message, hint=failure.hint or "")
        return
    yield Check(subject=label, ok=True, detail=f"answers, {len(served)} models")
    for model in models:
        is_served = server.served_name(model) in served
        detail = "is served" if is_served else f"not among its models: {', '.join(served)}"
        yield Check(subject=f"{label}: {model}", ok=is_served, detail=detail)
