"""Checks of a hosted provider: each key, each model, and access to fine-tuning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from ...errors import MiError
from ...files.clock import utc_today
from ..types import Check, ClientOptions, Monitor
from .accounts import Account, load_accounts
from .errors import retry_api_call


def diagnose_accounts(
    name: str, options: ClientOptions, models: Sequence[str], monitor: Monitor
) -> Iterator[Check]:
    """Check an endpoint, with a few calls of each account that cost nothing.

    Args:
        name: The endpoint's name.
        options: How it is used.
        models: Names of the models it should serve.
        monitor: Raises when the run must stop.
    """
    try:
        accounts = load_accounts(name, options)
    except MiError as error:
        yield Check(subject=f"{name}: key", ok=None, detail="none is set", hint=error.hint or "")
        return
    for account in accounts:
        yield from _check_account(f"{name} {account.fingerprint}", account, models, monitor)


def _check_account(
    label: str, account: Account, models: Sequence[str], monitor: Monitor
) -> Iterator[Check]:
    host = account.client.base_url.host
    try:
        served = retry_api_call(
            lambda: list(account.client.models.list()),
            monitor,
            (account,),
            "listing models",
            tries=2,
        )
    except MiError as error:
        yield Check(subject=label, ok=False, detail=error.message, hint=error.hint or "")
        return
    yield Check(subject=label, ok=True, detail=f"{host} answers, {len(served)} models")
    by_name = {model.id: model for model in served}
    for name in models:
        model = by_name.get(name)
        if model is None:
            yield Check(subject=f"{label}: {name}", ok=False, detail="not among its models")
            continue
        shutdown = getattr(model, "shutdown_date", None)
        yield Check(
            subject=f"{label}: {name}",
            ok=True,
            detail=_shutdown_text(shutdown),
        )
    yield _check_training(label, account, monitor)


def _shutdown_text(shutdown: object) -> str:
    """`shuts down on 2027-01-14, in 45 days`, from what a list of models states."""
    if not shutdown:
        return "no shutdown announced"
    try:
        left = (date.fromisoformat(str(shutdown)) - utc_today()).days
    except ValueError:
        return f"shuts down on {shutdown}"
    return f"shuts down on {shutdown}, in {left} days" if left > 0 else f"shut down on {shutdown}"


def _check_training(label: str, account: Account, monitor: Monitor) -> Check:
    """Listing jobs is free; an account that may not even do that may not train."""
    try:
        retry_api_call(
            lambda: account.client.fine_tuning.jobs.list(limit=1),
            monitor,
            (account,),
            "listing trainings",
            tries=2,
        )
    except MiError as error:
        return Check(subject=f"{label}: fine-tuning", ok=None, detail=error.message)
    return Check(
        subject=f"{label}: fine-tuning",
        ok=True,
        detail="its jobs can be listed; whether a new one is taken is seen when it is created",
    )
