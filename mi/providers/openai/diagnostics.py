"""Is everything in place for hosted models? Each key, each model, and whether one may train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...errors import MiError
from ..types import Check, ClientOptions, Monitor
from .accounts import Account, load_accounts
from .errors import retry_api_call


def diagnose(
    name: str, options: ClientOptions, models: Sequence[str], monitor: Monitor
) -> Iterator[Check]:
    """What there is to say of an endpoint; asks each account a few questions that cost nothing."""
    try:
        found = load_accounts(name, options)
    except MiError as error:
        yield Check(subject=f"{name}: key", ok=None, detail="none is set", hint=error.hint or "")
        return
    for account in found:
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
        ends = getattr(model, "shutdown_date", None)
        yield Check(
            subject=f"{label}: {name}",
            ok=True,
            detail=f"shuts down on {ends}" if ends else "no shutdown announced",
        )
    yield _check_training(label, account, monitor)


def _check_training(label: str, account: Account, monitor: Monitor) -> Check:
    """Reading jobs is free; being refused even that says that training is closed."""
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
