"""Is everything in place for hosted models? Each key, each model, and whether one may train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...errors import MiError
from ..types import Check, Terms, Watch
from .accounts import Account, accounts
from .errors import patiently


def checks(name: str, terms: Terms, models: Sequence[str], watch: Watch) -> Iterator[Check]:
    """What there is to say of an endpoint; asks each account a few questions that cost nothing."""
    try:
        found = accounts(name, terms)
    except MiError as error:
        yield Check(what=f"{name}: key", ok=None, detail="none is set", hint=error.hint or "")
        return
    for account in found:
        yield from _account(f"{name} {account.fingerprint}", account, models, watch)


def _account(label: str, account: Account, models: Sequence[str], watch: Watch) -> Iterator[Check]:
    host = account.client.base_url.host
    try:
        served = patiently(
            lambda: list(account.client.models.list()), watch, (account,), "listing models", tries=2
        )
    except MiError as error:
        yield Check(what=label, ok=False, detail=error.message, hint=error.hint or "")
        return
    yield Check(what=label, ok=True, detail=f"{host} answers, {len(served)} models")
    by_name = {model.id: model for model in served}
    for name in models:
        model = by_name.get(name)
        if model is None:
            yield Check(what=f"{label}: {name}", ok=False, detail="not among its models")
            continue
        ends = getattr(model, "shutdown_date", None)
        yield Check(
            what=f"{label}: {name}",
            ok=True,
            detail=f"shuts down on {ends}" if ends else "no shutdown announced",
        )
    yield _training(label, account, watch)


def _training(label: str, account: Account, watch: Watch) -> Check:
    """Reading jobs is free; being refused even that says that training is closed."""
    try:
        patiently(
            lambda: account.client.fine_tuning.jobs.list(limit=1),
            watch,
            (account,),
            "listing trainings",
            tries=2,
        )
    except MiError as error:
        return Check(what=f"{label}: fine-tuning", ok=None, detail=error.message)
    return Check(
        what=f"{label}: fine-tuning",
        ok=True,
        detail="its jobs can be listed; whether a new one is taken is seen when it is created",
    )
