"""`mi cancel`: end what a provider is doing for units that are not done."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import MiError, UsageError
from ..planning.plan import Planned
from ..planning.session import Session
from ..providers.types import Remote, Watch
from ..reporting.header import count
from ..reporting.progress import say
from .common import Quiet, console, session


def cancel(parsed: argparse.Namespace) -> int:
    """Cancel jobs and batches of the selection; what is done, and what was paid for, stays."""
    opened = session(parsed, parsed.words)
    if opened.provider.free:
        raise UsageError(
            f"{opened.model.id} runs on this machine: there is nothing elsewhere to cancel",
            hint="Ctrl-C ends a run; `--model` says whose jobs are meant",
        )
    opened.provider.ready()
    begun = [planned for planned in opened.plan().todo if opened.store.begun(planned.unit.key)]
    out = console()
    troubles: list[MiError] = []
    under_way = []
    for planned in begun:
        job = _tried(opened.provider.remote, opened, planned, troubles)
        if job is not None and not job.over:
            under_way.append(planned)
            say(out, f"{planned.unit.title}: {job.job} is {job.status}")
    if under_way and not parsed.yes:
        _confirm(len(under_way))
    ended = 0
    for planned in under_way:
        was = _tried(opened.provider.cancel, opened, planned, troubles)
        if was is not None:
            say(out, f"{planned.unit.title}: {was.job} is {was.status} now")
            if was.status == "cancelled" and planned.unit.kind == "train":
                _settle(opened, planned, was)
            ended += was.status in ("cancelled", "cancelling")
    then = "; `mi run … --retry-failed` launches trainings anew" if ended else ""
    say(out, f"{count(ended, 'job')} cancelled{then}")
    for trouble in dict.fromkeys(map(str, troubles)):
        say(out, trouble, "red")
    return 1 if troubles else 0


def _tried(
    ask: Callable[[Path, Watch], Remote | None],
    opened: Session,
    planned: Planned,
    troubles: list[MiError],
) -> Remote | None:
    """What the provider says of a unit; trouble with one is no reason to leave the others."""
    try:
        return ask(_folder(opened, planned), Quiet())
    except MiError as error:
        troubles.append(error)
        return None


def _settle(opened: Session, planned: Planned, was: Remote) -> None:
    """A cancelled training is not launched again unless somebody says so."""
    message = f"the training {was.job} was cancelled by `mi cancel`"
    opened.store.fail(planned.unit.key, "cancel", message, permanent=True)


def _folder(opened: Session, planned: Planned) -> Path:
    return opened.store.working(planned.unit.key)


def _confirm(number: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nothing was cancelled", hint="--yes cancels without asking")
    from rich.prompt import Confirm

    if not Confirm.ask(f"Cancel {count(number, 'job')}?", default=False):
        raise UsageError("nothing was cancelled")
